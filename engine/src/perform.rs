//! The outside world: performers carry effects out.

use std::future::Future;
use std::time::Duration;

use crate::backoff::Backoff;
use crate::engine::Engine;
use crate::id::{CommandId, EffectKey, InstanceId};
use crate::limits;
use crate::time::Timestamp;
use crate::workflow::Workflow;

/// Carries the effects of a workflow out.
///
/// An effect is performed at least once, with the same key each time, and never before the event
/// that asked for it is durable. So hand the key on to whoever you call.
pub trait Performer<W: Workflow>: Send + Sync + 'static {
    /// One attempt. It may be cut off at any await: by its time limit, by `stop`, by a power cut.
    fn perform(&self, call: Call<W>) -> impl Future<Output = Outcome<W::Command>> + Send;

    /// How the effects of a kind are treated; `kind` is the effect's [name](crate::name_of).
    fn terms(&self, _kind: &str) -> Terms {
        Terms::default()
    }
}

/// A workflow whose effects never come needs no performer.
impl<W: Workflow> Performer<W> for () {
    async fn perform(&self, _call: Call<W>) -> Outcome<W::Command> {
        Outcome::Retry("this workflow was registered without a performer".into())
    }
}

/// One attempt at an effect.
pub struct Call<W: Workflow> {
    /// Names the effect forever; give it to the vendor as idempotency key.
    pub key: EffectKey,
    /// The instance that asked.
    pub instance: InstanceId,
    /// What is to be done.
    pub effect: W::Effect,
    /// Attempts before this one that failed.
    pub attempts: u32,
    /// When the effect was decided.
    pub decided_at: Timestamp,
    /// The engine, to send commands to other instances.
    pub engine: Engine,
}

impl<W: Workflow> Call<W> {
    /// The id for the one command that this effect sends to another instance.
    pub fn command_id(&self) -> CommandId {
        CommandId::forwarded(&self.key)
    }

    /// The actor for the command that this effect sends to another instance.
    pub fn actor(&self) -> crate::door::Actor {
        crate::door::Actor::Performer(self.key)
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<C> {
    /// A definite answer, good or bad: settled, with the command that tells the instance.
    Done(Option<C>),
    /// Not yet, and nothing is wrong: ask again then. No attempt is spent.
    Later(Timestamp),
    /// It did not work now. The text goes to the operator; no personal data in it.
    Retry(String),
}

/// How the effects of a kind are treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Attempts before the effect parks.
    pub attempts: u32,
    /// Time limit of one attempt.
    pub time: Duration,
    /// Attempts under way at once, on this node.
    pub at_once: usize,
    /// The waiting times between attempts.
    pub backoff: Backoff,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            attempts: limits::ATTEMPTS,
            time: limits::ATTEMPT_TIME,
            at_once: limits::EFFECTS_PER_KIND,
            backoff: Backoff::default(),
        }
    }
}
