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
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        connection.pragma_update(None, "cache_size", -65_536)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(connection)
    };
    let connection = open()
        .map_err(|why| OpenError::Unreachable { what: path.display().to_string(), why: why.to_string() })?;
    let read =
        |name| connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
    let text = |value: rusqlite::Result<rusqlite::types::Value>| match value {
        Ok(rusqlite::types::Value::Text(text)) => text,
        Ok(rusqlite::types::Value::Integer(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    require(&text(read("journal_mode")), &text(read("synchronous")))?;
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
