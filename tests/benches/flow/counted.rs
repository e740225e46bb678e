//! A store that counts the decisions it has recorded and, if asked to, remembers what was written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sealwright_engine::journal::Row;
use sealwright_engine::store::{
    EffectQuery, EffectRow, InstanceQuery, InstanceRow, ParkedQuery, Position, Store, StoreError, Stored,
    TaskClaim, TaskQuery, TaskRow, Write, Written,
};
use sealwright_engine::{InstanceId, Lease, NodeId, Timestamp};

/// Called with each write that was carried out.
type Witness = Box<dyn Fn(&Write) + Send>;

/// A store that counts.
pub(crate) struct Counted {
    inner: Arc<dyn Store>,
    transitions: AtomicU64,
    witness: Mutex<Option<Witness>>,
}

impl Counted {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, transitions: AtomicU64::new(0), witness: Mutex::new(None) }
    }

    /// Journal rows written so far.
    pub(crate) fn transitions(&self) -> u64 {
        self.transitions.load(Ordering::Relaxed)
    }

    /// Shows each write to `witness` from now on.
    pub(crate) fn show(&self, witness: impl Fn(&Write) + Send + 'static) {
        *self.witness.lock().unwrap() = Some(Box::new(witness));
    }
}

#[async_trait]
impl Store for Counted {
    async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>> {
        let decisions: Vec<bool> = batch.iter().map(|write| matches!(write, Write::Append(_))).collect();
        let shown = self.witness.lock().unwrap().is_some().then(|| batch.clone());
        let written = self.inner.write(batch).await;
        let done = |result: &Result<Written, StoreError>| *result == Ok(Written::Done);
        let count =
            written.iter().zip(decisions).filter(|(result, decision)| *decision && done(result)).count();
        self.transitions.fetch_add(count as u64, Ordering::Relaxed);
        if let (Some(witness), Some(shown)) = (&*self.witness.lock().unwrap(), shown) {
            shown
                .iter()
                .zip(&written)
                .filter(|(_, result)| done(result))
                .for_each(|(write, _)| witness(write));
        }
        written
    }

    async fn claim_effects(&self, node: NodeId, limit: usize) -> Result<Vec<EffectRow>, StoreError> {
        self.inner.claim_effects(node, limit).await
    }
    async fn claim_task(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        self.inner.claim_task(claim).await
    }
    async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError> {
        self.inner.renew(lease, time).await
    }
    async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.inner.release(lease).await
    }
    async fn redrive(&self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64, StoreError> {
        self.inner.redrive(which, limit, spacing).await
    }
    async fn record_tick(&self, schedule: &str, due: Timestamp) -> Result<(), StoreError> {
        self.inner.record_tick(schedule, due).await
    }
    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        self.inner.join(node).await
    }
    async fn beat(&self, node: NodeId) -> Result<(), StoreError> {
        self.inner.beat(node).await
    }
    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.inner.leave(node).await
    }
    async fn load(&self, instance: InstanceId) -> Result<Option<Stored>, StoreError> {
        self.inner.load(instance).await
    }
    async fn list(&self, query: &InstanceQuery) -> Result<Vec<InstanceRow>, StoreError> {
        self.inner.list(query).await
    }
    async fn labels(&self, instance: InstanceId) -> Result<Vec<(String, String)>, StoreError> {
        self.inner.labels(instance).await
    }
    async fn census(&self, workflow: &str) -> Result<Vec<(String, bool, u64)>, StoreError> {
        self.inner.census(workflow).await
    }
    async fn due(&self, limit: usize) -> Result<Vec<InstanceId>, StoreError> {
        self.inner.due(limit).await
    }
    async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_wake().await
    }
    async fn next_effect(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_effect().await
    }
    async fn effects(&self, query: &EffectQuery) -> Result<Vec<EffectRow>, StoreError> {
        self.inner.effects(query).await
    }
    async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        self.inner.tasks(query).await
    }
    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<(Position, Row)>, StoreError> {
        self.inner.feed(after, limit).await
    }
    async fn feed_end(&self) -> Result<Position, StoreError> {
        self.inner.feed_end().await
    }
    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>, StoreError> {
        self.inner.last_tick(schedule).await
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
