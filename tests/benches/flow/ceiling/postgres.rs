//! PostgreSQL through the driver: each batch is one statement of `UNNEST` arrays that commits by itself.

use std::time::Instant;

use sea_orm::sqlx::{self, Connection, PgConnection};
use sealwright_engine::Timestamp;
use sealwright_engine::store::{Change, Write};
use uuid::Uuid;

use super::{Group, Tally, sealed};
use crate::script::{Cast, Row, Script};

const BATCH: &str = "
WITH created AS (
    INSERT INTO instance (id, workflow, version, schema, phase, closed, wake_at, head, created_at, updated_at)
    SELECT id, workflow, version, 1, phase, closed, wake_at, hash, at, at
    FROM unnest($1::uuid[], $2::bigint[], $5::bytea[], $6::text[], $7::text[], $8::bool[], $9::bigint[],
        $10::bigint[]) AS new (id, version, hash, workflow, phase, closed, wake_at, at)
    WHERE version = 1
), advanced AS (
    UPDATE instance SET version = new.version, phase = new.phase, closed = new.closed, wake_at = new.wake_at,
        head = new.hash, updated_at = new.at
    FROM unnest($1::uuid[], $2::bigint[], $5::bytea[], $7::text[], $8::bool[], $9::bigint[], $10::bigint[])
        AS new (id, version, hash, phase, closed, wake_at, at)
    WHERE instance.id = new.id AND new.version > 1
), journaled AS (
    INSERT INTO journal (position, instance, version, command_id, body, hash)
    SELECT (pg_current_xact_id()::text::bigint << 10) + ord, id, version, command_id, body, hash
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::bytea[])
        WITH ORDINALITY AS new (id, version, command_id, body, hash, ord)
), effects AS (
    INSERT INTO effect (instance, version, n, workflow, kind, body, state, decided_at, due_at, attempts, leased_to)
    SELECT id, version, n, workflow, kind, body, 0, at, at, 0, node
    FROM unnest($11::uuid[], $12::bigint[], $13::int[], $14::text[], $15::text[], $16::text[], $17::bigint[],
        $18::uuid[]) AS new (id, version, n, workflow, kind, body, at, node)
), settled AS (
    UPDATE effect SET state = over.state, note = over.note, leased_to = NULL,
        due_at = COALESCE(over.due_at, effect.due_at)
    FROM unnest($19::uuid[], $20::bigint[], $21::int[], $22::int[], $23::text[], $24::bigint[])
        AS over (id, version, n, state, note, due_at)
    WHERE effect.instance = over.id AND effect.version = over.version AND effect.n = over.n
), labels AS (
    INSERT INTO label (instance, name, value) SELECT * FROM unnest($25::uuid[], $26::text[], $27::text[])
    ON CONFLICT (instance, name) DO UPDATE SET value = excluded.value
), people AS (
    INSERT INTO person (id, wrapped_key) SELECT * FROM unnest($28::uuid[], $29::bytea[])
), records AS (
    INSERT INTO record (person, field, revision, sealed)
    SELECT person, field, 1, sealed FROM unnest($30::uuid[], $31::text[], $32::bytea[]) AS new (person, field, sealed)
)
INSERT INTO directory (hash, id, owner, cell)
SELECT hash, id, id, 0 FROM unnest($33::bytea[], $34::uuid[]) AS new (hash, id)";

/// A connection.
pub(crate) struct Raw(PgConnection);

impl Raw {
    pub(super) fn open(connection: PgConnection) -> Self {
        Self(connection)
    }

    pub(super) async fn close(self) {
        self.0.close().await.unwrap();
    }

    /// Writes as long as `more` says so of what was written and how long it took.
    pub(super) async fn write(
        &mut self,
        script: &Script,
        size: usize,
        more: impl Fn(&Tally) -> bool,
    ) -> Tally {
        let mut group = Group::new(script, size);
        let mut tally = Tally::default();
        let began = Instant::now();
        while more(&tally) {
            // Nothing of one statement sees the others' changes, so what settles an effect that the same step
            // makes goes into the next one.
            let batch = Instant::now();
            let mut columns = Columns::default();
            for cast in &group.casts {
                for row in &script.steps[group.step] {
                    columns.push(row, cast);
                }
            }
            columns.run(&mut self.0).await;
            tally.batch(size, batch);
            group.go_on(script);
            tally.time = began.elapsed();
        }
        tally
    }
}

