//! A store whose power can be cut at any write.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, watch};

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
///
/// A point at which it can be cut is a call that changes the store: a batch of writes, a claim that
/// found something, a lease taken or given back, a tick recorded, parked work redriven.
#[derive(Clone)]
pub struct PowerStore {
    inner: Arc<dyn Store>,
    switch: Arc<Switch>,
}

struct Switch {
    plan: Mutex<Plan>,
    writes: AtomicU64,
    went_dark: Notify,
    /// Whether batches are written, or wait.
    open: watch::Sender<bool>,
}

impl Default for Switch {
    fn default() -> Self {
        Self {
            plan: Mutex::default(),
            writes: AtomicU64::new(0),
            went_dark: Notify::new(),
            open: watch::Sender::new(true),
        }
    }
}

#[derive(Default)]
enum Plan {
    /// Nothing happens to anybody.
    #[default]
    On,
    /// Something happens at the call before which `left` others come.
    Fault {
        left: u32,
        cut: Cut,
        stays_on: bool,
    },
    Dark,
}

/// What becomes of the write in whose midst the power is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// It did not happen.
    Before,
    /// It happened, and nobody was told.
    After,
}

/// What becomes of one call.
enum Fate {
    Done,
    NotDone,
    /// Done, and nobody is told.
    Untold,
}

impl PowerStore {
    /// `inner`, with the power on.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, switch: Arc::default() }
    }

    /// Cuts the power at the `n`th write from now, 0 being the next.
    pub fn cut_at(&self, n: u32, cut: Cut) {
        self.set(Plan::Fault { left: n, cut, stays_on: false });
        if n == 0 && cut == Cut::Before {
            self.go_dark();
        }
    }

    /// Lets the `n`th write from now fail, or lets its answer be lost; the power stays on.
    pub fn hiccup_at(&self, n: u32, cut: Cut) {
        self.set(Plan::Fault { left: n, cut, stays_on: true });
    }

    /// Lets batches of writes wait until [`let_go`](Self::let_go), as a disk that does not answer.
    pub fn hold(&self) {
        self.switch.open.send_replace(false);
    }

    /// Lets batches of writes go on.
    pub fn let_go(&self) {
        self.switch.open.send_replace(true);
    }

    /// Whether a fault that was set has not come yet.
    pub fn is_pending(&self) -> bool {
        matches!(*self.plan(), Plan::Fault { .. })
    }

    /// Writes so far, over all nodes: the points at which the power can be cut.
    pub fn writes(&self) -> u64 {
        self.switch.writes.load(Ordering::SeqCst)
    }

    /// The same store with the power on again, for the engine that is started afterwards. Handles
    /// from before stay dead.
    #[must_use]
    pub fn restored(&self) -> Self {
        let restored = Self::new(self.inner.clone());
        restored.switch.writes.store(self.writes(), Ordering::SeqCst);
        self.go_dark();
        restored
    }

    /// Whether the power is cut.
    pub fn is_dark(&self) -> bool {
        matches!(*self.plan(), Plan::Dark)
    }

    /// Waits until the power is cut; for ever if it never is.
    pub(super) async fn gone(&self) {
        loop {
            let woken = self.switch.went_dark.notified();
            if self.is_dark() {
                return;
            }
            woken.await;
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.switch.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, plan: Plan) {
        *self.plan() = plan;
    }

    fn go_dark(&self) {
        self.set(Plan::Dark);
        self.switch.went_dark.notify_waiters();
    }

    /// Counts a call that changes the store, and says what becomes of it.
    fn meet(&self) -> Fate {
        let (fate, next) = match &mut *self.plan() {
            Plan::On => (Fate::Done, None),
            Plan::Dark => (Fate::NotDone, None),
            Plan::Fault { left: 0, cut, stays_on } => {
                let next = if *stays_on { Plan::On } else { Plan::Dark };
                let fate = if *cut == Cut::After { Fate::Untold } else { Fate::NotDone };
                (fate, Some(next))
            }
            Plan::Fault { left, cut, stays_on } => {
                *left -= 1;
                // Dark from the end of this write on: reads before the next one fail as well.
                let last = *left == 0 && *cut == Cut::Before && !*stays_on;
                (Fate::Done, last.then_some(Plan::Dark))
            }
        };
        if !matches!(fate, Fate::NotDone) {
            self.switch.writes.fetch_add(1, Ordering::SeqCst);
        }
        match next {
            Some(Plan::Dark) => self.go_dark(),
            Some(plan) => self.set(plan),
            None => {}
        }
        fate
    }

    fn on(&self) -> Result<&Arc<dyn Store>, StoreError> {
        if self.is_dark() { Err(dark()) } else { Ok(&self.inner) }
    }

    /// Carries a change out, or not, as fate has it.
    async fn change<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match self.meet() {
            Fate::Done => call.await,
            Fate::NotDone => Err(dark()),
            Fate::Untold => {
                call.await?;
                Err(untold())
            }
        }
    }
}

fn dark() -> StoreError {
    StoreError::Unavailable("the power is cut".into())
}

fn untold() -> StoreError {
    StoreError::Unknown("the power was cut before the answer".into())
}

#[async_trait]
impl Store for PowerStore {
    async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>> {
        let count = batch.len();
        // The sender lives as long as this store, so the wait cannot fail.
        let _ = self.switch.open.subscribe().wait_for(|open| *open).await;
        match self.meet() {
            Fate::Done => self.inner.write(batch).await,
            Fate::NotDone => vec![Err(dark()); count],
            Fate::Untold => {
                self.inner.write(batch).await;
                vec![Err(untold()); count]
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
        self.change(self.inner.leave(node)).await
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
        let claimed = self.on()?.claim_effects(node, limit).await?;
        // Looking without finding changes nothing, and nobody knows beforehand.
        if claimed.is_empty() {
            return Ok(claimed);
        }
        match self.meet() {
            Fate::Done => Ok(claimed),
            Fate::NotDone | Fate::Untold => Err(untold()),
        }
    }
    async fn next_effect(&self) -> Result<Option<Timestamp>, StoreError> {
        self.on()?.next_effect().await
    }
    async fn effects(&self, query: &EffectQuery) -> Result<Vec<EffectRow>, StoreError> {
        self.on()?.effects(query).await
    }
    async fn redrive(&self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64, StoreError> {
        self.change(self.inner.redrive(which, limit, spacing)).await
    }
    async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        self.on()?.tasks(query).await
    }
    async fn claim_task(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        self.change(self.inner.claim_task(claim)).await
    }
    async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError> {
        self.change(self.inner.renew(lease, time)).await
    }
    async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.change(self.inner.release(lease)).await
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
        self.change(self.inner.record_tick(schedule, due)).await
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
