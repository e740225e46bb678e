//! Who may do what.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::office::{Caller, applicant, begun, problem, server};

#[tokio::test]
async fn nobody_gets_in_without_a_key() {
    let url = format!("{}/v1/applications", server().url);
    problem(Client::new().get(&url).send().await.unwrap(), "unauthenticated").await;
    let stranger = Caller::with("sw_nobody");
    problem(stranger.send(Method::GET, "/v1/applications", None, None).await, "unauthenticated").await;
}

#[tokio::test]
async fn applicants_see_their_own_alone() {
    let (owner, known) = applicant("points").await;
    let case = begun(&owner).await;
    let (other, _) = applicant("long-term").await;
    for path in ["", "/information", "/timeline"] {
        let path = format!("/v1/applications/{}{path}", case["id"].as_str().unwrap());
        problem(other.send(Method::GET, &path, None, None).await, "not-found").await;
    }
    let withdraw = format!("/v1/applications/{}/actions/withdraw", case["id"].as_str().unwrap());
    other.refused(&withdraw, json!({}), "not-found").await;
    let licence = format!("/v1/licences/{}", known["licence"].as_str().unwrap());
    problem(other.send(Method::GET, &licence, None, None).await, "not-found").await;
    let own = other.get("/v1/applications").await;
    assert!(own["items"].as_array().unwrap().iter().all(|line| line["id"] != case["id"]));
}

#[tokio::test]
async fn each_office_door_opens_to_its_roles_alone() {
    let file = server();
    let (applicant, _) = applicant("status-h").await;
    let callers = [
        ("applicant", applicant),
        ("gateway", Caller::with(&file.gateway_key)),
        ("reviewer", Caller::with(&file.reviewer_key)),
        ("operator", Caller::with(&file.operator_key)),
        ("verifier", Caller::with(&file.verifier_key)),
        ("admin", Caller::with(&file.admin_key)),
    ];
    let nobody = "018f0000-0000-7000-8000-000000000000";
    let doors: [(Method, String, Value, &[&str]); 9] = [
        (Method::POST, "/v1/applicants".into(), json!({"licence_number": "x"}), &["gateway", "admin"]),
        (Method::POST, "/v1/applications".into(), json!({"kind": "first_issue"}), &["applicant"]),
        (Method::GET, "/v1/reviews".into(), Value::Null, &["reviewer", "operator"]),
        (Method::POST, "/v1/reviews/claim-next".into(), json!({}), &["reviewer"]),
        (Method::GET, "/v1/effects".into(), Value::Null, &["operator"]),
        (Method::GET, "/v1/parked".into(), Value::Null, &["operator"]),
        (Method::POST, "/v1/audit".into(), json!({}), &["operator"]),
        (Method::POST, format!("/v1/licences/{nobody}/actions/suspend"), json!({}), &["operator"]),
        (Method::POST, "/v1/api-keys".into(), json!({"name": "x", "roles": ["verifier"]}), &["admin"]),
    ];
    for (method, path, body, roles) in doors {
        for (role, caller) in &callers {
            let key = crate::office::fresh();
            let body = Some(body.clone()).filter(|body| !body.is_null());
            let answer = caller.send(method.clone(), &path, Some(&key), body).await;
            let refused = answer.status() == StatusCode::FORBIDDEN;
            assert_eq!(refused, !roles.contains(role), "{role} at {method} {path}: {}", answer.status());
        }
    }
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let admin = Caller::with(&server().admin_key);
    let made = admin.post("/v1/api-keys", json!({"name": "temp", "roles": ["auditor"]})).await;
    let auditor = Caller::with(made["api_key"].as_str().unwrap());
    auditor.get("/v1/parked").await;
    let path = format!("/v1/api-keys/{}", made["id"].as_str().unwrap());
    for _ in 0..2 {
        let revoked = admin.send(Method::DELETE, &path, None, None).await;
        assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    }
    problem(auditor.send(Method::GET, "/v1/parked", None, None).await, "unauthenticated").await;
}
