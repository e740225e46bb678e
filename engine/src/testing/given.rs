//! Given events, when a command, then events and effects.

use std::fmt::{self, Debug};
use std::time::Duration;

use super::diff;
use crate::door::Actor;
use crate::explore::{INSTANCE, START, fold, performer};
use crate::id::InstanceId;
use crate::time::Timestamp;
use crate::workflow::{Context, Labels, Phase, Task, Workflow};

/// A story so far: what happened, who asks next, and when.
///
/// It starts at [`START`](crate::explore::START) with nothing recorded, and `Applicant("applicant")`
/// asks unless somebody else is named.
///
/// ```ignore
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
    state: W,
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
        Self {
            policy,
            instance: INSTANCE,
            actor,
            now: START,
            state: W::default(),
        }
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
        self.state = events
            .into_iter()
            .fold(self.state, |state, event| state.evolve(&event, now));
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
            Some(task) => self.by(Actor::Holder {
                id: person.into(),
                task: task.key,
            }),
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
        let cx = Context {
            now: self.now,
            policy: &self.policy,
            instance: self.instance,
            actor: &self.actor,
        };
        let outcome = self.state.decide(command, &cx).map(|events| {
            let next = fold(&self.state, &events, self.now);
            // Effects are asked of the state after the whole decision, once per event.
            let effects = events.iter().flat_map(|event| next.react(event)).collect();
            self.state = next;
            Accepted { events, effects }
        });
        Then {
            story: self,
            sent,
            outcome,
            expected: false,
        }
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

struct Accepted<W: Workflow> {
    events: Vec<W::Event>,
    effects: Vec<W::Effect>,
}

/// What came of a command. The events are folded in; a refused command changes nothing.
///
/// Whoever goes on with the story after a refusal must have [expected](Then::rejected) it.
pub struct Then<W: Workflow> {
    story: Given<W>,
    sent: String,
    outcome: Result<Accepted<W>, W::Rejection>,
    expected: bool,
}

impl<W: Workflow> Then<W> {
    /// It recorded exactly these events, in this order.
    #[track_caller]
    pub fn events(self, expected: impl IntoIterator<Item = W::Event>) -> Self {
        let expected: Vec<W::Event> = expected.into_iter().collect();
        let found = &self.accepted().events;
        if *found != expected {
            panic!(
                "{} recorded other events:\n{}",
                self.sent,
                diff::of(&expected, found)
            );
        }
        self
    }

    /// It asked for exactly these effects, in any order.
    #[track_caller]
    pub fn effects(self, expected: impl IntoIterator<Item = W::Effect>) -> Self {
        let expected: Vec<W::Effect> = expected.into_iter().collect();
        let found = &self.accepted().effects;
        let mut surplus: Vec<&W::Effect> = found.iter().collect();
        let mut missing: Vec<&W::Effect> = Vec::new();
        for effect in &expected {
            match surplus.iter().position(|found| *found == effect) {
                Some(n) => drop(surplus.swap_remove(n)),
                None => missing.push(effect),
            }
        }
        if !missing.is_empty() || !surplus.is_empty() {
            panic!(
                "{} asked for other effects:\n{}",
                self.sent,
                diff::of(&missing, &surplus)
            );
        }
        self
    }

    /// It was accepted, and nothing changed.
    #[track_caller]
    pub fn nothing(self) -> Self {
        self.events([])
    }

    /// It was refused, for exactly this reason.
    #[track_caller]
    pub fn rejected(mut self, expected: W::Rejection) -> Self {
        match &self.outcome {
            Err(found) if *found == expected => {}
            Err(found) => {
                panic!(
                    "{} was refused for another reason:\n{}",
                    self.sent,
                    diff::of(&expected, found)
                )
            }
            Ok(accepted) => panic!(
                "{} was to be refused with {expected:?}, and was accepted with {:#?}",
                self.sent, accepted.events
            ),
        }
        self.expected = true;
        self
    }

    /// The instance stands here now.
    #[track_caller]
    pub fn phase(self, expected: Phase) -> Self {
        self.compare("phase", &expected, &self.story.state.phase());
        self
    }

