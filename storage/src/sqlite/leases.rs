//! Claims and leases, inside the round's transaction.

use std::time::Duration;

use rusqlite::{Result, Row, params};
use sealwright_engine::limits::NODE_LEASE;
use sealwright_engine::store::{ParkedQuery, TaskClaim};
use sealwright_engine::{EffectKey, InstanceId, Lease, NodeId, Timestamp};
use uuid::Uuid;

use super::statements::Session;
use super::write::parts;
use crate::entity::{effect, json, task};

impl Session<'_> {
    /// One process at a time has this file, so whatever another node had is nobody's now.
    pub(super) fn join(&mut self, node: NodeId) -> Result<()> {
        self.connection.execute(
            "UPDATE effect SET leased_to = NULL WHERE state = 0 AND leased_to IS NOT NULL AND leased_to <> ?1",
            params![node.0.as_bytes()],
        )?;
        self.connection.execute("DELETE FROM node WHERE alive_until <= ?1", params![self.now.micros()])?;
        self.beat(node)
    }

    pub(super) fn beat(&mut self, node: NodeId) -> Result<()> {
        let until = self.now + NODE_LEASE;
        self.connection
            .prepare_cached(
                "INSERT INTO node (id, alive_until) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until",
            )?
            .execute(params![node.0.as_bytes(), until.micros()])?;
        Ok(())
    }

    pub(super) fn leave(&mut self, node: NodeId) -> Result<()> {
        self.connection.execute(
            "UPDATE effect SET leased_to = NULL WHERE state = 0 AND leased_to = ?1",
            params![node.0.as_bytes()],
        )?;
        self.connection.execute("DELETE FROM node WHERE id = ?1", params![node.0.as_bytes()])?;
        Ok(())
    }

    pub(super) fn claim_effects(&mut self, node: NodeId, limit: usize) -> Result<Vec<effect::Model>> {
        let mut claim = self.connection.prepare_cached(
            "UPDATE effect SET leased_to = ?1 WHERE (instance, version, n) IN (
                 SELECT instance, version, n FROM effect
                 WHERE state = 0 AND due_at <= ?2
                     AND (leased_to IS NULL OR leased_to NOT IN (SELECT id FROM node WHERE alive_until > ?2))
                 ORDER BY due_at, instance, version, n LIMIT ?3)
             RETURNING instance, version, n, workflow, kind, body, state, decided_at, due_at, attempts,
                 leased_to, note",
        )?;
        let (now, limit) = (self.now.micros(), i64::try_from(limit).unwrap_or(i64::MAX));
        let mut rows: Vec<_> =
            claim.query_map(params![node.0.as_bytes(), now, limit], effect_row)?.collect::<Result<_>>()?;
        rows.sort_by_key(|row| (row.due_at, row.instance, row.version, row.n));
        Ok(rows)
    }

    pub(super) fn redrive(&mut self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut count = 0;
        if which.effect.is_none() && which.kind.is_none() {
            count = self
                .connection
                .prepare_cached(
                    "UPDATE instance SET parked = NULL WHERE id IN (
                         SELECT id FROM instance WHERE parked IS NOT NULL AND (?1 IS NULL OR id = ?1)
                             AND (?2 IS NULL OR workflow = ?2) AND (?3 IS NULL OR instr(parked, ?3) > 0)
                         ORDER BY id LIMIT ?4)",
                )?
                .execute(params![
                    which.instance.map(|id| *id.0.as_bytes()),
                    which.workflow,
                    which.cause,
                    limit
                ])?;
        }
        let effect = which.effect.as_ref().map(|key| (*key.instance.0.as_bytes(), key.version as i64, key.n));
        let keys: Vec<EffectKey> = self
            .connection
            .prepare_cached(
                "SELECT instance, version, n FROM effect
                 WHERE state = 2 AND (?1 IS NULL OR (instance = ?1 AND version = ?2 AND n = ?3))
                     AND (?4 IS NULL OR instance = ?4) AND (?5 IS NULL OR workflow = ?5)
                     AND (?6 IS NULL OR kind = ?6) AND (?7 IS NULL OR instr(note, ?7) > 0)
                 ORDER BY instance, version, n LIMIT ?8",
            )?
            .query_map(
                params![
                    effect.map(|key| key.0),
                    effect.map(|key| key.1),
                    effect.map(|key| key.2),
                    which.instance.map(|id| *id.0.as_bytes()),
                    which.workflow,
                    which.kind,
                    which.cause,
                    limit - count as i64
                ],
                |row| {
                    let instance = InstanceId(id(row, 0)?);
                    Ok(EffectKey { instance, version: row.get::<_, i64>(1)? as u64, n: row.get(2)? })
                },
            )?
            .collect::<Result<_>>()?;
        let mut due = self.now;
        let mut revive = self.connection.prepare_cached(
            "UPDATE effect SET state = 0, attempts = 0, due_at = ?4, leased_to = NULL
             WHERE instance = ?1 AND version = ?2 AND n = ?3",
        )?;
        for key in &keys {
            let (id, version, n) = parts(key);
            count += revive.execute(params![id, version, n, due.micros()])?;
            due = due + spacing;
        }
        Ok(count as u64)
    }

    pub(super) fn claim_task(&mut self, claim: &TaskClaim) -> Result<Option<(task::Model, Lease)>> {
        // One text per shape of the question, so that each finds its index.
        let place = match (claim.instance, &claim.queue) {
            (Some(_), Some(_)) => "instance = ?4 AND queue = ?5",
            (Some(_), None) => "instance = ?4 AND ?5 IS NULL",
            (None, Some(_)) => "?4 IS NULL AND queue = ?5",
            (None, None) => "?4 IS NULL AND ?5 IS NULL",
        };
        let text = format!(
            "UPDATE task SET holder = ?1, epoch = epoch + 1, lease_until = ?2 WHERE instance = (
                 SELECT instance FROM task WHERE {place}
                     AND (holder IS NULL OR holder = ?1 OR lease_until <= ?3)
                     AND (reserved_for IS NULL OR reserved_for = ?1 OR reserved_until <= ?3)
                     AND EXISTS (SELECT 1 FROM json_each(roles)
                                 WHERE value IN (SELECT value FROM json_each(?6)))
                     AND NOT EXISTS (SELECT 1 FROM json_each(excluded) WHERE value = ?1)
                 ORDER BY due_at, instance LIMIT 1)
             RETURNING instance, workflow, key, queue, due_at, roles, excluded, reserved_for, reserved_until,
                 holder, epoch, lease_until"
        );
        let until = self.now + claim.time;
        let mut claimed = self.connection.prepare_cached(&text)?;
        let mut rows = claimed.query(params![
            claim.who,
            until.micros(),
            self.now.micros(),
            claim.instance.map(|id| *id.0.as_bytes()),
            claim.queue,
            json(&claim.roles)
        ])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let row = task_row(row)?;
        // Stepping to the end completes the update.
        while rows.next()?.is_some() {}
        let lease = Lease {
            instance: InstanceId(row.instance),
            task: row.key.clone(),
            holder: claim.who.clone(),
            epoch: row.epoch.unsigned_abs(),
            until,
        };
        Ok(Some((row, lease)))
    }

    pub(super) fn renew(&mut self, lease: &Lease, time: Duration) -> Result<Option<Timestamp>> {
        let until = self.now + time;
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE task SET lease_until = ?6 WHERE instance = ?1 AND key = ?2 AND holder = ?3
                     AND epoch = ?4 AND lease_until > ?5",
            )?
            .execute(params![
                lease.instance.0.as_bytes(),
                lease.task,
                lease.holder,
                lease.epoch as i64,
                self.now.micros(),
                until.micros()
            ])?;
        Ok((changed > 0).then_some(until))
    }

    pub(super) fn release(&mut self, lease: &Lease) -> Result<bool> {
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE task SET holder = NULL, lease_until = NULL WHERE instance = ?1 AND key = ?2
                     AND holder = ?3 AND epoch = ?4 AND lease_until > ?5",
            )?
            .execute(params![
                lease.instance.0.as_bytes(),
                lease.task,
                lease.holder,
                lease.epoch as i64,
                self.now.micros()
            ])?;
        Ok(changed > 0)
    }

    pub(super) fn record_tick(&mut self, schedule: &str, due: Timestamp) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO schedule (name, last_due) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET last_due = excluded.last_due
                 WHERE excluded.last_due > schedule.last_due",
            )?
            .execute(params![schedule, due.micros()])?;
        Ok(())
    }
}

fn effect_row(row: &Row<'_>) -> Result<effect::Model> {
    Ok(effect::Model {
        instance: id(row, 0)?,
        version: row.get(1)?,
        n: row.get(2)?,
        workflow: row.get(3)?,
        kind: row.get(4)?,
        body: row.get(5)?,
        state: row.get(6)?,
        decided_at: row.get(7)?,
        due_at: row.get(8)?,
        attempts: row.get(9)?,
        leased_to: row.get::<_, Option<[u8; 16]>>(10)?.map(Uuid::from_bytes),
        note: row.get(11)?,
    })
}

fn task_row(row: &Row<'_>) -> Result<task::Model> {
    Ok(task::Model {
        instance: id(row, 0)?,
        workflow: row.get(1)?,
        key: row.get(2)?,
        queue: row.get(3)?,
        due_at: row.get(4)?,
        roles: row.get(5)?,
        excluded: row.get(6)?,
        reserved_for: row.get(7)?,
        reserved_until: row.get(8)?,
        holder: row.get(9)?,
        epoch: row.get(10)?,
        lease_until: row.get(11)?,
    })
}

fn id(row: &Row<'_>, column: usize) -> Result<Uuid> {
    row.get(column).map(Uuid::from_bytes)
}
