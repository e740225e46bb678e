//! Many nodes: PostgreSQL.
//!
//! A batch is one statement, which commits by itself. It runs in a task of its own, so that a caller
//! who goes away cancels nothing: a cancelled transaction would go back into the pool half open and
//! swallow the next one's work. Correctness is the version in the statement's conditions, so READ
//! COMMITTED is enough.
//!
//! All of these tasks run on the runtime that connected. A connection belongs to the runtime on which
//! it was opened, and callers come from others, which end before the store does: the engine's own
//! thread, a web server's workers.
//!
//! Connect to the server itself or to a pooler in session mode; settings are per session.

mod append;
mod connect;
mod leases;
mod probe;
mod shelf;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::Expr;
use sea_orm::sqlx::{self, PgPool};
use sea_orm::{
    ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    SqlxPostgresConnector,
};
use sealwright_engine::journal::Row;
use sealwright_engine::limits::PAGE;
use sealwright_engine::store::{
    EffectQuery, EffectRow, InstanceQuery, InstanceRow, ParkedQuery, Position, Store, StoreError, Stored,
    TaskClaim, TaskQuery, TaskRow, Write, Written,
};
use sealwright_engine::{InstanceId, Lease, NodeId, Timestamp};
use tokio::runtime::Handle;

use crate::database::Database;
use crate::entity::journal;
use crate::error::{OpenError, read_error};
use crate::migration::{self, Step};
use crate::read::{self, Now};
pub use connect::PostgresOptions;
use shelf::ServerShelf;

/// The engine's store in a PostgreSQL database, for any number of nodes.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    writers: PgPool,
    readers: DatabaseConnection,
    shelf: Arc<ServerShelf>,
    runtime: Handle,
    options: PostgresOptions,
    flushes: Arc<AtomicU64>,
    about: Arc<str>,
}

