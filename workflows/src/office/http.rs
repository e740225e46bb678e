//! Asking other systems by HTTP: bounded in time and size, no redirections, no secrets in the clear.

use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Url};
use serde::Serialize;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// The longest that a peer can send us away for. One that says a year is asked again in an hour.
const LONGEST_REST: Duration = Duration::from_secs(3_600);

/// After so many failures in a row a peer is left alone for a second, then for twice as long each time.
const FAILURES: u32 = 5;

/// The longest rest after failures.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// Somebody outside cannot answer now. Ask again later; the text is for operators and names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Where another system is, and how it knows us.
#[derive(Clone)]
pub struct Peer {
    /// Its base address: `https`, or `http` on this machine.
    pub url: String,
    /// The bearer token it gave us.
    pub token: Zeroizing<String>,
    /// How long one request may take, from connecting to the last byte.
    pub time: Duration,
}

/// An address that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerRefused {
    /// Not an address.
    #[error("the address of the {0} is none; give one such as https://register.example/")]
    Address(&'static str),
    /// A token would travel in the clear.
    #[error("the {0} is reached over plain http; use https, except for one on this machine (127.0.0.1)")]
    InTheClear(&'static str),
    /// A token that cannot stand in a header.
    #[error("the token of the {0} is empty or has characters in it that no header can carry")]
    Token(&'static str),
    /// The TLS library did not start.
    #[error("no TLS for the {what}: {why}")]
    Tls {
        /// Which peer.
        what: &'static str,
        /// What the library says.
        why: String,
    },
}

/// Lets the HTTP clients of this process use ring for TLS. May be called again, and loses to whoever came first.
pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that the host program has chosen a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A client of one peer.
pub(super) struct Line {
    what: &'static str,
    client: Client,
    base: Url,
    token: Zeroizing<String>,
    rest: Mutex<Rest>,
}

/// Whether a peer is left alone for now: it asked for that, or it fails again and again.
#[derive(Default)]
struct Rest {
    until: Option<Instant>,
    failures: u32,
}

/// An answer that the caller has to understand.
pub(super) struct Reply {
    pub(super) status: u16,
    /// A proxy's error page and a captive portal are no JSON, and no answer.
    pub(super) is_json: bool,
    /// The `ETag`, if it has a usable one.
    pub(super) etag: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Line {
    pub(super) fn to(what: &'static str, peer: &Peer) -> Result<Self, PeerRefused> {
        install_tls();
        let mut base: Url = peer.url.parse().map_err(|_| PeerRefused::Address(what))?;
        if base.cannot_be_a_base() || base.host().is_none() {
            return Err(PeerRefused::Address(what));
        }
        match base.scheme() {
            "https" => {}
            "http" if is_here(&base) => {}
            "http" => return Err(PeerRefused::InTheClear(what)),
            _ => return Err(PeerRefused::Address(what)),
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        if peer.token.is_empty() || !peer.token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(PeerRefused::Token(what));
        }
        let client = Client::builder()
            .timeout(peer.time)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("sealwright")
            .build()
            .map_err(|error| PeerRefused::Tls { what, why: error.to_string() })?;
        Ok(Self { what, client, base, token: peer.token.clone(), rest: Mutex::default() })
    }

    pub(super) async fn post(
        &self,
        path: &[&str],
        body: &impl Serialize,
        most: usize,
    ) -> Result<Reply, Unavailable> {
        self.ask(self.client.post(self.address(path)).json(body), most).await
    }

    pub(super) async fn get(&self, path: &[&str], most: usize) -> Result<Reply, Unavailable> {
        self.ask(self.client.get(self.address(path)), most).await
    }

    /// As [`get`](Self::get), with a query; 304 if what `etag` names is still there.
    pub(super) async fn get_if_new(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        etag: Option<&str>,
        most: usize,
    ) -> Result<Reply, Unavailable> {
        let mut request = self.client.get(self.address(path)).query(query);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        self.ask(request, most).await
    }

    /// An answer that makes no sense is none.
    pub(super) fn nonsense(&self, reply: &Reply) -> Unavailable {
        let kind = if reply.is_json { "JSON we do not know" } else { "no JSON" };
        Unavailable(format!("the {} answered {} with {kind}: check its address", self.what, reply.status))
    }

    fn address(&self, path: &[&str]) -> Url {
        let mut address = self.base.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        address
    }

    async fn ask(&self, request: RequestBuilder, most: usize) -> Result<Reply, Unavailable> {
        let what = self.what;
        let left = self.rest().until.and_then(|until| until.checked_duration_since(Instant::now()));
        if let Some(left) = left.filter(|left| !left.is_zero()) {
            return Err(Unavailable(format!("the {what} is left alone for {} s more", left.as_secs() + 1)));
        }
        let answer = self.asked(request, most).await;
        let mut rest = self.rest();
        rest.failures = if answer.is_ok() { 0 } else { rest.failures.saturating_add(1) };
        if rest.failures >= FAILURES {
            let times = 2u32.saturating_pow(rest.failures - FAILURES);
            let back_off = LONGEST_BACK_OFF.min(Duration::from_secs(1).saturating_mul(times));
            rest.leave_alone(back_off);
        }
        drop(rest);
        answer
    }

    fn rest(&self) -> std::sync::MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn asked(&self, request: RequestBuilder, most: usize) -> Result<Reply, Unavailable> {
        let what = self.what;
        let trouble = |error: reqwest::Error| {
            // The error's own text may hold the address, and with it a reference.
            let how = match () {
                () if error.is_timeout() => "did not answer in time",
                () if error.is_connect() => "cannot be reached",
                () => "broke the connection off",
            };
            Unavailable(format!("the {what} {how}"))
        };
        let mut answer = request.bearer_auth(&*self.token).send().await.map_err(trouble)?;
        let status = answer.status().as_u16();
        match status {
            401 | 403 => {
                return Err(Unavailable(format!("the {what} refuses our token ({status}): renew it")));
            }
            429 | 503 if let Some(wait) = retry_after(answer.headers()) => {
                let wait = wait.min(LONGEST_REST);
                self.rest().leave_alone(wait);
                return Err(Unavailable(format!(
                    "the {what} answered {status} and wants to be left alone for {} s",
                    wait.as_secs()
                )));
            }
            408 | 429 | 500.. => return Err(Unavailable(format!("the {what} answered {status}"))),
            304 => {}
            300..=399 => {
                return Err(Unavailable(format!(
                    "the {what} answered {status}, elsewhere: correct its address"
                )));
            }
            _ => {}
        }
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json = kind.is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
        });
        let etag = answer.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
        let etag = etag.filter(|etag| etag.len() <= 256).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(trouble)? {
            if body.len() + part.len() > most {
                return Err(Unavailable(format!("the {what} answered more than {most} bytes")));
            }
            body.extend_from_slice(&part);
        }
        Ok(Reply { status, is_json, etag, body })
    }
}

impl Rest {
    /// The later end counts.
    fn leave_alone(&mut self, time: Duration) {
        self.until = self.until.max(Instant::now().checked_add(time));
    }
}

/// `Retry-After`: seconds, or a date, which is compared with the peer's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok());
    let wanted = text(RETRY_AFTER)?;
    if let Ok(seconds) = wanted.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| chrono::DateTime::parse_from_rfc2822(text).ok();
    let wait = date(wanted)?.signed_duration_since(date(text(reqwest::header::DATE)?)?);
    wait.to_std().ok()
}

impl Reply {
    /// The `code` of a problem document, by which a definite no differs from a wrong address.
    pub(super) fn code(&self) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Problem {
            code: String,
        }
        let problem: Option<Problem> =
            self.is_json.then(|| serde_json::from_slice(&self.body).ok()).flatten();
        problem.map(|problem| problem.code)
    }
}

/// What is wrong with JSON, without its content.
pub(super) fn place_of(error: &serde_json::Error) -> String {
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
}

fn is_here(address: &Url) -> bool {
    match address.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}
