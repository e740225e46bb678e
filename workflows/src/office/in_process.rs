//! Register, liveness vendor, mail server and gateway without a network: for benches, tests and programs that bring
//! their own data. They keep what they are given and answer from it, as the others do.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sealwright_engine::Timestamp;

use super::gateway::{Gateway, Handed, Message};
use super::http::Unavailable;
use super::liveness::{LivenessVendor, Order, Session, Started};
use super::mail::{Mail, Post, Posted};
use super::register::{Entry, Register};
use crate::application::Liveness;
use crate::register::{LicenceNumber, LicenceRecord};

/// A register that holds its records in memory.
#[derive(Default)]
pub struct LocalRegister {
    records: Mutex<HashMap<LicenceNumber, LicenceRecord>>,
    photos: Mutex<HashMap<String, Vec<u8>>>,
}

impl LocalRegister {
    /// Adds or replaces a record.
    pub fn put(&self, record: LicenceRecord) {
        lock(&self.records).insert(record.number.clone(), record);
    }

    /// Adds or replaces a photo.
    pub fn put_photo(&self, reference: &str, jpeg: Vec<u8>) {
        lock(&self.photos).insert(reference.to_owned(), jpeg);
    }
}

#[async_trait]
impl Register for LocalRegister {
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable> {
        let found = lock(&self.records).get(number).cloned();
        Ok(found.map_or(Entry::NotFound, |record| Entry::Found(Box::new(record))))
    }

    async fn photo(&self, reference: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(lock(&self.photos).get(reference).cloned())
    }
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
