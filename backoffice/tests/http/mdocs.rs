//! A wallet's key is registered, the document is bound to it, and what the server serves is verified with what it
//! publishes.

use reqwest::Method;
use sealwright_credentials::mdoc::{
    self, DeviceSignature, IssuerSigned, NAMESPACE, NAMESPACE_CN, device_authentication, device_response,
};
use sealwright_credentials::presentation::{Nonce, Presentation, prepare};
use sealwright_credentials::sd_jwt::{Audience, SdJwt};
use sealwright_credentials::x509::{Certificate, Terms, make_root};
use sealwright_credentials::{Certificates, Es256Signer, Signer, Verdict};
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::office::{Caller, applicant, begun, identified, problem, server};

fn wallet() -> Es256Signer {
    Es256Signer::from_scalar(&[0x31; 32]).unwrap()
}

async fn bytes(caller: &Caller, path: &str) -> (u16, String, Vec<u8>) {
    let answer = caller.send(Method::GET, path, None, None).await;
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.bytes().await.unwrap().to_vec())
}

async fn put(caller: &Caller, path: &str, jwk: Value) -> reqwest::Response {
    caller.send(Method::PUT, path, None, Some(jwk)).await
}

async fn roots() -> Certificates {
    let anybody = Caller::with("no key");
    let (status, kind, pem) = bytes(&anybody, "/v1/certificates?kind=root").await;
    assert_eq!((status, kind.as_str()), (200, "application/pem-certificate-chain"));
    let pem = String::from_utf8(pem).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----") && !pem.contains("PRIVATE"));
    let roots = Certificates::from_pem(&pem).unwrap();
    assert_eq!((roots.roots().count(), roots.signers().count()), (1, 0));
    let (_, _, all) = bytes(&anybody, "/v1/certificates").await;
    let all = Certificates::from_pem(&String::from_utf8(all).unwrap()).unwrap();
    assert_eq!((all.roots().count(), all.signers().count()), (1, 1));
    assert_eq!(bytes(&anybody, "/v1/certificates?kind=other").await.0, 400);
    roots
}

#[tokio::test]
async fn a_licence_that_is_bound_to_a_wallet_is_an_mdoc_too() {
    let (holder, known) = applicant("long-term").await;
    let licence = format!("/v1/licences/{}", known["licence"].as_str().unwrap());
    let key = format!("{licence}/device-key");
    let jwk = serde_json::to_value(wallet().public_key()).unwrap();

    // Before there is any application, and by nobody else.
    problem(holder.send(Method::GET, &key, None, None).await, "not-found").await;
    let (stranger, _) = applicant("suspended").await;
    problem(put(&stranger, &key, jwk.clone()).await, "not-found").await;
    problem(put(&Caller::with(&server().operator_key), &key, jwk.clone()).await, "not-permitted").await;
    let mut private = jwk.clone();
    private["d"] = jwk["x"].clone();
    let document_key = holder.get("/v1/keys").await["keys"][0].clone();
    for unfit in
        [json!({}), json!("key"), private, json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), document_key]
    {
        problem(put(&holder, &key, unfit).await, "invalid").await;
    }
    let registered: Value = put(&holder, &key, jwk.clone()).await.json().await.unwrap();
    assert_eq!((&registered["jwk"], &registered["bound"]), (&jwk, &json!(false)), "{registered}");
    let again: Value = put(&holder, &key, jwk.clone()).await.json().await.unwrap();
    assert_eq!(again, registered, "the same key again changes nothing");

    let case = begun(&holder).await;
    let id = case["id"].as_str().unwrap().to_owned();
    identified(&holder, &case).await;
    holder.post(&format!("/v1/applications/{id}/actions/submit"), json!({})).await;
    holder.until(&id, |case| case["phase"] == "issued").await;
    let document = holder.get(&licence).await;
    assert_eq!(document["forms"], json!(["code", "sd-jwt-vc", "mdoc"]), "{document}");
    assert_eq!(holder.get(&key).await["bound"], true);

    let (status, kind, served) = bytes(&holder, &format!("{licence}/credential?form=mdoc")).await;
    assert_eq!((status, kind.as_str()), (200, "application/cbor"));
    let roots: Vec<_> = roots().await.iter().cloned().collect();
    let now = SystemClock.now().secs();
    let report = mdoc::verify(&served, &roots, now, None);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
    by_the_command_line(&served, &roots);
    let shown = report.document.unwrap();
    let text = |space, name| shown.get(space, name).and_then(|value| value.as_text()).map(str::to_owned);
    assert_eq!(text(NAMESPACE, "family_name").as_deref(), Some("WU"));
    assert_eq!(text(NAMESPACE_CN, "serial"), document["serial"].as_str().map(str::to_owned));
    assert_eq!(shown.device_key.as_ref(), Some(wallet().public_key()));

    // The holder shows a part of it in a session, and nobody else can.
    let part = IssuerSigned::from_bytes(served).unwrap().disclose(|_, name| name == "age_over_18");
    let session = b"\x83\xF6\xF6\xF6";
    let respond = |signer: &Es256Signer| {
        let algorithm = signer.algorithm();
        let signature = signer.sign(&device_authentication(session, algorithm).unwrap()).unwrap();
        let response = device_response(&part, &DeviceSignature { algorithm, signature });
        mdoc::verify_device(&response, session, &roots, now, None).verdict
    };
    assert_eq!(respond(&wallet()), Verdict::Valid);
    assert_eq!(respond(&Es256Signer::from_scalar(&[0x32; 32]).unwrap()), Verdict::Invalid);

    // Its status is published under the same entry as that of the SD-JWT VC, which is bound to the same key.
    let (_, _, text) = bytes(&holder, &format!("{licence}/credential?form=sd-jwt-vc")).await;
    let sd_jwt: SdJwt = String::from_utf8(text).unwrap().parse().unwrap();
    let verifier = Caller::with(&server().verifier_key);
    let audience = Audience { verifier: "https://rental.example", nonce: "n-1", at: now };
    let shown_alone = sd_jwt.present_to(&audience, &["classes"], &wallet()).unwrap();
    let content =
        verifier.post("/v1/verifications", json!({"code": sd_jwt.present(&["classes"]).unwrap()})).await;
    assert_eq!((&content["verdict"], shown_alone.is_empty()), (&json!("VALID"), false), "{content}");
    let status = shown.status.unwrap();
    assert_eq!(content["content"]["status"]["uri"], status.uri, "{content}");

    by_the_device_itself(&holder, &licence, &document).await;

    // Taken back, the next version is bound to none; this one stays as it is.
    for _ in 0..2 {
        assert_eq!(holder.send(Method::DELETE, &key, None, None).await.status(), 204);
    }
    problem(holder.send(Method::GET, &key, None, None).await, "not-found").await;
    assert_eq!(bytes(&holder, &format!("{licence}/credential?form=mdoc")).await.0, 200);
}

