//! The world outside the office: register, liveness vendor and post. It keeps running when the office crashes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sealwright_workflows::application::Liveness;
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::in_process::LocalRegister;
use sealwright_workflows::office::liveness::{LivenessVendor, Order, Session, Started};
use sealwright_workflows::office::mail::{Mail, Post, Posted};
use sealwright_workflows::office::register::{ChangePage, DigestPage, Entry as Found, Register};
use sealwright_workflows::register::{LicenceNumber, LicenceRecord};
use tokio::sync::{oneshot, watch};

use crate::diary::{Diary, Entry};
use crate::people;

/// The world outside. Clones are the same one.
#[derive(Clone, Default)]
pub struct Outside(Arc<World>);

#[derive(Default)]
struct World {
    register: LocalRegister,
    diary: Diary,
    register_away: AtomicBool,
    /// The first session of every application is not the person.
    first_session_fails: AtomicBool,
    /// Kinds of effects that are put off.
    held: Mutex<BTreeSet<String>>,
    /// Kinds of effects that fail.
    broken: Mutex<BTreeSet<String>>,
    /// Kinds of effects that are done and do not return.
    lingering: watch::Sender<BTreeSet<String>>,
    /// Whether performers line up, and those who wait, the newest last.
    line: Mutex<Option<Vec<oneshot::Sender<()>>>>,
}

impl Outside {
    /// A world whose post writes into `diary`.
    pub fn new(diary: Diary) -> Self {
        Self(Arc::new(World { diary, ..World::default() }))
    }

    /// Adds or replaces a record, with its photo.
    pub fn enter(&self, who: u32, record: LicenceRecord) {
        if let Some(reference) = &record.retained_photo {
            self.0.register.put_photo(reference, people::jpeg(&format!("retained {who}")));
        }
        self.0.register.put(record);
    }

    /// The register loses somebody's record.
    pub fn forget(&self, who: u32) {
        self.0.register.remove(&people::number(who));
    }

    /// Whether the register answers.
    pub fn register_is_away(&self, away: bool) {
        self.0.register_away.store(away, Ordering::SeqCst);
    }

    /// Lets the first liveness session of every application fail.
    pub fn first_session_fails(&self) {
        self.0.first_session_fails.store(true, Ordering::SeqCst);
    }

    /// Effects of this kind are put off until they are freed.
    pub fn hold(&self, kind: &str) {
        lock(&self.0.held).insert(kind.to_owned());
    }

    /// Effects of this kind go on.
    pub fn free(&self, kind: &str) {
        lock(&self.0.held).remove(kind);
        lock(&self.0.broken).remove(kind);
        self.0.lingering.send_modify(|kinds| {
            kinds.remove(kind);
        });
    }

    /// Effects of this kind are performed and do not return until they are freed.
    pub fn linger(&self, kind: &str) {
        self.0.lingering.send_modify(|kinds| {
            kinds.insert(kind.to_owned());
        });
    }

    /// Waits while effects of this kind linger.
    pub async fn lingered(&self, kind: &str) {
        // The sender lives as long as this world.
        let _ = self.0.lingering.subscribe().wait_for(|kinds| !kinds.contains(kind)).await;
    }

    /// From now on performers wait until they are called.
    pub fn line_up(&self) {
        lock(&self.0.line).get_or_insert_default();
    }

    /// Calls the performer who came last; answers whether there was one.
    pub fn call_newest(&self) -> bool {
        let newest = lock(&self.0.line).as_mut().and_then(Vec::pop);
        newest.is_some_and(|turn| turn.send(()).is_ok())
    }

    /// How many wait in the line.
    pub fn waiting(&self) -> usize {
        lock(&self.0.line).as_ref().map_or(0, Vec::len)
    }

    /// Waits in the line, if there is one.
    pub async fn turn(&self) {
        let turn = lock(&self.0.line).as_mut().map(|line| {
            let (call, turn) = oneshot::channel();
            line.push(call);
            turn
        });
        if let Some(turn) = turn {
            let _ = turn.await;
        }
    }

    /// Effects of this kind fail until they are freed.
    pub fn disrupt(&self, kind: &str) {
        lock(&self.0.broken).insert(kind.to_owned());
    }

    /// Whether a kind is put off.
    pub fn holds(&self, kind: &str) -> bool {
        lock(&self.0.held).contains(kind)
    }

    /// Whether a kind fails.
    pub fn is_broken(&self, kind: &str) -> bool {
        lock(&self.0.broken).contains(kind)
    }
}

#[async_trait]
impl Register for Outside {
    async fn record(&self, number: &LicenceNumber) -> Result<Found, Unavailable> {
        if self.0.register_away.load(Ordering::SeqCst) {
            return Err(Unavailable("the register is closed".into()));
        }
        self.0.register.record(number).await
    }

    async fn photo(&self, reference: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        self.0.register.photo(reference).await
    }

    async fn changes(&self, after: Option<&str>) -> Result<ChangePage, Unavailable> {
        if self.0.register_away.load(Ordering::SeqCst) {
            return Err(Unavailable("the register is closed".into()));
        }
        self.0.register.changes(after).await
    }

    async fn digests(&self, after: Option<&str>) -> Result<DigestPage, Unavailable> {
        if self.0.register_away.load(Ordering::SeqCst) {
            return Err(Unavailable("the register is closed".into()));
        }
        self.0.register.digests(after).await
    }
}

/// The vendor keeps nothing: what a session comes to is written in its reference.
#[async_trait]
impl LivenessVendor for Outside {
    async fn start(&self, order: &Order<'_>) -> Result<Started, Unavailable> {
        let fails = order.state == "1" && self.0.first_session_fails.load(Ordering::SeqCst);
        let end = if fails { "another" } else { "passed" };
        let reference = format!("{}-{end}", order.order);
        Ok(Started::Session(Session { url: format!("local:{reference}"), reference }))
    }

    async fn result(&self, reference: &str) -> Result<Option<Liveness>, Unavailable> {
        let serial = format!("V-{reference}");
        Ok(Some(match reference.rsplit('-').next() {
            Some("another") => Liveness::NotThePerson { serial },
            _ => Liveness::Passed { score: 93, serial },
        }))
    }
}

#[async_trait]
impl Post for Outside {
    async fn send(&self, mail: &Mail) -> Result<Posted, Unavailable> {
        let (id, address, subject) = (mail.id.clone(), mail.address.clone(), mail.subject.clone());
        self.0.diary.note(Entry::Mailed { id, address, subject });
        Ok(Posted::Accepted)
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
