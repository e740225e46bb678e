//! What can go wrong, told to the person who can do something about it.

use sea_orm::{DbErr, RuntimeErr};
use sealwright_engine::store::StoreError;
use sealwright_engine::vault::VaultError;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL names no database that is supported.
    #[error("`{0}` is no database: use `sqlite:path/to/file.db` or `postgres://user@host/name`")]
    Url(String),
    /// Another process has the file open.
    #[error(
        "another process has {0} open (its lock file is held): SQLite serves one process at a time. \
         Stop the other one, or use PostgreSQL for several nodes"
    )]
    Locked(String),
    /// Migrations are missing.
    #[error("the tables are older than this program; missing: {pending}. Run `sealwright migrate`")]
    Behind {
        /// Their names.
        pending: String,
    },
    /// The database would not keep what it acknowledged.
    #[error("{setting} is `{found}`, and acknowledged work could be lost: set it to {wanted}")]
    NotDurable {
        /// The setting.
        setting: &'static str,
        /// Its value, read back.
        found: String,
        /// What is accepted.
        wanted: &'static str,
    },
    /// The server is a standby or otherwise takes no writes.
    #[error("the database takes no writes ({0}): connect to the primary")]
    ReadOnly(&'static str),
    /// The probe did not end as it must.
    #[error("the database failed the start-up probe: {0}. It must not be used")]
    Probe(String),
    /// The file or the server cannot be reached.
    #[error("cannot open {what}: {why}")]
    Unreachable {
        /// The file or the server.
        what: String,
        /// What it said.
        why: String,
    },
    /// The vault does not open.
    #[error("the vault does not open: {0}")]
    Vault(#[from] VaultError),
    /// The database refused something else.
    #[error("the database said: {0}")]
    Database(#[from] DbErr),
}

/// How a failed read is told to the engine. Nothing was written, so nothing is unknown.
pub(crate) fn read_error(error: DbErr) -> StoreError {
    match &error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => StoreError::Unavailable(error.to_string()),
        DbErr::Query(RuntimeErr::SqlxError(inner)) | DbErr::Exec(RuntimeErr::SqlxError(inner))
            if inner.as_database_error().is_none() =>
        {
            StoreError::Unavailable(error.to_string())
        }
        _ => StoreError::Failed(error.to_string()),
    }
}

/// How a failure is told by the vault. Every method of the vault may be called again.
pub(crate) fn vault_error(error: DbErr) -> VaultError {
    VaultError::Unavailable(error.to_string())
}
