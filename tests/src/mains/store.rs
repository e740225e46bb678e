//! A store behind the switch.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sealwright_engine::journal::Row;
use sealwright_engine::store::{
    EffectQuery, EffectRow, InstanceQuery, InstanceRow, ParkedQuery, Position, Store, StoreError, Stored,
    TaskClaim, TaskQuery, TaskRow, Write, Written,
};
use sealwright_engine::{InstanceId, Lease, NodeId, Timestamp};

use super::{Fate, Mains, Told};

/// A store behind the switch.
#[derive(Clone)]
pub struct SwitchedStore {
    mains: Mains,
    inner: Arc<dyn Store>,
}

impl SwitchedStore {
    pub(super) fn new(mains: Mains, inner: Arc<dyn Store>) -> Self {
        Self { mains, inner }
    }

    fn lit(&self) -> Result<&dyn Store, StoreError> {
        self.mains.lit::<StoreError>()?;
        Ok(&*self.inner)
    }
}

#[async_trait]
impl Store for SwitchedStore {
    async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>> {
        let count = batch.len();
        match self.mains.meet("store: a batch") {
            Fate::Done => self.inner.write(batch).await,
            Fate::NotDone => vec![Err(StoreError::not_done()); count],
            Fate::Untold => {
                self.inner.write(batch).await;
                self.mains.cut();
                vec![Err(StoreError::untold()); count]
            }
        }
    }

    async fn claim_effects(&self, node: NodeId, limit: usize) -> Result<Vec<EffectRow>, StoreError> {
        let claimed = self.lit()?.claim_effects(node, limit).await?;
        // Looking without finding changes nothing, and nobody knows beforehand.
        if claimed.is_empty() {
            return Ok(claimed);
        }
        match self.mains.meet("store: effects claimed") {
            Fate::Done => Ok(claimed),
            Fate::NotDone => Err(StoreError::untold()),
            Fate::Untold => {
                self.mains.cut();
                Err(StoreError::untold())
            }
        }
    }

    async fn claim_task(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        self.mains.change("store: a task claimed", self.inner.claim_task(claim)).await
    }
    async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError> {
        self.mains.change("store: a lease renewed", self.inner.renew(lease, time)).await
    }
    async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.mains.change("store: a task given back", self.inner.release(lease)).await
    }
    async fn redrive(&self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64, StoreError> {
        self.mains.change("store: redriven", self.inner.redrive(which, limit, spacing)).await
    }
    async fn record_tick(&self, schedule: &str, due: Timestamp) -> Result<(), StoreError> {
        self.mains.change("store: a tick", self.inner.record_tick(schedule, due)).await
    }
    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.mains.change("store: a node leaves", self.inner.leave(node)).await
    }

    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        self.lit()?.join(node).await
    }
    async fn beat(&self, node: NodeId) -> Result<(), StoreError> {
        self.lit()?.beat(node).await
    }
    async fn load(&self, instance: InstanceId) -> Result<Option<Stored>, StoreError> {
        self.lit()?.load(instance).await
    }
    async fn list(&self, query: &InstanceQuery) -> Result<Vec<InstanceRow>, StoreError> {
        self.lit()?.list(query).await
    }
    async fn labels(&self, instance: InstanceId) -> Result<Vec<(String, String)>, StoreError> {
        self.lit()?.labels(instance).await
    }
    async fn census(&self, workflow: &str) -> Result<Vec<(String, bool, u64)>, StoreError> {
        self.lit()?.census(workflow).await
    }
    async fn due(&self, limit: usize) -> Result<Vec<InstanceId>, StoreError> {
        self.lit()?.due(limit).await
    }
    async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        self.lit()?.next_wake().await
    }
    async fn next_effect(&self) -> Result<Option<Timestamp>, StoreError> {
        self.lit()?.next_effect().await
    }
    async fn effects(&self, query: &EffectQuery) -> Result<Vec<EffectRow>, StoreError> {
        self.lit()?.effects(query).await
    }
    async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        self.lit()?.tasks(query).await
    }
    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<(Position, Row)>, StoreError> {
        self.lit()?.feed(after, limit).await
    }
    async fn feed_end(&self) -> Result<Position, StoreError> {
        self.lit()?.feed_end().await
    }
    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>, StoreError> {
        self.lit()?.last_tick(schedule).await
    }
    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }
    fn writers(&self) -> usize {
        self.inner.writers()
    }
    fn describe(&self) -> String {
        self.inner.describe()
    }
    fn flushes(&self) -> u64 {
        self.inner.flushes()
    }
}
