//! Content through its bytes and back.

use proptest::prelude::*;
use sealwright_credentials::content::{MAX_PAYLOAD, MAX_TEXT};
use sealwright_credentials::{
    Content, ContentError, Date, Digest, Prepared, Serial, Sex, Signer, Standing, prepare, verify,
};

use crate::sample::{NOON, code, content, date, keys, signer};

fn prepared(content: &Content) -> Result<Prepared, ContentError> {
    let signer = signer();
    prepare(content, signer.key_id(), signer.algorithm())
}

fn read_back(content: &Content) -> Option<Content> {
    verify(code(content).as_str(), &keys(), NOON, Some(Standing::Active)).content
}

#[test]
fn what_was_signed_is_what_is_read() {
    assert_eq!(read_back(&content()), Some(content()));
}

#[test]
fn rare_characters_of_a_name_survive() {
    // Beyond the Basic Multilingual Plane: CJK Extensions B, G and H; a variation sequence; a middle dot.
    for name in [
        "\u{20BB7}野\u{2A6D6}",
        "\u{30EDE}\u{3106C}",
        "\u{31350}",
        "葛\u{E0100}城",
        "买买提·吐尔逊",
        "O’Neil Zoë",
    ] {
        let content = Content { name: name.into(), ..content() };
        assert_eq!(read_back(&content).expect("verifies").name, name);
    }
}

#[test]
fn a_long_term_licence_has_no_end_and_absent_fields_stay_absent() {
    let content = Content {
        valid_until: None,
        archive_number: None,
        record: None,
        expires: Some(NOON + 60),
        ..content()
    };
    assert_eq!(read_back(&content), Some(content));
}

#[test]
fn the_same_prepared_bytes_always_give_the_same_code() {
    let first = prepared(&content()).expect("in order");
    assert_eq!(first, prepared(&content()).expect("in order"));
    assert_eq!(*first.digest(), Digest::of(first.to_be_signed()));
    assert_eq!(first.sign(&signer()), first.sign(&signer()));

    let stored = serde_json::to_string(&first).expect("serialises");
    let restored: Prepared = serde_json::from_str(&stored).expect("its own form");
    assert_eq!(restored, first);
    assert_eq!(restored.sign(&signer()).expect("signs"), code(&content()));
}

#[test]
fn a_stored_preparation_that_was_altered_does_not_load() {
    let stored = serde_json::to_value(prepared(&content()).expect("in order")).expect("serialises");
    let other = Content { classes: "A1".into(), ..content() };
    let other = serde_json::to_value(prepared(&other).expect("in order")).expect("serialises");
    for member in ["payload", "digest"] {
        let mut mixed = stored.clone();
        mixed[member] = other[member].clone();
        let refused = serde_json::from_value::<Prepared>(mixed).expect_err("mixed");
        assert!(refused.to_string().contains("altered"), "{refused}");
    }
    let mut headless = stored.clone();
    headless["protected"] = "oA".into();
    assert!(serde_json::from_value::<Prepared>(headless).is_err());
}

