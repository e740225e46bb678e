//! What is issued: every element, the traps, the two steps.

use proptest::prelude::*;
use sealwright_credentials::mdoc::{
    DOC_TYPE, MAX_PORTRAIT, MdlError, NAMESPACE, NAMESPACE_CN, Prepared, Value, verify,
};
use sealwright_credentials::{Digest, Serial, Sex, Signature, Signer, Verdict};

use super::sample::{DAY, PORTRAIT, Sample, es256_signer, holder, root, status, validity};
use crate::sample::{NOON, date, signer};

fn refused(sample: &Sample) -> &'static str {
    match sample.prepare() {
        Err(MdlError::Refused { field, .. }) => field,
        Err(MdlError::Content(_)) => "content",
        other => panic!("{other:?}"),
    }
}

/// Identifier and JSON of every element of a namespace.
fn elements(sample: &Sample, namespace: &str) -> Vec<(String, serde_json::Value)> {
    let report = verify(sample.issue().as_bytes(), &[root()], NOON, None);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
    let document = report.document.expect("valid");
    let of = document.elements.iter().filter(|element| element.namespace == namespace);
    of.map(|e| (e.identifier.clone(), serde_json::to_value(&e.value).expect("JSON"))).collect()
}

#[test]
fn all_mandatory_and_the_useful_optional_elements_are_there() {
    let found = elements(&Sample::new(), NAMESPACE);
    let end = "2031-09-01";
    let privilege = |code: &str| serde_json::json!({"vehicle_category_code": code, "expiry_date": end});
    use base64::Engine as _;
    let portrait = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(PORTRAIT);
    let expected = [
        ("family_name", "OUYANG".into()),
        ("given_name", "JIANGUO".into()),
        ("birth_date", "1949-12-31".into()),
        ("issue_date", "2026-11-22".into()),
        ("expiry_date", end.into()),
        ("issuing_country", "CN".into()),
        ("issuing_authority", "Beijing Traffic Management Bureau".into()),
        ("document_number", "11010519491231002X".into()),
        ("portrait", portrait.into()),
        ("driving_privileges", ["CE", "D1", "C", "B", "BE", "A", "AM"].map(privilege).into_iter().collect()),
        ("un_distinguishing_sign", "CHN".into()),
        ("administrative_number", "110012345678".into()),
        ("sex", 2.into()),
        ("nationality", "CN".into()),
        ("issuing_jurisdiction", "CN-BJ".into()),
        ("age_over_18", true.into()),
        ("age_over_21", true.into()),
        ("age_over_70", true.into()),
        ("age_over_80", false.into()),
        ("family_name_national_character", "欧阳".into()),
        ("given_name_national_character", "建国".into()),
    ];
    let expected: Vec<_> =
        expected.map(|(name, value): (&str, serde_json::Value)| (name.into(), value)).into();
    assert_eq!(found, expected);
}

