//! The port to durable storage. What a store must promise stands here; the exam in the workspace's
//! tests holds every store to it.

#[cfg(feature = "runtime")]
mod memory;

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

#[cfg(feature = "runtime")]
pub use memory::MemoryStore;

use crate::door::Lease;
use crate::id::{EffectKey, InstanceId, NodeId, Version};
use crate::journal::{Digest, Row};
use crate::time::Timestamp;
use crate::workflow::Task;

/// Durable storage of instances.
///
/// "Now" in these methods is the store's own clock, read in the same statement: two nodes with
/// different clocks see one order of leases and deadlines.
///
/// Every method may be called again after an error. None is cancelled half-way by dropping its
/// future: an implementation runs its work detached from the caller.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Makes `node` known and alive for [`limits::NODE_LEASE`](crate::limits::NODE_LEASE).
    ///
    /// A store that only one process can open takes the effects of all earlier nodes back.
    async fn join(&self, node: NodeId) -> Result<(), StoreError>;

    /// A sign of life: `node` is alive for another lease.
    async fn beat(&self, node: NodeId) -> Result<(), StoreError>;

    /// Gives back what `node` had leased; no attempt is spent. The node is not alive any more.
    async fn leave(&self, node: NodeId) -> Result<(), StoreError>;

    /// Carries out a batch in one durable transaction, and answers each write in order.
    ///
    /// Writes are independent: a conflict fails that write alone, and whatever else the batch
    /// holds is durable when this returns. An [`Append`] is atomic: all of it or nothing. A batch
    /// holds at most one `Append` per instance.
    ///
    /// # Errors
    /// Per write: [`StoreError::Unknown`] if it may or may not have happened (append again under
    /// the same command id and version), otherwise it did not happen.
    async fn write(&self, batch: Vec<Write>) -> Vec<Result<Written, StoreError>>;

    /// An instance with its whole journal, oldest row first; both from one snapshot.
    async fn load(&self, instance: InstanceId) -> Result<Option<Stored>, StoreError>;

    /// Instances by filter, in order of id (which is the order of creation).
    async fn list(&self, query: &InstanceQuery) -> Result<Vec<InstanceRow>, StoreError>;

    /// The labels of one instance, by name.
    async fn labels(&self, instance: InstanceId) -> Result<Vec<(String, String)>, StoreError>;

    /// How many instances of a workflow stand in each phase: `(phase, closed, count)`.
    async fn census(&self, workflow: &str) -> Result<Vec<(String, bool, u64)>, StoreError>;

    /// Instances that are not parked and whose `wake_at` has come, soonest first.
    async fn due(&self, limit: usize) -> Result<Vec<InstanceId>, StoreError>;

    /// The soonest `wake_at` of an instance that is not parked.
    async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Leases up to `limit` due effects to `node`, soonest due first: those that nobody has and
    /// those of nodes that are not alive.
    async fn claim_effects(&self, node: NodeId, limit: usize) -> Result<Vec<EffectRow>, StoreError>;

    /// The soonest time at which an effect that nobody alive has is due.
    async fn next_effect(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Effects by filter, in order of key.
    async fn effects(&self, query: &EffectQuery) -> Result<Vec<EffectRow>, StoreError>;

    /// Makes up to `limit` parked effects (in order of key) due again, the n-th one (from 0)
    /// `n * spacing` from now, with no attempts behind them; and takes the park mark off parked
    /// instances, as far as the limit goes. Answers how many of both.
    async fn redrive(&self, which: &ParkedQuery, limit: usize, spacing: Duration) -> Result<u64, StoreError>;

    /// Tasks by filter, soonest due first.
    async fn tasks(&self, query: &TaskQuery) -> Result<Vec<TaskRow>, StoreError>;

    /// Leases the soonest due task that `claim` may have: not leased (or by the same person, whose
    /// lease is renewed under a new epoch), not excluded, reserved for nobody else, with one of
    /// the roles.
    async fn claim_task(&self, claim: &TaskClaim) -> Result<Option<(TaskRow, Lease)>, StoreError>;

    /// Extends a lease to `time` from now; `None` if it is not valid any more.
    async fn renew(&self, lease: &Lease, time: Duration) -> Result<Option<Lease>, StoreError>;

    /// Gives a task back; false if the lease was not valid any more.
    async fn release(&self, lease: &Lease) -> Result<bool, StoreError>;

    /// Journal rows after `after`, in the order in which they became visible. A row is never
    /// skipped: one that is still being committed holds back those behind it. What one commit wrote
    /// has no order among itself.
    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<(Position, Row)>, StoreError>;

    /// The last position of the feed.
    async fn feed_end(&self) -> Result<Position, StoreError>;

    /// When the last handled tick of a schedule was due.
    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>, StoreError>;

    /// Records that the tick due at `due` was handled. Never moves backwards.
    async fn record_tick(&self, schedule: &str, due: Timestamp) -> Result<(), StoreError>;

    /// Whether other processes may write to the store, so that what was read may be old.
    fn is_shared(&self) -> bool;

    /// How many calls of [`write`](Store::write) it carries out at once.
    fn writers(&self) -> usize {
        1
    }

    /// What the store is and how durable it was found to be, for people.
    fn describe(&self) -> String;

    /// Flushes to durable media so far, for the figure "flushes per transition".
    fn flushes(&self) -> u64;
}

