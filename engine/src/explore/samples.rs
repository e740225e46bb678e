//! What a workflow's author says about who may send what, so that machines can play it through.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::door::Actor;
use crate::id::{EffectKey, InstanceId};
use crate::time::Timestamp;
use crate::workflow::{Context, Workflow};

/// Monday, 5 January 2026, 08:00 UTC: when stories start unless they say otherwise.
pub const START: Timestamp = Timestamp::from_secs(1_767_600_000);

/// The instance that stories are about unless they say otherwise.
pub const INSTANCE: InstanceId = InstanceId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));

type Source<W> = Arc<dyn Fn(&W, Timestamp) -> Vec<(Actor, <W as Workflow>::Command)> + Send + Sync + 'static>;
type Detail<W> = Arc<dyn Fn(&W) -> String + Send + Sync + 'static>;

/// The commands that a workflow can be sent, by whom, and the times that pass between them.
///
/// One description serves the [laws](crate::testing::laws) and the [diagram](super::Diagram).
/// Deadlines need no sample: they are fired as the engine would.
///
/// ```text
/// Samples::<Claim>::new(Rules::default())
///     .send(Actor::Applicant("a-1".into()), Command::Applicant(Submit { amount: 10 }))
///     .complete("ann", Command::Reviewer(Approve))
///     .answer(Command::Answer(Paid))
///     .steps([Duration::from_secs(30), Duration::from_secs(86_400)])
/// ```
pub struct Samples<W: Workflow> {
    pub(crate) policy: W::Policy,
    pub(crate) instance: InstanceId,
    pub(crate) start: Timestamp,
    pub(crate) steps: Vec<Duration>,
    pub(crate) exempt: BTreeSet<String>,
    pub(crate) states: usize,
    sources: Vec<Source<W>>,
    detail: Option<Detail<W>>,
}

impl<W: Workflow> Samples<W> {
    /// Samples under these rules, without commands yet.
    pub fn new(policy: W::Policy) -> Self {
        Self {
            policy,
            instance: INSTANCE,
            start: START,
            steps: [60, 3_600, 86_400, 40 * 86_400].map(Duration::from_secs).to_vec(),
            exempt: BTreeSet::new(),
            states: 10_000,
            sources: Vec::new(),
            detail: None,
        }
    }

    /// `actor` may send `command`, whatever the state.
    #[must_use]
    pub fn send(self, actor: Actor, command: impl Into<W::Command>) -> Self {
        let command = command.into();
        self.send_with(move |_, _| vec![(actor.clone(), command.clone())])
    }

    /// Commands that depend on the state and the time: a version it must name, a key it must match.
    ///
    /// A [`Holder`](Actor::Holder) is heard only where the engine would make one: the state has the
    /// task, does not exclude them, and does not keep it for somebody else.
    #[must_use]
    pub fn send_with(
        mut self,
        source: impl Fn(&W, Timestamp) -> Vec<(Actor, W::Command)> + Send + Sync + 'static,
    ) -> Self {
        self.sources.push(Arc::new(source));
        self
    }

    /// An effect may be answered with `command`, whatever the state: answers come late, too.
    #[must_use]
    pub fn answer(self, command: impl Into<W::Command>) -> Self {
        let actor = performer(self.instance);
        self.send(actor, command)
    }

    /// `person` may complete the state's task with `command`, wherever there is one they may take.
    #[must_use]
    pub fn complete(self, person: &str, command: impl Into<W::Command>) -> Self {
        let (person, command) = (person.to_owned(), command.into());
        self.send_with(move |state, _| {
            let holder = |key| Actor::Holder { id: person.clone(), task: key };
            state.task().map(|task| (holder(task.key), command.clone())).into_iter().collect()
        })
    }

    /// The times that may pass between two commands. A minute, an hour, a day and forty days
    /// unless said otherwise.
    #[must_use]
    pub fn steps(mut self, steps: impl IntoIterator<Item = Duration>) -> Self {
        self.steps = steps.into_iter().collect();
        self
    }

    /// When every story starts; [`START`] unless said otherwise.
    #[must_use]
    pub fn start(mut self, at: Timestamp) -> Self {
        self.start = at;
        self
    }

    /// What sets two states of the same phase apart in a diagram. Nothing unless said otherwise.
    #[must_use]
    pub fn told_apart_by(mut self, detail: impl Fn(&W) -> String + Send + Sync + 'static) -> Self {
        self.detail = Some(Arc::new(detail));
        self
    }

    /// How many states an exploration looks at before it stops and says that it is not complete;
    /// 10,000 unless said otherwise.
    #[must_use]
    pub fn at_most(mut self, states: usize) -> Self {
        self.states = states;
        self
    }

    /// `command` (by its name, such as `operator.repair`) need not be accepted anywhere. Say why
    /// beside the call.
    #[must_use]
    pub fn exempt(mut self, command: &str) -> Self {
        self.exempt.insert(command.to_owned());
        self
    }

    /// Everything that may be sent to `state` at `now`.
    pub(crate) fn candidates(&self, state: &W, now: Timestamp) -> Vec<(Actor, W::Command)> {
        let all = self.sources.iter().flat_map(|source| source(state, now));
        all.filter(|(actor, _)| admits(state, actor, now)).collect()
    }

    pub(crate) fn detail(&self, state: &W) -> String {
        self.detail.as_ref().map_or_else(String::new, |detail| detail(state))
    }

    pub(crate) fn decide(
        &self,
        state: &W,
        actor: &Actor,
        command: W::Command,
        now: Timestamp,
    ) -> Result<Vec<W::Event>, W::Rejection> {
        state.decide(command, &Context { now, policy: &self.policy, instance: self.instance, actor })
    }
}

impl<W: Workflow<Policy: Default>> Default for Samples<W> {
    fn default() -> Self {
        Self::new(W::Policy::default())
    }
}

impl<W: Workflow> Clone for Samples<W> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            instance: self.instance,
            start: self.start,
            steps: self.steps.clone(),
            exempt: self.exempt.clone(),
            states: self.states,
            sources: self.sources.clone(),
            detail: self.detail.clone(),
        }
    }
}

impl<W: Workflow> fmt::Debug for Samples<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Samples")
            .field("workflow", &W::NAME)
            .field("sources", &self.sources.len())
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

/// Whether the engine would let `actor` in. A holder must hold the state's task; the lease itself
/// is the store's to check.
pub(crate) fn admits<W: Workflow>(state: &W, actor: &Actor, now: Timestamp) -> bool {
    let Actor::Holder { id, task: key } = actor else {
        return true;
    };
    state.task().is_some_and(|task| {
        let kept = task.reserved.is_some_and(|(person, until)| person != *id && now < until);
        task.key == *key && !task.excluded.contains(id) && !kept
    })
}

/// Whoever answers an effect of `instance`.
pub(crate) fn performer(instance: InstanceId) -> Actor {
    Actor::Performer(EffectKey { instance, version: 1, n: 0 })
}

/// The state after `events`, recorded at `at`.
pub(crate) fn fold<W: Workflow>(state: &W, events: &[W::Event], at: Timestamp) -> W {
    events.iter().fold(state.clone(), |state, event| state.evolve(event, at))
}
