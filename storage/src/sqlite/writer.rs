//! The writer: one thread that owns the connection, and one transaction for all that waits.
//!
//! Rounds form by themselves: whatever arrives while a commit runs is the next round.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use rusqlite::Connection;
use sealwright_engine::clock::Clock;
use sealwright_engine::store::{StoreError, Write, Written};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::round::{Asked, Job, Rounds};
use super::statements::Session;
use crate::error::OpenError;

/// Jobs that wait for the writer. A job is a batch or a claim, so this is far beyond what the
/// engine's own bounds let through.
const WAITING: usize = 1_024;

/// Jobs in one transaction: batches of the engine, claims, and single changes of the vault.
const ROUND: usize = 256;

pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. `keep` lives as long as it does.
    pub(super) fn start(
        connection: Connection,
        clock: Arc<dyn Clock>,
        turn: Arc<Mutex<()>>,
        flushes: Arc<AtomicU64>,
        keep: impl Send + 'static,
    ) -> Result<Self, OpenError> {
        let (jobs, inbox) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                // The lock goes after the connection is closed.
                let _keep = keep;
                work(&connection, &*clock, &turn, &flushes, inbox);
                drop(connection);
            })
            .map_err(|why| OpenError::Unreachable { what: "a writer thread".into(), why: why.to_string() })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>> {
        let size = batch.len();
        let (reply, answer) = oneshot::channel();
        if self.send(Job::Write(batch, reply)).await.is_err() {
            return vec![Err(stopped()); size];
        }
        answer.await.unwrap_or_else(|_| vec![Err(StoreError::Unknown("the writer died".into())); size])
    }

    /// Runs `work` in a round's transaction.
    pub(super) async fn ask<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnMut(&mut Session<'_>) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Call(Box::new(Asked::new(work, reply)))).await?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Unknown("the writer died".into())))
    }

    /// Moves the write-ahead log into the file and empties it, so that nothing erased stays in it.
    /// Where a reader is in the way, that is done as soon as it is gone.
    pub(super) async fn scrub(&self) {
        let (reply, done) = oneshot::channel();
        if self.send(Job::Scrub(reply)).await.is_ok() {
            let _ = done.await;
        }
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job).await.map_err(|_| stopped())
    }
}

impl Drop for Writer {
    /// Waits for the thread, so that the file is free when the store is gone.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

fn work(
    connection: &Connection,
    clock: &dyn Clock,
    turn: &Mutex<()>,
    flushes: &AtomicU64,
    mut inbox: mpsc::Receiver<Job>,
) {
    let session = match Session::prepare(connection) {
        Ok(session) => session,
        Err(error) => {
            tracing::error!(%error, "the tables do not fit this program; the writer stops");
            return;
        }
    };
    let mut rounds = Rounds::new(session, flushes);
    let mut round = Vec::with_capacity(ROUND);
    while let Some(job) = inbox.blocking_recv() {
        round.push(job);
        while round.len() < ROUND
            && let Ok(job) = inbox.try_recv()
        {
            round.push(job);
        }
        let turn = turn.blocking_lock();
        rounds.run(clock.now(), &mut round);
        drop(turn);
        rounds.tidy();
    }
}
