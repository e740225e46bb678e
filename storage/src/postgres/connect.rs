//! Connections that keep what they acknowledge, and the probe before the first write.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};
use sealwright_engine::clock::Clock;

use crate::error::OpenError;
use crate::migration;

/// Connections that write the engine's batches. Two keep the disk busy: one batch is planned and
/// sent while the other is flushed. More only share the same flushes.
pub(super) const WRITERS: u32 = 2;

/// Connections of the vault: two for each kind of statement, one of which is answered while the other is
/// carried out.
const SHELF: u32 = 6;

/// How long a request waits for a connection before the store says that it is overloaded.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection may lie idle before it is asked whether it lives.
const IDLE: Duration = Duration::from_secs(5);

/// How to use a database.
#[derive(Clone)]
pub struct PostgresOptions {
    /// Whose "now" counts in leases and deadlines; the database server's if `None`, as it must be
    /// wherever several nodes share one database. Tests give a clock that they wind.
    pub clock: Option<Arc<dyn Clock>>,
    /// The schema with the tables; the server's `search_path` decides if `None`.
    pub schema: Option<String>,
    /// Connections for reading and for claims, beside the two that write batches and the vault's six.
    pub connections: u32,
    /// Refuse a server without a synchronous standby: with one, what was acknowledged also survives
    /// the loss of the machine.
    pub require_standby: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { clock: None, schema: None, connections: 8, require_standby: false }
    }
}

impl PostgresOptions {
    /// The schema's name, if it is one that needs no quoting.
    fn schema(&self) -> Result<Option<&str>, OpenError> {
        let Some(schema) = self.schema.as_deref() else {
            return Ok(None);
        };
        let first = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let plain = schema.bytes().all(|byte| first(byte) || byte.is_ascii_digit());
        if plain && schema.len() <= 63 && schema.bytes().next().is_some_and(first) {
            return Ok(Some(schema));
        }
        let why = "a schema's name is 1 to 63 lower-case letters, digits and underscores".to_owned();
        Err(OpenError::Unreachable { what: format!("schema `{schema}`"), why })
    }
}

/// Connections for questions of all kinds and for claims.
pub(super) async fn readers(url: &str, options: &PostgresOptions) -> Result<PgPool, OpenError> {
    pool(url, options, options.connections, &[("jit", "off")]).await
}

/// Connections for batches.
pub(super) async fn writers(url: &str, options: &PostgresOptions) -> Result<PgPool, OpenError> {
    pool(url, options, WRITERS, BY_KEY).await
}

/// Connections for the vault.
pub(super) async fn shelf(url: &str, options: &PostgresOptions) -> Result<PgPool, OpenError> {
    pool(url, options, SHELF, BY_KEY).await
}

/// How statements that reach every row by its key are planned: once, for ten rows, row by row through an
/// index. That is what any batch wants, however large the tables. A server left to itself reads tables
/// whole that are empty when it plans, and goes on while they grow, until it has analysed them.
const BY_KEY: &[(&str, &str)] = &[
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // A plan that cannot avoid a scan counts as dear, and what is dear would be compiled first.
    ("jit", "off"),
];

async fn pool(
    url: &str,
    options: &PostgresOptions,
    size: u32,
    plans: &[(&str, &str)],
) -> Result<PgPool, OpenError> {
    let parsed = PgConnectOptions::from_str(url).map_err(|_| OpenError::Url(without_password(url)))?;
    let mut connect = parsed
        .application_name("sealwright")
        .options(plans.iter().copied())
        .options([("idle_in_transaction_session_timeout", "30s")])
        .options([("statement_timeout", "60s"), ("lock_timeout", "20s")])
        .disable_statement_logging();
    if let Some(schema) = options.schema()? {
        connect = connect.options([("search_path", schema)]);
    }
    let standby = options.require_standby;
    // A pool takes a refusal for a passing trouble and tries until it times out, so ask once first.
    let mut first = connect.connect().await.map_err(|error| refusal(error, url))?;
    check(&mut first, standby).await?;
    first.close().await.map_err(|error| refusal(error, url))?;
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        // A ping before each statement would double the way of each; one that lay idle may be dead.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                check(connection, standby).await.map_err(|error| {
                    tracing::error!(%error, "a connection is refused");
                    sqlx::Error::Configuration(error.into())
                })
            })
        })
        .connect_with(connect)
        .await
        .map_err(|error| refusal(error, url))
}

