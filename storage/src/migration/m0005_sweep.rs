//! What sweeps compare, and where they stand.

use super::Script;

pub(super) const SCRIPT: Script = Script { name: "0005_sweep", sqlite: SQLITE, postgres: POSTGRES };

/// Both columns of 16 bytes are keyed hashes: of a licence number, and of the record that was followed last. `holder`
/// is the sweep that is under way; `cursor` the register's own word for where the last one ended.
const SQLITE: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS followed_record (
        number_hash BLOB NOT NULL PRIMARY KEY, record_hash BLOB NOT NULL, person BLOB NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS followed_record_person ON followed_record (person)",
    "CREATE TABLE IF NOT EXISTS sweep_way (
        kind TEXT NOT NULL PRIMARY KEY, cursor TEXT, holder BLOB
    ) STRICT, WITHOUT ROWID",
    WAYS,
];

const POSTGRES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS followed_record (
        number_hash bytea NOT NULL PRIMARY KEY, record_hash bytea NOT NULL, person uuid NOT NULL
    )",
    "CREATE INDEX IF NOT EXISTS followed_record_person ON followed_record (person)",
    "CREATE TABLE IF NOT EXISTS sweep_way (kind text NOT NULL PRIMARY KEY, cursor text, holder uuid)",
    WAYS,
];

const WAYS: &str = "INSERT INTO sweep_way (kind) VALUES ('changes'), ('full') ON CONFLICT DO NOTHING";