#[test]
fn the_domestic_namespace_says_what_the_register_says() {
    let found = elements(&Sample::new(), NAMESPACE_CN);
    let expected: [(&str, serde_json::Value); 15] = [
        ("name", "欧阳建国".into()),
        ("licence_number", "11010519491231002X".into()),
        ("classes", "A2C2D".into()),
        ("status_at_issue", "A".into()),
        ("valid_from", "2021-09-01".into()),
        ("long_term", false.into()),
        ("valid_until", "2031-09-01".into()),
        ("first_issue", "1975-05-06".into()),
        ("authority", "北京市公安局公安交通管理局".into()),
        ("address", "北京市朝阳区建国门外大街甲12号院3号楼2单元1501室".into()),
        ("archive_number", "110012345678".into()),
        ("record", "矫正视力；实习期至2022年9月1日".into()),
        ("serial", Serial::from_random([0xA7; 10]).as_str().into()),
        ("version", 3.into()),
        ("generated_at", "2026-11-22T03:59:00Z".into()),
    ];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn a_long_term_licence_has_a_technical_end_abroad_and_none_at_home() {
    let mut sample = Sample::new();
    sample.content.valid_until = None;
    sample.content.classes = "C2C6".into();
    let found = elements(&sample, NAMESPACE);
    let get = |name: &str| found.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    assert_eq!(get("expiry_date"), Some(&"2036-11-22".into()));
    let privileges = serde_json::json!([
        {"vehicle_category_code": "B", "codes": [{"code": "78"}]},
        {"vehicle_category_code": "BE"},
    ]);
    assert_eq!(get("driving_privileges"), Some(&privileges));
    let found = elements(&sample, NAMESPACE_CN);
    assert!(found.contains(&("long_term".into(), true.into())));
    assert!(found.iter().all(|(name, _)| name != "valid_until"));
}

#[test]
fn an_age_is_reached_on_the_birthday_in_china() {
    let mut sample = Sample::new();
    sample.ages = vec![51];
    sample.content.first_issue = date(2000, 1, 1);
    for (birth_date, reached) in
        [(date(1975, 11, 22), true), (date(1975, 11, 23), false), (date(1976, 2, 29), false)]
    {
        sample.content.birth_date = birth_date;
        assert!(elements(&sample, NAMESPACE).contains(&("age_over_51".into(), reached.into())));
    }
    // 2026-11-21 16:30 UTC is the 22nd in Beijing.
    sample.content.birth_date = date(1975, 11, 22);
    sample.content.generated_at = NOON - 4 * 3600 + 1800 - 8 * 3600;
    assert!(elements(&sample, NAMESPACE).contains(&("age_over_51".into(), true.into())));
}

#[test]
fn what_fits_no_mdl_is_refused_by_field() {
    type Change = fn(&mut Sample);
    let changes: [(&str, Change); 31] = [
        ("content", |s| s.content.version = 0),
        ("family_name", |s| s.names.family_name = "欧阳".into()),
        ("family_name", |s| s.names.family_name = String::new()),
        ("given_name", |s| s.names.given_name = "X".repeat(151)),
        ("given_name", |s| s.names.given_name = "Łukasz".into()),
        ("issuing_authority", |s| s.names.issuing_authority = "北京".into()),
        ("resident_address", |s| s.names.resident_address = Some("朝阳".into())),
        ("family_name_national", |s| s.names.family_name_national = "王".into()),
        ("family_name_national", |s| s.names.family_name_national = String::new()),
        ("given_name_national", |s| s.names.given_name_national = "建\u{202E}国".into()),
        ("nationality", |s| s.names.nationality = Some("CHN".into())),
        ("licence_number", |s| s.content.licence_number = "京1".into()),
        ("portrait", |s| s.portrait = b"\x89PNG".to_vec()),
        ("portrait", |s| s.portrait.truncate(100)),
        ("portrait", |s| s.portrait.insert(20, 0)),
        ("portrait", |s| {
            s.portrait = [b"\xFF\xD8\xFF".to_vec(), vec![0; MAX_PORTRAIT], b"\xFF\xD9".to_vec()].concat()
        }),
        ("ages", |s| s.ages = vec![0]),
        ("ages", |s| s.ages = vec![100]),
        ("ages", |s| s.ages = vec![18, 18]),
        ("technical_end", |s| {
            s.content.generated_at = NOON + 6_000 * DAY;
            s.content.valid_until = None;
        }),
        ("chain", |s| s.chain.clear()),
        ("chain", |s| s.chain = vec![root()]),
        ("chain", |s| s.chain.push(s.chain[0].clone())),
        ("chain", |s| s.chain.extend([root(), root()])),
        ("device_key", |s| s.device_key = s.chain[0].key().clone()),
        ("validity", |s| s.validity.valid_from = NOON - 1),
        ("validity", |s| s.validity.valid_until = NOON),
        ("validity", |s| s.validity.valid_until = NOON + 401 * DAY),
        ("validity", |s| s.content.valid_until = Some(date(2026, 12, 31))),
        ("expected_update", |s| s.validity.expected_update = Some(NOON + 91 * DAY)),
        ("status", |s| s.status.as_mut().expect("there").uri = "ftp://status.example".into()),
    ];
    for (at, (field, change)) in changes.into_iter().enumerate() {
        let mut sample = Sample::new();
        change(&mut sample);
        assert_eq!(refused(&sample), field, "change {at}");
    }
}

#[test]
fn a_name_with_separators_or_in_western_order_still_matches() {
    for (whole, family, given) in [
        ("买买提·吐尔逊", "吐尔逊", "买买提"),
        ("Zoë O’Neil", "O’Neil", "Zoë"),
        ("\u{20BB7}野\u{2A6D6}", "\u{20BB7}野", "\u{2A6D6}"),
    ] {
        let mut sample = Sample::new();
        sample.content.name = whole.into();
        (sample.names.family_name_national, sample.names.given_name_national) = (family.into(), given.into());
        let found = elements(&sample, NAMESPACE);
        assert!(found.contains(&("family_name_national_character".into(), family.into())));
    }
}

#[test]
fn the_same_prepared_bytes_always_give_the_same_mdoc() {
    for sample in [Sample::new(), Sample::es256()] {
        let first = sample.prepare().expect("in order");
        assert_eq!(Ok(&first), sample.prepare().as_ref());
        assert_eq!(*first.digest(), Digest::of(first.to_be_signed()));
        assert_eq!(first.key_id(), &sample.chain[0].key().key_id());
        let stored = serde_json::to_string(&first).expect("serialises");
        let restored: Prepared = serde_json::from_str(&stored).expect("its own form");
        assert_eq!(restored, first);
        let signers: [&dyn Signer; 2] = [&signer(), &es256_signer()];
        let (right, wrong) = if first.key_id() == signers[0].key_id() { (0, 1) } else { (1, 0) };
        assert_eq!(restored.sign(signers[right]).expect("signs"), sample.issue());
        assert!(restored.sign(signers[wrong]).is_err());
        assert!(sealwright_credentials::mdoc::seal(&first, &Signature::from_bytes([0; 63])).is_err());
    }
}

#[test]
fn a_stored_preparation_that_was_altered_does_not_load() {
    let stored = serde_json::to_value(Sample::new().prepare().expect("in order")).expect("serialises");
    let mut other = Sample::new();
    other.content.classes = "A1".into();
    let other = serde_json::to_value(other.prepare().expect("in order")).expect("serialises");
    for member in ["unsigned", "unsigned_digest", "digest"] {
        let mut mixed = stored.clone();
        mixed[member] = other[member].clone();
        let refused = serde_json::from_value::<Prepared>(mixed).expect_err("mixed");
        assert!(refused.to_string().contains("altered"), "{member}: {refused}");
    }
    // An element exchanged together with the digest of the whole: what is to be signed does not name it.
    use base64::Engine as _;
    let base64url = base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let mut unsigned = base64url.decode(stored["unsigned"].as_str().expect("text")).expect("base64url");
    let at = unsigned.windows(5).position(|window| window == b"A2C2D").expect("the classes");
    unsigned[at + 1] = b'1';
    let mut mixed = stored.clone();
    mixed["unsigned"] = base64url.encode(&unsigned).into();
    mixed["unsigned_digest"] = Digest::of(&unsigned).to_string().into();
    assert!(serde_json::from_value::<Prepared>(mixed).expect_err("altered").to_string().contains("altered"));
}

#[test]
fn other_random_bytes_give_other_salts_and_another_order() {
    let one = Sample::new().issue();
    let ids = |bytes: &[u8]| -> Vec<u8> {
        let mut at = 0;
        let mut ids = Vec::new();
        while let Some(found) = bytes[at..].windows(9).position(|window| window == b"\x68digestID") {
            at += found + 9;
            ids.push(bytes[at]);
        }
        ids
    };
    let order = ids(one.as_bytes());
    assert_eq!(order.len(), 36);
    assert!(!order[..21].is_sorted() && !order[21..].is_sorted());
    let mut sorted = order[..21].to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..21).collect::<Vec<u8>>());
    let salts: std::collections::HashSet<&[u8]> = one
        .as_bytes()
        .windows(41)
        .filter(|window| window.starts_with(b"\x66random\x58\x20"))
        .map(|window| &window[9..])
        .collect();
    assert_eq!(salts.len(), 36);
}

