//! A batch as columns, and the statement that takes them.

use std::collections::HashSet;

use sea_orm::sqlx::postgres::PgArguments;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, PgConnection, Postgres, Row as _};
use sealwright_engine::journal::Row;
use sealwright_engine::limits::BATCH;
use sealwright_engine::store::{Append, Change, Derived, Write, Written};
use sealwright_engine::{EffectKey, Lease, Timestamp};
use uuid::Uuid;

use crate::entity::json;

pub(super) const APPEND: &str = include_str!("append.sql");

/// Writes that one statement can carry: no row is touched twice.
#[derive(Default)]
pub(super) struct Batch<'w> {
    /// With their places in the caller's batch.
    writes: Vec<(usize, &'w Write)>,
    instances: HashSet<Uuid>,
    effects: HashSet<EffectKey>,
}

/// A journal row's position is its transaction's number times 1,024 plus its place in the batch.
const _: () = assert!(BATCH < 1024, "positions have ten bits for the place in a batch");

impl<'w> Batch<'w> {
    /// Takes a write, unless it touches what another one of this batch does.
    pub(super) fn take(&mut self, place: usize, write: &'w Write) -> bool {
        let (instance, effect) = match write {
            Write::Append(append) => (Some(append.row.instance), append.settles),
            Write::Derive(derived) => (Some(derived.instance), None),
            Write::ParkInstance { instance, .. } => (Some(*instance), None),
            Write::Settle { key, .. } | Write::Postpone { key, .. } | Write::ParkEffect { key, .. } => {
                (None, Some(*key))
            }
        };
        let fits = self.writes.len() < BATCH
            && instance.is_none_or(|id| !self.instances.contains(&id.0))
            && effect.is_none_or(|key| !self.effects.contains(&key));
        if fits {
            self.instances.extend(instance.map(|id| id.0));
            self.effects.extend(effect);
            self.writes.push((place, write));
        }
        fits
    }

    /// The places of its writes in the caller's batch.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.writes.iter().map(|(place, _)| *place)
    }

    /// Runs the statement and answers the losers.
    pub(super) async fn run(
        &self,
        connection: &mut PgConnection,
        now: Option<Timestamp>,
    ) -> Result<Vec<(usize, Written)>, sqlx::Error> {
        let columns = Columns::of(&self.writes);
        let losers = columns.bind(sqlx::query(APPEND).bind(now.map(Timestamp::micros)));
        let losers = losers.fetch_all(connection).await?;
        losers
            .iter()
            .map(|row| {
                let (ord, lease_lost) = (row.try_get::<i32, _>(0)?, row.try_get::<bool, _>(1)?);
                let place = columns
                    .place(ord)
                    .ok_or_else(|| sqlx::Error::Protocol(format!("the batch has no write {ord}")))?;
                Ok((place, if lease_lost { Written::LeaseLost } else { Written::Conflict }))
            })
            .collect()
    }
}

/// The writes of a batch by kind. Instances are in order of id: two batches lock them in one order.
#[derive(Default)]
struct Columns<'w> {
    decisions: Vec<Decision<'w>>,
    settled: Vec<(EffectKey, &'w str)>,
    back: Vec<Back<'w>>,
    parked: Vec<(Uuid, &'w str)>,
}

/// A decision, or without one only what is derived.
struct Decision<'w> {
    place: usize,
    derived: &'w Derived,
    append: Option<&'w Append>,
}

impl<'w> Decision<'w> {
    fn row(&self) -> Option<&'w Row> {
        self.append.map(|append| &append.row)
    }

    fn lease(&self) -> Option<&'w Lease> {
        self.append.and_then(|append| append.lease.as_ref())
    }
}

struct Back<'w> {
    place: usize,
    key: EffectKey,
    node: Uuid,
    state: i32,
    attempts: u32,
    due_at: Option<i64>,
    note: Option<&'w str>,
}

