//! Sweeps and schedules over HTTP, and a server killed in the middle of one.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use sealwright::dev::DevFile;
use serde_json::{Value, json};

use crate::office::{Caller, fresh, problem, server};

async fn ended(operator: &Caller, id: &str) -> Value {
    for _ in 0..600 {
        let sweep = operator.get(&format!("/v1/sweeps/{id}")).await;
        if sweep["closed"] == true {
            return sweep;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the sweep does not end");
}

#[tokio::test]
async fn an_operator_starts_lists_and_steers_sweeps() {
    let operator = Caller::with(&server().operator_key);
    let key = fresh();
    let start = json!({"kind": "full", "dry_run": true, "per_second": 7});
    let send = async || operator.send(Method::POST, "/v1/sweeps", Some(&key), Some(start.clone())).await;
    let first: Value = send().await.json().await.unwrap();
    let again = send().await;
    assert!(again.headers().contains_key("Idempotent-Replayed"));
    assert_eq!(again.json::<Value>().await.unwrap()["id"], first["id"], "the same key is the same sweep");
    let id = first["id"].as_str().unwrap();
    let sweep = ended(&operator, id).await;
    assert_eq!((&sweep["phase"], &sweep["per_second"]), (&json!("finished"), &json!(7)), "{sweep}");
    // Whoever applied in the other tests is known; nobody is touched by a dry run.
    let counts = &sweep["counts"];
    let total: u64 =
        ["unknown", "unchanged", "different"].iter().map(|name| counts[*name].as_u64().unwrap()).sum();
    assert_eq!(counts["seen"].as_u64(), Some(total), "{sweep}");
    assert!(total >= 8, "everybody in the sandbox's register: {sweep}");
    let listed = operator.get("/v1/sweeps?kind=full&closed=true").await;
    assert!(listed["items"].as_array().unwrap().iter().any(|line| line["id"] == first["id"]), "{listed}");
    operator.refused(&format!("/v1/sweeps/{id}/actions/pause"), json!({}), "action-not-allowed").await;
    operator.refused(&format!("/v1/sweeps/{id}/actions/hurry"), json!({}), "not-found").await;
    let none = format!("/v1/sweeps/{}/actions/cancel", uuid_of_nobody());
    operator.refused(&none, json!({}), "not-found").await;
    operator.refused("/v1/sweeps", json!({"kind": "full", "per_second": 0}), "action-not-allowed").await;
    for stranger in [&server().reviewer_key, &server().verifier_key] {
        let answer = Caller::with(stranger).send(Method::GET, "/v1/sweeps", None, None).await;
        problem(answer, "not-permitted").await;
    }
}

fn uuid_of_nobody() -> &'static str {
    "019aa001-0000-7000-8000-00000000000a"
}

#[tokio::test]
async fn schedules_say_when_they_come_and_come_when_they_are_told() {
    let operator = Caller::with(&server().operator_key);
    let all = operator.get("/v1/schedules").await;
    let names: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, [json!("changes"), json!("full"), json!("calendar")]);
    let changes = operator.get("/v1/schedules/changes?next=4").await;
    assert_eq!((&changes["zone"], &changes["misfire"]), (&json!("Asia/Shanghai"), &json!("once")));
    let next: Vec<&str> = changes["next"].as_array().unwrap().iter().map(|at| at.as_str().unwrap()).collect();
    assert!(
        next.len() == 4 && next.is_sorted() && next.iter().all(|at| at.ends_with("00.000000Z")),
        "{next:?}"
    );
    let begun = operator.post("/v1/schedules/full/actions/run-now", json!({})).await;
    assert_eq!((&begun["kind"], &begun["schedule"]), (&json!("full"), &json!("full")), "{begun}");
    let phase = ended(&operator, begun["id"].as_str().unwrap()).await["phase"].clone();
    assert!(phase == "finished" || phase == "skipped", "{phase}");
    let look = operator.post("/v1/schedules/calendar/actions/run-now", json!({})).await;
    assert!(look["phase"] == "covered" || look["phase"] == "missing", "{look}");
    operator.refused("/v1/schedules/never/actions/run-now", json!({}), "not-found").await;
}

/// A server of its own process. It does not outlive this value.
struct Process {
    _child: Killed,
    dev: DevFile,
}

/// A process that is killed without a warning when this goes, as the kernel's out-of-memory killer does.
struct Killed(Child);

impl Process {
    async fn start(data: &Path) -> Self {
        let _ = std::fs::remove_file(data.join("dev.json"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealwright"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEALWRIGHT")) {
            command.env_remove(name);
        }
        command.args(["dev", "--quiet", "--port", "0", "--data"]).arg(data);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = Killed(command.spawn().unwrap());
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(text) = std::fs::read_to_string(data.join("dev.json")) {
                return Self { _child: child, dev: serde_json::from_str(&text).unwrap() };
            }
            assert!(Instant::now() < until, "the server is ready within a minute");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.dev.url) };
        let mut request = Client::new().request(method, url).bearer_auth(&self.dev.operator_key);
        request = request.header("Idempotency-Key", fresh());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The register takes its time over each answer, and the server is killed while a slice waits for one. Started again,
/// it ends the sweep as if nothing had happened.
#[tokio::test]
async fn a_server_killed_in_the_middle_of_a_sweep_ends_it_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Process::start(&data).await;
    let trouble = format!("{}/trouble", server.dev.sandbox.register_admin_url);
    server.ask(Method::PUT, &trouble, Some(json!({"delay_ms": 3_000}))).await;
    let begun = server.ask(Method::POST, "/v1/sweeps", Some(json!({"kind": "full"}))).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/sweeps/{id}");
    loop {
        let sweep = server.ask(Method::GET, &path, None).await;
        assert_eq!(sweep["closed"], false, "it was over before the server could be killed: {sweep}");
        if sweep["phase"] == "sweeping" {
            break;
        }
    }
    drop(server);
    let server = Process::start(&data).await;
    let until = Instant::now() + Duration::from_secs(60);
    let sweep = loop {
        let sweep = server.ask(Method::GET, &path, None).await;
        if sweep["closed"] == true {
            break sweep;
        }
        assert!(Instant::now() < until, "{sweep}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((&sweep["phase"], &sweep["slice"]), (&json!("finished"), &json!(1)), "{sweep}");
    let people =
        server.ask(Method::GET, &format!("{}/people", server.dev.sandbox.register_admin_url), None).await;
    let people = people.as_array().unwrap().len();
    assert_eq!(
        (&sweep["counts"]["seen"], &sweep["counts"]["unknown"]),
        (&json!(people), &json!(people)),
        "{sweep}"
    );
    // The way is free again.
    let next = server.ask(Method::POST, "/v1/sweeps", Some(json!({"kind": "full"}))).await;
    assert_eq!(next["kind"], "full");
}
