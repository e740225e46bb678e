//! Mobile driving licences before verifiers that others wrote: npm's @owf/mdoc with node:crypto, and @auth0/mdl.
//!
//! `mdoc.mjs` beside this file reads JSON and answers JSON, so that anybody can run it by hand.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

mod issued;
#[path = "../program.rs"]
mod program;
#[path = "../served.rs"]
mod served;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sealwright_credentials::mdoc::{
    DeviceSignature, IssuerSigned, NAMESPACE, NAMESPACE_CN, device_authentication, device_response, verify,
    verify_device,
};
use sealwright_credentials::{Ed25519Signer, Es256Signer, Signer, Verdict};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use issued::Office;
use program::Program;

/// `SessionTranscript` of OpenID4VP: no engagement, and a handover whose digest is all 5s.
const SESSION: &[u8] = b"\x83\xF6\xF6\x82\x71OpenID4VPHandover\x58\x2055555555555555555555555555555555";

#[derive(Debug, Deserialize)]
struct Answer {
    accepted: bool,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    elements: Value,
}

fn ask<A: DeserializeOwned>(task: &str, questions: &[Value]) -> Vec<A> {
    let answers = Program::Node("mdoc/mdoc.mjs").run(task, &questions);
    assert_eq!(answers.len(), questions.len());
    answers
}

/// Issuers and holders of every algorithm.
fn offices() -> Vec<Office> {
    let ed25519 = |seed| Box::new(Ed25519Signer::from_seed(&[seed; 32])) as Box<dyn Signer>;
    let es256 = |scalar| Box::new(Es256Signer::from_scalar(&[scalar; 32]).unwrap()) as Box<dyn Signer>;
    vec![
        Office::new(ed25519(1), 1, es256(2)),
        Office::new(ed25519(3), 3, ed25519(4)),
        Office::new(es256(5), 5, es256(6)),
        Office::new(es256(7), 7, ed25519(8)),
    ]
}

fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn issuer_signed(office: &Office, mdoc: &IssuerSigned, at: i64) -> Value {
    json!({"issuer_signed": base64url(mdoc.as_bytes()), "roots": [office.root.to_pem()], "at": at})
}

fn response(office: &Office, response: &[u8], at: i64) -> Value {
    json!({
        "response": base64url(response), "session": base64url(SESSION),
        "roots": [office.root.to_pem()], "at": at,
    })
}

#[test]
fn owf_reads_what_we_issue_and_what_is_disclosed_of_it() {
    for office in offices() {
        let whole = office.issue();
        let part = whole.disclose(|_, name| matches!(name, "age_over_18" | "classes" | "issuing_country"));
        let questions = [&whole, &part].map(|mdoc| issuer_signed(&office, mdoc, office.now));
        let [whole, part] = <[Answer; 2]>::try_from(ask("owf", &questions)).unwrap();
        assert!(whole.accepted && part.accepted, "{} {}", whole.reason, part.reason);
        let elements = &whole.elements;
        assert_eq!(elements[NAMESPACE]["family_name"], "OUYANG");
        assert_eq!(elements[NAMESPACE]["family_name_national_character"], "欧阳");
        assert_eq!(elements[NAMESPACE]["birth_date"], "1949-12-31");
        assert_eq!(elements[NAMESPACE]["portrait"], base64url(issued::PORTRAIT));
        assert_eq!(elements[NAMESPACE]["driving_privileges"][0]["vehicle_category_code"], "B");
        assert_eq!(elements[NAMESPACE_CN]["classes"], "C1E");
        assert_eq!(elements[NAMESPACE_CN]["long_term"], true);
        let disclosed = json!({
            NAMESPACE: {"age_over_18": true, "issuing_country": "CN"}, NAMESPACE_CN: {"classes": "C1E"},
        });
        assert_eq!(part.elements, disclosed);
    }
}

#[test]
fn both_read_what_our_holders_present() {
    let mut questions = Vec::new();
    for office in offices() {
        let part = office.issue().disclose(|_, name| matches!(name, "age_over_18" | "issuing_country"));
        let presented = office.present(&part, SESSION);
        let report = verify_device(&presented, SESSION, std::slice::from_ref(&office.root), office.now, None);
        assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
        questions.push(response(&office, &presented, office.now));
    }
    for verifier in ["owf", "auth0"] {
        for answer in ask::<Answer>(verifier, &questions) {
            assert!(answer.accepted, "{verifier}: {}", answer.reason);
            let disclosed = json!({NAMESPACE: {"age_over_18": true, "issuing_country": "CN"}});
            assert_eq!(answer.elements, disclosed, "{verifier}");
        }
    }
}

/// Node's ES256 leaves either half of `s`, its CBOR another order and random digest ids.
#[test]
fn we_read_what_owf_issues() {
    #[derive(Deserialize)]
    struct Issued {
        issuer_signed: String,
    }
    let offices = offices();
    let questions: Vec<Value> = offices.iter().map(Office::question_to_issue).collect();
    for (office, issued) in offices.iter().zip(ask::<Issued>("issue", &questions)) {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(issued.issuer_signed).unwrap();
        let report = verify(&bytes, std::slice::from_ref(&office.root), office.now, None);
        assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
        let document = report.document.unwrap();
        assert_eq!(document.device_key.as_ref(), Some(office.holder.public_key()));
        let text = |name| document.get(NAMESPACE, name).and_then(|value| value.as_text());
        assert_eq!((text("family_name"), text("birth_date")), (Some("Müller"), Some("1984-02-29")));
        let late = verify(&bytes, std::slice::from_ref(&office.root), office.now + 90_000, None);
        assert_eq!(late.verdict, Verdict::Expired);
    }
}

