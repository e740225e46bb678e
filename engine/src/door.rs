//! One door: who asks, and the envelope every command comes in.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{CommandId, EffectKey, InstanceId, Version};
use crate::time::Timestamp;

/// Who asks. Filled by the door the command came through, never by the sender.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The person the instance is about, by a reference that is not personal data.
    Applicant(String),
    /// A person of the office, without holding the task.
    Reviewer {
        /// Their user id.
        id: String,
        /// Their roles.
        roles: BTreeSet<String>,
    },
    /// A person of the office who holds the task. Only `complete` makes this one, and the commit
    /// fails if the lease is not theirs any more.
    Holder {
        /// Their user id.
        id: String,
        /// The key of the task they hold.
        task: String,
    },
    /// The answer to an effect, or a command that an effect of another instance sends.
    Performer(EffectKey),
    /// The instance's own deadline.
    Timer,
    /// A schedule's tick.
    Schedule {
        /// The schedule's name.
        name: String,
        /// When the tick was due.
        due: Timestamp,
    },
    /// A person who runs the system.
    Operator(String),
}

impl Actor {
    /// The door's name.
    pub const fn door(&self) -> &'static str {
        match self {
            Actor::Applicant(_) => "applicant",
            Actor::Reviewer { .. } => "reviewer",
            Actor::Holder { .. } => "holder",
            Actor::Performer(_) => "performer",
            Actor::Timer => "timer",
            Actor::Schedule { .. } => "schedule",
            Actor::Operator(_) => "operator",
        }
    }
}

/// A command on its way to an instance.
#[derive(Clone, PartialEq, Debug)]
pub struct Envelope<C> {
    /// The client's key: the same key is the same command, for the instance's whole life.
    pub id: CommandId,
    /// Who asks.
    pub actor: Actor,
    /// The version the sender has seen. If the instance is elsewhere, the command is refused.
    pub expected: Option<Version>,
    /// What is asked.
    pub command: C,
}

impl<C> Envelope<C> {
    /// A command from `actor` under the client's `id`.
    pub fn new(id: CommandId, actor: Actor, command: C) -> Self {
        Self { id, actor, expected: None, command }
    }

    /// The command holds only if the instance stands at `version`.
    #[must_use]
    pub fn expecting(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }
}

/// A person's time-limited claim on a task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lease {
    /// The instance whose task it is.
    pub instance: InstanceId,
    /// The task's key.
    pub task: String,
    /// Who holds it.
    pub holder: String,
    /// Counts the claims on this task. An older claim is void.
    pub epoch: u64,
    /// When it ends, by the store's clock.
    pub until: Timestamp,
}
