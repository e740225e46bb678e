//! The engine's tables. Times are microseconds; every key starts with the instance.

use super::Script;

pub(super) const SCRIPT: Script = Script { name: "0001_engine", sqlite: SQLITE, postgres: POSTGRES };

/// The journal keeps its rowid, because appending at the end of one tree and looking up in two
/// small ones beats carrying the bodies around in a clustered index. The other tables are small
/// rows found by key alone: one tree each.
const SQLITE: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS instance (
        id BLOB NOT NULL PRIMARY KEY, workflow TEXT NOT NULL, version INTEGER NOT NULL,
        schema INTEGER NOT NULL, phase TEXT NOT NULL, closed INTEGER NOT NULL, wake_at INTEGER,
        parked TEXT, head BLOB NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS instance_wake ON instance (wake_at)
        WHERE wake_at IS NOT NULL AND parked IS NULL",
    "CREATE INDEX IF NOT EXISTS instance_phase ON instance (workflow, phase, closed)",
    "CREATE INDEX IF NOT EXISTS instance_parked ON instance (id) WHERE parked IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS journal (
        position INTEGER PRIMARY KEY, instance BLOB NOT NULL, version INTEGER NOT NULL,
        command_id TEXT NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL,
        UNIQUE (instance, version), UNIQUE (instance, command_id)
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS effect (
        instance BLOB NOT NULL, version INTEGER NOT NULL, n INTEGER NOT NULL,
        workflow TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, state INTEGER NOT NULL,
        decided_at INTEGER NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
        leased_to BLOB, note TEXT,
        PRIMARY KEY (instance, version, n)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS effect_due ON effect (due_at, leased_to) WHERE state = 0",
    "CREATE INDEX IF NOT EXISTS effect_parked ON effect (instance, version, n) WHERE state = 2",
    "CREATE TABLE IF NOT EXISTS task (
        instance BLOB NOT NULL PRIMARY KEY, workflow TEXT NOT NULL, key TEXT NOT NULL,
        queue TEXT NOT NULL, due_at INTEGER NOT NULL, roles TEXT NOT NULL, excluded TEXT NOT NULL,
        reserved_for TEXT, reserved_until INTEGER, holder TEXT, epoch INTEGER NOT NULL,
        lease_until INTEGER
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS task_due ON task (queue, due_at)",
    "CREATE TABLE IF NOT EXISTS label (
        instance BLOB NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (instance, name)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS label_value ON label (name, value)",
    "CREATE TABLE IF NOT EXISTS schedule (
        name TEXT NOT NULL PRIMARY KEY, last_due INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS node (
        id BLOB NOT NULL PRIMARY KEY, alive_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
];

/// `journal.position` is the transaction's number and the row's place in it (see the feed), so
/// that no sequence is shared. `feed` holds what is added to transaction numbers, for a database
/// that was restored into a server whose own numbers start again.
const POSTGRES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS instance (
        id uuid NOT NULL PRIMARY KEY, workflow text NOT NULL, version bigint NOT NULL,
        schema integer NOT NULL, phase text NOT NULL, closed boolean NOT NULL, wake_at bigint,
        parked text, head bytea NOT NULL, created_at bigint NOT NULL, updated_at bigint NOT NULL
    )",
    "CREATE INDEX IF NOT EXISTS instance_wake ON instance (wake_at, id)
        WHERE wake_at IS NOT NULL AND parked IS NULL",
    "CREATE INDEX IF NOT EXISTS instance_phase ON instance (workflow, phase, closed, id)",
    "CREATE INDEX IF NOT EXISTS instance_parked ON instance (id) WHERE parked IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS journal (
        position bigint NOT NULL, instance uuid NOT NULL, version bigint NOT NULL,
        command_id text NOT NULL, body text NOT NULL, hash bytea NOT NULL,
        PRIMARY KEY (instance, version), UNIQUE (instance, command_id)
    )",
    "CREATE INDEX IF NOT EXISTS journal_position ON journal (position)",
    "CREATE TABLE IF NOT EXISTS feed (one boolean PRIMARY KEY CHECK (one), base bigint NOT NULL)",
    "INSERT INTO feed VALUES (true, 0) ON CONFLICT DO NOTHING",
    "CREATE TABLE IF NOT EXISTS effect (
        instance uuid NOT NULL, version bigint NOT NULL, n integer NOT NULL,
        workflow text NOT NULL, kind text NOT NULL, body text NOT NULL, state integer NOT NULL,
        decided_at bigint NOT NULL, due_at bigint NOT NULL, attempts integer NOT NULL,
        leased_to uuid, note text,
        PRIMARY KEY (instance, version, n)
    )",
    "CREATE INDEX IF NOT EXISTS effect_due ON effect (due_at, leased_to) WHERE state = 0",
    "CREATE INDEX IF NOT EXISTS effect_parked ON effect (instance, version, n) WHERE state = 2",
    "CREATE TABLE IF NOT EXISTS task (
        instance uuid NOT NULL PRIMARY KEY, workflow text NOT NULL, key text NOT NULL,
        queue text NOT NULL, due_at bigint NOT NULL, roles text NOT NULL, excluded text NOT NULL,
        reserved_for text, reserved_until bigint, holder text, epoch bigint NOT NULL,
        lease_until bigint
    )",
    "CREATE INDEX IF NOT EXISTS task_due ON task (queue, due_at, instance)",
    "CREATE TABLE IF NOT EXISTS label (
        instance uuid NOT NULL, name text NOT NULL, value text NOT NULL,
        PRIMARY KEY (instance, name)
    )",
    "CREATE INDEX IF NOT EXISTS label_value ON label (name, value, instance)",
    "CREATE TABLE IF NOT EXISTS schedule (name text NOT NULL PRIMARY KEY, last_due bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS node (id uuid NOT NULL PRIMARY KEY, alive_until bigint NOT NULL)",
];
