//! The retained-photo path over HTTP, to a code that verifies.

use reqwest::Method;
use sealwright_credentials::sd_jwt::SdJwt;
use serde_json::json;

use crate::office::{Caller, applicant, begun, identified, server};
use crate::pictures;

#[tokio::test]
async fn a_retained_photo_becomes_a_licence_without_anybody_looking() {
    let (caller, known) = applicant("retained").await;
    let case = begun(&caller).await;
    let id = case["id"].as_str().unwrap().to_owned();
    let information = caller.get(&format!("/v1/applications/{id}/information")).await;
    assert_eq!(information["name"], "王小明");
    assert!(information["number_masked"].as_str().unwrap().contains('*'));
    let case = identified(&caller, &case).await;
    assert!(case["allowed_actions"].as_array().unwrap().contains(&json!("submit")), "{case}");
    caller.post(&format!("/v1/applications/{id}/actions/submit"), json!({})).await;
    let case = caller.until(&id, |case| case["closed"] == true).await;
    assert_eq!((&case["phase"], &case["licence_version"]), (&json!("issued"), &json!(1)), "{case}");

    let licence = known["licence"].as_str().unwrap();
    let document = caller.get(&format!("/v1/licences/{licence}")).await;
    assert_eq!((&document["standing"], &document["serial"]), (&json!("active"), &case["serial"]));
    let code = caller.get(&format!("/v1/licences/{licence}/code")).await;
    let verifier = Caller::with(&server().verifier_key);
    let report = verifier.post("/v1/verifications", json!({"code": code["code"]})).await;
    assert_eq!(report["verdict"], "VALID", "{report}");
    in_every_form(&caller, licence, code["code"].as_str().unwrap()).await;
    let drawn = caller.send(Method::GET, &format!("/v1/licences/{licence}/code.svg"), None, None).await;
    assert!(drawn.text().await.unwrap().starts_with("<svg"));

    let card = async |caller: &Caller, query: &str| {
        let path = format!("/v1/licences/{licence}/card.svg{query}");
        let answer = caller.send(Method::GET, &path, None, None).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, main) = card(&caller, "").await;
    assert_eq!(status, 200, "{main}");
    for text in ["正常", "王小明", "data:image/", document["serial"].as_str().unwrap()] {
        assert!(main.contains(text), "{text}");
    }
    let (status, secondary) = card(&caller, "?page=secondary&form=print").await;
    assert!(status == 200 && secondary.contains("准驾车型代号规定") && secondary.contains("148mm"));
    assert_eq!(card(&caller, "?page=third").await.0, 400);
    pictures::are_drawn_or_missed(&caller, &format!("/v1/licences/{licence}")).await;
    let (stranger, _) = applicant("suspended").await;
    assert_eq!(card(&stranger, "").await.0, 404);

    // What an operator does shows at once.
    let operator = Caller::with(&server().operator_key);
    let verdict = async |action: &str| {
        operator.post(&format!("/v1/licences/{licence}/actions/{action}"), json!({})).await;
        verifier.post("/v1/verifications", json!({"code": code["code"]})).await["verdict"].clone()
    };
    assert_eq!(verdict("suspend").await, "SHOWN RED");
    assert!(card(&caller, "").await.1.contains("不得驾驶"));
    assert_eq!(verdict("restore").await, "VALID");
    assert_eq!(verdict("invalidate").await, "INVALID");
    assert_eq!(card(&caller, "").await.0, 404);
}

/// The holder's credential in each form; nobody else's.
async fn in_every_form(holder: &Caller, licence: &str, code: &str) {
    let ask = async |caller: &Caller, query: &str| {
        let path = format!("/v1/licences/{licence}/credential{query}");
        let answer = caller.send(Method::GET, &path, None, None).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let status = answer.status().as_u16();
        let kept = if status == 200 { header("cache-control") } else { String::new() };
        (status, header("content-type"), kept, answer.text().await.unwrap())
    };
    for query in ["", "?form=code"] {
        let (status, kind, kept, text) = ask(holder, query).await;
        assert_eq!((status, kind.as_str(), kept.as_str()), (200, "text/plain; charset=utf-8", "no-store"));
        assert_eq!(text, code);
    }
    let (status, kind, kept, text) = ask(holder, "?form=sd-jwt-vc").await;
    assert_eq!((status, kind.as_str(), kept.as_str()), (200, "application/dc+sd-jwt", "no-store"));
    assert_eq!(ask(holder, "?form=mdoc").await.0, 404, "no wallet's key is registered");
    for query in ["?form=mdocs", "?form=", "?from=code"] {
        assert_eq!(ask(holder, query).await.0, 400, "{query}");
    }
    let (stranger, _) = applicant("suspended").await;
    assert_eq!(ask(&stranger, "?form=sd-jwt-vc").await.0, 404);

    let verifier = Caller::with(&server().verifier_key);
    let judge = async |text: &str| verifier.post("/v1/verifications", json!({"code": text})).await;
    let of_code = judge(code).await;
    let shown = text.parse::<SdJwt>().unwrap().present(&["classes"]).unwrap();
    let report = judge(&shown).await;
    assert_eq!((&report["verdict"], &report["standing"]), (&json!("VALID"), &json!("active")), "{report}");
    for same in ["issuer", "serial", "version", "generated_at"] {
        assert_eq!(report["content"][same], of_code["content"][same], "{same}");
    }
    assert_eq!(report["content"]["claims"].as_object().unwrap().keys().collect::<Vec<_>>(), ["classes"]);
    assert!(report["checks"].as_array().unwrap().iter().any(|check| check["name"] == "standing"));
    for forged in [shown.replacen(".ey", ".fy", 1), format!("{shown}x"), shown.replacen("~W", "~X", 1)] {
        let report = judge(&forged).await;
        assert_eq!((&report["verdict"], &report["content"]), (&json!("INVALID"), &json!(null)), "{report}");
    }

    let operator = Caller::with(&server().operator_key);
    let act = async |action: &str| {
        operator.post(&format!("/v1/licences/{licence}/actions/{action}"), json!({})).await;
        judge(&shown).await["verdict"].clone()
    };
    assert_eq!(act("suspend").await, "SHOWN RED");
    assert_eq!(act("hide").await, "INVALID");
    assert_eq!(ask(holder, "?form=sd-jwt-vc").await.0, 404, "not shown");
    assert_eq!(act("restore").await, "VALID");
}

#[tokio::test]
async fn a_suspended_licence_is_refused_with_the_reason() {
    let (caller, _) = applicant("suspended").await;
    let case = begun(&caller).await;
    assert_eq!((&case["closed"], &case["phase"]), (&json!(true), &json!("refused")), "{case}");
    assert_eq!(case["refusal"]["code"], "status");
    assert!(!case["refusal"]["text_en"].as_str().unwrap().is_empty());
    assert!(!case["refusal"]["text_zh"].as_str().unwrap().is_empty());
}