#[test]
fn personal_data_is_not_printed() {
    let sample = Sample::new();
    let issued = sample.issue();
    let report = verify(issued.as_bytes(), &[root()], NOON, None);
    let printed = format!("{:?} {:?} {issued:?} {report:?}", sample.names, sample.prepare());
    for secret in ["欧阳", "OUYANG", "1949", "002X", "朝阳", "110012345678", "A2C2D"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn status_validity_and_holder_are_signed() {
    let report = verify(Sample::new().issue().as_bytes(), &[root()], NOON, None);
    let document = report.document.expect("valid");
    assert_eq!(document.status, Some(status()));
    assert_eq!(document.validity, validity());
    assert_eq!(document.device_key.as_ref(), Some(holder().public_key()));
    assert_eq!(document.get(NAMESPACE, "sex"), Some(&Value::Integer(Sex::Female as i64)));
    assert_eq!(DOC_TYPE, "org.iso.18013.5.1.mDL");

    let sample = Sample { status: None, device_key: ed25519_holder(), ..Sample::new() };
    let document = verify(sample.issue().as_bytes(), &[root()], NOON, None).document.expect("valid");
    assert_eq!((document.status, document.device_key), (None, Some(ed25519_holder())));
}

fn ed25519_holder() -> sealwright_credentials::PublicKey {
    sealwright_credentials::Ed25519Signer::from_seed(&[0x41; 32]).public_key().clone()
}

proptest! {
    #[test]
    fn any_disclosure_of_any_licence_verifies_and_says_no_more(
        classes in "([A-Z][0-9]?){1,8}",
        name in "\\PC{1,3}[A-Za-z一-龥]{2,12}",
        record in prop::option::of("[\\p{Han}a-z]{1,60}"),
        until in prop::option::of(200..5_000u64),
        mask: u64,
    ) {
        let mut sample = Sample::new();
        sample.content.classes = classes;
        let letters: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        let (first, rest) = letters.split_at(letters.char_indices().nth(1).expect("two letters").0);
        (sample.names.family_name_national, sample.names.given_name_national) = (first.into(), rest.into());
        sample.content.name = letters.clone();
        sample.content.record = record;
        sample.content.valid_until = until.map(|days| date(2026, 11, 22) + chrono::Days::new(days));
        let issued = sample.issue();
        let whole = verify(issued.as_bytes(), &[root()], NOON, None).document.expect("valid");
        let kept: Vec<_> = whole.elements.iter().enumerate()
            .filter(|(at, _)| mask >> (at % 64) & 1 == 1).map(|(_, element)| element.clone()).collect();
        let part = issued.disclose(|namespace, identifier| {
            kept.iter().any(|e| (&*e.namespace, &*e.identifier) == (namespace, identifier))
        });
        let report = verify(part.as_bytes(), &[root()], NOON, None);
        prop_assert_eq!(report.verdict, Verdict::Valid);
        prop_assert_eq!(report.document.expect("valid").elements, kept);
    }
}
