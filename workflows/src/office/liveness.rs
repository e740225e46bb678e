//! Real-person authentication (`domain.md` 2.12): the port to a vendor, and a client of one that speaks HTTP.
//!
//! ```text
//! POST {base}/v1/sessions  {"order": "<32 characters>", "name": "..", "number": {..}, "callback": "..", "state": "2"}
//!   200 or 201 {"reference": "..", "url": ".."}    the same order again: the same session
//!   409 or 422 {"code": "no_reference_photo"}      nothing to compare with
//! GET {base}/v1/sessions/{reference}
//!   200 {"status": "pending"} · {"status": "finished", "result": {"outcome": "passed", "score": 93, "serial": ".."}}
//! ```
//! A result comes by poll, by signed callback, or both. No video, no face: score, serial and time are all we keep.

mod callback;

pub use callback::Callback;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::http::{Line, Peer, PeerRefused, Reply, Unavailable};
use crate::application::Liveness;
use crate::register::LicenceNumber;

/// Bytes of an answer.
const ANSWER_BYTES: usize = 64 * 1024;

/// Compares a living person with the reference photo.
#[async_trait]
pub trait LivenessVendor: Send + Sync + 'static {
    /// Makes a session, or finds the one it made for this order before.
    async fn start(&self, order: &Order<'_>) -> Result<Started, Unavailable>;

    /// What a session came to; `None` while it is under way.
    async fn result(&self, reference: &str) -> Result<Option<Liveness>, Unavailable>;
}

/// A session to be made.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// Our order number: 32 alphanumerics, one per session, forever the same.
    pub order: &'a str,
    /// Whom to compare: the name.
    pub name: &'a str,
    /// Whom to compare: the number.
    pub number: &'a LicenceNumber,
    /// Comes back with the callback as it is.
    pub state: &'a str,
}

/// What the vendor says at once.
#[derive(Clone, PartialEq, Eq)]
pub enum Started {
    /// The session is there.
    Session(Session),
    /// There is no photo of this person to compare with.
    NoReference,
    /// The vendor will not make this session, and asking again will not help. Says why, without a name.
    Refused(String),
}

/// A session at the vendor.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The vendor's reference. No secret.
    pub reference: String,
    /// Where the applicant's app goes on. A secret: who has it can be the person in front of the camera.
    pub url: String,
}

/// A vendor that speaks HTTP.
pub struct HttpVendor {
    line: Line,
    callback: Option<String>,
}

impl HttpVendor {
    /// A client of the vendor at `peer`, who is to call `callback` if there is one.
    ///
    /// # Errors
    /// The address or the token cannot be used.
    pub fn new(peer: &Peer, callback: Option<String>) -> Result<Self, PeerRefused> {
        Ok(Self { line: Line::to("liveness vendor", peer)?, callback })
    }

    fn definite(&self, reply: &Reply) -> Result<Started, Unavailable> {
        match reply.code() {
            Some(code) if code == "no_reference_photo" => Ok(Started::NoReference),
            Some(code) => Ok(Started::Refused(format!("{} {}", reply.status, printable(&code)))),
            None => Err(self.line.nonsense(reply)),
        }
    }
}

#[async_trait]
impl LivenessVendor for HttpVendor {
    async fn start(&self, order: &Order<'_>) -> Result<Started, Unavailable> {
        #[derive(Serialize)]
        struct Init<'a> {
            order: &'a str,
            name: &'a str,
            number: &'a LicenceNumber,
            callback: Option<&'a str>,
            state: &'a str,
        }
        let Order { order, name, number, state } = *order;
        let init = Init { order, name, number, callback: self.callback.as_deref(), state };
        let reply = self.line.post(&["v1", "sessions"], &init, ANSWER_BYTES).await?;
        match reply.status {
            200 | 201 => match serde_json::from_slice::<Session>(&reply.body) {
                Ok(session) if is_reference(&session.reference) && session.url.len() <= 2_048 => {
                    Ok(Started::Session(session))
                }
                _ => Err(self.line.nonsense(&reply)),
            },
            400 | 409 | 422 => self.definite(&reply),
            _ => Err(self.line.nonsense(&reply)),
        }
    }

    async fn result(&self, reference: &str) -> Result<Option<Liveness>, Unavailable> {
        #[derive(Deserialize)]
        #[serde(tag = "status", rename_all = "snake_case")]
        enum State {
            Pending,
            Finished { result: Comparison },
        }
        let reply = self.line.get(&["v1", "sessions", reference], ANSWER_BYTES).await?;
        match reply.status {
            200 => match serde_json::from_slice(&reply.body) {
                Ok(State::Pending) => Ok(None),
                Ok(State::Finished { result }) => Ok(Some(result.into())),
                Err(_) => Err(self.line.nonsense(&reply)),
            },
            404 | 410 if reply.code().is_some() => Ok(Some(Liveness::VendorFailed)),
            _ => Err(self.line.nonsense(&reply)),
        }
    }
}

/// A comparison's result, as the vendor writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Comparison {
    /// A living person, this similar.
    Passed {
        /// 0 to 100.
        score: f64,
        /// The vendor's serial number.
        serial: String,
    },
    /// Not the person, or not a living one.
    NotThePerson {
        /// The vendor's serial number.
        serial: String,
    },
    /// Nothing to compare with.
    NoReference,
    /// The service failed, or the session ended without a result.
    Failed,
}

impl From<Comparison> for Liveness {
    fn from(comparison: Comparison) -> Self {
        match comparison {
            Comparison::Passed { score, serial }
                if (0.0..=100.0).contains(&score) && is_reference(&serial) =>
            {
                // Down, so that 79.9 does not become the 80 that a policy asks for.
                Liveness::Passed { score: score.floor() as u8, serial }
            }
            Comparison::NotThePerson { serial } if is_reference(&serial) => Liveness::NotThePerson { serial },
            Comparison::NoReference => Liveness::NoReference,
            // A result out of its bounds is no result.
            Comparison::Passed { .. } | Comparison::NotThePerson { .. } | Comparison::Failed => {
                Liveness::VendorFailed
            }
        }
    }
}

/// What may stand in an event: 1 to 256 visible ASCII characters.
fn is_reference(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn printable(code: &str) -> String {
    code.chars().filter(|character| character.is_ascii_graphic()).take(64).collect()
}
