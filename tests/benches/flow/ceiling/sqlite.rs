//! SQLite through rusqlite: prepared statements, a transaction for each batch, the store's own settings.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};
use sealwright_engine::Timestamp;
use sealwright_engine::store::{Append, Change, Write};

use super::{Group, Tally, sealed};
use crate::script::{Cast, Row, Script};

/// A connection.
pub(crate) struct Raw(Connection);

impl Raw {
    /// Opens a file that has its tables.
    pub(super) fn open(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("temp_store", "MEMORY")] {
            connection.pragma_update(None, name, value).unwrap();
        }
        connection.pragma_update(None, "cache_size", -65_536).unwrap();
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024).unwrap();
        // The store moves its log into the file at the same size, by its own hand.
        connection.pragma_update(None, "wal_autocheckpoint", 4_096).unwrap();
        connection.set_prepared_statement_cache_capacity(64);
        let level: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(level, 2, "FULL");
        Self(connection)
    }

    /// Writes as long as `more` says so of what was written and how long it took.
    pub(super) fn write(
        &mut self,
        script: &Script,
        groups: usize,
        size: usize,
        more: impl Fn(&Tally) -> bool,
    ) -> Tally {
        let mut groups: Vec<_> = (0..groups).map(|_| Group::new(script, size)).collect();
        let mut tally = Tally::default();
        let began = Instant::now();
        while more(&tally) {
            for group in &mut groups {
                let batch = Instant::now();
                let transaction = self.0.transaction().unwrap();
                for cast in &group.casts {
                    for row in &script.steps[group.step] {
                        put(&transaction, row, cast).unwrap();
                    }
                }
                transaction.commit().unwrap();
                tally.batch(size, batch);
                group.go_on(script);
            }
            tally.time = began.elapsed();
        }
        tally
    }
}

fn put(connection: &Connection, row: &Row, cast: &Cast<'_>) -> rusqlite::Result<()> {
    match row {
        Row::Engine(write) => engine(connection, write, cast),
        Row::Person(bytes) => run(
            connection,
            "INSERT INTO person (id, wrapped_key) VALUES (?1, ?2)",
            params![cast.person.as_bytes(), sealed(*bytes)],
        ),
        Row::Record(field, bytes) => run(
            connection,
            "INSERT INTO record (person, field, revision, sealed) VALUES (?1, ?2, 1, ?3)",
            params![cast.person.as_bytes(), field, sealed(*bytes)],
        ),
        Row::Entry => run(
            connection,
            "INSERT INTO directory (hash, id, owner, cell) VALUES (?1, ?2, ?2, 0)",
            params![sealed(32), cast.person.as_bytes()],
        ),
    }
}

fn engine(connection: &Connection, write: &Write, cast: &Cast<'_>) -> rusqlite::Result<()> {
    match write {
        Write::Append(append) => decision(connection, append, cast),
        Write::Settle { key, note } => settle(connection, key, note, cast),
        Write::Postpone { key, attempts, at, error, .. } => run(
            connection,
            "UPDATE effect SET due_at = ?4, attempts = ?5, note = ?6, leased_to = NULL
             WHERE instance = ?1 AND version = ?2 AND n = ?3",
            params![
                cast.id(key.instance).as_bytes(),
                key.version as i64,
                key.n,
                at.micros(),
                attempts,
                error
            ],
        ),
        Write::Derive(_) | Write::ParkEffect { .. } | Write::ParkInstance { .. } => {
            panic!("an application that goes well writes no {write:?}")
        }
    }
}

fn decision(connection: &Connection, append: &Append, cast: &Cast<'_>) -> rusqlite::Result<()> {
    let (row, derived) = (&append.row, &append.derived);
    let id = *cast.id(row.instance).as_bytes();
    let (version, at) = (row.version as i64, derived.at.micros());
    run(
        connection,
        "INSERT INTO journal (instance, version, command_id, body, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, version, row.command_id.as_str(), row.body, row.hash.0],
    )?;
    let wake_at = derived.wake_at.map(Timestamp::micros);
    let state = params![
        id,
        version,
        derived.schema,
        derived.phase,
        derived.closed,
        wake_at,
        row.hash.0,
        at,
        derived.workflow
    ];
    if row.version == 1 {
        run(
            connection,
            "INSERT INTO instance (id, workflow, version, schema, phase, closed, wake_at, head, created_at,
                 updated_at)
             VALUES (?1, ?9, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
            state,
        )?;
    } else {
        run(
            connection,
            "UPDATE instance SET version = ?2, schema = ?3, phase = ?4, closed = ?5, wake_at = ?6, head = ?7,
                 updated_at = ?8, workflow = ?9
             WHERE id = ?1",
            state,
        )?;
    }
    if let Some(key) = &append.settles {
        settle(connection, key, "answered", cast)?;
    }
    for effect in &append.effects {
        let node = append.leased_to.map(|node| *node.0.as_bytes());
        run(
            connection,
            "INSERT INTO effect (instance, version, n, workflow, kind, body, state, decided_at, due_at, attempts,
                 leased_to)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?7, 0, ?8)",
            params![id, version, effect.key.n, derived.workflow, effect.kind, effect.body, at, node],
        )?;
    }
    assert!(!matches!(derived.task, Change::Set(Some(_))), "nobody reviews a retained photo");
    if let Change::Set(labels) = &derived.labels {
        for (name, value) in labels {
            run(
                connection,
                "INSERT INTO label (instance, name, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (instance, name) DO UPDATE SET value = excluded.value",
                params![id, name, cast.label(value)],
            )?;
        }
    }
    Ok(())
}

fn settle(
    connection: &Connection,
    key: &sealwright_engine::EffectKey,
    note: &str,
    cast: &Cast<'_>,
) -> rusqlite::Result<()> {
    run(
        connection,
        "UPDATE effect SET state = 1, note = ?4, leased_to = NULL WHERE instance = ?1 AND version = ?2 AND n = ?3",
        params![cast.id(key.instance).as_bytes(), key.version as i64, key.n, note],
    )
}

fn run(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute(values).map(|_| ())
}
