//! One door for every form: each is recognised, judged as what it is, and never good without what it takes.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use proptest::prelude::*;
use sealwright_credentials::inspect::{Asked, Form, MAX_SHOWN, Report, Shown, Told, inspect};
use sealwright_credentials::log::{LogEvidence, LogTrust, NoteKey, Trusted};
use sealwright_credentials::mdoc::{DeviceSignature, device_authentication, device_response};
use sealwright_credentials::presentation::TypedCode;
use sealwright_credentials::sd_jwt::Binding;
use sealwright_credentials::status_list::{Status, StatusList, Token, Width};
use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{Ed25519Signer, KeySet, KeyState, Signer, Standing, Verdict};

use crate::mdoc::sample as mdocs;
use crate::presentations::{presentation, presenter, shown as show_code};
use crate::sample::{NOON, code, content, keys, signer};
use crate::sd_jwt::made;

/// The `SessionTranscript` of some session: a CBOR array.
const SESSION: &[u8] = &[0x83, 0xF6, 0xF6, 0x01];

/// All that a verifier may have.
struct Kit {
    keys: KeySet,
    presenters: KeySet,
    roots: Vec<Certificate>,
}

impl Kit {
    fn new() -> Self {
        let presenters = KeySet::of([(presenter().public_key().clone(), KeyState::Active)]);
        Self { keys: keys(), presenters, roots: vec![mdocs::root()] }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            presenters: &self.presenters,
            roots: &self.roots,
            session: Some(SESSION),
            ..Asked::of(&self.keys, NOON + 10)
        }
    }
}

fn response() -> Vec<u8> {
    let holder = mdocs::holder();
    let message = device_authentication(SESSION, holder.algorithm()).expect("a transcript");
    let signature =
        DeviceSignature { algorithm: holder.algorithm(), signature: holder.sign(&message).expect("signs") };
    device_response(&mdocs::Sample::new().issue(), &signature)
}

/// One of each form that can be judged offline.
fn every_form() -> Vec<(Form, Vec<u8>)> {
    let mdoc = mdocs::Sample::new().issue().as_bytes().to_vec();
    vec![
        (Form::Code, code(&content()).to_string().into()),
        (Form::ShowCode, show_code(&presentation(), &presenter()).to_string().into()),
        (Form::SdJwt, made::credential().as_str().into()),
        (Form::Mdoc, BASE64_URL_SAFE_NO_PAD.encode(&mdoc).into()),
        (Form::Mdoc, mdoc),
        (Form::DeviceResponse, response()),
    ]
}

fn read(bytes: &[u8]) -> Shown {
    Shown::of(bytes).expect("a known form")
}

fn failed(report: &Report) -> Vec<&'static str> {
    report.checks.iter().filter(|check| check.passed == Some(false)).map(|check| check.name).collect()
}

#[test]
fn every_form_is_recognised_and_good_with_what_it_takes() {
    let kit = Kit::new();
    for (form, bytes) in every_form() {
        let shown = read(&bytes);
        assert_eq!(shown.form(), form);
        let report = inspect(&shown, &kit.asked());
        assert_eq!((report.form, report.verdict), (form, Verdict::Valid), "{:?}", report.checks);
        assert!(report.content.is_some());
        let none = KeySet::default();
        let poor = inspect(&shown, &Asked::of(&none, NOON + 10));
        assert_eq!((poor.verdict, poor.content), (Verdict::Unknown, None), "{form}: {:?}", poor.checks);
    }
}

#[test]
fn white_space_around_a_text_is_no_part_of_it() {
    for (form, bytes) in every_form() {
        if let Ok(text) = String::from_utf8(bytes) {
            assert_eq!(read(format!("\n {text}\r\n").as_bytes()), read(text.as_bytes()), "{form}");
        }
    }
}

#[test]
fn a_typed_code_says_nothing_offline() {
    let kit = Kit::new();
    let shown = read(TypedCode::from_random([1, 2, 3, 4, 5]).to_string().as_bytes());
    assert_eq!(shown.form(), Form::TypedCode);
    let report = inspect(&shown, &kit.asked());
    assert_eq!((report.verdict, report.content), (Verdict::Unknown, None));
    assert!(report.checks[0].detail.contains("ask the issuer"));
}

