//! Bad requests and repeated ones.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::office::{Caller, applicant, begun, fresh, problem, server};

#[tokio::test]
async fn a_change_needs_a_key_and_a_repeat_has_the_same_outcome() {
    let (caller, _) = applicant("status-i").await;
    let body = || Some(json!({"kind": "first_issue"}));
    problem(caller.send(Method::POST, "/v1/applications", None, body()).await, "idempotency-key-missing")
        .await;
    let key = fresh();
    let first = caller.send(Method::POST, "/v1/applications", Some(&key), body()).await;
    assert!(first.headers().get("idempotent-replayed").is_none());
    let first: Value = first.json().await.unwrap();
    let again = caller.send(Method::POST, "/v1/applications", Some(&key), body()).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    let again: Value = again.json().await.unwrap();
    assert_eq!(first["id"], again["id"]);
    let other = caller
        .send(
            Method::POST,
            "/v1/applications",
            Some(&key),
            Some(json!({"kind": "first_issue", "locale": "zh"})),
        )
        .await;
    problem(other, "idempotency-key-reused").await;
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let (caller, _) = applicant("status-n").await;
    let case = begun(&caller).await;
    let url = format!("{}/v1/applications/{}/actions/withdraw", server().url, case["id"].as_str().unwrap());
    let (_, known) = applicant("status-n").await;
    let send = |version: u64| {
        let request = Client::new().post(&url).bearer_auth(known["api_key"].as_str().unwrap());
        request
            .header("Idempotency-Key", fresh())
            .header("If-Match", format!("\"{version}\""))
            .json(&json!({}))
            .send()
    };
    let version = case["version"].as_u64().unwrap();
    problem(send(version + 7).await.unwrap(), "stale-version").await;
    assert_eq!(send(version).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn bad_input_is_told_what_why_and_what_to_do() {
    let gateway = Caller::with(&server().gateway_key);
    let wrong =
        gateway.refused("/v1/applicants", json!({"licence_number": "110105194912310021"}), "invalid").await;
    assert_eq!(wrong["errors"][0]["pointer"], "/licence_number");
    gateway.refused("/v1/applicants", json!({"licence_number": "x", "colour": "red"}), "invalid").await;
    gateway
        .refused("/v1/applicants", json!({"licence_number": "x".repeat(200_000)}), "payload-too-large")
        .await;
    let (caller, _) = applicant("status-p").await;
    let case = begun(&caller).await;
    let actions = format!("/v1/applications/{}/actions", case["id"].as_str().unwrap());
    caller.refused(&format!("{actions}/confirm-information"), json!({}), "invalid").await;
    caller.refused(&format!("{actions}/fly"), json!({}), "not-found").await;
    let early = caller.refused(&format!("{actions}/submit"), json!({}), "action-not-allowed").await;
    assert!(early["rejection"].is_string());
    problem(caller.send(Method::GET, "/v1/applications?cursor=nonsense", None, None).await, "bad-request")
        .await;
}

#[tokio::test]
async fn every_problem_has_a_page_and_every_described_path_is_served() {
    let caller = Caller::with(&server().admin_key);
    for sealwright::problem::Kind(_, code, title, _) in sealwright::problem::KINDS {
        let page =
            caller.send(Method::GET, &format!("/problems/{code}"), None, None).await.text().await.unwrap();
        assert!(page.contains(title));
    }
    let api = caller.get("/openapi.json").await;
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, methods) in api["paths"].as_object().unwrap() {
        let path = path.replace("{file}", "diagram.mmd").replace("{name}", "application");
        let filled = path.replace(['{', '}'], "");
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = caller.send(method.clone(), &filled, None, None).await;
            // A route that is not there answers 404 without a problem; a method that is not there, 405.
            let served = answer.status() != StatusCode::METHOD_NOT_ALLOWED
                && (answer.status() != StatusCode::NOT_FOUND
                    || answer.headers().contains_key("content-type"));
            assert!(served, "{method} {path}: {}", answer.status());
        }
    }
}

#[tokio::test]
async fn health_figures_and_diagrams_are_there() {
    let operator = Caller::with(&server().operator_key);
    for path in ["/livez", "/readyz", "/version"] {
        assert_eq!(operator.send(Method::GET, path, None, None).await.status(), StatusCode::OK, "{path}");
    }
    let (caller, _) = applicant("status-t").await;
    begun(&caller).await;
    let figures = operator.send(Method::GET, "/metrics", None, None).await.text().await.unwrap();
    assert!(figures.contains("sealwright_transitions_total"), "{figures}");
    let diagram = operator.send(Method::GET, "/v1/workflows/licence/diagram.mmd", None, None).await;
    assert!(diagram.text().await.unwrap().contains("stateDiagram-v2"));
}
