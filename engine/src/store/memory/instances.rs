//! Instances, journals and labels in memory.

use super::Tables;
use crate::id::InstanceId;
use crate::limits;
use crate::store::{
    Append, Change, Derived, EffectRow, EffectState, InstanceQuery, InstanceRow, Order, Write, Written,
};
use crate::time::Timestamp;

impl Tables {
    pub(super) fn write(&mut self, write: Write, now: Timestamp) -> Written {
        match write {
            Write::Append(append) => self.append(*append, now),
            Write::Derive(derived) => self.derive(&derived),
            Write::Settle { key, note } => self.settle(key, note),
            Write::Postpone { key, node, attempts, at, error } => self.held(key, node, |effect| {
                effect.attempts = attempts;
                effect.due_at = at;
                effect.note = error;
                effect.leased_to = None;
            }),
            Write::ParkEffect { key, node, attempts, error } => self.held(key, node, |effect| {
                effect.attempts = attempts;
                effect.state = EffectState::Parked;
                effect.note = Some(error);
                effect.leased_to = None;
            }),
            Write::ParkInstance { instance, reason } => {
                if let Some(row) = self.instances.get(&instance).cloned() {
                    self.put_instance(InstanceRow { parked: Some(reason), ..row });
                }
                Written::Done
            }
        }
    }

    /// Writes an instance's row, and where it stands in the order of deadlines.
    pub(super) fn put_instance(&mut self, row: InstanceRow) {
        if let Some(at) = self.instances.get(&row.id).and_then(|before| before.wake_at) {
            self.wakes.remove(&(at, row.id));
        }
        if let Some(at) = row.wake_at.filter(|_| row.parked.is_none()) {
            self.wakes.insert((at, row.id));
        }
        self.instances.insert(row.id, row);
    }

    fn append(&mut self, append: Append, now: Timestamp) -> Written {
        let Append { row, derived, effects, leased_to, settles, lease } = append;
        let before = self.instances.get(&row.instance).cloned();
        let journal = self.journals.entry(row.instance).or_default();
        let repeated = journal.iter().any(|before| before.command_id == row.command_id);
        if before.as_ref().map_or(0, |before| before.version) + 1 != row.version || repeated {
            return Written::Conflict;
        }
        if lease.as_ref().is_some_and(|lease| !self.is_held(lease, now)) {
            return Written::LeaseLost;
        }
        if before.as_ref().is_some_and(|before| before.parked.is_some()) {
            return Written::Conflict;
        }
        if let Some(lease) = &lease {
            self.end_lease(lease.instance);
        }
        self.put_instance(InstanceRow {
            id: row.instance,
            workflow: derived.workflow.to_owned(),
            version: row.version,
            schema: derived.schema,
            phase: derived.phase.to_owned(),
            closed: derived.closed,
            wake_at: derived.wake_at,
            created_at: before.as_ref().map_or(derived.at, |before| before.created_at),
            parked: None,
            head: row.hash,
            updated_at: derived.at,
        });
        for effect in effects {
            let row = EffectRow {
                key: effect.key,
                workflow: derived.workflow.to_owned(),
                kind: effect.kind.to_owned(),
                body: effect.body,
                state: EffectState::Due,
                decided_at: derived.at,
                due_at: derived.at,
                attempts: 0,
                leased_to,
                note: None,
            };
            self.put_effect(row);
        }
        if let Some(key) = settles {
            self.settle(key, "answered".into());
        }
        self.feed.push((row.instance, row.version));
        self.journals.entry(row.instance).or_default().push(row);
        self.change(&derived);
        Written::Done
    }

    fn derive(&mut self, derived: &Derived) -> Written {
        match self.instances.get(&derived.instance) {
            Some(row) if row.version == derived.version => {
                self.put_instance(InstanceRow {
                    wake_at: derived.wake_at,
                    phase: derived.phase.to_owned(),
                    closed: derived.closed,
                    ..row.clone()
                });
                self.change(derived);
                Written::Done
            }
            _ => Written::Conflict,
        }
    }

    fn change(&mut self, derived: &Derived) {
        if let Change::Set(labels) = &derived.labels {
            let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            self.labels.insert(derived.instance, labels);
        }
        if let Change::Set(task) = &derived.task {
            self.set_task(derived.instance, derived.workflow, task.clone());
        }
    }

    pub(super) fn due(&self, now: Timestamp, limit: usize) -> Vec<InstanceId> {
        let due = self.wakes.iter().take_while(|(at, _)| *at <= now);
        due.take(limit).map(|(_, instance)| *instance).collect()
    }

    pub(super) fn list(&self, query: &InstanceQuery) -> Vec<InstanceRow> {
        let labelled = |row: &InstanceRow, label| {
            self.labels.get(&row.id).is_some_and(|own: &Vec<(String, String)>| own.contains(label))
        };
        let fits = |row: &&InstanceRow| {
            query.workflow.as_ref().is_none_or(|workflow| *workflow == row.workflow)
                && query.phase.as_ref().is_none_or(|phase| *phase == row.phase)
                && query.closed.is_none_or(|closed| closed == row.closed)
                && query.parked.is_none_or(|parked| parked == row.parked.is_some())
                && query.labels.iter().all(|label| labelled(row, label))
                && query.after.is_none_or(|after| match query.order {
                    Order::Oldest => row.id > after,
                    Order::Newest => row.id < after,
                })
        };
        let limit = query.limit.min(limits::PAGE);
        let rows = self.instances.values();
        match query.order {
            Order::Oldest => rows.filter(fits).take(limit).cloned().collect(),
            Order::Newest => rows.rev().filter(fits).take(limit).cloned().collect(),
        }
    }
}
