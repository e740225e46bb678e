//! Every bound of the engine, with its reason.

use std::time::Duration;

/// Commands inside the engine at once, over all instances. Actix mailboxes are no bound, so this
/// semaphore is the door; at the bound the answer is `Busy`. 4,096 commands of 64 KiB are 256 MiB
/// at worst and a few MiB in practice.
pub const COMMANDS_IN_FLIGHT: usize = 4_096;

/// Commands waiting for one instance. More than this on one application is a client gone wild.
pub const COMMANDS_PER_INSTANCE: usize = 64;

/// Writes in one transaction. Beyond a few hundred the gain per flush is gone and the latency is not.
pub const BATCH: usize = 512;

/// Instances kept in memory; the least recently used are passivated. A few KiB each.
pub const LIVE_INSTANCES: usize = 20_000;

/// Bytes of a command's JSON. Photos go to the vault; a command refers to them.
pub const COMMAND_BYTES: usize = 64 * 1024;

/// Bytes of one decision's events.
pub const EVENTS_BYTES: usize = 256 * 1024;

/// Events in one decision. One decision is one step, not a batch job.
pub const EVENTS_PER_DECISION: usize = 64;

/// Effects of one decision.
pub const EFFECTS_PER_DECISION: usize = 64;

/// Decisions in an instance's life. A licence that changes weekly for 90 years has 5,000; at the
/// bound the instance parks instead of growing without end.
pub const VERSIONS_PER_INSTANCE: u64 = 20_000;

/// Labels on an instance: each is an indexed row.
pub const LABELS: usize = 16;

/// Bytes of a label's value: a code or an id, not a text.
pub const LABEL_BYTES: usize = 128;

/// Bytes of a client's command key (a UUID has 36; other schemes fit, too).
pub const COMMAND_KEY_BYTES: usize = 128;

/// Bytes kept of an error's text on a row.
pub const ERROR_BYTES: usize = 1_000;

/// Effects in memory, waiting or being performed. The others wait in the store.
pub const EFFECTS_IN_MEMORY: usize = 4_096;

/// Effects of one kind performed at once, unless the performer asks for another bound.
pub const EFFECTS_PER_KIND: usize = 64;

/// Attempts at an effect before it parks, unless the performer asks for another bound: with the
/// default backoff about eight hours.
pub const ATTEMPTS: u32 = 20;

/// How long one attempt may take, unless the performer asks for another bound.
pub const ATTEMPT_TIME: Duration = Duration::from_secs(30);

/// Times an answer or a command is decided again after losing a race before the caller is told.
pub const RACES: u32 = 16;

/// Times a decision is appended again at once after an unknown outcome, before the caller is told
/// that it is unknown. A connection that broke is back at the second try, or not soon.
pub const DOUBTS: u32 = 3;

/// How long after an unknown outcome the outbox looks in the store for effects of this node that
/// are not in its memory. A commit that waits for a slow standby lands within minutes.
pub const DOUBT: Duration = Duration::from_secs(300);

/// Soonest time after which an effect that asked to be performed later is performed again.
pub const SOONEST: Duration = Duration::from_millis(50);

/// How long an effect waits for an instance that takes no answer now: parked, or not readable here.
pub const ANSWER_WAITS: Duration = Duration::from_secs(60);

/// Rows in one page of any list.
pub const PAGE: usize = 500;

/// How long a node is believed alive after its last sign of life. Long enough for a garbage-laden
/// disk, short enough that a dead node's work moves within seconds.
pub const NODE_LEASE: Duration = Duration::from_secs(15);

/// How often a node gives a sign of life: three tries within a lease.
pub const NODE_BEAT: Duration = Duration::from_secs(4);

/// How long the engine sleeps at most before it looks at the store for due work that another node
/// left behind.
pub const POLL: Duration = Duration::from_millis(1_000);

/// Deadlines fired in one round.
pub const DEADLINES_PER_ROUND: usize = 256;

/// Missed ticks of a schedule fired in one round under the misfire policy `all`.
pub const TICKS_PER_ROUND: usize = 64;

/// How long `stop` waits for attempts under way before it cuts them short.
pub const DRAIN: Duration = Duration::from_secs(10);

/// Longest lease on a task that may be asked for.
pub const TASK_LEASE: Duration = Duration::from_secs(3_600);