/// What can be written.
#[derive(Clone, Debug)]
pub enum Write {
    /// A decision and all that follows from it.
    Append(Box<Append>),
    /// What is derived from an instance's state, after code or policy changed it; no decision.
    /// Answers `Conflict` if the instance is not at that version any more.
    Derive(Box<Derived>),
    /// An effect is over without a decision. One that is over already keeps its note.
    Settle {
        /// The effect.
        key: EffectKey,
        /// How it ended: `done`, `moot`, or the refusal of its answer.
        note: String,
    },
    /// An effect is to be tried again at `at`, by whoever claims it then. Answers `LeaseLost` if
    /// `node` does not have it.
    Postpone {
        /// The effect.
        key: EffectKey,
        /// Who performed it.
        node: NodeId,
        /// Attempts spent so far.
        attempts: u32,
        /// When it is due again.
        at: Timestamp,
        /// What went wrong, if something did.
        error: Option<String>,
    },
    /// An effect waits for an operator. Answers `LeaseLost` if `node` does not have it.
    ParkEffect {
        /// The effect.
        key: EffectKey,
        /// Who performed it.
        node: NodeId,
        /// Attempts spent.
        attempts: u32,
        /// Why.
        error: String,
    },
    /// An instance waits for an operator: it takes no decisions (they answer `Conflict`, so that a
    /// node which loaded it before learns of it) and fires no deadlines.
    ParkInstance {
        /// The instance.
        instance: InstanceId,
        /// Why.
        reason: String,
    },
}

/// How a write ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// It is durable.
    Done,
    /// The instance is at another version than expected, or parked. Nothing was written.
    Conflict,
    /// The lease is not held any more. Nothing was written.
    LeaseLost,
}

/// A decision: one journal row and, in the same transaction, everything derived from it.
#[derive(Clone, Debug)]
pub struct Append {
    /// The journal row. The instance must stand at `row.version - 1` (0: must not exist).
    pub row: Row,
    /// The instance's row after it.
    pub derived: Derived,
    /// New effects.
    pub effects: Vec<NewEffect>,
    /// The node that will perform them, unless they are left for anyone.
    pub leased_to: Option<NodeId>,
    /// The effect that this decision answers.
    pub settles: Option<EffectKey>,
    /// The lease under which a person completes a task: must be valid at the commit. It ends.
    pub lease: Option<Lease>,
}

/// What is derived from an instance's state.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The instance.
    pub instance: InstanceId,
    /// Its version.
    pub version: Version,
    /// Its workflow.
    pub workflow: &'static str,
    /// The highest schema among its events.
    pub schema: u16,
    /// The phase's name.
    pub phase: &'static str,
    /// Whether it is over.
    pub closed: bool,
    /// When its deadline is due.
    pub wake_at: Option<Timestamp>,
    /// When it was decided; the row's time of update.
    pub at: Timestamp,
    /// The task, where it changed.
    pub task: Change<Option<Task>>,
    /// The labels, where they changed.
    pub labels: Change<Vec<(&'static str, String)>>,
}

/// A part that may have stayed as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change<T> {
    /// As it was.
    Keep,
    /// Now this. A task whose key stays keeps its lease, so that an edited due time evicts nobody.
    Set(T),
}

/// An effect as it is first written: due at once.
#[derive(Clone, Debug)]
pub struct NewEffect {
    /// Its key.
    pub key: EffectKey,
    /// Its kind, for concurrency and lists.
    pub kind: &'static str,
    /// Its JSON.
    pub body: String,
}

/// An instance's row.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct InstanceRow {
    /// The instance.
    pub id: InstanceId,
    /// Its workflow.
    pub workflow: String,
    /// How many decisions are behind it.
    pub version: Version,
    /// The highest schema among its events.
    pub schema: u16,
    /// The phase's name.
    pub phase: String,
    /// Whether it is over.
    pub closed: bool,
    /// When its deadline is due.
    pub wake_at: Option<Timestamp>,
    /// Why it waits for an operator, if it does.
    pub parked: Option<String>,
    /// The hash of its last journal row.
    pub head: Digest,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// An instance and its journal.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored {
    /// The instance's row.
    pub row: InstanceRow,
    /// Its journal, oldest first.
    pub journal: Vec<Row>,
}

