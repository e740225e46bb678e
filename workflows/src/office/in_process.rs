//! Register, liveness vendor, mail server and gateway without a network: for benches, tests and programs that bring
//! their own data. They keep what they are given and answer from it, as the others do.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sealwright_engine::{InstanceId, PersonId, Timestamp};

use super::gateway::{Gateway, Handed, Message};
use super::http::Unavailable;
use super::ledger::{Compared, Ledger, Line, Way};
use super::liveness::{LivenessVendor, Order, Session, Started};
use super::mail::{Mail, Post, Posted};
use super::register::{Change, ChangePage, DigestPage, Entry, Register};
use crate::application::Liveness;
use crate::register::{LicenceNumber, LicenceRecord};
use crate::sweep::Kind;

/// Lines on a page of the local register: few, so that walks have pages.
const PAGE: usize = 100;

/// A register that holds its records in memory.
#[derive(Default)]
pub struct LocalRegister {
    book: Mutex<Book>,
    photos: Mutex<HashMap<String, Vec<u8>>>,
}

#[derive(Default)]
struct Book {
    records: HashMap<LicenceNumber, LicenceRecord>,
    /// Every change since the beginning.
    changes: Vec<Change>,
}

impl LocalRegister {
    /// Adds or replaces a record.
    pub fn put(&self, record: LicenceRecord) {
        let mut book = lock(&self.book);
        book.changes.push(Change::Found(Box::new(record.clone())));
        book.records.insert(record.number.clone(), record);
    }

    /// Forgets a licence.
    pub fn remove(&self, number: &LicenceNumber) {
        let mut book = lock(&self.book);
        if book.records.remove(number).is_some() {
            book.changes.push(Change::Missing(number.clone()));
        }
    }

    /// Adds or replaces a photo.
    pub fn put_photo(&self, reference: &str, jpeg: Vec<u8>) {
        lock(&self.photos).insert(reference.to_owned(), jpeg);
    }
}

#[async_trait]
impl Register for LocalRegister {
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable> {
        let found = lock(&self.book).records.get(number).cloned();
        Ok(found.map_or(Entry::NotFound, |record| Entry::Found(Box::new(record))))
    }

    async fn photo(&self, reference: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(lock(&self.photos).get(reference).cloned())
    }

    async fn changes(&self, after: Option<&str>) -> Result<ChangePage, Unavailable> {
        let book = lock(&self.book);
        let from = place(after, book.changes.len())?;
        let to = book.changes.len().min(from + PAGE);
        let changes = book.changes[from..to].to_vec();
        Ok(ChangePage { changes, next: to.to_string(), more: to < book.changes.len() })
    }

    async fn digests(&self, after: Option<&str>) -> Result<DigestPage, Unavailable> {
        let book = lock(&self.book);
        let mut records: Vec<_> = book.records.values().collect();
        records.sort_by(|one, other| one.number.as_str().cmp(other.number.as_str()));
        let from = place(after, records.len())?;
        let to = records.len().min(from + PAGE);
        let digests =
            records[from..to].iter().map(|record| (record.number.clone(), record.digest())).collect();
        Ok(DigestPage { digests, unreadable: 0, next: to.to_string(), more: to < records.len() })
    }
}

/// Cursors of the local register count lines.
fn place(after: Option<&str>, lines: usize) -> Result<usize, Unavailable> {
    let place = after.map_or(Some(0), |after| after.parse().ok());
    place
        .filter(|place| *place <= lines)
        .ok_or_else(|| Unavailable("the cursor is none of this list's".into()))
}

/// A vendor whose sessions end when they are told to.
#[derive(Default)]
pub struct LocalVendor {
    /// By order; the order is the reference as well.
    sessions: Mutex<HashMap<String, Option<Liveness>>>,
}

impl LocalVendor {
    /// Ends a session; answers whether there is one. The first result stands.
    pub fn finish(&self, reference: &str, result: Liveness) -> bool {
        match lock(&self.sessions).get_mut(reference) {
            Some(session) => {
                session.get_or_insert(result);
                true
            }
            None => false,
        }
    }

