//! SD-JWT VC: PyPI's sd-jwt with jwcrypto, and npm's @sd-jwt packages with node:crypto.

use std::collections::BTreeSet;

use sealwright_credentials::sd_jwt::{
    Audience, Binding, CredentialType, HolderKey, Request, Salts, SdJwt, Terms, prepare, verify,
};
use sealwright_credentials::{
    Content, Date, Digest, Ed25519Signer, Es256Signer, KeySet, KeyState, Serial, Sex, Signer,
    StatusReference, Verdict,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::program::Program;

pub(crate) const PYTHON: Program = Program::Python("sd_jwt.py");
pub(crate) const NODE: Program = Program::Node("sd_jwt.mjs");

const VCT: &str = "https://licences.example/types/driving-licence/1";
const VERIFIER: &str = "https://rental.example";
const NONCE: &str = "n-0S6_WzA2Mj";
/// 2026-11-22 12:00 in Beijing.
const NOON: i64 = 1_795_320_000;

const ISSUER_SEED: [u8; 32] = [0x51; 32];
const HOLDER_SEED: [u8; 32] = [0x40; 32];

/// Issuers and holders of every algorithm.
fn pairs() -> Vec<(Box<dyn Signer>, Box<dyn Signer>)> {
    let es256 = |seed| Box::new(Es256Signer::from_scalar(seed).unwrap());
    vec![
        (Box::new(Ed25519Signer::from_seed(&ISSUER_SEED)), Box::new(Ed25519Signer::from_seed(&HOLDER_SEED))),
        (es256(&ISSUER_SEED), es256(&HOLDER_SEED)),
    ]
}

/// What a verifier says.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    pub(crate) accepted: bool,
    #[serde(default)]
    pub(crate) claims: Value,
}

/// What the other issuer made.
#[derive(Debug, Deserialize)]
struct Issued {
    credential: String,
    presentation: String,
}

fn content() -> Content {
    let date = |year, month, day| Date::from_ymd_opt(year, month, day).unwrap();
    Content {
        issuer: "https://licences.example".into(),
        licence_number: "11010519491231002X".into(),
        expires: Some(NOON + 86_400),
        generated_at: NOON - 60,
        serial: Serial::from_random([0xA7; 10]),
        version: 3,
        name: "欧阳建国·𠮷\"\\".into(),
        sex: Sex::Female,
        birth_date: date(1949, 12, 31),
        nationality: "CHN".into(),
        classes: "A1A2D".into(),
        valid_from: date(2021, 9, 1),
        valid_until: None,
        first_issue: date(1975, 5, 6),
        authority: "北京市公安局公安交通管理局".into(),
        archive_number: Some("110012345678".into()),
        address: "北京市朝阳区建国门外大街甲12号院3号楼2单元1501室".into(),
        record: None,
        photo_digest: Digest::of(b"the bytes of a photo"),
        status_at_issue: "A".into(),
    }
}

fn credential(issuer: &dyn Signer, holder: &dyn Signer) -> SdJwt {
    let licence = CredentialType::licence(VCT).unwrap();
    let holder = HolderKey::of(holder.public_key());
    let status = StatusReference { uri: "https://licences.example/status/7".into(), index: 412_907 };
    let terms = Terms { holder: Some(&holder), status: Some(&status), decoys: true, ..Terms::of(&licence) };
    let salts = Salts::generate().unwrap();
    let prepared = prepare(&content(), &terms, issuer.key_id(), issuer.algorithm(), salts).unwrap();
    prepared.sign(issuer).unwrap()
}

fn jwk(signer: &dyn Signer) -> Value {
    serde_json::from_str(HolderKey::of(signer.public_key()).jwk()).unwrap()
}

fn case(text: &str, issuer: &dyn Signer) -> Value {
    json!({"text": text, "key": jwk(issuer), "vct": VCT, "at": NOON})
}

fn bound_case(text: &str, issuer: &dyn Signer) -> Value {
    let mut case = case(text, issuer);
    case["audience"] = VERIFIER.into();
    case["nonce"] = NONCE.into();
    case
}

fn ours(text: &str, issuer: &dyn Signer, bound: bool) -> sealwright_credentials::sd_jwt::Report {
    let keys = KeySet::of([(issuer.public_key().clone(), KeyState::Active)]);
    let binding = bound.then(|| Binding::to(VERIFIER, NONCE));
    verify(text, &keys, NOON, &Request { vct: VCT, issuer: None, binding })
}