/// An effect's row.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct EffectRow {
    /// Its key.
    pub key: EffectKey,
    /// The workflow of its instance.
    pub workflow: String,
    /// Its kind.
    pub kind: String,
    /// Its JSON.
    #[serde(skip)]
    pub body: String,
    /// Where it stands.
    pub state: EffectState,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When it is due; the last due time once it is over.
    pub due_at: Timestamp,
    /// Attempts that failed.
    pub attempts: u32,
    /// The node that has it.
    pub leased_to: Option<NodeId>,
    /// The last error, why it is parked, or how it was settled.
    pub note: Option<String>,
}

/// Where an effect stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EffectState {
    /// To be performed.
    Due = 0,
    /// Over.
    Settled = 1,
    /// Waiting for an operator.
    Parked = 2,
}

/// A task's row.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TaskRow {
    /// The instance.
    pub instance: InstanceId,
    /// Its workflow.
    pub workflow: String,
    /// The task.
    pub task: Task,
    /// Who has it and until when, also if that is past.
    pub leased: Option<(String, Timestamp)>,
}

/// A filter over instances. Empty means all.
#[derive(Clone, Default, Debug)]
pub struct InstanceQuery {
    /// Of this workflow.
    pub workflow: Option<String>,
    /// In this phase.
    pub phase: Option<String>,
    /// Over, or not.
    pub closed: Option<bool>,
    /// Waiting for an operator, or not.
    pub parked: Option<bool>,
    /// With all of these labels.
    pub labels: Vec<(String, String)>,
    /// Only those behind this one in the chosen order.
    pub after: Option<InstanceId>,
    /// Which end first.
    pub order: Order,
    /// At most so many; more than [`limits::PAGE`](crate::limits::PAGE) is cut to that.
    pub limit: usize,
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Order {
    /// The oldest.
    #[default]
    Oldest,
    /// The newest.
    Newest,
}

/// A filter over effects.
#[derive(Clone, Default, Debug)]
pub struct EffectQuery {
    /// Of this instance.
    pub instance: Option<InstanceId>,
    /// In this state.
    pub state: Option<EffectState>,
    /// Of this workflow.
    pub workflow: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Only those behind this key.
    pub after: Option<EffectKey>,
    /// At most so many; more than [`limits::PAGE`](crate::limits::PAGE) is cut to that.
    pub limit: usize,
}

/// Which parked work is meant. Empty means all of it.
#[derive(Clone, Default, Debug)]
pub struct ParkedQuery {
    /// This effect alone.
    pub effect: Option<EffectKey>,
    /// Of this instance.
    pub instance: Option<InstanceId>,
    /// Of this workflow.
    pub workflow: Option<String>,
    /// Effects of this kind; parked instances are left out then.
    pub kind: Option<String>,
    /// Whose cause contains this text.
    pub cause: Option<String>,
}

/// A filter over tasks.
#[derive(Clone, Default, Debug)]
pub struct TaskQuery {
    /// In this queue.
    pub queue: Option<String>,
    /// Of this instance.
    pub instance: Option<InstanceId>,
    /// Held by this person under a valid lease.
    pub holder: Option<String>,
    /// Due by then.
    pub due_by: Option<Timestamp>,
    /// Only those behind this due time and instance.
    pub after: Option<(Timestamp, InstanceId)>,
    /// At most so many; more than [`limits::PAGE`](crate::limits::PAGE) is cut to that.
    pub limit: usize,
}

/// A person asks for work.
#[derive(Clone, Debug)]
pub struct TaskClaim {
    /// From this queue; any if `None`.
    pub queue: Option<String>,
    /// The task of this instance; the soonest due one if `None`.
    pub instance: Option<InstanceId>,
    /// Who asks.
    pub who: String,
    /// Their roles.
    pub roles: BTreeSet<String>,
    /// For how long.
    pub time: Duration,
}

/// A place in the feed of committed decisions; 0 is before the first.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

/// Why the store could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It may or may not have happened.
    #[error("the outcome of the write is unknown: {0}")]
    Unknown(String),
    /// There is no space left; nothing was written.
    #[error("the store is full: {0}. Free some space; nothing was lost")]
    Full(String),
    /// The store cannot be reached or is overloaded; nothing was written.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The store said something that it never should; nothing was written.
    #[error("the store failed: {0}")]
    Failed(String),
}
