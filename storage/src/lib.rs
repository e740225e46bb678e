//! The engine's [`Store`](sealwright_engine::store::Store) and
//! [`Vault`](sealwright_engine::vault::Vault) on SQLite and PostgreSQL.

mod sqlite;
mod database;
mod read;
mod entity;
mod migration;
mod error;

use std::path::Path;

pub use database::Database;
pub use error::OpenError;
pub use migration::{Migrator, Step};
pub use sqlite::SqliteStore;

/// Applies the migrations that `url` lacks, all or nothing, and answers what it has then. May run
/// twice.
///
/// # Errors
/// The URL names no database, or the database refuses.
pub async fn migrate(url: &str) -> Result<Vec<Step>, OpenError> {
    match address(url)? {
        Address::File(path) => sqlite::migrate(path).await,
    }
}

/// What was applied to `url` and what was not. Changes nothing.
///
/// # Errors
/// The URL names no database, or the database cannot be reached.
pub async fn status(url: &str) -> Result<Vec<Step>, OpenError> {
    match address(url)? {
        Address::File(path) => sqlite::status(path).await,
    }
}

enum Address<'u> {
    File(&'u Path),
}

fn address(url: &str) -> Result<Address<'_>, OpenError> {
    let file = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    match file {
        Some(path) if !path.is_empty() => Ok(Address::File(Path::new(path))),
        _ => Err(OpenError::Url(url.to_owned())),
    }
}