#[test]
fn a_response_without_its_session_is_not_judged() {
    let kit = Kit::new();
    let report = inspect(&read(&response()), &Asked { session: None, ..kit.asked() });
    assert_eq!((report.verdict, failed(&report)), (Verdict::Unknown, vec!["session"]));
    let report = inspect(&read(&response()), &Asked { session: Some(&[0x80]), ..kit.asked() });
    assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["device"]));
}

#[test]
fn what_has_no_known_form_is_nothing() {
    let long = format!("SW1:{}", "A".repeat(MAX_SHOWN));
    for bytes in [
        b"".as_slice(),
        b"hello",
        b"a~b",
        b"a.b~",
        b"{}",
        &[0xA0],
        &[0xA1, 1, 2],
        &[0xFF; 9],
        long.as_bytes(),
    ] {
        assert_eq!(Shown::of(bytes), None, "{:?}", bytes.get(..20));
    }
    assert_eq!(format!("{:?}", read(b"SW1:SECRET")), "Shown(licence code, 10 bytes)");
}

#[test]
fn what_is_asked_for_counts() {
    let kit = Kit::new();
    let sd_jwt = read(made::credential().as_str().as_bytes());
    let of = |asked: Asked<'_>| inspect(&sd_jwt, &asked);
    assert!(of(kit.asked()).checks.iter().any(|check| check.name == "type_asked" && check.passed.is_none()));
    assert_eq!(of(Asked { vct: Some(made::VCT), ..kit.asked() }).verdict, Verdict::Valid);
    let other = of(Asked { vct: Some("https://licences.example/types/library-card/1"), ..kit.asked() });
    assert_eq!((other.verdict, failed(&other)), (Verdict::Invalid, vec!["content"]));
    let other = of(Asked { issuer: Some("https://other.example"), ..kit.asked() });
    assert_eq!((other.verdict, failed(&other)), (Verdict::Invalid, vec!["issuer"]));
    let binding = Some(Binding::to(made::VERIFIER, made::NONCE));
    assert_eq!(failed(&of(Asked { binding, ..kit.asked() })), ["binding"], "it is not bound at all");
    let bound =
        made::credential().present_to(&made::audience(), &["classes"], &made::holder()).expect("bound");
    assert_eq!(inspect(&read(bound.as_bytes()), &Asked { binding, ..kit.asked() }).verdict, Verdict::Valid);

    let code = read(show_code(&presentation(), &presenter()).as_str().as_bytes());
    for (asked, verdict) in [
        (Asked { first_use: Some(true), ..kit.asked() }, Verdict::Valid),
        (Asked { first_use: Some(false), ..kit.asked() }, Verdict::Invalid),
        (Asked { at: NOON + 60, ..kit.asked() }, Verdict::Expired),
        (Asked { device: Some(made::holder().public_key()), ..kit.asked() }, Verdict::Invalid),
    ] {
        assert_eq!(inspect(&code, &asked).verdict, verdict);
    }
}

#[test]
fn what_the_authority_says_counts_for_every_document() {
    let kit = Kit::new();
    for (form, bytes) in every_form().into_iter().filter(|(form, _)| *form != Form::ShowCode) {
        for (standing, verdict) in [
            (Standing::Active, Verdict::Valid),
            (Standing::Suspended, Verdict::ShownRed),
            (Standing::Hidden, Verdict::Invalid),
            (Standing::Superseded, Verdict::Invalid),
        ] {
            let report = inspect(&read(&bytes), &Asked { standing: Some(standing), ..kit.asked() });
            assert_eq!(report.verdict, verdict, "{form} {standing:?}");
            let said = report.checks.iter().filter(|check| check.name == "standing").count();
            assert_eq!(said, 1, "{form}");
        }
    }
}

const ISSUER: &str = "https://licences.example";

