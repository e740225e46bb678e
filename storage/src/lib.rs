//! The engine's [`Store`] and [`Vault`] on SQLite and PostgreSQL.
//!
//! [`open`] takes a URL; [`migrate`] makes or updates the tables. [`SqliteStore`] is one process on
//! one machine, [`PostgresStore`] any number of nodes over one server. Both pass the engine's exam.

mod database;
mod entity;
mod error;
mod followed;
mod migration;
mod postgres;
mod presentations;
#[cfg(feature = "publication")]
pub mod publication;
mod read;
mod sqlite;
mod vault;

use std::path::Path;
use std::sync::Arc;

use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::Store;
use sealwright_engine::vault::Vault;

pub use database::Database;
pub use error::OpenError;
pub use followed::{Compared, Entered, FollowedRecords, Listed};
pub use migration::{Migrator, Step};
pub use postgres::{PostgresOptions, PostgresStore};
pub use presentations::{KeptPresentation, Presentations};
pub use sqlite::SqliteStore;
pub use vault::{MasterKey, MasterKeyError, SealedVault};

/// A database, opened for all its uses.
#[derive(Clone)]
pub struct Opened {
    /// For the engine.
    pub store: Arc<dyn Store>,
    /// For personal data.
    pub vault: Arc<dyn Vault>,
    /// For a host's own tables.
    pub database: Database,
}

/// Opens the database that `url` names: `sqlite:path/to/file.db` for one process on one machine,
/// `postgres://user@host/name` for many nodes. Times are the system's or the server's.
///
/// # Errors
/// See [`SqliteStore::open`], [`PostgresStore::connect`] and [`SealedVault::open`].
pub async fn open(url: &str, key: &MasterKey) -> Result<Opened, OpenError> {
    let (store, database): (Arc<dyn Store>, _) = match address(url)? {
        Address::File(path) => {
            let store = SqliteStore::open(path, Arc::new(SystemClock)).await?;
            let database = store.database();
            (Arc::new(store), database)
        }
        Address::Server => {
            let store = PostgresStore::connect(url, PostgresOptions::default()).await?;
            let database = store.database();
            (Arc::new(store), database)
        }
    };
    let vault = Arc::new(SealedVault::open(database.clone(), key).await?);
    Ok(Opened { store, vault, database })
}

/// Applies the migrations that `url` lacks, all or nothing, and answers what it has then. May run
/// twice.
///
/// # Errors
/// The URL names no database, or the database refuses.
pub async fn migrate(url: &str) -> Result<Vec<Step>, OpenError> {
    match address(url)? {
        Address::File(path) => sqlite::migrate(path).await,
        Address::Server => PostgresStore::migrate(url, &PostgresOptions::default()).await,
    }
}

/// What was applied to `url` and what was not. Changes nothing.
///
/// # Errors
/// The URL names no database, or the database cannot be reached.
pub async fn status(url: &str) -> Result<Vec<Step>, OpenError> {
    match address(url)? {
        Address::File(path) => sqlite::status(path).await,
        Address::Server => PostgresStore::status(url, &PostgresOptions::default()).await,
    }
}

enum Address<'u> {
    File(&'u Path),
    Server,
}

fn address(url: &str) -> Result<Address<'_>, OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Address::Server);
    }
    let file = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    match file {
        Some(path) if !path.is_empty() => Ok(Address::File(Path::new(path))),
        _ => Err(OpenError::Url(url.to_owned())),
    }
}
