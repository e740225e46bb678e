//! The register's two ways in: signed pushes, and records from a file.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::office::server;

/// Changes a person's record in the sandbox and has it pushed; answers whether the server took it.
async fn pushed(key: &str, fields: Value) -> bool {
    let admin = &server().sandbox.register_admin_url;
    let answer = Client::new().post(format!("{admin}/push/{key}")).json(&fields).send().await.unwrap();
    answer.status() == StatusCode::OK
}

async fn record_of(key: &str) -> Value {
    let admin = &server().sandbox.register_admin_url;
    let people: Vec<Value> =
        Client::new().get(format!("{admin}/people")).send().await.unwrap().json().await.unwrap();
    people.into_iter().find(|person| person["key"] == key).expect("somebody of that name")["record"].take()
}

#[tokio::test]
async fn a_push_is_taken_if_it_is_signed_and_not_otherwise() {
    assert!(pushed("status-z", json!({"points": 3})).await, "nobody applied, and that is fine");
    let url = format!("{}/v1/registry-events", server().url);
    let answer = Client::new().post(&url).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "unauthenticated");
    let huge = Client::new().post(&url).body(vec![b' '; 300 * 1024]).send().await.unwrap();
    assert_eq!(huge.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn each_line_of_an_import_counts_for_itself() {
    let send = async |key: &str, body: String| {
        let address = format!("{}/v1/register/records", server().url);
        Client::new().request(Method::POST, address).bearer_auth(key).body(body).send().await.unwrap()
    };
    let record = record_of("status-n").await.to_string();
    let body = format!("{record}\n\nnonsense\n{{\"name\": \"秘密\"}}\n{record}\n");
    let answer = send(&server().operator_key, body.clone()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.unwrap();
    assert!(!text.contains("秘密"), "{text}");
    let came: Value = serde_json::from_str(&text).unwrap();
    let lines = came["lines"].as_array().unwrap();
    let numbers: Vec<_> = lines.iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 3, 4, 5]);
    assert_eq!((&lines[0]["outcome"], &lines[3]["outcome"]), (&json!("unknown"), &json!("unknown")));
    for line in &lines[1..3] {
        assert!(line["outcome"].is_null() && line["error"].as_str().unwrap().contains("no record"), "{line}");
    }
    assert_eq!(send(&server().reviewer_key, body).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(send(&server().operator_key, "7\n".repeat(201)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