/// The list at `uri`, in both forms, with `status` at `index`.
fn lists(uri: &str, index: u32, status: Status, signer: &Ed25519Signer, issued_at: i64) -> [Vec<u8>; 2] {
    let mut list = StatusList::new(Width::Two, 1 << 20).expect("a size");
    if status != Status::Valid {
        list.change(index, status).expect("in it");
    }
    let token = Token {
        issuer: ISSUER,
        uri,
        aggregation_uri: "https://licences.example/status",
        issued_at,
        expires_at: issued_at + 3_600,
        ttl_s: 300,
        chain: &[],
    };
    let packed = list.pack();
    [token.jwt(&packed, signer).expect("signs").into_bytes(), token.cwt(&packed, signer).expect("signs")]
}

/// Both kinds of credential that name an entry.
fn listed() -> [(Vec<u8>, String, u32); 2] {
    let (sd_jwt, mdoc) = (made::status(), mdocs::status());
    [
        (made::credential().as_str().into(), sd_jwt.uri, sd_jwt.index),
        (mdocs::Sample::new().issue().as_bytes().into(), mdoc.uri, mdoc.index),
    ]
}

#[test]
fn the_status_list_decides_where_one_is_given() {
    let kit = Kit::new();
    for (bytes, uri, index) in listed() {
        for (status, verdict) in [
            (Status::Valid, Verdict::Valid),
            (Status::RefreshNeeded, Verdict::Valid),
            (Status::Suspended, Verdict::ShownRed),
            (Status::Invalid, Verdict::Invalid),
        ] {
            for token in lists(&uri, index, status, &signer(), NOON) {
                let status_lists = [token];
                let asked = Asked { status_lists: &status_lists, issuer: Some(ISSUER), ..kit.asked() };
                let report = inspect(&read(&bytes), &asked);
                assert_eq!(report.verdict, verdict, "{status:?}: {:?}", report.checks);
            }
        }
        let without = inspect(&read(&bytes), &kit.asked());
        let said = without.checks.iter().find(|check| check.name == "status_list").expect("told");
        assert!(said.passed.is_none() && said.detail.contains("not consulted"));
    }
}

#[test]
fn the_newest_of_several_lists_counts() {
    let kit = Kit::new();
    let (bytes, uri, index) = &listed()[0];
    let [old, _] = lists(uri, *index, Status::Valid, &signer(), NOON - 60);
    let [new, _] = lists(uri, *index, Status::Invalid, &signer(), NOON);
    for status_lists in [[old.clone(), new.clone()], [new, old]] {
        let asked = Asked { status_lists: &status_lists, ..kit.asked() };
        assert_eq!(inspect(&read(bytes), &asked).verdict, Verdict::Invalid);
    }
}

#[test]
fn a_list_that_cannot_be_believed_leaves_nothing_good() {
    let kit = Kit::new();
    let stranger = Ed25519Signer::from_seed(&[0x66; 32]);
    for (bytes, uri, index) in listed() {
        let good = lists(&uri, index, Status::Valid, &signer(), NOON);
        let cut = good.clone().map(|token| token[..token.len() - 1].to_vec());
        let mut bad = vec![
            ("stale", lists(&uri, index, Status::Valid, &signer(), NOON - 3_601)),
            ("from the future", lists(&uri, index, Status::Valid, &signer(), NOON + 3_600)),
            (
                "another list",
                lists("https://licences.example/status/8", index, Status::Valid, &signer(), NOON),
            ),
            ("a stranger's", lists(&uri, index, Status::Valid, &stranger, NOON)),
            ("cut", cut),
        ];
        bad.push(("no list", [b"{}".to_vec(), vec![0xD2]]));
        for (what, tokens) in bad {
            for token in tokens {
                let status_lists = [token];
                let asked = Asked { status_lists: &status_lists, issuer: Some(ISSUER), ..kit.asked() };
                let report = inspect(&read(&bytes), &asked);
                assert_eq!(
                    (report.verdict, failed(&report)),
                    (Verdict::Unknown, vec!["status_list"]),
                    "{what}"
                );
            }
        }
        // What is bad already stays bad.
        let status_lists = [good[0][1..].to_vec()];
        let standing = Some(Standing::Invalid);
        let asked = Asked { status_lists: &status_lists, issuer: Some(ISSUER), standing, ..kit.asked() };
        assert_ne!(inspect(&read(&bytes), &asked).verdict, Verdict::Valid);
    }
    // An mdoc names no issuer: whose lists count must be said.
    let (bytes, uri, index) = &listed()[1];
    let status_lists = lists(uri, *index, Status::Valid, &signer(), NOON);
    let report = inspect(&read(bytes), &Asked { status_lists: &status_lists, ..kit.asked() });
    assert_eq!((report.verdict, failed(&report)), (Verdict::Unknown, vec!["status_list"]));
}