    /// Sessions that have no result yet.
    pub fn open(&self) -> Vec<String> {
        let sessions = lock(&self.sessions);
        sessions.iter().filter(|(_, result)| result.is_none()).map(|(order, _)| order.clone()).collect()
    }
}

#[async_trait]
impl LivenessVendor for LocalVendor {
    async fn start(&self, order: &Order<'_>) -> Result<Started, Unavailable> {
        lock(&self.sessions).entry(order.order.to_owned()).or_insert(None);
        Ok(Started::Session(Session {
            reference: order.order.to_owned(),
            url: format!("local:{}", order.order),
        }))
    }

    async fn result(&self, reference: &str) -> Result<Option<Liveness>, Unavailable> {
        match lock(&self.sessions).get(reference) {
            Some(result) => Ok(result.clone()),
            None => Ok(Some(Liveness::VendorFailed)),
        }
    }
}

/// A mail server that keeps the mails.
#[derive(Default)]
pub struct LocalPost {
    mails: Mutex<Vec<Mail>>,
}

impl LocalPost {
    /// All mails so far, the same id once.
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.mails).clone()
    }
}

#[async_trait]
impl Post for LocalPost {
    async fn send(&self, mail: &Mail) -> Result<Posted, Unavailable> {
        let mut mails = lock(&self.mails);
        if mails.iter().all(|known| known.id != mail.id) {
            mails.push(mail.clone());
        }
        Ok(Posted::Accepted)
    }
}

/// A ledger in memory.
#[derive(Default)]
pub struct LocalLedger {
    followed: Mutex<HashMap<String, ([u8; 32], PersonId)>>,
    ways: Mutex<HashMap<Kind, (Option<String>, Option<InstanceId>)>>,
}

#[async_trait]
impl Ledger for LocalLedger {
    async fn note(&self, line: Line, person: PersonId) -> Result<(), Unavailable> {
        lock(&self.followed).insert(line.number, (line.digest, person));
        Ok(())
    }

    async fn compare(&self, lines: &[Line]) -> Result<Compared, Unavailable> {
        let followed = lock(&self.followed);
        let mut compared = Compared::default();
        for (n, line) in lines.iter().enumerate() {
            if let Some((digest, person)) = followed.get(&line.number) {
                compared.known += 1;
                if *digest != line.digest {
                    compared.differing.push((n, *person));
                }
            }
        }
        Ok(compared)
    }

    async fn count(&self) -> Result<u64, Unavailable> {
        Ok(lock(&self.followed).len() as u64)
    }

    async fn enter(&self, kind: Kind, sweep: InstanceId) -> Result<Way, Unavailable> {
        let mut ways = lock(&self.ways);
        let way = ways.entry(kind).or_default();
        Ok(match *way.1.get_or_insert(sweep) {
            holder if holder == sweep => Way::Free(way.0.clone()),
            holder => Way::Held(holder),
        })
    }

    async fn cursor(&self, kind: Kind) -> Result<Option<String>, Unavailable> {
        Ok(lock(&self.ways).get(&kind).and_then(|way| way.0.clone()))
    }

    async fn leave(
        &self,
        kind: Kind,
        sweep: InstanceId,
        moved: Option<Option<String>>,
    ) -> Result<(), Unavailable> {
        let mut ways = lock(&self.ways);
        let way = ways.entry(kind).or_default();
        if way.1 == Some(sweep) {
            *way = (moved.unwrap_or_else(|| way.0.clone()), None);
        }
        Ok(())
    }
}

/// A gateway that keeps the messages.
#[derive(Default)]
pub struct LocalGateway {
    messages: Mutex<Vec<Message>>,
}

impl LocalGateway {
    /// All messages so far, the same id once.
    pub fn messages(&self) -> Vec<Message> {
        lock(&self.messages).clone()
    }
}

#[async_trait]
impl Gateway for LocalGateway {
    async fn hand(&self, message: &Message, _now: Timestamp) -> Handed {
        let mut messages = lock(&self.messages);
        if messages.iter().all(|known| known.id != message.id) {
            messages.push(message.clone());
        }
        Handed::Accepted
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