/// What is altered, borrowed, late or of a stranger, all three refuse: they and we.
#[test]
fn all_refuse_what_is_not_good() {
    let offices = offices();
    let (office, other) = (&offices[0], &offices[1]);
    let mdoc = office.issue();
    let roots = std::slice::from_ref(&office.root);
    let with = |from: &[u8], to: &[u8]| {
        let mut bytes = mdoc.as_bytes().to_vec();
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
        IssuerSigned::from_bytes(bytes).unwrap()
    };
    let mut last = mdoc.as_bytes().to_vec();
    *last.last_mut().unwrap() ^= 1;
    let altered = [
        ("class", with(b"C1E", b"A1E")),
        ("name", with("欧阳".as_bytes(), "欧阴".as_bytes())),
        ("licence number", with(b"11010519491231002X", b"110105194912310021")),
        ("end of the mdoc", with(b"validUntil\xC0\x742", b"validUntil\xC0\x743")),
        ("document type", with(b"docType\x75org.iso.18013.5.1.mDL", b"docType\x75org.iso.18013.5.1.mDX")),
        ("status", with(b"lists/7", b"lists/8")),
        ("holder's key", with(office.holder_key_bytes(), other.holder_key_bytes())),
        ("signature", IssuerSigned::from_bytes(last).unwrap()),
    ];
    let mut names = Vec::new();
    let (mut alone, mut presented) = (Vec::new(), Vec::new());
    for (what, mdoc) in &altered {
        let ours = verify(mdoc.as_bytes(), roots, office.now, None);
        assert_eq!((ours.verdict, ours.document), (Verdict::Invalid, None), "{what}");
        names.push(*what);
        alone.push(issuer_signed(office, mdoc, office.now));
        presented.push(response(office, &office.present(mdoc, SESSION), office.now));
    }
    let stolen = office.present_as(&mdoc, SESSION, &*other.holder);
    assert_eq!(verify_device(&stolen, SESSION, roots, office.now, None).verdict, Verdict::Invalid);
    names.push("holder");
    presented.push(response(office, &stolen, office.now));
    let mut replayed = response(office, &office.present(&mdoc, SESSION), office.now);
    replayed["session"] = base64url(&[&SESSION[..SESSION.len() - 1], b"6"].concat()).into();
    names.push("session");
    presented.push(replayed);

    for verifier in ["owf", "auth0"] {
        for (answer, what) in ask::<Answer>(verifier, &presented).iter().zip(&names) {
            assert!(!answer.accepted, "{verifier} accepts another {what}");
        }
    }
    for (what, question) in [
        ("root", issuer_signed(other, &mdoc, office.now)),
        ("time", issuer_signed(office, &mdoc, office.now + 91 * 86_400)),
        ("time before", issuer_signed(office, &mdoc, office.now - 2 * 86_400)),
    ] {
        names.insert(alone.len(), what);
        alone.push(question);
    }
    // And this one is good, so that none of the others was refused for another reason that they share.
    alone.push(issuer_signed(office, &mdoc, office.now));
    let mut answers: Vec<Answer> = ask("owf", &alone);
    assert!(answers.pop().unwrap().accepted);
    for (answer, what) in answers.iter().zip(&names) {
        assert!(!answer.accepted, "owf accepts another {what}");
    }
}

/// What the HTTP API of a running office serves, with the root that it publishes: whole, and shown in a session by the
/// holder's wallet; and neither with a byte changed nor shown by another wallet.
#[tokio::test]
async fn both_read_what_a_running_office_serves() {
    let wallet = Es256Signer::from_scalar(&[9; 32]).unwrap();
    let served = served::issued("retained", wallet.public_key()).await;
    let now = issued::now();
    let whole = IssuerSigned::from_bytes(served.mdoc.clone()).unwrap();
    let part = whole.disclose(|_, name| matches!(name, "age_over_18" | "issuing_country"));
    let alone = |bytes: &[u8]| json!({"issuer_signed": base64url(bytes), "roots": [served.roots], "at": now});
    let shown = |signer: &Es256Signer| {
        let message = device_authentication(SESSION, signer.algorithm()).unwrap();
        let signature = signer.sign(&message).unwrap();
        let response = device_response(&part, &DeviceSignature { algorithm: signer.algorithm(), signature });
        json!({
            "response": base64url(&response), "session": base64url(SESSION),
            "roots": [served.roots], "at": now,
        })
    };
    let mut forged = served.mdoc.clone();
    let at = forged.windows(4).position(|window| window == b"WANG").unwrap();
    forged[at] ^= 1;
    let questions = [alone(&served.mdoc), alone(&forged)];
    let [good, bad] = <[Answer; 2]>::try_from(ask("owf", &questions)).unwrap();
    assert!(good.accepted, "{}", good.reason);
    assert!(!bad.accepted, "a byte was changed");
    assert_eq!(good.elements[NAMESPACE]["family_name"], "WANG");
    assert_eq!(good.elements[NAMESPACE]["given_name_national_character"], "小明");
    assert_eq!(good.elements[NAMESPACE_CN]["name"], "王小明");
    assert!(good.elements[NAMESPACE]["portrait"].as_str().unwrap().len() > 10_000, "the photo is in it");

    let thief = Es256Signer::from_scalar(&[10; 32]).unwrap();
    let questions = [shown(&wallet), shown(&thief)];
    for verifier in ["owf", "auth0"] {
        let [good, bad] = <[Answer; 2]>::try_from(ask(verifier, &questions)).unwrap();
        assert!(good.accepted, "{verifier}: {}", good.reason);
        assert_eq!(good.elements, json!({NAMESPACE: {"age_over_18": true, "issuing_country": "CN"}}));
        assert!(!bad.accepted, "{verifier} accepts another wallet");
    }
}
