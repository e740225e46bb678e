//! Tasks and their leases in memory.

use std::time::Duration;

use super::Tables;
use crate::door::Lease;
use crate::id::InstanceId;
use crate::limits;
use crate::store::{TaskClaim, TaskQuery, TaskRow};
use crate::time::Timestamp;
use crate::workflow::Task;

/// A task, and who has it.
pub(super) struct Kept {
    row: TaskRow,
    epoch: u64,
}

impl Tables {
    pub(super) fn set_task(&mut self, instance: InstanceId, workflow: &str, task: Option<Task>) {
        let Some(task) = task else {
            self.tasks.remove(&instance);
            return;
        };
        match self.tasks.get_mut(&instance) {
            // The same piece of work: whoever has it keeps it.
            Some(kept) if kept.row.task.key == task.key => kept.row.task = task,
            Some(kept) => {
                kept.row.task = task;
                kept.row.leased = None;
            }
            None => {
                let row = TaskRow { instance, workflow: workflow.to_owned(), task, leased: None };
                self.tasks.insert(instance, Kept { row, epoch: 0 });
            }
        }
    }

    pub(super) fn is_held(&self, lease: &Lease, now: Timestamp) -> bool {
        self.tasks.get(&lease.instance).is_some_and(|kept| {
            let mine = |(who, until): &(String, Timestamp)| *who == lease.holder && *until > now;
            let held = kept.row.leased.as_ref().is_some_and(mine);
            held && kept.row.task.key == lease.task && kept.epoch == lease.epoch
        })
    }

    pub(super) fn end_lease(&mut self, instance: InstanceId) {
        if let Some(kept) = self.tasks.get_mut(&instance) {
            kept.row.leased = None;
        }
    }

    pub(super) fn claim_task(&mut self, claim: &TaskClaim, now: Timestamp) -> Option<(TaskRow, Lease)> {
        let may = |kept: &&mut Kept| {
            let (task, leased) = (&kept.row.task, &kept.row.leased);
            claim.queue.as_ref().is_none_or(|queue| *queue == task.queue)
                && claim.instance.is_none_or(|instance| instance == kept.row.instance)
                && leased.as_ref().is_none_or(|(who, until)| *who == claim.who || *until <= now)
                && !task.excluded.contains(&claim.who)
                && task.reserved.as_ref().is_none_or(|(who, until)| *who == claim.who || *until <= now)
                && !task.roles.is_disjoint(&claim.roles)
        };
        let soonest = |kept: &&mut Kept| (kept.row.task.due, kept.row.instance);
        let kept = self.tasks.values_mut().filter(may).min_by_key(soonest)?;
        kept.epoch += 1;
        let until = now + claim.time;
        kept.row.leased = Some((claim.who.clone(), until));
        let lease = Lease {
            instance: kept.row.instance,
            task: kept.row.task.key.clone(),
            holder: claim.who.clone(),
            epoch: kept.epoch,
            until,
        };
        Some((kept.row.clone(), lease))
    }

    pub(super) fn renew(&mut self, lease: &Lease, now: Timestamp, time: Duration) -> Option<Lease> {
        if !self.is_held(lease, now) {
            return None;
        }
        let until = now + time;
        self.tasks.get_mut(&lease.instance)?.row.leased = Some((lease.holder.clone(), until));
        Some(Lease { until, ..lease.clone() })
    }

    pub(super) fn release(&mut self, lease: &Lease, now: Timestamp) -> bool {
        let held = self.is_held(lease, now);
        if held {
            self.end_lease(lease.instance);
        }
        held
    }

    pub(super) fn find_tasks(&self, query: &TaskQuery, now: Timestamp) -> Vec<TaskRow> {
        let fits = |row: &&TaskRow| {
            query.queue.as_ref().is_none_or(|queue| *queue == row.task.queue)
                && query.instance.is_none_or(|instance| instance == row.instance)
                && query.holder.as_ref().is_none_or(|holder| {
                    row.leased.as_ref().is_some_and(|(who, until)| who == holder && *until > now)
                })
                && query.due_by.is_none_or(|by| row.task.due <= by)
                && query.after.is_none_or(|after| (row.task.due, row.instance) > after)
        };
        let mut rows: Vec<_> = self.tasks.values().map(|kept| &kept.row).filter(fits).cloned().collect();
        rows.sort_by_key(|row| (row.task.due, row.instance));
        rows.truncate(query.limit.min(limits::PAGE));
        rows
    }
}
