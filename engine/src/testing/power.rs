//! A store whose power can be cut at any write.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::door::Lease;
use crate::id::{InstanceId, NodeId};
use crate::journal::Row;
use crate::store::{
    EffectQuery, EffectRow, InstanceQuery, InstanceRow, ParkedQuery, Position, Store, StoreError, Stored,
    TaskClaim, TaskQuery, TaskRow, Write, Written,
};
use crate::time::Timestamp;

/// Another store, with a switch. Once the power is cut, nothing more is written and every answer
/// is an error, as for a process that is about to die.
#[derive(Clone)]
pub struct PowerStore {
    inner: Arc<dyn Store>,
    switch: Arc<Switch>,
}

struct Switch {
    /// Writes until the cut; negative: no cut is planned.
    left: AtomicI64,
    /// Whether the last write is done although its answer is lost.
    last_is_done: std::sync::atomic::AtomicBool,
    writes: AtomicU64,
    went_dark: tokio::sync::Notify,
}

/// What becomes of the write in whose midst the power is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// It did not happen.
    Before,
    /// It happened, and nobody was told.
    After,
}

impl PowerStore {
    /// `inner`, with the power on.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        let switch = Switch {
            left: AtomicI64::new(-1),
            last_is_done: false.into(),
            writes: AtomicU64::new(0),
            went_dark: tokio::sync::Notify::new(),
        };
        Self {
            inner,
            switch: Arc::new(switch),
        }
    }

    /// Cuts the power at the `n`th write from now, 0 being the next.
    pub fn cut_at(&self, n: u32, cut: Cut) {
        self.switch
            .last_is_done
            .store(cut == Cut::After, Ordering::SeqCst);
        self.switch.left.store(i64::from(n), Ordering::SeqCst);
    }

    /// Batches written so far, over all nodes.
    pub fn writes(&self) -> u64 {
        self.switch.writes.load(Ordering::SeqCst)
    }

    /// The same store with the power on again, for the engine that is started afterwards. Handles
    /// from before stay dead.
    #[must_use]
    pub fn restored(&self) -> Self {
        let restored = Self::new(self.inner.clone());
        restored.switch.writes.store(self.writes(), Ordering::SeqCst);
        self.switch.left.store(0, Ordering::SeqCst);
        self.switch.last_is_done.store(false, Ordering::SeqCst);
        restored
    }

    /// Whether the power is cut.
    pub fn is_dark(&self) -> bool {
        self.switch.left.load(Ordering::SeqCst) == 0 && !self.switch.last_is_done.load(Ordering::SeqCst)
    }

    /// Waits until the power is cut; for ever if it never is.
    pub(super) async fn gone(&self) {
        while !self.is_dark() {
            let woken = self.switch.went_dark.notified();
            if self.is_dark() {
                return;
            }
            woken.await;
        }
    }

    fn on(&self) -> Result<&Arc<dyn Store>, StoreError> {
        if self.is_dark() {
            Err(dark())
        } else {
            Ok(&self.inner)
        }
    }
}

fn dark() -> StoreError {
    StoreError::Unavailable("the power is cut".into())
}

#[async_trait]
impl Store for PowerStore {
    async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>> {
        let count = batch.len();
        let lost = |error: StoreError| vec![Err(error); count];
        match self.switch.left.load(Ordering::SeqCst) {
            0 if self.switch.last_is_done.swap(false, Ordering::SeqCst) => {
                self.switch.writes.fetch_add(1, Ordering::SeqCst);
                self.inner.write(batch).await;
                self.switch.went_dark.notify_waiters();
                lost(StoreError::Unknown("the power was cut before the answer".into()))
            }
            0 => lost(dark()),
            left => {
                if left > 0 {
                    self.switch.left.fetch_sub(1, Ordering::SeqCst);
                    self.switch.went_dark.notify_waiters();
                }
                self.switch.writes.fetch_add(1, Ordering::SeqCst);
                self.inner.write(batch).await
            }
        }
    }

    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        self.on()?.join(node).await
    }
    async fn beat(&self, node: NodeId) -> Result<(), StoreError> {
        self.on()?.beat(node).await
    }
    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.on()?.leave(node).await
    }
    async fn load(&self, instance: InstanceId) -> Result<Option<Stored>, StoreError> {
        self.on()?.load(instance).await
    }
    async fn list(&self, query: &InstanceQuery) -> Result<Vec<InstanceRow>, StoreError> {
        self.on()?.list(query).await
    }
    async fn labels(&self, instance: InstanceId) -> Result<Vec<(String, String)>, StoreError> {
        self.on()?.labels(instance).await
    }
    async fn census(&self, workflow: &str) -> Result<Vec<(String, bool, u64)>, StoreError> {
        self.on()?.census(workflow).await
    }
    async fn due(&self, limit: usize) -> Result<Vec<InstanceId>, StoreError> {
        self.on()?.due(limit).await
    }
    async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        self.on()?.next_wake().await
    }
    async fn claim_effects(&self, node: NodeId, limit: usize) -> Result<Vec<EffectRow>, StoreError> {
        self.on()?.claim_effects(node, limit).await
    }
    async fn next_effect(&self) -> Result<Option<Timestamp>, StoreError> {
        self.on()?.next_effect().await
    }
    async fn effects(&self, query: &EffectQuery) -> Result<Vec<EffectRow>, StoreError> {
        self.on()?.effects(query).await
    }
    async fn redrive(&self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64, StoreError> {
        self.on()?.redrive(which, limit, spacing).await
    }
    async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        self.on()?.tasks(query).await
    }
    async fn claim_task(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        self.on()?.claim_task(claim).await
    }
    async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError> {
        self.on()?.renew(lease, time).await
    }
    async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.on()?.release(lease).await
    }
    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<(Position, Row)>, StoreError> {
        self.on()?.feed(after, limit).await
    }
    async fn feed_end(&self) -> Result<Position, StoreError> {
        self.on()?.feed_end().await
    }
    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>, StoreError> {
        self.on()?.last_tick(schedule).await
    }
    async fn record_tick(&self, schedule: &str, due: Timestamp) -> Result<(), StoreError> {
        self.on()?.record_tick(schedule, due).await
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
