//! The loader: one thread that reads instances with prepared statements. A load is on the way of
//! every first command, and through a pool it costs ten times as much.

use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};
use sealwright_engine::InstanceId;
use sealwright_engine::store::{StoreError, Stored};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::entity::{instance, journal};
use crate::error::OpenError;
use crate::read;

/// Loads that wait.
const WAITING: usize = 1_024;

/// Loads in one read transaction.
const ROUND: usize = 64;

type Loaded = Result<Option<Stored>, StoreError>;
type Ask = (InstanceId, oneshot::Sender<Loaded>);

pub(super) struct Loader {
    asks: Option<mpsc::Sender<Ask>>,
    thread: Option<JoinHandle<()>>,
}

impl Loader {
    pub(super) fn start(connection: Connection) -> Result<Self, OpenError> {
        let (asks, inbox) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("sqlite-loader".into())
            .spawn(move || work(&connection, inbox))
            .map_err(|why| OpenError::Unreachable { what: "a loader thread".into(), why: why.to_string() })?;
        Ok(Self { asks: Some(asks), thread: Some(thread) })
    }

    pub(super) async fn load(&self, id: InstanceId) -> Loaded {
        let stopped = || StoreError::Unavailable("the loader has stopped".into());
        let (reply, loaded) = oneshot::channel();
        let asks = self.asks.as_ref().ok_or_else(stopped)?;
        asks.send((id, reply)).await.map_err(|_| stopped())?;
        loaded.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(connection: &Connection, mut inbox: mpsc::Receiver<Ask>) {
    let mut statements = match Statements::prepare(connection) {
        Ok(statements) => statements,
        Err(error) => {
            tracing::error!(%error, "the tables do not fit this program; the loader stops");
            return;
        }
    };
    let mut round = Vec::with_capacity(ROUND);
    while let Some(first) = inbox.blocking_recv() {
        round.push(first);
        while round.len() < ROUND
            && let Ok(ask) = inbox.try_recv()
        {
            round.push(ask);
        }
        // One transaction for what waits: a row and its journal are of one snapshot, and taking the
        // snapshot is half the cost of a small load.
        let snapshot = run(connection, "BEGIN");
        for (id, reply) in round.drain(..) {
            let loaded = match &snapshot {
                Ok(()) => statements.load(id),
                Err(error) => Err(unavailable(error)),
            };
            // Whoever asked may be gone.
            let _ = reply.send(loaded);
        }
        if snapshot.is_ok()
            && let Err(error) = run(connection, "COMMIT")
        {
            tracing::warn!(%error, "a read transaction did not end");
        }
    }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

struct Statements<'c> {
    instance: Statement<'c>,
    journal: Statement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            instance: connection.prepare(
                "SELECT id, workflow, version, schema, phase, closed, wake_at, parked, head, created_at,
                     updated_at
                 FROM instance WHERE id = ?1",
            )?,
            journal: connection.prepare(
                "SELECT position, instance, version, command_id, body, hash FROM journal
                 WHERE instance = ?1 ORDER BY version",
            )?,
        })
    }

    fn load(&mut self, id: InstanceId) -> Loaded {
        let id = id.0.as_bytes();
        let row = self.instance.query_row(params![id], instance_row).optional();
        let Some(row) = row.map_err(|error| unavailable(&error))? else { return Ok(None) };
        let rows = self
            .journal
            .query_map(params![id], journal_row)
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(|error| unavailable(&error))?;
        Ok(Some(Stored { row: row.try_into()?, journal: read::all(rows)? }))
    }
}

fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

fn instance_row(row: &Row<'_>) -> rusqlite::Result<instance::Model> {
    Ok(instance::Model {
        id: row.get(0).map(Uuid::from_bytes)?,
        workflow: row.get(1)?,
        version: row.get(2)?,
        schema: row.get(3)?,
        phase: row.get(4)?,
        closed: row.get(5)?,
        wake_at: row.get(6)?,
        parked: row.get(7)?,
        head: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
    })
}

fn journal_row(row: &Row<'_>) -> rusqlite::Result<journal::Model> {
    Ok(journal::Model {
        position: row.get(0)?,
        instance: row.get(1).map(Uuid::from_bytes)?,
        version: row.get(2)?,
        command_id: row.get(3)?,
        body: row.get(4)?,
        hash: row.get(5)?,
    })
}
