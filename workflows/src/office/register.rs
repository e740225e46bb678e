//! The authority's register: the port, and a client of one that speaks HTTP.
//!
//! ```text
//! POST {base}/v1/records/query  {"kind": "resident_identity_card", "value": ".."}
//!   200 a LicenceRecord · 404 {"code": "record_not_found"}
//! GET {base}/v1/photos/{reference}
//!   200 image/jpeg · 404 {"code": "photo_not_found"}
//! ```
//! The number travels in a body because addresses end up in logs. Everything else (another 404, a page of
//! HTML, 5xx, silence) is no answer, and is asked again: a wrong address must not refuse every applicant.

use async_trait::async_trait;

use super::http::{Line, Peer, PeerRefused, Unavailable, place_of};
use crate::register::{LicenceNumber, LicenceRecord};

/// Bytes of a record: 20 fields of text; a hundred times what a real one has.
const RECORD_BYTES: usize = 256 * 1024;

/// Bytes of a retained photo. The archive asks for 30 KB (`domain.md` 2.4); scans are larger.
const PHOTO_BYTES: usize = 2 * 1024 * 1024;

/// Asks the authority.
#[async_trait]
pub trait Register: Send + Sync + 'static {
    /// The record of a licence.
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable>;

    /// A retained photo's JPEG; `None` if the register does not have it. Another photo has another reference.
    async fn photo(&self, reference: &str) -> Result<Option<Vec<u8>>, Unavailable>;
}

/// What the register answers, definitely.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// The record.
    Found(Box<LicenceRecord>),
    /// There is no such licence.
    NotFound,
    /// There is one, and its record cannot be read. The text says where, and not what stands there.
    Unreadable(String),
}

/// A register that speaks HTTP.
pub struct HttpRegister {
    line: Line,
}

impl HttpRegister {
    /// A client of the register at `peer`.
    ///
    /// # Errors
    /// The address or the token cannot be used.
    pub fn new(peer: &Peer) -> Result<Self, PeerRefused> {
        Ok(Self { line: Line::to("register", peer)? })
    }
}

#[async_trait]
impl Register for HttpRegister {
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable> {
        let reply = self.line.post(&["v1", "records", "query"], number, RECORD_BYTES).await?;
        match reply.status {
            200 if reply.is_json => Ok(read(&reply.body, number)),
            404 if reply.code().as_deref() == Some("record_not_found") => Ok(Entry::NotFound),
            _ => Err(self.line.nonsense(&reply)),
        }
    }

    async fn photo(&self, reference: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let reply = self.line.get(&["v1", "photos", reference], PHOTO_BYTES).await?;
        match reply.status {
            200 if !reply.is_json => Ok(Some(reply.body)),
            404 if reply.code().as_deref() == Some("photo_not_found") => Ok(None),
            _ => Err(self.line.nonsense(&reply)),
        }
    }
}

fn read(body: &[u8], asked: &LicenceNumber) -> Entry {
    match serde_json::from_slice::<LicenceRecord>(body) {
        Ok(record) if record.number == *asked => Entry::Found(Box::new(record)),
        Ok(_) => Entry::Unreadable("the record is of another number than the one asked for".into()),
        Err(error) => Entry::Unreadable(place_of(&error)),
    }
}