    /// The instance will send itself something then.
    #[track_caller]
    pub fn deadline_at(self, expected: Timestamp) -> Self {
        self.compare(
            "deadline",
            &Some(expected),
            &self.story.state.deadline().map(|(due, _)| due),
        );
        self
    }

    /// The instance will send itself nothing.
    #[track_caller]
    pub fn no_deadline(self) -> Self {
        self.compare("deadline", &None, &self.story.state.deadline());
        self
    }

    /// This waits for a person.
    #[track_caller]
    pub fn task(self, expected: Task) -> Self {
        self.compare("task", &Some(expected), &self.story.state.task());
        self
    }

    /// Nothing waits for a person.
    #[track_caller]
    pub fn no_task(self) -> Self {
        self.compare("task", &None, &self.story.state.task());
        self
    }

    /// Lists find the instance by these.
    #[track_caller]
    pub fn labels(self, expected: Labels) -> Self {
        self.compare("labels", &expected, &self.story.state.labels());
        self
    }

    /// This effect is wanted no longer.
    #[track_caller]
    pub fn moot(self, effect: &W::Effect) -> Self {
        assert!(
            self.story.state.moot(effect),
            "{effect:?} is still wanted in {:#?}",
            self.story.state
        );
        self
    }

    /// This effect is still wanted.
    #[track_caller]
    pub fn wanted(self, effect: &W::Effect) -> Self {
        assert!(
            !self.story.state.moot(effect),
            "{effect:?} is moot in {:#?}",
            self.story.state
        );
        self
    }

    /// The state the instance is in.
    #[track_caller]
    pub fn state(self) -> W {
        self.go_on().state
    }

    /// The same actor sends another command.
    #[must_use = "claim something about what came of it"]
    #[track_caller]
    pub fn then_when(self, command: impl Into<W::Command>) -> Then<W> {
        self.go_on().when(command)
    }

    /// The deadline fires next, at its time.
    #[must_use = "claim something about what came of it"]
    #[track_caller]
    pub fn then_when_due(self) -> Then<W> {
        self.go_on().when_due()
    }

    /// Who asks next.
    #[must_use]
    #[track_caller]
    pub fn by(self, actor: Actor) -> Given<W> {
        self.go_on().by(actor)
    }

    /// The answer to an effect of this instance is what asks next.
    #[must_use]
    #[track_caller]
    pub fn by_performer(self) -> Given<W> {
        self.go_on().by_performer()
    }

    /// `person` asks next, who holds the task.
    ///
    /// # Panics
    /// There is no task.
    #[must_use]
    #[track_caller]
    pub fn by_holder(self, person: &str) -> Given<W> {
        self.go_on().by_holder(person)
    }

    /// When the story goes on.
    #[must_use]
    #[track_caller]
    pub fn at(self, now: Timestamp) -> Given<W> {
        self.go_on().at(now)
    }

    /// So much time passes before the story goes on.
    #[must_use]
    #[track_caller]
    pub fn after(self, time: Duration) -> Given<W> {
        self.go_on().after(time)
    }

    #[track_caller]
    fn accepted(&self) -> &Accepted<W> {
        match &self.outcome {
            Ok(accepted) => accepted,
            Err(rejection) => panic!("{} was refused: {rejection} ({rejection:?})", self.sent),
        }
    }

    /// A story that goes on after a refusal nobody expected would be about something else.
    #[track_caller]
    fn go_on(self) -> Given<W> {
        if !self.expected {
            let _ = self.accepted();
        }
        self.story
    }

    #[track_caller]
    fn compare<T: PartialEq + Debug>(&self, what: &str, expected: &T, found: &T) {
        if !self.expected {
            let _ = self.accepted();
        }
        if found != expected {
            panic!(
                "another {what} after {}:\n{}",
                self.sent,
                diff::of(expected, found)
            );
        }
    }
}

impl<W: Workflow> Debug for Then<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then")
            .field("sent", &self.sent)
            .field("story", &self.story)
            .finish_non_exhaustive()
    }
}
