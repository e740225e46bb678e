//! Status lists and the log over HTTP, as verifiers and auditors fetch them: without a key.

use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use reqwest::{Client, Method, Response, StatusCode};
use sealwright_credentials::log::{LogEvidence, NoteKey, SignedCheckpoint, verify_inclusion};
use sealwright_credentials::status_list::{Expected, Read, Status, read_cwt, read_jwt};
use sealwright_credentials::{Code, Digest, KeySet, StatusReference, sd_jwt};
use serde_json::{Value, json};

use crate::office::{Caller, applicant, begun, identified, problem, server};

async fn get(path: &str, headers: &[(reqwest::header::HeaderName, &str)]) -> Response {
    let mut request = Client::new().get(format!("{}{path}", server().url));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.send().await.unwrap()
}

async fn text(path: &str) -> String {
    let answer = get(path, &[]).await;
    assert_eq!(answer.status(), StatusCode::OK, "GET {path}");
    answer.text().await.unwrap()
}

/// Asks until the answer is there: the server looks every few seconds, by its own clock.
async fn until<T>(mut wanted: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..900 {
        if let Some(found) = wanted().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it was not published within the time that is promised");
}

/// Both forms of a list, read as a verifier reads them.
async fn list(number: u64) -> Option<Read> {
    let keys: KeySet = KeySet::from_json(&text("/v1/keys").await).unwrap();
    let path = format!("/v1/status/{number}");
    let jwt = get(&path, &[]).await;
    if jwt.status() == StatusCode::NOT_FOUND {
        return None;
    }
    assert_eq!(jwt.headers()[CONTENT_TYPE], "application/statuslist+jwt");
    let cwt = get(&path, &[(ACCEPT, "application/statuslist+cwt")]).await;
    assert_eq!(cwt.headers()[CONTENT_TYPE], "application/statuslist+cwt");
    let uri = format!("{}{path}", server().url);
    let at = chrono::Utc::now().timestamp();
    let expected = Expected { issuer: "https://sealwright.example", uri: &uri, keys: &keys, at, seen: None };
    let jwt = read_jwt(&jwt.text().await.unwrap(), &expected).unwrap();
    let cwt = read_cwt(&cwt.bytes().await.unwrap(), &expected).unwrap();
    // It may have been published again between the two.
    (jwt == cwt).then_some(jwt)
}

/// Where the holder's SD-JWT VC says that its status stands.
async fn reference(caller: &Caller, licence: &str) -> StatusReference {
    let path = format!("/v1/licences/{licence}/credential?form=sd-jwt-vc");
    let credential = caller.send(Method::GET, &path, None, None).await.text().await.unwrap();
    let keys: KeySet = KeySet::from_json(&text("/v1/keys").await).unwrap();
    let at = chrono::Utc::now().timestamp();
    let vct = "https://sealwright.example/types/driving-licence/1";
    let request = sd_jwt::Request { vct, issuer: None, binding: None };
    let report = sd_jwt::verify(&credential, &keys, at, &request);
    let presented = report.presented.unwrap_or_else(|| panic!("{:?}", report.checks));
    presented.status.expect("it names a list")
}

/// Somebody's licence, issued: its holder, its id and code.
async fn issued(key: &str) -> (Caller, String, Code) {
    let (caller, known) = applicant(key).await;
    let case = begun(&caller).await;
    let id = case["id"].as_str().unwrap().to_owned();
    identified(&caller, &case).await;
    caller.post(&format!("/v1/applications/{id}/actions/submit"), json!({})).await;
    let case = caller.until(&id, |case| case["closed"] == true).await;
    assert_eq!(case["phase"], "issued", "{case}");
    let licence = known["licence"].as_str().unwrap().to_owned();
    let code: Value = caller.get(&format!("/v1/licences/{licence}/code")).await;
    let code = code["code"].as_str().unwrap().parse().unwrap();
    (caller, licence, code)
}

#[tokio::test]
async fn what_is_issued_is_listed_and_logged() {
    let (caller, licence, code) = issued("suspended-later").await;

    // The log holds it, and shows it to anybody.
    let key: NoteKey = text("/v1/log/key").await.trim().parse().unwrap();
    let signed: Digest = code.signed_digest();
    let evidence = until(async || {
        let answer = get(&format!("/v1/log/inclusion/{signed}"), &[]).await;
        (answer.status() == StatusCode::OK).then_some(answer)
    });
    let evidence: LogEvidence = evidence.await.text().await.unwrap().parse().unwrap();
    let checkpoint = SignedCheckpoint::open(&evidence.checkpoint, &key).unwrap();
    let (size, root) = (checkpoint.checkpoint().size(), checkpoint.checkpoint().root());
    assert_eq!(evidence.entry.signed, signed);
    assert!(verify_inclusion(&evidence.entry.leaf(), evidence.index, size, root, &evidence.proof));
    let newest = SignedCheckpoint::open(&text("/v1/log/checkpoint").await, &key).unwrap();
    assert!(newest.checkpoint().size() >= size);
    let proof: Value =
        serde_json::from_str(&text(&format!("/v1/log/consistency?from=0&to={size}")).await).unwrap();
    assert_eq!((&proof["from"], &proof["to"], &proof["hashes"]), (&json!(0), &json!(size), &json!([])));

    // An auditor checks it with the program, and needs no key either.
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("checkpoint");
    let program = async |line: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_sealwright"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEALWRIGHT")) {
            command.env_remove(name);
        }
        let done = command.args(line).args(["--url", &server().url]).output().await.unwrap();
        let out = String::from_utf8(done.stdout).unwrap();
        (done.status.code().unwrap(), out, String::from_utf8(done.stderr).unwrap())
    };
    let (exit, note, _) = program(&["log", "checkpoint"]).await;
    assert_eq!(exit, 0, "{note}");
    std::fs::write(&kept, &note).unwrap();
    let kept = kept.to_str().unwrap();
    let digest = signed.to_string();
    for line in
        [&["log", "inclusion", &digest, "--log-key", &key.to_string()][..], &["log", "consistency", kept]]
    {
        let (exit, out, error) = program(line).await;
        assert_eq!(exit, 0, "{line:?}: {out}{error}");
    }
    let forged = note.replacen(&format!("\n{}\n", newest.checkpoint().size()), "\n1000000\n", 1);
    std::fs::write(kept, forged).unwrap();
    let (exit, _, error) = program(&["log", "consistency", kept]).await;
    assert_eq!(exit, 6, "{error}");

    // A list says that it is good, and within a minute that it is not.
    let before = until(async || list(1).await).await;
    let lists: Value = serde_json::from_str(&text("/v1/status").await).unwrap();
    assert_eq!(lists["status_lists"][0], format!("{}/v1/status/1", server().url));
    assert_eq!(before.aggregation_uri(), format!("{}/v1/status", server().url));
    let (exit, shown, error) = program(&["status", "show", "1", "--json"]).await;
    let shown: Value = serde_json::from_str(&shown).unwrap_or_else(|_| panic!("{exit} {error}"));
    assert_eq!(shown["entries"], before.list().entries());
    let reference = reference(&caller, &licence).await;
    assert_eq!(reference.uri, format!("{}/v1/status/1", server().url));
    let said = until(async || list(1).await?.status(reference.index).ok()).await;
    assert_eq!(said, Status::Valid);
    let operator = Caller::with(&server().operator_key);
    operator.post(&format!("/v1/licences/{licence}/actions/suspend"), json!({})).await;
    until(async || {
        let said = list(1).await?.status(reference.index);
        (said == Ok(Status::Suspended)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_copy_may_be_kept_and_asked_about() {
    issued("rare-name").await;
    until(async || list(1).await).await;
    let answer = get("/v1/status/1", &[]).await;
    let tag = answer.headers()[ETAG].to_str().unwrap().to_owned();
    assert_eq!(
        (&answer.headers()[CACHE_CONTROL], &answer.headers()[VARY]),
        (&"public, max-age=300".parse().unwrap(), &"Accept".parse().unwrap())
    );
    let same = get("/v1/status/1", &[(IF_NONE_MATCH, &tag)]).await;
    // Unless it was published again just now, for another test's licence.
    if same.status() != StatusCode::OK {
        assert_eq!((same.status(), &same.headers()[ETAG]), (StatusCode::NOT_MODIFIED, &tag.parse().unwrap()));
        assert!(same.bytes().await.unwrap().is_empty());
    }
    let other = get("/v1/status/1", &[(IF_NONE_MATCH, &tag), (ACCEPT, "application/statuslist+cwt")]).await;
    assert_eq!(other.status(), StatusCode::OK, "another form is another thing");
    problem(get("/v1/status/1", &[(ACCEPT, "text/html")]).await, "not-acceptable").await;
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    for unknown in ["/v1/status/4711", "/v1/status/0", "/v1/status/-1", "/v1/status/nonsense"] {
        problem(get(unknown, &[]).await, "not-found").await;
    }
    let nothing = Digest::of(b"never signed");
    problem(get(&format!("/v1/log/inclusion/{nothing}"), &[]).await, "not-found").await;
    problem(get("/v1/log/inclusion/nonsense", &[]).await, "invalid").await;
    until(async || (get("/v1/log/checkpoint", &[]).await.status() == StatusCode::OK).then_some(())).await;
    for trees in ["from=0&to=18446744073709551615", "from=9000&to=8000"] {
        problem(get(&format!("/v1/log/consistency?{trees}"), &[]).await, "invalid").await;
    }
    for trees in ["", "from=1", "from=-1&to=1", "from=0&to=0&more=1"] {
        problem(get(&format!("/v1/log/consistency?{trees}"), &[]).await, "bad-request").await;
    }
}
