//! One write, inside the round's transaction. A write that is refused leaves nothing behind.

use rusqlite::{Result, params};
use sealwright_engine::store::{Append, Change, Derived, Write, Written};
use sealwright_engine::{EffectKey, InstanceId, Lease, Task, Timestamp};

use super::statements::Session;
use crate::entity::json;

impl Session<'_> {
    pub(super) fn write(&mut self, write: &Write) -> Result<Written> {
        match write {
            Write::Append(append) => self.append(append),
            Write::Derive(derived) => self.derive(derived),
            Write::Settle { key, note } => self.settle(key, note),
            Write::Postpone { key, node, attempts, at, error } => {
                let (id, version, n) = parts(key);
                let node = node.0.as_bytes();
                let changed =
                    self.postpone.execute(params![id, version, n, node, at.micros(), attempts, error])?;
                Ok(if changed == 0 { Written::LeaseLost } else { Written::Done })
            }
            Write::ParkEffect { key, node, attempts, error } => {
                let (id, version, n) = parts(key);
                let node = node.0.as_bytes();
                let changed = self.park_effect.execute(params![id, version, n, node, attempts, error])?;
                Ok(if changed == 0 { Written::LeaseLost } else { Written::Done })
            }
            Write::ParkInstance { instance, reason } => {
                self.park_instance.execute(params![instance.0.as_bytes(), reason])?;
                Ok(Written::Done)
            }
        }
    }

    /// The journal's two unique keys are the first gate and the instance's version the second; only
    /// a writer that skips versions passes the first and fails the second.
    fn append(&mut self, append: &Append) -> Result<Written> {
        let (row, derived) = (&append.row, &append.derived);
        let id = row.instance.0.as_bytes();
        let version = row.version as i64;
        let command = row.command_id.as_str();
        if let Some(lease) = &append.lease
            && !self.holds(lease)?
        {
            let next = self.version.query_row(params![id, version, command], |row| row.get(0))?;
            return Ok(if next { Written::LeaseLost } else { Written::Conflict });
        }
        if self.journal.execute(params![id, version, command, row.body, row.hash.0])? == 0 {
            return Ok(Written::Conflict);
        }
        let position = self.connection.last_insert_rowid();
        let wake_at = derived.wake_at.map(Timestamp::micros);
        let at = derived.at.micros();
        let (schema, phase, closed) = (derived.schema, derived.phase, derived.closed);
        let moved = if row.version == 1 {
            self.create.execute(params![
                id,
                derived.workflow,
                schema,
                phase,
                closed,
                wake_at,
                row.hash.0,
                at
            ])?
        } else {
            self.advance.execute(params![id, version, schema, phase, closed, wake_at, row.hash.0, at])?
        };
        if moved == 0 {
            self.unjournal.execute(params![position])?;
            return Ok(Written::Conflict);
        }
        if let Some(key) = &append.settles {
            self.settle(key, "answered")?;
        }
        let node = append.leased_to.map(|node| *node.0.as_bytes());
        for effect in &append.effects {
            let (id, version, n) = parts(&effect.key);
            let due = at.min(self.now.micros());
            self.effect.execute(params![
                id,
                version,
                n,
                derived.workflow,
                effect.kind,
                effect.body,
                at,
                due,
                node
            ])?;
        }
        if append.lease.is_some() {
            self.end_lease.execute(params![id])?;
        }
        self.follow(derived, row.version == 1)?;
        Ok(Written::Done)
    }

    fn derive(&mut self, derived: &Derived) -> Result<Written> {
        let changed = self.derive.execute(params![
            derived.instance.0.as_bytes(),
            derived.version as i64,
            derived.phase,
            derived.closed,
            derived.wake_at.map(Timestamp::micros)
        ])?;
        if changed == 0 {
            return Ok(Written::Conflict);
        }
        self.follow(derived, false)?;
        Ok(Written::Done)
    }

    /// Task and labels. A new instance has neither, so there is nothing to take away.
    fn follow(&mut self, derived: &Derived, new: bool) -> Result<()> {
        let id = derived.instance;
        match &derived.task {
            Change::Keep => {}
            Change::Set(Some(task)) => self.set_task(id, derived.workflow, task)?,
            Change::Set(None) if new => {}
            Change::Set(None) => {
                self.drop_task.execute(params![id.0.as_bytes()])?;
            }
        }
        if let Change::Set(labels) = &derived.labels {
            if !new {
                self.unlabel.execute(params![id.0.as_bytes()])?;
            }
            for (name, value) in labels {
                self.label.execute(params![id.0.as_bytes(), name, value])?;
            }
        }
        Ok(())
    }

    fn set_task(&mut self, id: InstanceId, workflow: &str, task: &Task) -> Result<()> {
        self.set_task.execute(params![
            id.0.as_bytes(),
            workflow,
            task.key,
            task.queue,
            task.due.micros(),
            json(&task.roles),
            json(&task.excluded),
            task.reserved.as_ref().map(|(who, _)| who),
            task.reserved.as_ref().map(|(_, until)| until.micros())
        ])?;
        Ok(())
    }

    fn settle(&mut self, key: &EffectKey, note: &str) -> Result<Written> {
        let (id, version, n) = parts(key);
        self.settle.execute(params![id, version, n, note])?;
        Ok(Written::Done)
    }

    fn holds(&mut self, lease: &Lease) -> Result<bool> {
        let id = lease.instance.0.as_bytes();
        let (epoch, now) = (lease.epoch as i64, self.now.micros());
        self.held.query_row(params![id, lease.task, lease.holder, epoch, now], |row| row.get(0))
    }
}

/// An effect's key as its three columns.
pub(super) fn parts(key: &EffectKey) -> (&[u8; 16], i64, u16) {
    (key.instance.0.as_bytes(), key.version as i64, key.n)
}
