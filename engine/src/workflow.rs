//! What a workflow is: four pure functions over plain data, and a few views of its state.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::door::Actor;
use crate::id::InstanceId;
use crate::time::Timestamp;

/// Plain data that is stored and sent as JSON.
pub trait Data: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static {}
impl<T: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static> Data for T {}

/// Rules as data. Its JSON is digested into every journal row, so that a decision can be traced
/// to the rules it was taken under; maps in it must have a fixed order (`BTreeMap`).
pub trait Policy: Serialize + Clone + Send + Sync + 'static {}
impl<T: Serialize + Clone + Send + Sync + 'static> Policy for T {}

/// A process as a state machine. The value is the state; `Default` is the state before the first
/// event.
///
/// Everything here is pure: no clock, no I/O, no randomness. The engine may call any of it any
/// number of times. The laws in [`testing`](crate::testing) say what must hold.
///
/// Events are kept forever. To change their shape, raise [`SCHEMA`](Workflow::SCHEMA), add a step
/// to [`upcast`](Workflow::upcast), and keep a fixture of the old form.
pub trait Workflow: Clone + Default + Debug + PartialEq + Send + Sync + 'static {
    /// The stored name. Never renamed.
    const NAME: &'static str;
    /// The version of the stored events, from 1.
    const SCHEMA: u16 = 1;

    /// The rules; `()` if there are none.
    type Policy: Policy;
    /// A request, imperative. Nested by door.
    type Command: Data;
    /// A fact, past tense, stored forever.
    type Event: Data;
    /// Work for the outside world.
    type Effect: Data;
    /// Why a command is refused. Its [name](crate::name_of) is a stable code.
    type Rejection: Data + Error;

    /// What follows from `command`: the events to record, none if nothing is to change, or why not.
    ///
    /// # Errors
    /// The rejection. Nothing is recorded then; the same command may be sent again later.
    fn decide(
        &self,
        command: Self::Command,
        cx: &Context<'_, Self::Policy>,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after `event`, which was recorded at `at`. It cannot fail: it happened.
    #[must_use]
    fn evolve(self, event: &Self::Event, at: Timestamp) -> Self;

    /// Where the instance stands.
    fn phase(&self) -> Phase;

    /// The effects of `event`, asked once, when it is recorded, of the state after the whole
    /// decision; never on replay. Effects are unordered.
    fn react(&self, _event: &Self::Event) -> Vec<Self::Effect> {
        Vec::new()
    }

    /// Whether `effect` is no longer wanted. Asked before each attempt.
    fn moot(&self, _effect: &Self::Effect) -> bool {
        false
    }

    /// The command that the instance sends itself, and when. A function of the state: leaving the
    /// state removes the timer.
    fn deadline(&self) -> Option<(Timestamp, Self::Command)> {
        None
    }

    /// The work that waits for a person; at most one at a time.
    fn task(&self) -> Option<Task> {
        None
    }

    /// What lists filter by. No personal data.
    fn labels(&self) -> Labels {
        Labels::none()
    }

    /// Lifts a stored event from `schema` to `schema + 1`.
    fn upcast(_schema: u16, event: Value) -> Value {
        event
    }
}

/// What `decide` knows besides the state.
#[derive(Clone, Debug)]
pub struct Context<'a, P> {
    /// The time of the decision, and of its events.
    pub now: Timestamp,
    /// The rules in force.
    pub policy: &'a P,
    /// This instance.
    pub instance: InstanceId,
    /// Who asks. The door vouches for it.
    pub actor: &'a Actor,
}

/// Where an instance stands, by a stable name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Phase {
    /// Something is still to come.
    Open(&'static str),
    /// It is over. There is no deadline and no task.
    Closed(&'static str),
}

impl Phase {
    /// The phase's name.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Open(name) | Phase::Closed(name) => name,
        }
    }

    /// Whether the instance is over.
    pub const fn is_closed(self) -> bool {
        matches!(self, Phase::Closed(_))
    }
}

/// Work that waits for a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, serde::Deserialize)]
pub struct Task {
    /// Names this piece of work within the instance. A second attempt is another task and has
    /// another key; a lease on the old one does not reach it.
    pub key: String,
    /// The queue it stands in.
    pub queue: String,
    /// When it should be done.
    pub due: Timestamp,
    /// Who may take it has one of these roles.
    pub roles: BTreeSet<String>,
    /// Who may not take it, whatever their roles: the first reviewer, for a second look.
    pub excluded: BTreeSet<String>,
    /// Kept for one person until then, for instance while their decision can be undone.
    pub reserved: Option<(String, Timestamp)>,
}

/// What an instance can be found by.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Labels(Vec<(&'static str, String)>);

impl Labels {
    /// No labels.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// With one more. A label of the same name is replaced.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value.to_string()));
        self.0.sort_unstable_by_key(|(name, _)| *name);
        self
    }

    /// With one more, if there is a value.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The labels, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}
