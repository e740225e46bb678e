//! Show codes that live, and those that were used: rows for two minutes.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "0004_presentation"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "async_trait wants the signature as the trait has it")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, SQLITE, POSTGRES).await
    }
}

/// `id` is a hash over serial and nonce; whoever sets `used_at` first has the one use. Only codes that were made
/// here have the other columns. Times are Unix seconds.
const SQLITE: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS presentation (
        id BLOB NOT NULL PRIMARY KEY, kept_until INTEGER NOT NULL, used_at INTEGER,
        typed TEXT UNIQUE, licence BLOB, code TEXT
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS presentation_kept_until ON presentation (kept_until)",
];

const POSTGRES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS presentation (
        id bytea NOT NULL PRIMARY KEY, kept_until bigint NOT NULL, used_at bigint,
        typed text UNIQUE, licence uuid, code text
    )",
    "CREATE INDEX IF NOT EXISTS presentation_kept_until ON presentation (kept_until)",
];
