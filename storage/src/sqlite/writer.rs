//! The writer: one thread that owns the connection, and one transaction for all that waits.
//!
//! Rounds form by themselves: whatever arrives while a commit runs is the next round. A failed
//! statement undoes the round, and its parts are then tried one by one, so that a bad write fails
//! alone.
//!
//! An I/O error on a commit ends the process. After a failed fsync the kernel may count pages as
//! clean that never reached the disk, so this process can no longer tell what is durable; a new one
//! reads it from the disk.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use sealwright_engine::clock::Clock;
use sealwright_engine::store::{StoreError, Write, Written};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::file::PATIENCE;
use super::statements::Session;
use crate::error::OpenError;

/// Jobs that wait for the writer. A job is a batch or a claim, so this is far beyond what the
/// engine's own bounds let through.
const WAITING: usize = 1_024;

/// Jobs in one transaction.
const ROUND: usize = 64;

/// How long an emptying of the log waits for readers, before the writer goes on and tries later.
const SCRUB_PATIENCE: Duration = Duration::from_millis(50);

/// Pages in the write-ahead log (16 MiB) before they are moved into the file.
const LOG_PAGES: u64 = 4_096;

pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What the writer is asked for.
enum Job {
    Write(Vec<Write>, oneshot::Sender<Vec<Result<Written, StoreError>>>),
    Call(Box<dyn Call>),
    Scrub(oneshot::Sender<()>),
}