/// What the check on the evidence came to, if there is one.
fn of_evidence(report: &Report) -> Option<Option<bool>> {
    report.checks.iter().find(|check| check.name == "evidence").map(|check| check.passed)
}

#[test]
fn evidence_saves_what_was_signed_before_its_key_was_stolen() {
    let mut kit = Kit::new();
    let stolen = KeyState::Compromised { since: NOON + 40 };
    kit.keys = KeySet::of([(signer().public_key().clone(), stolen)]);
    let public = |seed| Ed25519Signer::from_seed(&[seed; 32]).public_key().clone();
    let log = NoteKey::log("licences.example/log", &public(0x10)).expect("a name");
    let witness = NoteKey::witness("witness.example/w1", &public(0x21)).expect("a name");
    let trust: LogTrust = format!("log {log}\nwitness w {witness}\nquorum w\n").parse().expect("a policy");
    let evidence: LogEvidence = include_str!("golden/code.tlog-proof").parse().expect("evidence");
    let evidence = Some(Trusted { evidence: &evidence, trust: &trust });
    let code = read(code(&content()).as_str().as_bytes());
    let report = inspect(&code, &Asked { evidence, ..kit.asked() });
    assert_eq!((report.verdict, of_evidence(&report)), (Verdict::Valid, Some(Some(true))));
    let report = inspect(&code, &kit.asked());
    assert_eq!((report.verdict, of_evidence(&report)), (Verdict::Invalid, None));
    let sd_jwt = read(made::credential().as_str().as_bytes());
    let report = inspect(&sd_jwt, &Asked { evidence, ..kit.asked() });
    assert_eq!((report.verdict, of_evidence(&report)), (Verdict::Invalid, Some(Some(false))), "not of this");
    let why = report.checks.iter().find(|check| check.name == "evidence").map(|check| check.detail.as_str());
    assert_eq!(why, Some("the evidence is of another credential"));

    let honest = Kit::new();
    let report = inspect(&code, &Asked { evidence, ..honest.asked() });
    assert_eq!((report.verdict, of_evidence(&report)), (Verdict::Valid, Some(None)), "it was not needed");
}

#[test]
fn a_show_code_tells_which_document_and_nothing_of_a_person() {
    let kit = Kit::new();
    let shown = presentation();
    let report = inspect(&read(show_code(&shown, &presenter()).as_str().as_bytes()), &kit.asked());
    let told = Told::ShowCode {
        serial: shown.serial,
        version: shown.version,
        issued_at: shown.issued_at,
        expires_at: shown.expires_at,
    };
    assert_eq!(report.content, Some(told));
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!((&json["form"], &json["content"]["version"]), (&"show_code".into(), &3.into()));
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes: Vec<u8>) {
        let kit = Kit::new();
        if let Some(shown) = Shown::of(&bytes) {
            prop_assert_ne!(inspect(&shown, &kit.asked()).verdict, Verdict::Valid);
        }
    }

    #[test]
    fn no_flipped_bit_is_good(form in 0usize..6, at: prop::sample::Index, bit in 0u8..8) {
        let kit = Kit::new();
        let (_, mut bytes) = every_form().swap_remove(form);
        let honest = read(&bytes);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Some(shown) = Shown::of(&bytes) {
            // A space that a flip puts at the end of a text is no part of it.
            let same = shown.as_bytes() == honest.as_bytes();
            let report = inspect(&shown, &kit.asked());
            prop_assert!(same || report.verdict != Verdict::Valid, "{:?}", report.checks);
        }
    }
}
