//! The vault's rows in the file: written in the writer's rounds, read by a thread of their own.
//!
//! The reader takes all questions that wait in one read transaction. It sees every commit that was
//! acknowledged before the question was asked.

use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use sealwright_engine::vault::VaultError;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::statements::Session;
use super::writer::Writer;
use crate::error::OpenError;
use crate::vault::{BATCH, Change, Found, Person, Shelf, Sought, WAITING};

type Reply<T> = oneshot::Sender<std::result::Result<T, VaultError>>;

enum Question {
    Record(Sought, Reply<Found>),
    Entry([u8; 32], Reply<Option<Uuid>>),
}

/// The vault's rows in the file.
pub(super) struct FileShelf {
    writer: Arc<Writer>,
    questions: Option<mpsc::Sender<Question>>,
    thread: Option<JoinHandle<()>>,
}

impl FileShelf {
    /// Starts the reader on a connection of its own.
    pub(super) fn start(connection: Connection, writer: Arc<Writer>) -> std::result::Result<Self, OpenError> {
        let (questions, inbox) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new().name("sqlite-vault".into());
        let thread = thread.spawn(move || read(&connection, inbox));
        let thread = thread
            .map_err(|why| OpenError::Unreachable { what: "a reader thread".into(), why: why.to_string() })?;
        Ok(Self { writer, questions: Some(questions), thread: Some(thread) })
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(Reply<T>) -> Question,
    ) -> std::result::Result<T, VaultError> {
        let gone = || VaultError::Unavailable("its reader has stopped".into());
        let (reply, answer) = oneshot::channel();
        let questions = self.questions.as_ref().ok_or_else(gone)?;
        questions.send(question(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Drop for FileShelf {
    /// Waits for the thread, so that the file is free when the store is gone.
    fn drop(&mut self) {
        self.questions = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[async_trait]
impl Shelf for FileShelf {
    async fn record(&self, sought: Sought) -> std::result::Result<Found, VaultError> {
        self.ask(|reply| Question::Record(sought, reply)).await
    }

    async fn entry(&self, hash: [u8; 32]) -> std::result::Result<Option<Uuid>, VaultError> {
        self.ask(|reply| Question::Entry(hash, reply)).await
    }

    async fn change(&self, change: Change) -> std::result::Result<bool, VaultError> {
        let done = self.writer.ask(move |session| session.change(&change)).await;
        done.map_err(|error| VaultError::Unavailable(error.to_string()))
    }
}

fn read(connection: &Connection, mut inbox: mpsc::Receiver<Question>) {
    let mut round = Vec::with_capacity(BATCH);
    while inbox.blocking_recv_many(&mut round, BATCH) > 0 {
        // Without it each statement would lock and unlock by itself; if it fails, they do.
        let together = connection.execute_batch("BEGIN").is_ok();
        for question in round.drain(..) {
            // Whoever is gone needs no answer.
            match question {
                Question::Record(sought, reply) => {
                    drop(reply.send(record(connection, &sought).map_err(told)));
                }
                Question::Entry(hash, reply) => {
                    drop(reply.send(entry(connection, &hash).map_err(told)));
                }
            }
        }
        if together && let Err(error) = connection.execute_batch("COMMIT") {
            tracing::warn!(%error, "a read transaction could not be ended");
        }
    }
}

fn told(error: rusqlite::Error) -> VaultError {
    VaultError::Unavailable(error.to_string())
}

fn record(connection: &Connection, sought: &Sought) -> Result<Found> {
    let person = sought.person.as_bytes();
    let wrapped: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT wrapped_key FROM person WHERE id = ?1")?
        .query_row(params![person], |row| row.get(0))
        .optional()?;
    let person_row = Person::of(wrapped.is_some(), wrapped.flatten());
    let pair = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let record = match (&sought.field, sought.revision) {
        (None, _) => None,
        (Some(field), Some(revision)) => connection
            .prepare_cached(
                "SELECT revision, sealed FROM record WHERE person = ?1 AND field = ?2 AND revision = ?3",
            )?
            .query_row(params![person, field, revision], pair)
            .optional()?,
        (Some(field), None) => connection
            .prepare_cached(
                "SELECT revision, sealed FROM record WHERE person = ?1 AND field = ?2
                 ORDER BY revision DESC LIMIT 1",
            )?
            .query_row(params![person, field], pair)
            .optional()?,
    };
    Ok(Found { person: person_row, record })
}

fn entry(connection: &Connection, hash: &[u8; 32]) -> Result<Option<Uuid>> {
    connection
        .prepare_cached("SELECT id FROM directory WHERE hash = ?1")?
        .query_row(params![hash], |row| row.get(0).map(Uuid::from_bytes))
        .optional()
}

impl Session<'_> {
    fn change(&mut self, change: &Change) -> Result<bool> {
        let changed = match change {
            Change::Enrol { person, wrapped } => self.enrol.execute(params![person.as_bytes(), wrapped])?,
            Change::Put { person, wrapped, field, revision, sealed } => {
                self.put.execute(params![person.as_bytes(), field, revision, sealed, wrapped])?
            }
            Change::Claim { hash, id, owner, cell } => {
                let owner = owner.as_ref().map(Uuid::as_bytes);
                self.claim.execute(params![hash, id.as_bytes(), owner, cell])?
            }
            Change::Followed { number, record, person } => {
                self.followed.execute(params![number, record, person.as_bytes()])?
            }
        };
        Ok(changed > 0)
    }
}