#[test]
fn personal_data_is_not_printed() {
    let prepared = prepared(&content()).expect("in order");
    let report = verify(code(&content()).as_str(), &keys(), NOON, None);
    let printed = format!("{:?} {prepared:?} {:?} {report:?}", content(), code(&content()));
    for secret in ["欧阳", "1949", "002X", "朝阳", "110012345678"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn content_of_the_wrong_shape_is_refused_by_field() {
    type Change = fn(&mut Content);
    let changes: [(&str, Change); 19] = [
        ("issuer", |c| c.issuer = " ".into()),
        ("licence_number", |c| c.licence_number = String::new()),
        ("name", |c| c.name = "王\u{202E}明".into()),
        ("name", |c| c.name = "王\n明".into()),
        ("address", |c| c.address = "长".repeat(MAX_TEXT / 3 + 1)),
        ("record", |c| c.record = Some(String::new())),
        ("archive_number", |c| c.archive_number = Some("\u{7}".into())),
        ("classes", |c| c.classes = "1A".into()),
        ("classes", |c| c.classes = "A11".into()),
        ("classes", |c| c.classes = "a1".into()),
        ("classes", |c| c.classes = String::new()),
        ("status_at_issue", |c| c.status_at_issue = String::new()),
        ("status_at_issue", |c| c.status_at_issue = "a".into()),
        ("version", |c| c.version = 0),
        ("generated_at", |c| c.generated_at = -1),
        ("expires", |c| c.expires = Some(c.generated_at)),
        ("valid_until", |c| c.valid_until = c.valid_from.pred_opt()),
        ("birth_date", |c| c.birth_date = c.first_issue),
        ("dates", |c| c.valid_until = Some(Date::MAX)),
    ];
    for (expected, change) in changes {
        let mut content = content();
        change(&mut content);
        match prepared(&content) {
            Err(ContentError::Refused { field, .. }) => assert_eq!(field, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn content_that_fits_no_qr_is_refused() {
    let long = "长".repeat(MAX_TEXT / 3);
    let content = Content { address: long.clone(), authority: long.clone(), record: Some(long), ..content() };
    let Err(ContentError::TooLarge { got }) = prepared(&content) else { panic!("it must be too large") };
    assert!(got > MAX_PAYLOAD);
}

#[test]
fn serials_are_capital_letters_and_digits() {
    assert_eq!(Serial::from_random([0; 10]).as_str(), "0000000000000000");
    assert_eq!(Serial::from_random([0xFF; 10]).as_str(), "ZZZZZZZZZZZZZZZZ");
    assert_eq!(Serial::from_random([0, 0, 0, 0, 1, 0, 0, 0, 0, 31]).as_str(), "000000010000000Z");
    assert!("01J0ZZZZ".parse::<Serial>().is_ok());
    for bad in ["SHORT12", "lowercase1", "WITH-DASH-1", "十六位字符", &"9".repeat(33)] {
        assert!(bad.parse::<Serial>().is_err(), "{bad}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    "[\\PC&&[^\u{202A}-\u{202E}\u{2066}-\u{2069}\u{2028}\u{2029}]]{1,24}"
        .prop_filter("not blank", |text| !text.trim().is_empty())
}

prop_compose! {
    fn any_content()(
        texts in prop::collection::vec(any_text(), 8),
        (version, sex) in (1..u32::MAX, prop::sample::select(vec![Sex::Unknown, Sex::Male, Sex::Female, Sex::NotStated])),
        (random, photo) in (any::<[u8; 10]>(), any::<[u8; 32]>()),
        (generated_at, life) in (0..4_000_000_000i64, prop::option::of(1..1_000_000_000i64)),
        days in (0..60_000u64, prop::option::of(0..40_000u64)),
        (archived, remarked) in (any::<bool>(), any::<bool>()),
        classes in "([A-Z][0-9]?){1,12}",
        status_at_issue in "[A-Z]{1,5}",
    ) -> Content {
        let valid_from = date(1900, 1, 1) + chrono::Days::new(days.0);
        let [issuer, licence_number, name, nationality, authority, address, archive, record] =
            <[String; 8]>::try_from(texts).expect("eight texts");
        Content {
            issuer, licence_number, name, nationality, authority, address, classes, status_at_issue,
            version, sex, generated_at, valid_from,
            expires: life.map(|life| generated_at + life),
            serial: Serial::from_random(random),
            birth_date: date(1850, 1, 1),
            valid_until: days.1.map(|more| valid_from + chrono::Days::new(more)),
            first_issue: valid_from,
            archive_number: archived.then_some(archive),
            record: remarked.then_some(record),
            photo_digest: Digest::from_bytes(photo),
        }
    }
}

proptest! {
    #[test]
    fn any_content_survives(content in any_content()) {
        let report = verify(code(&content).as_str(), &keys(), content.generated_at, Some(Standing::Active));
        prop_assert_eq!(report.content.as_ref(), Some(&content), "{:?}", report.checks);
        let json = serde_json::to_string(&content).expect("serialises");
        prop_assert_eq!(serde_json::from_str::<Content>(&json).expect("its own form"), content);
    }
}
