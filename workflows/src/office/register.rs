//! The authority's register: the port, and a client of one that speaks HTTP.
//!
//! ```text
//! POST {base}/v1/records/query  {"kind": "resident_identity_card", "value": ".."}
//!   200 a LicenceRecord · 404 {"code": "record_not_found"}
//! GET {base}/v1/photos/{reference}
//!   200 image/jpeg · 404 {"code": "photo_not_found"}
//! GET {base}/v1/changes?after={cursor}
//!   200 {"changes": [{"record": {..}}, {"missing": {"kind": .., "value": ..}}], "next": "..", "more": true}
//! GET {base}/v1/digests?after={cursor}
//!   200 {"digests": [{"number": {..}, "digest": "64 hex digits"}], "next": "..", "more": false}
//! ```
//! The number travels in a body because addresses end up in logs; for the same reason a cursor must name nobody.
//! Everything else (another 404, a page of HTML, 5xx, silence) is no answer, and is asked again: a wrong address must
//! not refuse every applicant. A register that answers 429 or 503 with `Retry-After` is left alone for so long.

mod http;
mod pages;

use async_trait::async_trait;

pub use http::HttpRegister;
pub use pages::{
    CHANGES_PER_PAGE, CURSOR_BYTES, Change, ChangePage, DIGESTS_PER_PAGE, DigestPage, PAGE_BYTES,
};

use super::http::Unavailable;
use crate::register::{LicenceNumber, LicenceRecord};

/// Asks the authority.
#[async_trait]
pub trait Register: Send + Sync + 'static {
    /// The record of a licence.
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable>;

    /// A retained photo's JPEG; `None` if the register does not have it. Another photo has another reference.
    async fn photo(&self, reference: &str) -> Result<Option<Vec<u8>>, Unavailable>;

    /// What changed behind the cursor `after`, oldest first; from the beginning without one. The page's `next` is
    /// where to go on, now or at the next sweep. A change may come again, late, or out of order: what counts is the
    /// record itself, see [`Office::follow`](super::Office::follow).
    async fn changes(&self, after: Option<&str>) -> Result<ChangePage, Unavailable> {
        let _ = after;
        Err(Unavailable("this register has no list of changes: compare its digests, or let it push".into()))
    }

    /// Every licence with the digest of its record ([`LicenceRecord::digest`]), in pages, for comparing
    /// everything. Cursors are this list's own and good for one walk.
    async fn digests(&self, after: Option<&str>) -> Result<DigestPage, Unavailable> {
        let _ = after;
        Err(Unavailable("this register has no list of digests: look at the licences one by one".into()))
    }
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
