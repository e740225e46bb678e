//! One machine: SQLite in one file.
//!
//! The engine's writes go through one [writer] thread with prepared statements, and instances are
//! loaded by a thread of the same kind; everything else is read through SeaORM on connections that
//! cannot write. Tables beside the engine's are written through [`Database`], which takes turns with
//! the writer thread, so that neither ever waits in SQLite's own busy loop.

mod file;
mod leases;
mod loader;
mod round;
mod shelf;
mod statements;
mod write;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sealwright_engine::clock::Clock;
use sealwright_engine::journal::Row;
use sealwright_engine::limits::PAGE;
use sealwright_engine::store::{
    EffectQuery, EffectRow, InstanceQuery, InstanceRow, ParkedQuery, Position, Store, StoreError, Stored,
    TaskClaim, TaskQuery, TaskRow, Write, Written,
};
use sealwright_engine::{InstanceId, Lease, NodeId, Timestamp};
use tokio::sync::Mutex;

use crate::database::Database;
use crate::entity::journal;
use crate::error::{OpenError, read_error};
use crate::migration::{self, Step};
use crate::read::{self, Now};
use loader::Loader;
use shelf::FileShelf;
use writer::Writer;

/// The engine's store in one SQLite file, for one process.
pub struct SqliteStore {
    readers: DatabaseConnection,
    loader: Loader,
    writer: Arc<Writer>,
    database: Database,
    clock: Arc<dyn Clock>,
    flushes: Arc<AtomicU64>,
    about: String,
}

impl SqliteStore {
    /// Opens `path`, or makes it. A new file gets its tables at once; an older one is refused until
    /// it is [migrated](crate::migrate).
    ///
    /// # Errors
    /// Another process has the file, its tables are older than this program, or the file system
    /// does not keep what it is told to keep.
    pub async fn open(path: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let lock = file::lock(path)?;
        let is_new = std::fs::metadata(path).map_or(true, |about| about.len() == 0);
        let connection = file::writer(path)?;
        let second = file::second_writer(path).await?;
        if is_new {
            migration::apply(&second).await?;
        }
        migration::require_current(&second).await?;
        let readers = file::readers(path).await?;
        let loader = Loader::start(file::loader(path)?)?;
        let turn = Arc::new(Mutex::new(()));
        let flushes = Arc::new(AtomicU64::new(0));
        let writer = Writer::start(connection, clock.clone(), turn.clone(), flushes.clone(), lock)?;
        let writer = Arc::new(writer);
        let scrubber = writer.clone();
        let shelf = Arc::new(FileShelf::start(file::loader(path)?, writer.clone())?);
        let database = Database::taking_turns(readers.clone(), second, turn, shelf, move || {
            let writer = scrubber.clone();
            Box::pin(async move { writer.scrub().await })
        });
        let about = format!(
            "SQLite {} in {}, write-ahead log, synchronous FULL (read back)",
            rusqlite::version(),
            path.display()
        );
        Ok(Self { readers, loader, writer, database, clock, flushes, about })
    }

    /// The file for tables beside the engine's.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    fn now(&self) -> Now {
        Now::At(self.clock.now())
    }
}

/// Applies what is missing to the file at `path`, which no other process may have open.
pub(crate) async fn migrate(path: &Path) -> Result<Vec<Step>, OpenError> {
    let _lock = file::lock(path)?;
    drop(file::writer(path)?);
    let connection = file::second_writer(path).await?;
    migration::apply(&connection).await?;
    let steps = migration::steps(&connection).await;
    connection.close().await?;
    steps
}

/// What the file at `path` has.
pub(crate) async fn status(path: &Path) -> Result<Vec<Step>, OpenError> {
    if !path.exists() {
        return Err(OpenError::Unreachable {
            what: path.display().to_string(),
            why: "there is no such file; `sealwright migrate` makes it".into(),
        });
    }
    let connection = file::readers(path).await?;
    let steps = migration::steps(&connection).await;
    connection.close().await?;
    steps
}

/// The disk failed a commit. What is durable can only be told by a process that reads it anew.
pub(crate) fn end_process(error: &dyn std::fmt::Display) -> ! {
    tracing::error!(%error, "the disk failed a commit; this process ends so that a new one reads what is true");
    std::process::abort()
}