impl<'w> Columns<'w> {
    fn of(writes: &[(usize, &'w Write)]) -> Self {
        let mut columns = Self::default();
        for (place, write) in writes {
            columns.push(*place, write);
        }
        columns.decisions.sort_by_key(|decision| decision.derived.instance);
        columns
    }

    fn push(&mut self, place: usize, write: &'w Write) {
        match write {
            Write::Append(append) => {
                self.decisions.push(Decision { place, derived: &append.derived, append: Some(append) });
            }
            Write::Derive(derived) => self.decisions.push(Decision { place, derived, append: None }),
            Write::Settle { key, note } => self.settled.push((*key, note)),
            Write::Postpone { key, node, attempts, at, error } => self.back.push(Back {
                place,
                key: *key,
                node: node.0,
                state: 0,
                attempts: *attempts,
                due_at: Some(at.micros()),
                note: error.as_deref(),
            }),
            Write::ParkEffect { key, node, attempts, error } => self.back.push(Back {
                place,
                key: *key,
                node: node.0,
                state: 2,
                attempts: *attempts,
                due_at: None,
                note: Some(error),
            }),
            Write::ParkInstance { instance, reason } => self.parked.push((instance.0, reason)),
        }
    }

    /// Decisions count from 1, effects held back from -1 downwards.
    fn place(&self, ord: i32) -> Option<usize> {
        let index = usize::try_from(ord.unsigned_abs()).ok()?.checked_sub(1)?;
        if ord > 0 {
            self.decisions.get(index).map(|one| one.place)
        } else {
            self.back.get(index).map(|one| one.place)
        }
    }

    fn bind<'q>(&self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        let ones = &self.decisions;
        let query = query
            .bind((1..).take(ones.len()).collect::<Vec<i32>>())
            .bind(all(ones, |one| one.derived.instance.0))
            .bind(all(ones, |one| one.derived.version as i64))
            .bind(all(ones, |one| one.row().map(|row| row.command_id.as_str())))
            .bind(all(ones, |one| one.row().map(|row| row.body.as_str())))
            .bind(all(ones, |one| one.row().map(|row| &row.hash.0[..])))
            .bind(all(ones, |one| one.derived.workflow))
            .bind(all(ones, |one| i32::from(one.derived.schema)))
            .bind(all(ones, |one| one.derived.phase))
            .bind(all(ones, |one| one.derived.closed))
            .bind(all(ones, |one| one.derived.wake_at.map(Timestamp::micros)))
            .bind(all(ones, |one| one.derived.at.micros()))
            .bind(all(ones, |one| one.lease().map(|lease| lease.task.as_str())))
            .bind(all(ones, |one| one.lease().map(|lease| lease.holder.as_str())))
            .bind(all(ones, |one| one.lease().map(|lease| lease.epoch as i64)))
            .bind(all(ones, |one| match one.derived.task {
                Change::Keep => 0i32,
                Change::Set(Some(_)) => 1,
                Change::Set(None) => 2,
            }))
            .bind(all(ones, |one| matches!(one.derived.labels, Change::Set(_))));
        self.bind_tasks(self.bind_effects(query))
    }

    fn bind_effects<'q>(&self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        let (mut new, mut settled) = (Vec::new(), all(&self.settled, |(key, note)| (0, *key, *note)));
        for (ord, one) in (1i32..).zip(&self.decisions) {
            let Some(append) = one.append else { continue };
            new.extend(append.effects.iter().map(|effect| (ord, append, effect)));
            settled.extend(append.settles.map(|key| (ord, key, "answered")));
        }
        let back = &self.back;
        query
            .bind(all(&new, |(ord, ..)| *ord))
            .bind(all(&new, |(.., effect)| i32::from(effect.key.n)))
            .bind(all(&new, |(_, append, _)| append.derived.workflow))
            .bind(all(&new, |(.., effect)| effect.kind))
            .bind(all(&new, |(.., effect)| effect.body.as_str()))
            .bind(all(&new, |(_, append, _)| append.leased_to.map(|node| node.0)))
            .bind(all(&settled, |(ord, ..)| *ord))
            .bind(all(&settled, |(_, key, _)| key.instance.0))
            .bind(all(&settled, |(_, key, _)| key.version as i64))
            .bind(all(&settled, |(_, key, _)| i32::from(key.n)))
            .bind(all(&settled, |(.., note)| *note))
            .bind((1..).take(back.len()).map(|ord: i32| -ord).collect::<Vec<_>>())
            .bind(all(back, |back| back.key.instance.0))
            .bind(all(back, |back| back.key.version as i64))
            .bind(all(back, |back| i32::from(back.key.n)))
            .bind(all(back, |back| back.node))
            .bind(all(back, |back| back.state))
            .bind(all(back, |back| i32::try_from(back.attempts).unwrap_or(i32::MAX)))
            .bind(all(back, |back| back.due_at))
            .bind(all(back, |back| back.note))
    }

    fn bind_tasks<'q>(&self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        let (mut tasks, mut labels) = (Vec::new(), Vec::new());
        for (ord, one) in (1i32..).zip(&self.decisions) {
            if let Change::Set(Some(task)) = &one.derived.task {
                tasks.push((ord, one, task));
            }
            if let Change::Set(set) = &one.derived.labels {
                labels.extend(set.iter().map(|(name, value)| (ord, *name, value.as_str())));
            }
        }
        let parked = &self.parked;
        query
            .bind(all(&tasks, |(ord, ..)| *ord))
            .bind(all(&tasks, |(_, one, _)| one.derived.workflow))
            .bind(all(&tasks, |(_, one, _)| one.lease().is_some()))
            .bind(all(&tasks, |(.., task)| task.key.as_str()))
            .bind(all(&tasks, |(.., task)| task.queue.as_str()))
            .bind(all(&tasks, |(.., task)| task.due.micros()))
            .bind(all(&tasks, |(.., task)| json(&task.roles)))
            .bind(all(&tasks, |(.., task)| json(&task.excluded)))
            .bind(all(&tasks, |(.., task)| task.reserved.as_ref().map(|(who, _)| who.as_str())))
            .bind(all(&tasks, |(.., task)| task.reserved.as_ref().map(|(_, until)| until.micros())))
            .bind(all(&labels, |(ord, ..)| *ord))
            .bind(all(&labels, |(_, name, _)| *name))
            .bind(all(&labels, |(.., value)| *value))
            .bind(all(parked, |(instance, _)| *instance))
            .bind(all(parked, |(_, reason)| *reason))
    }
}

/// One column.
fn all<S, T>(of: &[S], get: impl Fn(&S) -> T) -> Vec<T> {
    of.iter().map(get).collect()
}