#[derive(Default)]
struct Columns<'w> {
    decisions: (Vec<Uuid>, Vec<i64>, Vec<&'w str>, Vec<&'w str>, Vec<&'w [u8]>),
    states: (Vec<&'w str>, Vec<&'w str>, Vec<bool>, Vec<Option<i64>>, Vec<i64>),
    effects: (
        Vec<Uuid>,
        Vec<i64>,
        Vec<i32>,
        Vec<&'w str>,
        Vec<&'w str>,
        Vec<&'w str>,
        Vec<i64>,
        Vec<Option<Uuid>>,
    ),
    over: (Vec<Uuid>, Vec<i64>, Vec<i32>, Vec<i32>, Vec<Option<&'w str>>, Vec<Option<i64>>),
    labels: (Vec<Uuid>, Vec<&'w str>, Vec<String>),
    people: (Vec<Uuid>, Vec<Vec<u8>>),
    records: (Vec<Uuid>, Vec<&'w str>, Vec<Vec<u8>>),
    entries: (Vec<Vec<u8>>, Vec<Uuid>),
}

impl<'w> Columns<'w> {
    fn push(&mut self, row: &'w Row, cast: &Cast<'_>) {
        match row {
            Row::Engine(write) => self.push_write(write, cast),
            Row::Person(bytes) => {
                self.people.0.push(cast.person);
                self.people.1.push(sealed(*bytes));
            }
            Row::Record(field, bytes) => {
                self.records.0.push(cast.person);
                self.records.1.push(field);
                self.records.2.push(sealed(*bytes));
            }
            Row::Entry => {
                self.entries.0.push(sealed(32));
                self.entries.1.push(cast.person);
            }
        }
    }

    fn push_write(&mut self, write: &'w Write, cast: &Cast<'_>) {
        match write {
            Write::Append(append) => {
                let (row, derived) = (&append.row, &append.derived);
                let (id, version, at) = (cast.id(row.instance), row.version as i64, derived.at.micros());
                self.decisions.0.push(id);
                self.decisions.1.push(version);
                self.decisions.2.push(row.command_id.as_str());
                self.decisions.3.push(&row.body);
                self.decisions.4.push(&row.hash.0);
                self.states.0.push(derived.workflow);
                self.states.1.push(derived.phase);
                self.states.2.push(derived.closed);
                self.states.3.push(derived.wake_at.map(Timestamp::micros));
                self.states.4.push(at);
                for effect in &append.effects {
                    self.effects.0.push(id);
                    self.effects.1.push(version);
                    self.effects.2.push(i32::from(effect.key.n));
                    self.effects.3.push(derived.workflow);
                    self.effects.4.push(effect.kind);
                    self.effects.5.push(&effect.body);
                    self.effects.6.push(at);
                    self.effects.7.push(append.leased_to.map(|node| node.0));
                }
                if let Some(key) = &append.settles {
                    self.end(key, 1, Some("answered"), None, cast);
                }
                if let Change::Set(labels) = &derived.labels {
                    for (name, value) in labels {
                        self.labels.0.push(id);
                        self.labels.1.push(name);
                        self.labels.2.push(cast.label(value));
                    }
                }
            }
            Write::Settle { key, note } => self.end(key, 1, Some(note), None, cast),
            Write::Postpone { key, at, error, .. } => {
                self.end(key, 0, error.as_deref(), Some(at.micros()), cast);
            }
            Write::Derive(_) | Write::ParkEffect { .. } | Write::ParkInstance { .. } => {
                panic!("an application that goes well writes no {write:?}")
            }
        }
    }

    fn end(
        &mut self,
        key: &sealwright_engine::EffectKey,
        state: i32,
        note: Option<&'w str>,
        due: Option<i64>,
        cast: &Cast<'_>,
    ) {
        self.over.0.push(cast.id(key.instance));
        self.over.1.push(key.version as i64);
        self.over.2.push(i32::from(key.n));
        self.over.3.push(state);
        self.over.4.push(note);
        self.over.5.push(due);
    }

    async fn run(&self, connection: &mut PgConnection) {
        let (d, s, e, o) = (&self.decisions, &self.states, &self.effects, &self.over);
        sqlx::query(BATCH)
            .bind(&d.0)
            .bind(&d.1)
            .bind(&d.2)
            .bind(&d.3)
            .bind(&d.4)
            .bind(&s.0)
            .bind(&s.1)
            .bind(&s.2)
            .bind(&s.3)
            .bind(&s.4)
            .bind(&e.0)
            .bind(&e.1)
            .bind(&e.2)
            .bind(&e.3)
            .bind(&e.4)
            .bind(&e.5)
            .bind(&e.6)
            .bind(&e.7)
            .bind(&o.0)
            .bind(&o.1)
            .bind(&o.2)
            .bind(&o.3)
            .bind(&o.4)
            .bind(&o.5)
            .bind(&self.labels.0)
            .bind(&self.labels.1)
            .bind(&self.labels.2)
            .bind(&self.people.0)
            .bind(&self.people.1)
            .bind(&self.records.0)
            .bind(&self.records.1)
            .bind(&self.records.2)
            .bind(&self.entries.0)
            .bind(&self.entries.1)
            .execute(connection)
            .await
            .unwrap();
    }
}