#[async_trait]
impl Store for SqliteStore {
    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        self.writer.ask(move |session| session.join(node)).await
    }

    async fn beat(&self, node: NodeId) -> Result<(), StoreError> {
        self.writer.ask(move |session| session.beat(node)).await
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.writer.ask(move |session| session.leave(node)).await
    }

    async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>> {
        self.writer.write(batch).await
    }

    async fn load(&self, instance: InstanceId) -> Result<Option<Stored>, StoreError> {
        self.loader.load(instance).await
    }

    async fn list(&self, query: &InstanceQuery) -> Result<Vec<InstanceRow>, StoreError> {
        read::list(&self.readers, query).await
    }

    async fn labels(&self, instance: InstanceId) -> Result<Vec<(String, String)>, StoreError> {
        read::labels(&self.readers, instance).await
    }

    async fn census(&self, workflow: &str) -> Result<Vec<(String, bool, u64)>, StoreError> {
        read::census(&self.readers, workflow).await
    }

    async fn due(&self, limit: usize) -> Result<Vec<InstanceId>, StoreError> {
        read::due(&self.readers, self.now(), limit).await
    }

    async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        read::next_wake(&self.readers).await
    }

    async fn claim_effects(&self, node: NodeId, limit: usize) -> Result<Vec<EffectRow>, StoreError> {
        read::all(self.writer.ask(move |session| session.claim_effects(node, limit)).await?)
    }

    async fn next_effect(&self) -> Result<Option<Timestamp>, StoreError> {
        read::next_effect(&self.readers, self.now()).await
    }

    async fn effects(&self, query: &EffectQuery) -> Result<Vec<EffectRow>, StoreError> {
        read::effects(&self.readers, query).await
    }

    async fn redrive(&self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64, StoreError> {
        let which = which.clone();
        self.writer.ask(move |session| session.redrive(&which, limit, spacing)).await
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        read::tasks(&self.readers, query, self.now()).await
    }

    async fn claim_task(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        let claim = claim.clone();
        match self.writer.ask(move |session| session.claim_task(&claim)).await? {
            Some((row, lease)) => Ok(Some((row.try_into()?, lease))),
            None => Ok(None),
        }
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError> {
        let (held, asked) = (lease.clone(), lease.clone());
        let until = self.writer.ask(move |session| session.renew(&asked, time)).await?;
        Ok(until.map(|until| Lease { until, ..held }))
    }

    async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.writer.ask(move |session| session.release(&lease)).await
    }

    /// One writer commits in order, so the rowid is the order of visibility.
    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<(Position, Row)>, StoreError> {
        let rows = journal::Entity::find()
            .filter(journal::Column::Position.gt(after.0 as i64))
            .order_by_asc(journal::Column::Position)
            .limit(limit.min(PAGE) as u64)
            .all(&self.readers)
            .await
            .map_err(read_error)?;
        rows.into_iter().map(|row| Ok((Position(row.position.unsigned_abs()), row.try_into()?))).collect()
    }

    async fn feed_end(&self) -> Result<Position, StoreError> {
        let last = journal::Entity::find()
            .order_by_desc(journal::Column::Position)
            .one(&self.readers)
            .await
            .map_err(read_error)?;
        Ok(Position(last.map_or(0, |row| row.position.unsigned_abs())))
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>, StoreError> {
        read::last_tick(&self.readers, schedule).await
    }

    async fn record_tick(&self, schedule: &str, due: Timestamp) -> Result<(), StoreError> {
        let schedule = schedule.to_owned();
        self.writer.ask(move |session| session.record_tick(&schedule, due)).await
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        self.about.clone()
    }

    fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use sealwright_engine::clock::SystemClock;

    use super::*;

    async fn pages(store: &SqliteStore, limit: i64) {
        let set = move |session: &mut statements::Session<'_>| {
            let sql = format!("PRAGMA max_page_count = {limit}");
            session.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
        };
        store.writer.ask(set).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_got_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("office.db"), Arc::new(SystemClock)).await.unwrap();
        let due = Timestamp::from_secs(1);
        store.record_tick("before", due).await.unwrap();
        pages(&store, 1).await;
        let long = "x".repeat(1_000_000);
        for _ in 0..2 {
            let refused = store.record_tick(&long, due).await;
            assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
        }
        assert_eq!(store.last_tick("before").await, Ok(Some(due)), "reads live on");
        assert_eq!(store.last_tick(&long).await, Ok(None));
        pages(&store, 1_000_000).await;
        store.record_tick(&long, due).await.unwrap();
        assert_eq!(store.last_tick(&long).await, Ok(Some(due)));
    }

    #[tokio::test]
    async fn the_log_beside_the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("office.db"), Arc::new(SystemClock)).await.unwrap();
        for n in 0..80 {
            let long = format!("{n}{}", "x".repeat(1_000_000));
            store.record_tick(&long, Timestamp::from_secs(1)).await.unwrap();
        }
        let size = |name| std::fs::metadata(folder.path().join(name)).unwrap().len();
        assert!(size("office.db") > 40_000_000, "what was logged is in the file");
        assert!(size("office.db-wal") < 40_000_000, "and the log began again");
    }
}
