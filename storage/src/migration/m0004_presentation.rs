//! Show codes that live, and those that were used: rows for two minutes.

use super::Script;

pub(super) const SCRIPT: Script = Script { name: "0004_presentation", sqlite: SQLITE, postgres: POSTGRES };

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
