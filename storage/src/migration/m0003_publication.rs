//! What is published of credentials: status lists, and the transparency log. Nothing here names a person.

use super::Script;

pub(super) const SCRIPT: Script = Script { name: "0003_publication", sqlite: SQLITE, postgres: POSTGRES };

/// A slot without `holder` was handed out, and its credential has not been seen in the journal yet.
const SQLITE: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS status_list (
        number INTEGER NOT NULL PRIMARY KEY, uri TEXT NOT NULL UNIQUE, entries INTEGER NOT NULL,
        next INTEGER NOT NULL, revision INTEGER NOT NULL, dirty_since INTEGER, published_revision INTEGER,
        issued_at INTEGER, expires_at INTEGER, signed_by TEXT, packed BLOB, jwt TEXT, cwt BLOB
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS status_block (
        list INTEGER NOT NULL, start INTEGER NOT NULL, behind INTEGER NOT NULL, PRIMARY KEY (list, start)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS status_slot (
        list INTEGER NOT NULL, idx INTEGER NOT NULL, serial TEXT NOT NULL UNIQUE, status INTEGER NOT NULL,
        holder BLOB, version INTEGER, PRIMARY KEY (list, idx)
    ) STRICT",
    "CREATE INDEX IF NOT EXISTS status_slot_holder ON status_slot (holder) WHERE holder IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS status_slot_marked ON status_slot (list) WHERE status <> 0",
    "CREATE TABLE IF NOT EXISTS publication_cursor (
        name TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS log_head (
        id INTEGER NOT NULL PRIMARY KEY, size INTEGER NOT NULL, frontier TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS log_entry (
        idx INTEGER NOT NULL PRIMARY KEY, digest BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL,
        signed_at INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS log_node (
        level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, idx)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS log_checkpoint (
        size INTEGER NOT NULL PRIMARY KEY, note TEXT NOT NULL
    ) STRICT",
    CURSORS,
    EMPTY_TREE,
];

const POSTGRES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS status_list (
        number bigint NOT NULL PRIMARY KEY, uri text NOT NULL UNIQUE, entries bigint NOT NULL,
        next bigint NOT NULL, revision bigint NOT NULL, dirty_since bigint, published_revision bigint,
        issued_at bigint, expires_at bigint, signed_by text, packed bytea, jwt text, cwt bytea
    )",
    "CREATE TABLE IF NOT EXISTS status_block (
        list bigint NOT NULL, start bigint NOT NULL, behind bigint NOT NULL, PRIMARY KEY (list, start)
    )",
    "CREATE TABLE IF NOT EXISTS status_slot (
        list bigint NOT NULL, idx bigint NOT NULL, serial text NOT NULL UNIQUE, status smallint NOT NULL,
        holder uuid, version bigint, PRIMARY KEY (list, idx)
    )",
    "CREATE INDEX IF NOT EXISTS status_slot_holder ON status_slot (holder) WHERE holder IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS status_slot_marked ON status_slot (list) WHERE status <> 0",
    "CREATE TABLE IF NOT EXISTS publication_cursor (
        name text NOT NULL PRIMARY KEY, position bigint NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS log_head (
        id bigint NOT NULL PRIMARY KEY, size bigint NOT NULL, frontier text NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS log_entry (
        idx bigint NOT NULL PRIMARY KEY, digest bytea NOT NULL UNIQUE, kind smallint NOT NULL,
        signed_at bigint NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS log_node (
        level smallint NOT NULL, idx bigint NOT NULL, hash bytea NOT NULL, PRIMARY KEY (level, idx)
    )",
    "CREATE TABLE IF NOT EXISTS log_checkpoint (size bigint NOT NULL PRIMARY KEY, note text NOT NULL)",
    CURSORS,
    EMPTY_TREE,
];

/// The rows that everybody takes turns on: all followers at the beginning, and an empty tree.
const CURSORS: &str =
    "INSERT INTO publication_cursor (name, position) VALUES ('status', 0), ('log', 0), ('photos', 0)
     ON CONFLICT DO NOTHING";
const EMPTY_TREE: &str = "INSERT INTO log_head (id, size, frontier) VALUES (1, 0, '{\"size\":0,\"peaks\":[]}') ON CONFLICT DO NOTHING";
