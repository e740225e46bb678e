//! A store in memory, for tests and for trying things out. It keeps every promise of the port but
//! one: it does not outlive its process. `crash` in tests therefore means the engine's, not its.

mod effects;
mod instances;
mod tasks;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{
    EffectQuery, EffectRow, InstanceQuery, InstanceRow, ParkedQuery, Position, Store, StoreError, Stored,
    TaskClaim, TaskQuery, TaskRow, Write, Written,
};
use crate::clock::Clock;
use crate::door::Lease;
use crate::id::{EffectKey, InstanceId, NodeId};
use crate::journal::Row;
use crate::limits;
use crate::time::Timestamp;

/// A store in memory. Clones share the memory.
#[derive(Clone)]
pub struct MemoryStore {
    tables: Arc<Mutex<Tables>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Tables {
    instances: BTreeMap<InstanceId, InstanceRow>,
    /// Deadlines of instances that are not parked.
    wakes: BTreeSet<(Timestamp, InstanceId)>,
    journals: HashMap<InstanceId, Vec<Row>>,
    labels: HashMap<InstanceId, Vec<(String, String)>>,
    effects: BTreeMap<EffectKey, EffectRow>,
    /// Effects that are neither settled nor parked.
    due: BTreeSet<(Timestamp, EffectKey)>,
    tasks: BTreeMap<InstanceId, tasks::Kept>,
    /// In order of commit; the n-th row has position n, from 1.
    feed: Vec<(InstanceId, u64)>,
    ticks: HashMap<String, Timestamp>,
    nodes: HashMap<NodeId, Timestamp>,
    commits: u64,
}

impl MemoryStore {
    /// An empty store whose clock is `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { tables: Arc::default(), clock }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        self.beat(node).await
    }

    async fn beat(&self, node: NodeId) -> Result<(), StoreError> {
        let until = self.clock.now() + limits::NODE_LEASE;
        self.tables().nodes.insert(node, until);
        Ok(())
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        let mut tables = self.tables();
        tables.nodes.remove(&node);
        tables.give_back(node);
        Ok(())
    }

    async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>> {
        let now = self.clock.now();
        let mut tables = self.tables();
        tables.commits += 1;
        batch.into_iter().map(|write| Ok(tables.write(write, now))).collect()
    }

    async fn load(&self, instance: InstanceId) -> Result<Option<Stored>, StoreError> {
        let tables = self.tables();
        Ok(tables.instances.get(&instance).map(|row| Stored {
            row: row.clone(),
            journal: tables.journals.get(&instance).cloned().unwrap_or_default(),
        }))
    }

    async fn list(&self, query: &InstanceQuery) -> Result<Vec<InstanceRow>, StoreError> {
        Ok(self.tables().list(query))
    }

    async fn labels(&self, instance: InstanceId) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.tables().labels.get(&instance).cloned().unwrap_or_default())
    }

    async fn census(&self, workflow: &str) -> Result<Vec<(String, bool, u64)>, StoreError> {
        let mut counts = BTreeMap::new();
        for row in self.tables().instances.values().filter(|row| row.workflow == workflow) {
            *counts.entry((row.phase.clone(), row.closed)).or_insert(0) += 1;
        }
        Ok(counts.into_iter().map(|((phase, closed), count)| (phase, closed, count)).collect())
    }

    async fn due(&self, limit: usize) -> Result<Vec<InstanceId>, StoreError> {
        Ok(self.tables().due(self.clock.now(), limit))
    }

    async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.tables().wakes.first().map(|(at, _)| *at))
    }

    async fn claim_effects(&self, node: NodeId, limit: usize) -> Result<Vec<EffectRow>, StoreError> {
        Ok(self.tables().claim_effects(node, self.clock.now(), limit))
    }

    async fn next_effect(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.tables().next_effect(self.clock.now()))
    }

    async fn effects(&self, query: &EffectQuery) -> Result<Vec<EffectRow>, StoreError> {
        Ok(self.tables().find_effects(query))
    }

    async fn redrive(&self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64, StoreError> {
        Ok(self.tables().redrive(which, limit, spacing, self.clock.now()))
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError> {
        Ok(self.tables().find_tasks(query, self.clock.now()))
    }

    async fn claim_task(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        Ok(self.tables().claim_task(claim, self.clock.now()))
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError> {
        Ok(self.tables().renew(lease, self.clock.now(), time))
    }

    async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        Ok(self.tables().release(lease, self.clock.now()))
    }

    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<(Position, Row)>, StoreError> {
        let tables = self.tables();
        let from = usize::try_from(after.0).unwrap_or(usize::MAX).min(tables.feed.len());
        let rows = tables.feed[from..].iter().take(limit.min(limits::PAGE)).zip(after.0 + 1..);
        let row = |(instance, version): &(InstanceId, u64)| {
            tables.journals.get(instance)?.get(usize::try_from(*version).ok()? - 1).cloned()
        };
        Ok(rows.filter_map(|(key, position)| Some((Position(position), row(key)?))).collect())
    }

    async fn feed_end(&self) -> Result<Position, StoreError> {
        Ok(Position(self.tables().feed.len() as u64))
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.tables().ticks.get(schedule).copied())
    }

    async fn record_tick(&self, schedule: &str, due: Timestamp) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let last = tables.ticks.entry(schedule.to_owned()).or_insert(due);
        *last = due.max(*last);
        Ok(())
    }

    fn is_shared(&self) -> bool {
        // Tests start several engines on one memory.
        true
    }

    fn describe(&self) -> String {
        "memory: nothing outlives the process".into()
    }

    fn flushes(&self) -> u64 {
        self.tables().commits
    }
}
