//! The file: its lock, and connections that keep what they acknowledge.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Row};
use sea_orm::{ConnectOptions, DatabaseConnection};

use crate::error::OpenError;

/// Readers at once. Reads are short; more threads than cores only take turns.
const READERS: u32 = 4;

/// How long a statement waits for a lock that another process (a backup, a shell) holds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes that the write-ahead log may keep on disk when it starts over.
const LOG_BYTES: i64 = 64 * 1024 * 1024;

/// The writer's page cache in KiB. After a tree was rebalanced SQLite walks the whole cache at the
/// commit, so a large one costs every commit; what falls out is in the system's cache anyway.
const CACHE_KIB: i64 = 8_192;

/// Holds `path` + `.lock` until dropped; the operating system lets go of it if the process dies.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let unreachable = |why: std::io::Error| OpenError::Unreachable {
        what: name.display().to_string(),
        why: why.to_string(),
    };
    let file = File::options().create(true).truncate(false).write(true).open(&name).map_err(unreachable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(path.display().to_string())),
        Err(TryLockError::Error(why)) => Err(unreachable(why)),
    }
}

/// The connection of the writer thread. Checkpoints are left to that thread, because the automatic
/// ones hide their errors.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    connection(path, flags, |connection| {
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "temp_store", "MEMORY")
    })
}

/// The connection of the thread that loads instances. It cannot write.
pub(super) fn loader(path: &Path) -> Result<Connection, OpenError> {
    connection(path, OpenFlags::SQLITE_OPEN_READ_WRITE, |connection| {
        connection.pragma_update(None, "query_only", true)
    })
}

fn connection(
    path: &Path,
    flags: OpenFlags,
    set: impl Fn(&Connection) -> rusqlite::Result<()>,
) -> Result<Connection, OpenError> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        set(&connection)?;
        Ok(connection)
    };
    let unreachable = |why: rusqlite::Error| OpenError::Unreachable {
        what: path.display().to_string(),
        why: why.to_string(),
    };
    let connection = open().map_err(unreachable)?;
    let mode: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(unreachable)?;
    let level: i64 =
        connection.pragma_query_value(None, "synchronous", |row| row.get(0)).map_err(unreachable)?;
    require(&mode, &level.to_string())?;
    Ok(connection)
}

/// Connections that only read.
pub(super) async fn readers(path: &Path) -> Result<DatabaseConnection, OpenError> {
    pool(path, READERS, &[("query_only", "ON"), ("mmap_size", "268435456")]).await
}

/// The one connection through which SeaORM writes: the vault's and the host's tables. What it
/// deletes is overwritten.
pub(super) async fn second_writer(path: &Path) -> Result<DatabaseConnection, OpenError> {
    pool(path, 1, &[("secure_delete", "ON"), ("wal_autocheckpoint", "0")]).await
}

async fn pool(
    path: &Path,
    size: u32,
    pragmas: &'static [(&'static str, &'static str)],
) -> Result<DatabaseConnection, OpenError> {
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://file");
    options
        .max_connections(size)
        .min_connections(1)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .filename(&file)
                .create_if_missing(false)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(PATIENCE);
            pragmas.iter().fold(options, |options, (name, value)| options.pragma(*name, *value))
        })
        .map_sqlx_sqlite_pool_opts(|options| {
            options.after_connect(|connection, _| {
                Box::pin(async move {
                    let mode: String =
                        sqlx::query("PRAGMA journal_mode").fetch_one(&mut *connection).await?.try_get(0)?;
                    let level: i64 =
                        sqlx::query("PRAGMA synchronous").fetch_one(&mut *connection).await?.try_get(0)?;
                    require(&mode, &level.to_string())
                        .map_err(|error| sqlx::Error::Configuration(error.into()))
                })
            })
        });
    Ok(sea_orm::Database::connect(options).await?)
}

/// Refuses a connection that would lose acknowledged work when the power fails. SQLite reads a
/// PRAGMA value that it does not know as a weaker one, so only what is read back counts.
fn require(journal_mode: &str, synchronous: &str) -> Result<(), OpenError> {
    if journal_mode != "wal" {
        let found = journal_mode.to_owned();
        return Err(OpenError::NotDurable { setting: "journal_mode", found, wanted: "wal" });
    }
    match synchronous {
        "2" | "3" => Ok(()),
        found => {
            Err(OpenError::NotDurable { setting: "synchronous", found: found.to_owned(), wanted: "FULL (2)" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaker_durability_is_refused() {
        assert!(require("wal", "2").is_ok() && require("wal", "3").is_ok());
        for weak in [("delete", "2"), ("wal", "1"), ("wal", "0"), ("memory", "2"), ("wal", "FULL")] {
            assert!(matches!(require(weak.0, weak.1), Err(OpenError::NotDurable { .. })), "{weak:?}");
        }
    }

    #[test]
    fn a_second_lock_is_refused_and_a_released_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("office.db");
        let held = lock(&path).unwrap();
        assert!(matches!(lock(&path), Err(OpenError::Locked(_))));
        drop(held);
        assert!(lock(&path).is_ok());
    }
}
