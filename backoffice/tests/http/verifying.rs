//! Verification over HTTP fails closed.

use serde_json::json;

use crate::office::{Caller, applicant, begun, server};

#[tokio::test]
async fn nonsense_is_not_valid_and_does_no_harm() {
    let verifier = Caller::with(&server().verifier_key);
    for code in [
        "",
        "SW1:",
        "SW1:NOTHING",
        "HC1:ABC",
        "🚗",
        "~",
        "a.b.c~",
        &"~".repeat(60_000),
        &"SW1:A".repeat(10_000),
    ] {
        let report = verifier.post("/v1/verifications", json!({"code": code})).await;
        assert!(["INVALID", "UNKNOWN"].contains(&report["verdict"].as_str().unwrap()), "{code}: {report}");
        assert!(report["content"].is_null());
    }
}

#[tokio::test]
async fn what_an_erased_person_leaves_names_nobody() {
    let (caller, known) = applicant("status-z").await;
    let application = begun(&caller).await;
    let operator = Caller::with(&server().operator_key);
    let person = format!("/v1/persons/{}", known["person"].as_str().unwrap());
    assert_eq!(operator.get(&person).await["applications"].as_array().unwrap().len(), 1);
    for _ in 0..2 {
        let erased = operator.send(reqwest::Method::DELETE, &person, None, None).await;
        assert_eq!(erased.status(), 204);
    }
    let gone = operator.send(reqwest::Method::GET, &person, None, None).await;
    assert_eq!(gone.status(), 404);
    let audit = operator.post("/v1/audit", json!({})).await;
    assert_eq!(audit["findings"].as_array().unwrap().len(), 0, "{audit}");
    assert_eq!(audit["next_cursor"], json!(null), "a test's few instances are one stretch");
    let id = application["id"].as_str().unwrap();
    let rest = operator.post(&format!("/v1/audit?cursor={id}"), json!({})).await;
    assert!(rest["instances"].as_u64() < audit["instances"].as_u64(), "what comes behind it: {rest}");
    operator.refused("/v1/audit?cursor=nonsense", json!({}), "bad-request").await;
}
