//! A register that speaks HTTP.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::pages::{ChangePage, DigestPage, NoPage, PAGE_BYTES};
use super::{Entry, Register};
use crate::office::http::{Line, Peer, PeerRefused, Reply, Unavailable, place_of};
use crate::register::{LicenceNumber, LicenceRecord};

/// Bytes of a record: 20 fields of text; a hundred times what a real one has.
const RECORD_BYTES: usize = 256 * 1024;

/// Bytes of a retained photo. The archive asks for 30 KB (`domain.md` 2.4); scans are larger.
const PHOTO_BYTES: usize = 2 * 1024 * 1024;

/// A register that speaks HTTP.
pub struct HttpRegister {
    line: Line,
    /// The end of the changes, as the register last showed it: the cursor and the ETag of the empty page there.
    end: Mutex<Option<(String, String)>>,
}

impl HttpRegister {
    /// A client of the register at `peer`.
    ///
    /// # Errors
    /// The address or the token cannot be used.
    pub fn new(peer: &Peer) -> Result<Self, PeerRefused> {
        Ok(Self { line: Line::to("register", peer)?, end: Mutex::default() })
    }

    /// A page, and the ETag it came with; `None` if it is the one that `etag` names.
    async fn page(
        &self,
        list: &str,
        after: Option<&str>,
        etag: Option<&str>,
    ) -> Result<Option<Reply>, Unavailable> {
        let query: Vec<_> = after.map(|after| ("after", after)).into_iter().collect();
        let reply = self.line.get_if_new(&["v1", list], &query, etag, PAGE_BYTES).await?;
        match reply.status {
            200 if reply.is_json => Ok(Some(reply)),
            304 if etag.is_some() => Ok(None),
            _ => Err(self.line.nonsense(&reply)),
        }
    }

    fn end(&self) -> std::sync::MutexGuard<'_, Option<(String, String)>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
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

    async fn changes(&self, after: Option<&str>) -> Result<ChangePage, Unavailable> {
        // Only an empty page is worth remembering: asked for again, it is either still empty or another one.
        let known = self.end().clone().filter(|(cursor, _)| after == Some(cursor));
        let etag = known.as_ref().map(|(_, etag)| etag.as_str());
        let Some(reply) = self.page("changes", after, etag).await? else {
            return Ok(ChangePage::none_behind(after.unwrap_or_default()));
        };
        let page = ChangePage::read(&reply.body, after).map_err(not_one)?;
        let is_end = page.changes.is_empty() && !page.more && after == Some(&page.next);
        *self.end() = reply.etag.filter(|_| is_end).map(|etag| (page.next.clone(), etag));
        Ok(page)
    }

    async fn digests(&self, after: Option<&str>) -> Result<DigestPage, Unavailable> {
        match self.page("digests", after, None).await? {
            Some(reply) => DigestPage::read(&reply.body, after).map_err(not_one),
            None => Err(Unavailable("the register answered 304 to what was not asked so".into())),
        }
    }
}

fn not_one(why: NoPage) -> Unavailable {
    Unavailable(format!("the register answered what is no page: {why}"))
}

fn read(body: &[u8], asked: &LicenceNumber) -> Entry {
    match serde_json::from_slice::<LicenceRecord>(body) {
        Ok(record) if record.number == *asked => Entry::Found(Box::new(record)),
        Ok(_) => Entry::Unreadable("the record is of another number than the one asked for".into()),
        Err(error) => Entry::Unreadable(place_of(&error)),
    }
}