/// The same with `sealwright verify`, offline, as a verifier has it on file.
fn by_the_command_line(served: &[u8], roots: &[Certificate]) {
    let folder = tempfile::tempdir().unwrap();
    let other = Es256Signer::from_scalar(&[0x33; 32]).unwrap();
    let subject = roots[0].subject().clone();
    let terms = Terms {
        subject: &subject,
        validity: roots[0].validity(),
        contact: "https://licences.example",
        crl: "https://licences.example/crl",
    };
    let other = make_root(&terms, [1; 16], &other).unwrap().to_pem();
    let mut forged = served.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    for (name, bytes) in [
        ("mdoc.cbor", served),
        ("forged.cbor", &forged),
        ("root.pem", roots[0].to_pem().as_bytes()),
        ("other.pem", other.as_bytes()),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    for (what, root, code, verdict) in [
        ("mdoc.cbor", "root.pem", 0, "VALID"),
        ("mdoc.cbor", "other.pem", 6, "UNKNOWN"),
        ("forged.cbor", "root.pem", 6, "INVALID"),
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sealwright"));
        let output =
            command.current_dir(folder.path()).args(["verify", what, "--roots", root, "--json"]).output();
        let output = output.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (output.status.code(), report["verdict"].as_str()),
            (Some(code), Some(verdict)),
            "{report}"
        );
    }
}

/// A show code that the wallet made without the server, good for one verification; and one of another wallet.
async fn by_the_device_itself(holder: &Caller, licence: &str, document: &Value) {
    let verifier = Caller::with(&server().verifier_key);
    let now = SystemClock.now().secs();
    let show = |signer: &Es256Signer| {
        let shown = Presentation {
            serial: document["serial"].as_str().unwrap().parse().unwrap(),
            version: 1,
            issued_at: now,
            expires_at: now + 60,
            nonce: Nonce::random().unwrap(),
            device: None,
            challenge: None,
        };
        let code = prepare(&shown, signer.key_id(), signer.algorithm()).unwrap().sign(signer).unwrap();
        json!({"code": code.as_str()})
    };
    let code = show(&wallet());
    let answer = verifier.post("/v1/verifications", code.clone()).await;
    assert_eq!(answer["verdict"], "VALID", "{answer}");
    assert_eq!(answer["holder"]["name_masked"], "吴*");
    assert_eq!(verifier.post("/v1/verifications", code).await["verdict"], "INVALID", "it is used up");
    let stranger = show(&Es256Signer::from_scalar(&[0x32; 32]).unwrap());
    let answer = verifier.post("/v1/verifications", stranger).await;
    assert_eq!((&answer["verdict"], &answer["holder"]), (&json!("UNKNOWN"), &Value::Null), "{answer}");
    // The server's own codes show it as before.
    let shown = holder.post(&format!("{licence}/presentations"), json!({})).await;
    let answer = verifier.post("/v1/verifications", json!({"code": shown["code"]})).await;
    assert_eq!(answer["verdict"], "VALID", "{answer}");
}