/// Work with an answer of its own type. It may run twice; the second run counts.
trait Call: Send {
    fn run(&mut self, session: &mut Session<'_>) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Asked<F, T> {
    work: F,
    found: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Call for Asked<F, T>
where
    F: FnMut(&mut Session<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, session: &mut Session<'_>) -> rusqlite::Result<()> {
        self.found = Some((self.work)(session)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let found = self.found.ok_or_else(|| StoreError::Failed("the work was not run".into()));
        // Nobody listens any more: the caller was dropped, the work was not.
        let _ = self.reply.send(outcome.and(found));
    }
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
        self.send(Job::Call(Box::new(Asked { work, found: None, reply }))).await?;
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

thread_local! {
    /// Pages in the write-ahead log after this thread's last commit.
    static LOGGED: Cell<u64> = const { Cell::new(0) };
}

fn work(
    connection: &Connection,
    clock: &dyn Clock,
    turn: &Mutex<()>,
    flushes: &AtomicU64,
    mut inbox: mpsc::Receiver<Job>,
) {
    connection.wal_hook(Some(|_, pages| {
        LOGGED.set(u64::try_from(pages).unwrap_or(0));
        Ok(())
    }));
    let session = match Session::prepare(connection) {
        Ok(session) => session,
        Err(error) => {
            tracing::error!(%error, "the tables do not fit this program; the writer stops");
            return;
        }
    };
    let mut rounds = Rounds { session, flushes, moved: 0, scrub: false };
    let mut round = Vec::with_capacity(ROUND);
    while let Some(job) = inbox.blocking_recv() {
        round.push(job);
        while round.len() < ROUND
            && let Ok(job) = inbox.try_recv()
        {
            round.push(job);
        }
        let turn = turn.blocking_lock();
        rounds.session.now = clock.now();
        rounds.run(&mut round);
        drop(turn);
        rounds.tidy();
    }
}

struct Rounds<'c, 'f> {
    session: Session<'c>,
    flushes: &'f AtomicU64,
    /// Pages in the log when it was last moved into the file.
    moved: u64,
    /// The log is to be emptied.
    scrub: bool,
}

impl Rounds<'_, '_> {
    fn run(&mut self, round: &mut Vec<Job>) {
        let outcome = self.together(round);
        for (job, outcome) in round.drain(..).zip(outcome) {
            match (job, outcome) {
                (Job::Write(_, reply), Outcome::Written(written)) => {
                    let _ = reply.send(written);
                }
                (Job::Call(call), Outcome::Called(outcome)) => call.answer(outcome),
                (Job::Scrub(reply), _) => {
                    self.scrub = true;
                    self.tidy();
                    let _ = reply.send(());
                }
                (Job::Write(..) | Job::Call(_), _) => {}
            }
        }
    }

    /// All of it in one transaction or, if that fails, each part in its own.
    fn together(&mut self, round: &mut [Job]) -> Vec<Outcome> {
        let attempt = self.transaction(|session| round.iter_mut().map(|job| job.run(session)).collect());
        let alone = match attempt {
            Ok(outcomes) => return outcomes,
            Err(error) if is_full(&error) => None,
            Err(error) => {
                tracing::warn!(%error, "a batch failed; its writes are tried one by one");
                Some(())
            }
        };
        round
            .iter_mut()
            .map(|job| match (job, alone) {
                (Job::Write(batch, _), Some(())) => {
                    let one = |write: &Write| self.transaction(|session| session.write(write)).map_err(told);
                    Outcome::Written(batch.iter().map(one).collect())
                }
                (Job::Call(call), Some(())) => {
                    Outcome::Called(self.transaction(|session| call.run(session)).map_err(told))
                }
                (Job::Write(batch, _), None) => Outcome::Written(vec![Err(full()); batch.len()]),
                (Job::Call(_), None) => Outcome::Called(Err(full())),
                (Job::Scrub(_), _) => Outcome::Nothing,
            })
            .collect()
    }

    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Session<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let connection = self.session.connection;
        let before = connection.total_changes();
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let done = work(&mut self.session).and_then(|value| {
            connection.prepare_cached("COMMIT")?.execute([]).inspect_err(end_on_broken_disk)?;
            Ok(value)
        });
        match &done {
            Ok(_) if connection.total_changes() > before => {
                self.flushes.fetch_add(1, Ordering::Relaxed);
            }
            Ok(_) => {}
            // SQLite has rolled back by itself when the disk was full; then this fails, and may.
            Err(_) if connection.is_autocommit() => {}
            Err(_) => {
                if let Err(error) = connection.prepare_cached("ROLLBACK").and_then(|mut sql| sql.execute([]))
                {
                    tracing::warn!(%error, "a rollback failed");
                }
            }
        }
        done
    }

    /// Moves a log that has grown into the file. Done here, after the answers, and not by SQLite
    /// itself, which would swallow a failed fsync.
    fn tidy(&mut self) {
        let logged = LOGGED.get();
        if logged < self.moved {
            self.moved = 0;
        }
        if !self.scrub && logged < self.moved + LOG_PAGES {
            return;
        }
        let mode = if self.scrub { "TRUNCATE" } else { "PASSIVE" };
        let connection = self.session.connection;
        let checkpoint = connection
            .busy_timeout(SCRUB_PATIENCE)
            .and_then(|()| {
                let sql = format!("PRAGMA wal_checkpoint({mode})");
                connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
            })
            .and_then(|busy| connection.busy_timeout(PATIENCE).map(|()| busy));
        match checkpoint {
            Ok(busy) => {
                self.flushes.fetch_add(2, Ordering::Relaxed);
                self.moved = logged;
                if self.scrub && busy == 0 {
                    (self.scrub, self.moved) = (false, 0);
                    LOGGED.set(0);
                }
            }
            Err(error) => {
                end_on_broken_disk(&error);
                tracing::warn!(%error, "the write-ahead log could not be moved into the file; it grows");
                self.moved = logged;
            }
        }
    }
}

enum Outcome {
    Written(Vec<Result<Written, StoreError>>),
    Called(Result<(), StoreError>),
    Nothing,
}

impl Job {
    fn run(&mut self, session: &mut Session<'_>) -> rusqlite::Result<Outcome> {
        Ok(match self {
            Job::Write(batch, _) => {
                let written = batch.iter().map(|write| session.write(write).map(Ok));
                Outcome::Written(written.collect::<rusqlite::Result<_>>()?)
            }
            Job::Call(call) => {
                call.run(session)?;
                Outcome::Called(Ok(()))
            }
            Job::Scrub(_) => Outcome::Nothing,
        })
    }
}

fn told(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        _ if is_full(&error) => full(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen) => {
            StoreError::Unavailable(error.to_string())
        }
        _ => StoreError::Failed(error.to_string()),
    }
}

fn full() -> StoreError {
    StoreError::Full("the disk has no space left for the database".into())
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

fn end_on_broken_disk(error: &rusqlite::Error) {
    if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
        super::end_process(error);
    }
}