impl PostgresStore {
    /// Connects, and probes that the database keeps its promises. Its work runs on the current
    /// runtime, which must outlive it.
    ///
    /// # Errors
    /// The server cannot be reached, takes no writes, would lose acknowledged work, has older tables
    /// than this program, or fails the probe.
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self, OpenError> {
        let pool = connect::readers(url, &options).await?;
        let readers = SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone());
        migration::require_current(&readers).await?;
        connect::raise_feed(&pool).await?;
        let writers = connect::writers(url, &options).await?;
        probe::probe(&writers).await?;
        let (version, commit): (String, String) =
            sqlx::query_as("SELECT current_setting('server_version'), current_setting('synchronous_commit')")
                .fetch_one(&pool)
                .await
                .map_err(|error| connect::refusal(error, url))?;
        let about = format!("PostgreSQL {version}, synchronous_commit {commit} (read back)").into();
        let flushes = Arc::default();
        let shelf = Arc::new(ServerShelf::open(connect::shelf(url, &options).await?, &flushes));
        Ok(Self { pool, writers, readers, shelf, runtime: Handle::current(), options, flushes, about })
    }

    /// Applies what is missing, making the schema if one is named. May run twice, and on two nodes
    /// at once.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub async fn migrate(url: &str, options: &PostgresOptions) -> Result<Vec<Step>, OpenError> {
        let pool = connect::readers(url, options).await?;
        connect::make_schema(&pool, options).await?;
        let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone());
        migration::apply(&connection).await?;
        let steps = migration::steps(&connection).await;
        pool.close().await;
        steps
    }

    /// What the database has.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn status(url: &str, options: &PostgresOptions) -> Result<Vec<Step>, OpenError> {
        let pool = connect::readers(url, options).await?;
        let steps = migration::steps(&SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone())).await;
        pool.close().await;
        steps
    }

    /// The database for tables beside the engine's.
    pub fn database(&self) -> Database {
        Database::pooled(self.readers.clone(), self.shelf.clone(), self.runtime.clone())
    }

    /// How the server carries out batches and the vault's statements, in its own words: every step must
    /// be by index.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn plan(&self) -> Result<String, OpenError> {
        let refusal = |error| connect::refusal(error, "the server");
        let mut connection = self.writers.acquire().await.map_err(refusal)?;
        let mut plans = vec![probe::plan(&mut connection, append::APPEND).await.map_err(refusal)?];
        let mut connection = self.shelf.pool().acquire().await.map_err(refusal)?;
        for sql in shelf::STATEMENTS {
            plans.push(probe::plan(&mut connection, sql).await.map_err(refusal)?);
        }
        Ok(plans.join("\n"))
    }

    fn clock(&self) -> Option<Timestamp> {
        self.options.clock.as_ref().map(|clock| clock.now())
    }

    fn now(&self) -> Now {
        const SERVER: &str = "(SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)";
        self.clock().map_or(Now::Server(SERVER), Now::At)
    }

    /// Runs `work` to its end, whether or not anybody still waits for it.
    async fn detached<T, F>(&self, work: impl FnOnce(Self) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    {
        let work = self.runtime.spawn(work(self.clone()));
        let done = work.await.map_err(|error| StoreError::Unknown(error.to_string()))?;
        self.flushes.fetch_add(1, Ordering::Relaxed);
        done.map_err(write::told)
    }

    /// Reads on the runtime that connected.
    async fn read<T, F>(&self, work: impl FnOnce(DatabaseConnection) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let work = self.runtime.spawn(work(self.readers.clone()));
        work.await.map_err(|error| StoreError::Unavailable(error.to_string()))?
    }

    /// The rows that every transaction still running comes after: nothing can appear among them.
    fn settled(&self) -> Select<journal::Entity> {
        journal::Entity::find().filter(Expr::cust(
            "position < (SELECT base FROM feed) + (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 10)",
        ))
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        self.detached(|this| async move { leases::join(&this.pool, this.clock(), node).await }).await
    }

    async fn beat(&self, node: NodeId) -> Result<(), StoreError> {
        self.detached(|this| async move { leases::beat(&this.pool, this.clock(), node).await }).await
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.detached(|this| async move { leases::leave(&this.pool, node).await }).await
    }

    async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>> {
        let (this, size) = (self.clone(), batch.len());
        let work = self
            .runtime
            .spawn(async move { write::all(&this.writers, this.clock(), &batch, &this.flushes).await });
        work.await.unwrap_or_else(|error| vec![Err(StoreError::Unknown(error.to_string())); size])
    }

    async fn load(&self, instance: InstanceId) -> Result<Option<Stored>, StoreError> {
        self.read(move |readers| async move { read::load(&readers, instance).await }).await
    }

    async fn list(&self, query: &InstanceQuery) -> Result<Vec<InstanceRow>, StoreError> {
        let query = query.clone();
        self.read(|readers| async move { read::list(&readers, &query).await }).await
    }

    async fn labels(&self, instance: InstanceId) -> Result<Vec<(String, String)>, StoreError> {
        self.read(move |readers| async move { read::labels(&readers, instance).await }).await
    }

    async fn census(&self, workflow: &str) -> Result<Vec<(String, bool, u64)>, StoreError> {
        let workflow = workflow.to_owned();
        self.read(|readers| async move { read::census(&readers, &workflow).await }).await
    }

    async fn due(&self, limit: usize) -> Result<Vec<InstanceId>, StoreError> {
        let now = self.now();
        self.read(move |readers| async move { read::due(&readers, now, limit).await }).await
    }

    async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|readers| async move { read::next_wake(&readers).await }).await
    }

    async fn claim_effects(&self, node: NodeId, limit: usize) -> Result<Vec<EffectRow>, StoreError> {
        let claim = move |this: Self| async move {
            leases::claim_effects(&this.pool, this.clock(), node, limit).await
        };
        read::all(self.detached(claim).await?)
    }

    async fn next_effect(&self) -> Result<Option<Timestamp>, StoreError> {
        let now = self.now();
        self.read(move |readers| async move { read::next_effect(&readers, now).await }).await
    }

    async fn effects(&self, query: &EffectQuery) -> Result<Vec<EffectRow>, StoreError> {
        let query = query.clone();
        self.read(|readers| async move { read::effects(&readers, &query).await }).await
    }

    async fn redrive(&self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64, StoreError> {
        let which = which.clone();
        self.detached(move |this| async move {
            leases::redrive(&this.pool, this.clock(), &which, limit, spacing).await
        })
        .await
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        let (query, now) = (query.clone(), self.now());
        self.read(move |readers| async move { read::tasks(&readers, &query, now).await }).await
    }

    async fn claim_task(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        let claim = claim.clone();
        let claimed =
            move |this: Self| async move { leases::claim_task(&this.pool, this.clock(), &claim).await };
        match self.detached(claimed).await? {
            Some((row, lease)) => Ok(Some((row.try_into()?, lease))),
            None => Ok(None),
        }
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError> {
        let (held, asked) = (lease.clone(), lease.clone());
        let renewed =
            move |this: Self| async move { leases::renew(&this.pool, this.clock(), &asked, time).await };
        Ok(self.detached(renewed).await?.map(|until| Lease { until, ..held }))
    }

    async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.detached(|this| async move { leases::release(&this.pool, this.clock(), &lease).await }).await
    }

    /// A position is a transaction's number and a place in it. Transactions commit in another order
    /// than they begin, so rows are shown once every transaction with a lower number is over.
    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<(Position, Row)>, StoreError> {
        let rows = self
            .settled()
            .filter(journal::Column::Position.gt(i64::try_from(after.0).unwrap_or(i64::MAX)))
            .order_by_asc(journal::Column::Position)
            .limit(limit.min(PAGE) as u64);
        let rows = self.read(|readers| async move { rows.all(&readers).await.map_err(read_error) }).await?;
        rows.into_iter().map(|row| Ok((Position(row.position.unsigned_abs()), row.try_into()?))).collect()
    }

    async fn feed_end(&self) -> Result<Position, StoreError> {
        let last = self
            .settled()
            .select_only()
            .column(journal::Column::Position)
            .order_by_desc(journal::Column::Position)
            .limit(1)
            .into_tuple::<i64>();
        let last = self.read(|readers| async move { last.one(&readers).await.map_err(read_error) }).await?;
        Ok(Position(last.map_or(0, i64::unsigned_abs)))
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>, StoreError> {
        let schedule = schedule.to_owned();
        self.read(|readers| async move { read::last_tick(&readers, &schedule).await }).await
    }

    async fn record_tick(&self, schedule: &str, due: Timestamp) -> Result<(), StoreError> {
        let schedule = schedule.to_owned();
        self.detached(move |this| async move { leases::record_tick(&this.pool, &schedule, due).await }).await
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn writers(&self) -> usize {
        connect::WRITERS as usize
    }

    fn describe(&self) -> String {
        self.about.to_string()
    }

    fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Relaxed)
    }
}
