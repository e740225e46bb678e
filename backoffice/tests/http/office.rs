//! A server for the tests, and people who talk to it.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode};
use sealwright::dev::{DevFile, DevOptions, dev};
use serde_json::{Value, json};

/// The server, started once for all tests of this binary; it ends with the process.
pub(crate) fn server() -> &'static DevFile {
    static SERVER: OnceLock<DevFile> = OnceLock::new();
    SERVER.get_or_init(|| {
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let data = tempfile::tempdir().unwrap();
            let options = DevOptions {
                data: data.path().into(),
                port: 0,
                undo_window: Some(Duration::from_secs(1)),
                signing_delay: None,
                fonts: fonts(),
            };
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let ended = runtime.block_on(dev(options, |file, _| tell.send(file.clone()).unwrap()));
            panic!("the server ended: {ended:?}");
        });
        told.recv_timeout(Duration::from_secs(60)).expect("the server is ready within a minute")
    })
}

/// The fonts of the tests, where there are any.
fn fonts() -> Vec<PathBuf> {
    let named = std::env::var_os("SEALWRIGHT_TEST_FONTS").unwrap_or_default();
    std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty()).collect()
}

/// Somebody with a key.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    key: String,
}

impl Caller {
    pub(crate) fn with(key: &str) -> Self {
        Self { client: Client::new(), key: key.into() }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
    ) -> Response {
        let mut request =
            self.client.request(method, format!("{}{path}", server().url)).bearer_auth(&self.key);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, None, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "GET {path}");
        answer.json().await.unwrap()
    }

    /// A POST under a fresh key that must succeed.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.send(Method::POST, path, Some(&fresh()), Some(body)).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "POST {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// A POST under a fresh key that must be refused with this code.
    pub(crate) async fn refused(&self, path: &str, body: Value, code: &str) -> Value {
        let answer = self.send(Method::POST, path, Some(&fresh()), Some(body)).await;
        problem(answer, code).await
    }

    /// Asks until the application satisfies `wanted`, at most 30 seconds.
    pub(crate) async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..600 {
            last = self.get(&format!("/v1/applications/{id}")).await;
            if wanted(&last) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the application did not get there: {last}");
    }
}

/// A refusal must be a problem with this code, and say what, why and what to do.
pub(crate) async fn problem(answer: Response, code: &str) -> Value {
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(kind, "application/problem+json", "{body}");
    assert_eq!(
        (body["code"].as_str(), body["status"].as_u64()),
        (Some(code), Some(u64::from(status))),
        "{body}"
    );
    for part in ["type", "title", "detail", "what_to_do"] {
        assert!(body[part].as_str().is_some_and(|text| !text.is_empty()), "{part} of {body}");
    }
    body
}

pub(crate) fn fresh() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("key-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A person of the sandbox's register, with a key of their own.
pub(crate) async fn applicant(key: &str) -> (Caller, Value) {
    let file = server();
    let people: Vec<Value> = reqwest::get(format!("{}/people", file.sandbox.register_admin_url))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let person = people.iter().find(|person| person["key"] == key).expect("the register has this person");
    let number = &person["record"]["number"]["value"];
    let gateway = Caller::with(&file.gateway_key);
    let known = gateway.post("/v1/applicants", json!({"licence_number": number, "locale": "en"})).await;
    (Caller::with(known["api_key"].as_str().unwrap()), known)
}

/// Begins an application and waits until the applicant can do something, or it is over.
pub(crate) async fn begun(caller: &Caller) -> Value {
    let begun = caller.post("/v1/applications", json!({"kind": "first_issue"})).await;
    caller.until(begun["id"].as_str().unwrap(), |case| case["closed"] == true || acts(case)).await
}

fn acts(case: &Value) -> bool {
    case["allowed_actions"]
        .as_array()
        .is_some_and(|actions| actions.iter().any(|action| action != "withdraw"))
}

/// Confirms the information and passes the liveness check.
pub(crate) async fn identified(caller: &Caller, case: &Value) -> Value {
    let id = case["id"].as_str().unwrap();
    let actions = format!("/v1/applications/{id}/actions");
    caller.post(&format!("{actions}/confirm-information"), json!({"revision": case["revision"]})).await;
    let case = caller.until(id, |case| case["liveness"]["url"].is_string()).await;
    let face = case["liveness"]["url"].as_str().unwrap();
    let passed = json!({"outcome": "passed", "score": 97.5, "serial": "S-1"});
    let answer = Client::new().post(face).json(&passed).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    caller.until(id, acts).await
}
