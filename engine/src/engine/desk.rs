//! What people do: take tasks, read histories, send parked work on its way again.

use std::time::Duration;

use tokio::sync::oneshot;

use super::Engine;
use crate::actors::Ask;
use crate::door::Lease;
use crate::id::InstanceId;
use crate::journal::Body;
use crate::limits;
use crate::store::{
    EffectQuery, EffectRow, EffectState, InstanceQuery, InstanceRow, ParkedQuery, StoreError, TaskClaim,
    TaskQuery, TaskRow,
};

/// Work that waits for an operator.
#[derive(Clone, Debug, Default)]
pub struct Parked {
    /// Instances that take no commands.
    pub instances: Vec<InstanceRow>,
    /// Effects that are not tried any more.
    pub effects: Vec<EffectRow>,
}

impl Engine {
    /// Tasks by filter, soonest due first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        self.shared.store.tasks(query).await
    }

    /// Takes the soonest due task that the claim may have, under a lease; `None` if there is none.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn claim(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        let claim = TaskClaim { time: claim.time.min(limits::TASK_LEASE), ..claim.clone() };
        self.shared.store.claim_task(&claim).await
    }

    /// Extends a lease; `None` if it has ended.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError> {
        self.shared.store.renew(lease, time.min(limits::TASK_LEASE)).await
    }

    /// Gives a task back; false if the lease had ended.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.shared.store.release(lease).await
    }

    /// What an instance decided, oldest first; empty if there is none.
    ///
    /// # Errors
    /// If the store cannot be read, or a row is damaged.
    pub async fn history(&self, instance: InstanceId) -> Result<Vec<Body>, StoreError> {
        let Some(stored) = self.shared.store.load(instance).await? else {
            return Ok(Vec::new());
        };
        let read = stored.journal.iter().map(|row| serde_json::from_str(&row.body));
        read.collect::<Result<_, _>>()
            .map_err(|error| StoreError::Failed(format!("a journal row of {instance} is damaged: {error}")))
    }

    /// Parked work, at most `limit` instances and `limit` effects.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn parked(&self, limit: usize) -> Result<Parked, StoreError> {
        let instances = InstanceQuery { parked: Some(true), limit, ..InstanceQuery::default() };
        let effects = EffectQuery { state: Some(EffectState::Parked), limit, ..EffectQuery::default() };
        Ok(Parked {
            instances: self.shared.store.list(&instances).await?,
            effects: self.shared.store.effects(&effects).await?,
        })
    }

    /// Sends parked work on its way again: up to `limit`, in order, one each `spacing`. Answers
    /// how many; 0 when none is left.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn redrive(
        &self,
        which: &ParkedQuery,
        limit: usize,
        spacing: Duration,
    ) -> Result<u64, StoreError> {
        let count = self.shared.store.redrive(which, limit, spacing).await?;
        self.shared.outbox_bell.now();
        self.shared.alarm.now();
        Ok(count)
    }

    /// Derives deadline, task and labels of all open instances of a workflow again, after code
    /// changed what they are. Bounded pages; may run beside everything else, and again. Answers
    /// how many were written.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn derive_again(&self, workflow: &str) -> Result<u64, StoreError> {
        let mut written = 0;
        let mut after = None;
        loop {
            let query = InstanceQuery {
                workflow: Some(workflow.to_owned()),
                closed: Some(false),
                after,
                limit: limits::PAGE,
                ..InstanceQuery::default()
            };
            let page = self.shared.store.list(&query).await?;
            let Some(last) = page.last() else {
                return Ok(written);
            };
            after = Some(last.id);
            for row in &page {
                let (reply, answer) = oneshot::channel();
                if self.shared.ask(row.id, Ask::Derive(reply), None).is_ok() {
                    written += u64::from(answer.await.unwrap_or(false));
                }
            }
        }
    }
}
