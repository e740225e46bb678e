//! The vault's tables. Everything that says something about a person is ciphertext.

use super::Script;

pub(super) const SCRIPT: Script = Script { name: "0002_vault", sqlite: SQLITE, postgres: POSTGRES };

/// A person without `wrapped_key` was erased. `directory.cell` says where the id lives once there
/// is more than one database; today all is in cell 0.
const SQLITE: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS person (
        id BLOB NOT NULL PRIMARY KEY, wrapped_key BLOB, erased_at INTEGER
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS record (
        person BLOB NOT NULL, field TEXT NOT NULL, revision INTEGER NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (person, field, revision)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS photo (
        id BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, instance BLOB NOT NULL, sealed BLOB
    ) STRICT",
    "CREATE INDEX IF NOT EXISTS photo_instance ON photo (instance, id)",
    "CREATE INDEX IF NOT EXISTS photo_person ON photo (person)",
    "CREATE TABLE IF NOT EXISTS directory (
        hash BLOB NOT NULL PRIMARY KEY, id BLOB NOT NULL, owner BLOB, cell INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS directory_owner ON directory (owner) WHERE owner IS NOT NULL",
];

const POSTGRES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS person (
        id uuid NOT NULL PRIMARY KEY, wrapped_key bytea, erased_at bigint
    )",
    "CREATE TABLE IF NOT EXISTS record (
        person uuid NOT NULL, field text NOT NULL, revision bigint NOT NULL, sealed bytea NOT NULL,
        PRIMARY KEY (person, field, revision)
    )",
    "CREATE TABLE IF NOT EXISTS photo (
        id uuid NOT NULL PRIMARY KEY, person uuid NOT NULL, instance uuid NOT NULL, sealed bytea
    )",
    "CREATE INDEX IF NOT EXISTS photo_instance ON photo (instance, id)",
    "CREATE INDEX IF NOT EXISTS photo_person ON photo (person)",
    "CREATE TABLE IF NOT EXISTS directory (
        hash bytea NOT NULL PRIMARY KEY, id uuid NOT NULL, owner uuid, cell integer NOT NULL
    )",
    "CREATE INDEX IF NOT EXISTS directory_owner ON directory (owner) WHERE owner IS NOT NULL",
];
