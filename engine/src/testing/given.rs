//! Given events, when a command, then events and effects.

use std::fmt::{self, Debug};
use std::time::Duration;

use super::then::{Accepted, Then};
use crate::door::Actor;
use crate::explore::{INSTANCE, START, fold, performer};
use crate::id::InstanceId;
use crate::time::Timestamp;
use crate::workflow::{Context, Workflow};

/// A story so far: what happened, who asks next, and when.
///
/// It starts at [`START`](crate::explore::START) with nothing recorded, and `Applicant("applicant")`
/// asks unless somebody else is named.
///
/// ```text
/// Given::<Claim>::new()
///     .events([Event::Submitted { amount: 10 }])
///     .by(holder("ann"))
///     .after(Duration::from_secs(60))
///     .when(Reviewer::Approve)
///     .events([Event::Approved])
///     .effects([Effect::Pay])
///     .phase(Phase::Open("paying"));
/// ```
#[derive(Clone)]
pub struct Given<W: Workflow> {
    policy: W::Policy,
    instance: InstanceId,
    actor: Actor,
    now: Timestamp,
    pub(super) state: W,
}

impl<W: Workflow> Given<W> {
    /// Nothing happened yet, under the default rules.
    #[expect(clippy::new_without_default, reason = "a story is begun, not defaulted to")]
    pub fn new() -> Self
    where
        W::Policy: Default,
    {
        Self::policy(W::Policy::default())
    }

    /// Nothing happened yet, under these rules.
    pub fn policy(policy: W::Policy) -> Self {
        let actor = Actor::Applicant("applicant".into());
        Self { policy, instance: INSTANCE, actor, now: START, state: W::default() }
    }

    /// The story is about this instance.
    #[must_use]
    pub fn instance(mut self, instance: InstanceId) -> Self {
        self.instance = instance;
        self
    }

    /// It is `now`: for events given next, and for the next command.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// So much time passes.
    #[must_use]
    pub fn after(mut self, time: Duration) -> Self {
        self.now = self.now + time;
        self
    }

    /// These were recorded, now.
    #[must_use]
    pub fn events(mut self, events: impl IntoIterator<Item = W::Event>) -> Self {
        let now = self.now;
        self.state = events.into_iter().fold(self.state, |state, event| state.evolve(&event, now));
        self
    }

    /// Who asks.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// The answer to an effect of this instance is what asks.
    #[must_use]
    pub fn by_performer(self) -> Self {
        let actor = performer(self.instance);
        self.by(actor)
    }

    /// `person` asks, who holds the task.
    ///
    /// # Panics
    /// There is no task.
    #[must_use]
    #[track_caller]
    pub fn by_holder(self, person: &str) -> Self {
        match self.state.task() {
            Some(task) => self.by(Actor::Holder { id: person.into(), task: task.key }),
            None => panic!("nobody holds a task here: there is none in {:#?}", self.state),
        }
    }

    /// The command is sent.
    #[must_use = "claim something about what came of it"]
    pub fn when(self, command: impl Into<W::Command>) -> Then<W> {
        self.send(command.into())
    }

    /// The deadline is due and fires: at its time, or now if that is later.
    ///
    /// # Panics
    /// There is no deadline.
    #[must_use = "claim something about what came of it"]
    #[track_caller]
    pub fn when_due(mut self) -> Then<W> {
        let Some((due, command)) = self.state.deadline() else {
            panic!("there is no deadline to fire in {:#?}", self.state)
        };
        self.now = self.now.max(due);
        let asking = std::mem::replace(&mut self.actor, Actor::Timer);
        let mut then = self.send(command);
        then.story.actor = asking;
        then
    }

    fn send(mut self, command: W::Command) -> Then<W> {
        let sent = format!("{command:?}");
        let cx = Context { now: self.now, policy: &self.policy, instance: self.instance, actor: &self.actor };
        let outcome = self.state.decide(command, &cx).map(|events| {
            let next = fold(&self.state, &events, self.now);
            // Effects are asked of the state after the whole decision, once per event.
            let effects = events.iter().flat_map(|event| next.react(event)).collect();
            self.state = next;
            Accepted { events, effects }
        });
        Then { story: self, sent, outcome, expected: false }
    }
}

impl<W: Workflow> Debug for Given<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given")
            .field("now", &self.now)
            .field("actor", &self.actor)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
