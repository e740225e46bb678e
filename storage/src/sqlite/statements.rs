//! The writer's connection with its statements prepared once. Nothing here commits.

use rusqlite::{Connection, Result, Statement};
use sealwright_engine::Timestamp;

/// What a unit of work runs on, inside a transaction.
pub(super) struct Session<'c> {
    pub(super) connection: &'c Connection,
    /// The store's clock when this round began.
    pub(super) now: Timestamp,
    pub(super) journal: Statement<'c>,
    pub(super) unjournal: Statement<'c>,
    pub(super) create: Statement<'c>,
    pub(super) advance: Statement<'c>,
    pub(super) version: Statement<'c>,
    pub(super) derive: Statement<'c>,
    pub(super) effect: Statement<'c>,
    pub(super) settle: Statement<'c>,
    pub(super) postpone: Statement<'c>,
    pub(super) park_effect: Statement<'c>,
    pub(super) park_instance: Statement<'c>,
    pub(super) unlabel: Statement<'c>,
    pub(super) label: Statement<'c>,
    pub(super) set_task: Statement<'c>,
    pub(super) drop_task: Statement<'c>,
    pub(super) held: Statement<'c>,
    pub(super) end_lease: Statement<'c>,
    pub(super) enrol: Statement<'c>,
    pub(super) put: Statement<'c>,
    pub(super) claim: Statement<'c>,
    pub(super) followed: Statement<'c>,
}

impl<'c> Session<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        let sql = |text| connection.prepare(text);
        Ok(Self {
            connection,
            now: Timestamp::EPOCH,
            journal: sql(
                "INSERT INTO journal (instance, version, command_id, body, hash) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING",
            )?,
            unjournal: sql("DELETE FROM journal WHERE position = ?1")?,
            create: sql("INSERT INTO instance (id, workflow, version, schema, phase, closed, wake_at, head,
                     created_at, updated_at)
                 VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?8) ON CONFLICT DO NOTHING")?,
            advance: sql(
                "UPDATE instance SET version = ?2, schema = ?3, phase = ?4, closed = ?5, wake_at = ?6,
                     head = ?7, updated_at = ?8
                 WHERE id = ?1 AND version = ?2 - 1 AND parked IS NULL",
            )?,
            version: sql("SELECT COALESCE((SELECT version FROM instance WHERE id = ?1), 0) + 1 = ?2
                     AND NOT EXISTS (SELECT 1 FROM journal WHERE instance = ?1 AND command_id = ?3)")?,
            derive: sql(
                "UPDATE instance SET phase = ?3, closed = ?4, wake_at = ?5 WHERE id = ?1 AND version = ?2",
            )?,
            effect: sql(
                "INSERT INTO effect (instance, version, n, workflow, kind, body, state, decided_at, due_at,
                     attempts, leased_to)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, 0, ?9)",
            )?,
            settle: sql("UPDATE effect SET state = 1, note = ?4, leased_to = NULL
                 WHERE instance = ?1 AND version = ?2 AND n = ?3 AND state <> 1")?,
            postpone: sql("UPDATE effect SET due_at = ?5, attempts = ?6, note = ?7, leased_to = NULL
                 WHERE instance = ?1 AND version = ?2 AND n = ?3 AND state = 0 AND leased_to = ?4")?,
            park_effect: sql("UPDATE effect SET state = 2, attempts = ?5, note = ?6, leased_to = NULL
                 WHERE instance = ?1 AND version = ?2 AND n = ?3 AND state = 0 AND leased_to = ?4")?,
            park_instance: sql("UPDATE instance SET parked = ?2 WHERE id = ?1")?,
            unlabel: sql("DELETE FROM label WHERE instance = ?1")?,
            label: sql("INSERT INTO label (instance, name, value) VALUES (?1, ?2, ?3)")?,
            set_task: sql(
                "INSERT INTO task (instance, workflow, key, queue, due_at, roles, excluded, reserved_for,
                     reserved_until, epoch)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)
                 ON CONFLICT (instance) DO UPDATE SET
                     holder = CASE WHEN task.key = excluded.key THEN task.holder END,
                     lease_until = CASE WHEN task.key = excluded.key THEN task.lease_until END,
                     key = excluded.key, queue = excluded.queue, due_at = excluded.due_at,
                     roles = excluded.roles, excluded = excluded.excluded,
                     reserved_for = excluded.reserved_for, reserved_until = excluded.reserved_until",
            )?,
            drop_task: sql("DELETE FROM task WHERE instance = ?1")?,
            held: sql("SELECT EXISTS (SELECT 1 FROM task WHERE instance = ?1 AND key = ?2 AND holder = ?3
                     AND epoch = ?4 AND lease_until > ?5)")?,
            end_lease: sql("UPDATE task SET holder = NULL, lease_until = NULL WHERE instance = ?1")?,
            enrol: sql("INSERT INTO person (id, wrapped_key) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            put: sql("INSERT INTO record (person, field, revision, sealed) SELECT ?1, ?2, ?3, ?4
                 WHERE EXISTS (SELECT 1 FROM person WHERE id = ?1 AND wrapped_key = ?5)
                 ON CONFLICT DO NOTHING")?,
            claim: sql("INSERT INTO directory (hash, id, owner, cell) SELECT ?1, ?2, ?3, ?4
                 WHERE ?3 IS NULL OR EXISTS (SELECT 1 FROM person WHERE id = ?3 AND wrapped_key IS NOT NULL)
                 ON CONFLICT DO NOTHING")?,
            followed: sql("INSERT INTO followed_record (number_hash, record_hash, person) SELECT ?1, ?2, ?3
                 WHERE EXISTS (SELECT 1 FROM person WHERE id = ?3 AND wrapped_key IS NOT NULL)
                 ON CONFLICT (number_hash) DO UPDATE SET record_hash = excluded.record_hash, person = excluded.person")?,
        })
    }
}