/// What a server must be, asked of every connection: a fail-over may have moved us to another one.
async fn check(connection: &mut PgConnection, standby: bool) -> Result<(), OpenError> {
    let row = sqlx::query(
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only'),
             current_setting('synchronous_commit'), current_setting('fsync'),
             current_setting('synchronous_standby_names')",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| refusal(error, "the server"))?;
    let setting = |column| row.try_get::<String, _>(column).unwrap_or_default();
    if row.try_get(0).unwrap_or(true) {
        return Err(OpenError::ReadOnly("it is a standby in recovery"));
    }
    if setting(1) != "off" {
        return Err(OpenError::ReadOnly("transactions are read-only"));
    }
    require(&setting(2), &setting(3), standby.then_some(&setting(4)))
}

/// `local` does not wait for the standby that was asked for, `off` not even for the disk.
fn require(synchronous_commit: &str, fsync: &str, standbys: Option<&String>) -> Result<(), OpenError> {
    if !matches!(synchronous_commit, "on" | "remote_write" | "remote_apply") {
        let found = synchronous_commit.to_owned();
        let wanted = "`on`, `remote_write` or `remote_apply`, also for this role and database";
        return Err(OpenError::NotDurable { setting: "synchronous_commit", found, wanted });
    }
    if fsync != "on" {
        return Err(OpenError::NotDurable { setting: "fsync", found: fsync.to_owned(), wanted: "`on`" });
    }
    if standbys.is_some_and(String::is_empty) {
        return Err(OpenError::NotDurable {
            setting: "synchronous_standby_names",
            found: String::new(),
            wanted: "the names of at least one standby",
        });
    }
    Ok(())
}

/// Makes the schema if one is named. Under the lock of the migrations, because the server itself
/// does not expect two of the same name at once.
pub(super) async fn make_schema(pool: &PgPool, options: &PostgresOptions) -> Result<(), OpenError> {
    if let Some(schema) = options.schema()? {
        let sql = format!("BEGIN; {}; CREATE SCHEMA IF NOT EXISTS {schema}; COMMIT", migration::LOCK);
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(pool)
            .await
            .map_err(|error| refusal(error, "the server"))?;
    }
    Ok(())
}

/// After a dump was restored into another server, its transaction numbers start again below the
/// positions in the journal. Then the feed's base is raised, so that new rows come behind old ones.
pub(super) async fn raise_feed(pool: &PgPool) -> Result<(), OpenError> {
    sqlx::query(
        "UPDATE feed SET base = last.position FROM (SELECT COALESCE(max(position), 0) AS position FROM journal) last
         WHERE last.position >= base + (pg_snapshot_xmax(pg_current_snapshot())::text::bigint << 10)",
    )
    .execute(pool)
    .await
    .map_err(|error| refusal(error, "the server"))?;
    Ok(())
}

pub(super) fn refusal(error: sqlx::Error, what: &str) -> OpenError {
    OpenError::Unreachable { what: without_password(what), why: error.to_string() }
}

/// A URL fit for a log.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((who, place)) => format!("{scheme}://{}@{place}", who.split(':').next().unwrap_or_default()),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaker_durability_is_refused() {
        for good in ["on", "remote_write", "remote_apply"] {
            assert!(require(good, "on", None).is_ok());
        }
        for (commit, fsync) in [("off", "on"), ("local", "on"), ("", "on"), ("on", "off")] {
            assert!(matches!(require(commit, fsync, None), Err(OpenError::NotDurable { .. })));
        }
        assert!(require("on", "on", Some(&String::new())).is_err());
        assert!(require("on", "on", Some(&"one, two".to_owned())).is_ok());
    }

    #[test]
    fn a_password_is_not_told() {
        assert_eq!(without_password("postgres://me:p@ss@host/db"), "postgres://me@host/db");
        assert_eq!(without_password("postgres://host/db"), "postgres://host/db");
    }

    #[test]
    fn a_schema_needs_a_plain_name() {
        let named = |name: &str| PostgresOptions { schema: Some(name.into()), ..PostgresOptions::default() };
        assert!(named("cell_1").schema().is_ok());
        for bad in ["", "1st", "Cell", "a b", "a;drop table journal", &"a".repeat(64)] {
            assert!(named(bad).schema().is_err(), "{bad}");
        }
    }
}
