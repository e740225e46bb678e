//! A round: everything that waits, in one transaction.
//!
//! A failed statement undoes the round, and its parts are then tried one by one, so that a bad write
//! fails alone.
//!
//! An I/O error on a commit ends the process. After a failed fsync the kernel may count pages as
//! clean that never reached the disk, so this process can no longer tell what is durable; a new one
//! reads it from the disk.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::ErrorCode;
use sealwright_engine::Timestamp;
use sealwright_engine::store::{StoreError, Write, Written};
use tokio::sync::oneshot;

use super::file::PATIENCE;
use super::statements::Session;

/// How long an emptying of the log waits for readers, before the writer goes on and tries later.
const SCRUB_PATIENCE: Duration = Duration::from_millis(50);

/// Pages in the write-ahead log (16 MiB) before they are moved into the file.
const LOG_PAGES: u64 = 4_096;

thread_local! {
    /// Pages in the write-ahead log after this thread's last commit.
    static LOGGED: Cell<u64> = const { Cell::new(0) };
}

/// What the writer is asked for.
pub(super) enum Job {
    Write(Vec<Write>, oneshot::Sender<Vec<Result<Written, StoreError>>>),
    Call(Box<dyn Call>),
    Scrub(oneshot::Sender<()>),
}

/// Work with an answer of its own type. It may run twice; the second run counts.
pub(super) trait Call: Send {
    fn run(&mut self, session: &mut Session<'_>) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

pub(super) struct Asked<F, T> {
    work: F,
    found: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Asked<F, T> {
    pub(super) fn new(work: F, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { work, found: None, reply }
    }
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

/// Round after round on one connection.
pub(super) struct Rounds<'c, 'f> {
    session: Session<'c>,
    flushes: &'f AtomicU64,
    /// Pages in the log when it was last moved into the file.
    moved: u64,
    /// The log is to be emptied.
    scrub: bool,
}

impl<'c, 'f> Rounds<'c, 'f> {
    pub(super) fn new(session: Session<'c>, flushes: &'f AtomicU64) -> Self {
        session.connection.wal_hook(Some(|_, pages| {
            LOGGED.set(u64::try_from(pages).unwrap_or(0));
            Ok(())
        }));
        Self { session, flushes, moved: 0, scrub: false }
    }

    /// Carries out and answers all of it; `now` is the store's clock for this round.
    pub(super) fn run(&mut self, now: Timestamp, round: &mut Vec<Job>) {
        self.session.now = now;
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
        match attempt {
            Ok(outcomes) => outcomes,
            Err(error) if is_full(&error) => round.iter().map(Job::refused).collect(),
            Err(error) => {
                tracing::warn!(%error, "a batch failed; its writes are tried one by one");
                round.iter_mut().map(|job| self.alone(job)).collect()
            }
        }
    }

    fn alone(&mut self, job: &mut Job) -> Outcome {
        match job {
            Job::Write(batch, _) => {
                let one = |write: &Write| self.transaction(|session| session.write(write)).map_err(told);
                Outcome::Written(batch.iter().map(one).collect())
            }
            Job::Call(call) => Outcome::Called(self.transaction(|session| call.run(session)).map_err(told)),
            Job::Scrub(_) => Outcome::Nothing,
        }
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
    pub(super) fn tidy(&mut self) {
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

    /// The disk is full.
    fn refused(&self) -> Outcome {
        match self {
            Job::Write(batch, _) => Outcome::Written(vec![Err(full()); batch.len()]),
            Job::Call(_) => Outcome::Called(Err(full())),
            Job::Scrub(_) => Outcome::Nothing,
        }
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
