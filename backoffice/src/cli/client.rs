//! A client of the HTTP API.

use std::time::Duration;

use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::exit::{Exit, Failure};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take; an audit of a large store takes longer, see [`Client::patient`].
const ANSWER: Duration = Duration::from_secs(60);
/// How long an audit may take.
const AUDIT: Duration = Duration::from_secs(6 * 3_600);
/// Bytes of an answer that is read; a page of 500 rows is far smaller.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A server and a key. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    key: Option<String>,
    expected: Option<u64>,
    patience: Duration,
}

/// An answer: its JSON (null if there is none), and whether the server had it already.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The body.
    pub(crate) body: Value,
    /// The server knew the request already.
    pub(crate) replayed: bool,
}

impl Client {
    /// A client of the server at `url`.
    pub(crate) fn new(url: &str, key: Option<&str>) -> Result<Self, Failure> {
        let unusable = |why: String| {
            let todo = "Give an address such as http://127.0.0.1:8080.";
            Failure::new(Exit::Usage, "bad-url", format!("`{url}` is no address of a server"), todo)
                .because(why)
        };
        let parsed = reqwest::Url::parse(url).map_err(|error| unusable(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(unusable("it begins neither with http:// nor with https://".into()));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .user_agent(concat!("sealwright/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { http, url, key: key.map(str::to_owned), expected: None, patience: ANSWER })
    }

    /// The same server with another key.
    #[must_use]
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// The same, for changes that shall happen only while the case is at this version.
    #[must_use]
    pub(crate) fn expecting(&self, version: Option<u64>) -> Self {
        Self { expected: version, ..self.clone() }
    }

    /// The same, for a request that walks the whole store.
    #[must_use]
    pub(crate) fn patient(&self) -> Self {
        Self { patience: AUDIT, ..self.clone() }
    }

    /// The server's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        Ok(self.ask(self.request(Method::GET, path)).await?.body)
    }

    /// Reads bytes: a photo, a drawing.
    pub(crate) async fn bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let (status, _, bytes) = self.send(self.request(Method::GET, path)).await?;
        if status.is_success() { Ok(bytes) } else { Err(refusal(status, &bytes)) }
    }

    /// Changes something, under a fresh key.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        Ok(self.post_as(&fresh_key()?, path, body).await?.body)
    }

    /// Changes something under `key`; the same again changes nothing more.
    pub(crate) async fn post_as(&self, key: &str, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.ask(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    /// Gives lines of JSON. The same lines again change nothing more.
    pub(crate) async fn lines(&self, path: &str, lines: String) -> Result<Value, Failure> {
        let request = self.request(Method::POST, path).header("content-type", "application/x-ndjson");
        Ok(self.ask(request.body(lines)).await?.body)
    }

    /// Tells another service something; what it says beside yes or no is not looked at.
    pub(crate) async fn tell(&self, address: &str, body: &Value) -> Result<(), Failure> {
        let (status, _, bytes) = self.send(self.request(Method::POST, address).json(body)).await?;
        if status.is_success() { Ok(()) } else { Err(refusal(status, &bytes)) }
    }

    /// Changes what another service keeps; what it says beside yes or no is not looked at.
    pub(crate) async fn change(&self, address: &str, body: &Value) -> Result<(), Failure> {
        let (status, _, bytes) = self.send(self.request(Method::PUT, address).json(body)).await?;
        if status.is_success() { Ok(()) } else { Err(refusal(status, &bytes)) }
    }

    /// Gives a form.
    pub(crate) async fn upload(&self, path: &str, form: Form) -> Result<Value, Failure> {
        let request = self.request(Method::POST, path).header("Idempotency-Key", fresh_key()?);
        Ok(self.ask(request.multipart(form)).await?.body)
    }

    /// Puts something in its place.
    pub(crate) async fn replace(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        Ok(self.ask(self.request(Method::PUT, path).json(body)).await?.body)
    }

    /// Removes something.
    pub(crate) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        Ok(self.ask(self.request(Method::DELETE, path)).await?.body)
    }

    /// Removes something that the body names.
    pub(crate) async fn delete_with(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        Ok(self.ask(self.request(Method::DELETE, path).json(body)).await?.body)
    }

    /// Every item of a list, page by page, up to `limit`.
    pub(crate) async fn list(
        &self,
        path: &str,
        query: &[(&str, String)],
        limit: usize,
    ) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        while items.len() < limit {
            let page = (limit - items.len()).min(500).to_string();
            let mut request = self.request(Method::GET, path).query(query).query(&[("limit", page)]);
            if let Some(cursor) = &cursor {
                request = request.query(&[("cursor", cursor)]);
            }
            let mut page = self.ask(request).await?.body;
            if let Value::Array(more) = page["items"].take() {
                items.extend(more);
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        Ok(items)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // A whole address is another service's, which has no business with our key.
        let whole = path.starts_with("http://") || path.starts_with("https://");
        let address = if whole { path.to_owned() } else { format!("{}{path}", self.url) };
        let mut request = self.http.request(method, address).timeout(self.patience);
        if let Some(version) = self.expected {
            request = request.header("If-Match", format!("\"{version}\""));
        }
        match &self.key {
            Some(key) if !whole => request.bearer_auth(key),
            _ => request,
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let (status, replayed, bytes) = self.send(request).await?;
        if !status.is_success() {
            return Err(refusal(status, &bytes));
        }
        let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
        let body = body.map_err(|error| self.nonsense(&error))?;
        Ok(Answer { body, replayed })
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, bool, Vec<u8>), Failure> {
        let mut response = request.send().await.map_err(|error| self.silent(&error))?;
        let (status, mut bytes) = (response.status(), Vec::new());
        let replayed = response.headers().contains_key("Idempotent-Replayed");
        while let Some(chunk) = response.chunk().await.map_err(|error| self.silent(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_BYTES {
                return Err(self.nonsense(&"the answer is too large"));
            }
        }
        Ok((status, replayed, bytes))
    }

    fn silent(&self, error: &reqwest::Error) -> Failure {
        let mut chain: Vec<String> = Vec::new();
        let mut source: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = source {
            chain.push(error.to_string());
            source = error.source();
        }
        let todo = "Start the server (`sealwright dev`), or give its address with --url.";
        let what = format!("the server at {} does not answer", self.url);
        Failure::new(Exit::Unavailable, "no-answer", what, todo).because(chain.join(": "))
    }

    fn nonsense(&self, error: &dyn std::fmt::Display) -> Failure {
        let what = format!("what {} answers is no answer of Sealwright's", self.url);
        Failure::new(Exit::Failed, "no-sealwright", what, "Check the address.").because(error)
    }
}

/// A key that was never used.
pub(crate) fn fresh_key() -> Result<String, Failure> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        Failure::new(Exit::Failed, "random", "there are no random numbers", "").because(error)
    })?;
    Ok(hex::encode(random))
}

/// A problem (RFC 9457) as a failure.
fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or("unknown");
    let title =
        problem["title"].as_str().map_or_else(|| format!("the server answers {status}"), str::to_owned);
    let exit = Exit::of_problem(code, status.as_u16());
    let mut failure = Failure::new(exit, code, title, problem["what_to_do"].as_str().unwrap_or_default());
    failure.why.extend(problem["detail"].as_str().map(str::to_owned));
    for fault in problem["errors"].as_array().into_iter().flatten() {
        let why = fault["detail"].as_str().unwrap_or_default();
        if !failure.why.iter().any(|said| said.contains(why)) {
            failure.why.push(why.to_owned());
        }
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_what_why_and_what_to_do() {
        let body =
            br#"{"type":"/problems/stale-version","title":"The case has changed meanwhile","status":412,
            "detail":"version 4, not 3","code":"stale-version","what_to_do":"Read it again.",
            "errors":[{"pointer":"/x","code":"y","detail":"another fault"}]}"#;
        let failure = refusal(StatusCode::PRECONDITION_FAILED, body);
        assert_eq!(failure.exit, Exit::Conflict);
        assert_eq!(failure.why, ["version 4, not 3", "another fault"]);
        assert_eq!(failure.what_to_do, "Read it again.");
    }

    #[test]
    fn an_answer_of_something_else_is_told_by_its_status() {
        let failure = refusal(StatusCode::BAD_GATEWAY, b"<html>nginx</html>");
        assert_eq!((failure.exit, failure.code.as_str()), (Exit::Unavailable, "unknown"));
    }

    #[test]
    fn an_address_must_be_one() {
        for address in ["127.0.0.1:8080", "ftp://host", ""] {
            assert_eq!(Client::new(address, None).err().unwrap().exit, Exit::Usage, "{address}");
        }
    }

    #[test]
    fn keys_never_repeat() {
        assert_ne!(fresh_key().unwrap(), fresh_key().unwrap());
        assert_eq!(fresh_key().unwrap().len(), 32);
    }
}