/// The claims without those that are always visible.
fn disclosed(claims: &Value) -> Value {
    let visible = ["iss", "vct", "vct#integrity", "iat", "exp", "jti", "version", "status", "cnf"];
    let claims = claims.as_object().unwrap().iter().filter(|(name, _)| !visible.contains(&name.as_str()));
    claims.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn others_read_what_we_issue_as_we_do() {
    for (issuer, holder) in pairs() {
        let credential = credential(&*issuer, &*holder);
        let audience = Audience { verifier: VERIFIER, nonce: NONCE, at: NOON };
        let some = credential.present_to(&audience, &["classes", "validity"], &*holder).unwrap();
        let none = credential.present_to(&audience, &[], &*holder).unwrap();
        let cases = [
            case(credential.as_str(), &*issuer),
            case(&credential.present(&["name", "age_over_18"]).unwrap(), &*issuer),
            bound_case(&some, &*issuer),
            bound_case(&none, &*issuer),
        ];
        for program in [PYTHON, NODE] {
            let answers: Vec<Answer> = program.run("verify", &cases);
            assert_eq!(answers.len(), cases.len());
            for (case, answer) in cases.iter().zip(&answers) {
                assert!(answer.accepted, "{program:?} {answer:?}");
                let report = ours(case["text"].as_str().unwrap(), &*issuer, case.get("nonce").is_some());
                assert_eq!(report.verdict, Verdict::Valid);
                assert_eq!(disclosed(&answer.claims), Value::Object(report.presented.unwrap().claims));
                assert_eq!(answer.claims["status"]["status_list"]["idx"], 412_907);
            }
            assert_eq!(answers[0].claims["name"], content().name);
            assert_eq!(
                disclosed(&answers[2].claims),
                json!({"classes": ["A1", "A2", "D"], "validity": {"from": "2021-09-01"}})
            );
            assert_eq!(disclosed(&answers[3].claims), json!({}));
        }
    }
}

#[test]
fn others_refuse_what_was_tampered_with() {
    for (issuer, holder) in pairs() {
        let credential = credential(&*issuer, &*holder);
        let audience = Audience { verifier: VERIFIER, nonce: NONCE, at: NOON };
        let shown = credential.present_to(&audience, &["classes", "validity"], &*holder).unwrap();
        let (jwt, rest) = shown.split_once('~').unwrap();
        let (_, proof) = shown.rsplit_once('~').unwrap();
        let mut cases = Vec::new();
        // One changed character in header, payload, signature; and in the holder's proof.
        for at in (0..jwt.len() - 1).step_by(41) {
            cases.push(case(&format!("{}~{rest}", changed(jwt, at)), &*issuer));
        }
        for at in (0..proof.len() - 1).step_by(23) {
            let text = shown.strip_suffix(proof).unwrap();
            cases.push(bound_case(&format!("{text}{}", changed(proof, at)), &*issuer));
        }
        let parts: Vec<_> = shown.split('~').collect();
        let name = credential.present(&["name"]).unwrap();
        let name = name.split('~').nth(1).unwrap();
        for text in [
            [parts[0], parts[1], parts[3]].join("~"),
            [parts[0], parts[2], parts[1], parts[3]].join("~"),
            [parts[0], name, parts[1], parts[2], parts[3]].join("~"),
            [parts[0], parts[1], parts[2], ""].join("~"),
        ] {
            cases.push(bound_case(&text, &*issuer));
        }
        let stranger = Ed25519Signer::from_seed(&[9; 32]);
        cases.push(case(&shown, &stranger));
        for (member, value) in [
            ("nonce", json!("another")),
            ("audience", json!("https://other.example")),
            ("at", json!(NOON + 90_000)),
            ("vct", json!("https://other.example")),
        ] {
            let mut case = bound_case(&shown, &*issuer);
            case[member] = value;
            cases.push(case);
        }
        assert!(cases.len() > 60);
        for program in [PYTHON, NODE] {
            let answers: Vec<Answer> = program.run("verify", &cases);
            assert_eq!(answers.len(), cases.len());
            for (i, answer) in answers.iter().enumerate() {
                assert!(!answer.accepted, "{program:?} accepted case {i}");
            }
        }
        let tampered = cases.len() - 5;
        for case in &cases[..tampered] {
            let report = ours(case["text"].as_str().unwrap(), &*issuer, true);
            assert!(report.verdict >= Verdict::Invalid && report.presented.is_none());
        }
    }
}

/// A changed disclosure belongs to no digest. Ours refuses all of it; a verifier may also just not see the claim.
#[test]
fn nobody_believes_a_changed_disclosure() {
    for (issuer, holder) in pairs() {
        let credential = credential(&*issuer, &*holder);
        let shown = credential.present(&["name", "classes"]).unwrap();
        let start = shown.find('~').unwrap() + 1;
        let texts: Vec<_> = (start..shown.len() - 1)
            .step_by(5)
            .filter(|at| &shown[*at..at + 1] != "~")
            .map(|at| changed(&shown, at))
            .collect();
        let cases: Vec<_> = texts.iter().map(|text| case(text, &*issuer)).collect();
        for program in [PYTHON, NODE] {
            let answers: Vec<Answer> = program.run("verify", &cases);
            assert_eq!(answers.len(), cases.len());
            for answer in answers.iter().filter(|answer| answer.accepted) {
                let claims = disclosed(&answer.claims);
                let claims = claims.as_object().unwrap();
                assert_eq!(claims.len(), 1, "{program:?} sees {:?}", claims.keys().collect::<BTreeSet<_>>());
                let honest = [("name", json!(content().name)), ("classes", json!(["A1", "A2", "D"]))];
                assert!(honest.iter().any(|(name, value)| claims.get(*name) == Some(value)));
            }
        }
        for text in texts {
            assert_eq!(ours(&text, &*issuer, false).verdict, Verdict::Invalid);
        }
    }
}

#[test]
fn ours_reads_what_others_issue() {
    let (issuer, holder) = (Ed25519Signer::from_seed(&ISSUER_SEED), Ed25519Signer::from_seed(&HOLDER_SEED));
    let private = |signer: &dyn Signer, seed: [u8; 32]| {
        use base64::Engine as _;
        let mut jwk = jwk(signer);
        jwk["d"] = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(seed).into();
        jwk
    };
    let hidden = json!({
        "name": content().name, "classes": ["C1", "E"], "validity": {"from": "2021-09-01", "until": "2031-09-01"},
        "address": {"formatted": content().address},
    });
    let order = json!({
        "key": private(&issuer, ISSUER_SEED), "holder": private(&holder, HOLDER_SEED),
        "kid": issuer.key_id().to_string(),
        "visible": {
            "iss": "https://licences.example", "vct": VCT, "iat": NOON - 60, "exp": NOON + 60,
            "jti": "A1B2C3D4E5F6G7H8", "version": 7,
            "status": {"status_list": {"idx": 5, "uri": "https://licences.example/status/7"}},
        },
        "hidden": hidden, "shown": ["classes", "address"], "audience": VERIFIER, "nonce": NONCE,
    });
    let issued: Vec<Issued> = PYTHON.run("issue", &order);
    let [issued] = &issued[..] else { panic!("one order, one answer") };

    let report = ours(&issued.credential, &issuer, false);
    assert_eq!(report.verdict, Verdict::Valid);
    let presented = report.presented.unwrap();
    assert_eq!((presented.serial.as_str(), presented.version), ("A1B2C3D4E5F6G7H8", 7));
    assert_eq!(Value::Object(presented.claims), hidden);

    // It makes the holder's proof with the clock of this machine, which ours is therefore not asked about.
    let report = ours(&issued.presentation, &issuer, false);
    assert_eq!(report.verdict, Verdict::Valid);
    let claims = report.presented.unwrap().claims;
    assert_eq!(
        claims.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        BTreeSet::from(["address", "classes"])
    );
    let (without, _) = issued.presentation.rsplit_once('~').unwrap();
    let (_, other) = ours_presented(&issued.credential, &holder);
    assert_eq!(ours(&format!("{without}~{other}"), &issuer, true).verdict, Verdict::Invalid);
}

/// Our wallet shows their credential.
fn ours_presented(credential: &str, holder: &Ed25519Signer) -> (String, String) {
    let credential: SdJwt = credential.parse().unwrap();
    let audience = Audience { verifier: VERIFIER, nonce: NONCE, at: NOON };
    let shown = credential.present_to(&audience, &["name"], holder).unwrap();
    let report = ours(&shown, &Ed25519Signer::from_seed(&ISSUER_SEED), true);
    assert_eq!(report.verdict, Verdict::Valid);
    let (text, proof) = shown.rsplit_once('~').unwrap();
    (text.into(), proof.into())
}

#[test]
fn others_read_the_type_metadata() {
    let licence = CredentialType::licence(VCT).unwrap();
    let answers: Vec<Answer> = NODE.run("metadata", &json!({"metadata": licence.metadata()}));
    assert!(answers[0].accepted, "{answers:?}");
    assert_eq!(answers[0].claims["vct"], VCT);
    assert_eq!(answers[0].claims["display"][1]["name"], "电子驾驶证");
    let paths = answers[0].claims["claims"].as_array().unwrap();
    assert!(paths.iter().any(|claim| claim["path"] == json!(["classes"]) && claim["sd"] == "always"));

    let broken = licence.metadata().replace("\"locale\"", "\"tongue\"");
    let answers: Vec<Answer> = NODE.run("metadata", &json!({"metadata": broken}));
    assert!(!answers[0].accepted);
}

/// `text` with one character exchanged for another of the same alphabet.
fn changed(text: &str, at: usize) -> String {
    let other = if &text[at..at + 1] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}
