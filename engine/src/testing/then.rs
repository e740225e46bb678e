//! What a test claims about the outcome of a command.

use std::fmt::{self, Debug};
use std::time::Duration;

use super::diff;
use super::given::Given;
use crate::door::Actor;
use crate::time::Timestamp;
use crate::workflow::{Labels, Phase, Task, Workflow};

/// What an accepted command came to.
pub(super) struct Accepted<W: Workflow> {
    pub(super) events: Vec<W::Event>,
    pub(super) effects: Vec<W::Effect>,
}

/// What came of a command. The events are folded in; a refused command changes nothing.
///
/// Whoever goes on with the story after a refusal must have [expected](Then::rejected) it.
pub struct Then<W: Workflow> {
    pub(super) story: Given<W>,
    pub(super) sent: String,
    pub(super) outcome: Result<Accepted<W>, W::Rejection>,
    /// Whether the refusal, if it is one, was what the test wanted.
    pub(super) expected: bool,
}

impl<W: Workflow> Then<W> {
    /// It recorded exactly these events, in this order.
    #[track_caller]
    pub fn events(self, expected: impl IntoIterator<Item = W::Event>) -> Self {
        let expected: Vec<W::Event> = expected.into_iter().collect();
        let found = &self.accepted().events;
        if *found != expected {
            panic!("{} recorded other events:\n{}", self.sent, diff::of(&expected, found));
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
            panic!("{} asked for other effects:\n{}", self.sent, diff::of(&missing, &surplus));
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
                panic!("{} was refused for another reason:\n{}", self.sent, diff::of(&expected, found))
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
        self.compare("deadline", &Some(expected), &self.story.state.deadline().map(|(due, _)| due));
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
        assert!(self.story.state.moot(effect), "{effect:?} is still wanted in {:#?}", self.story.state);
        self
    }

    /// This effect is still wanted.
    #[track_caller]
    pub fn wanted(self, effect: &W::Effect) -> Self {
        assert!(!self.story.state.moot(effect), "{effect:?} is moot in {:#?}", self.story.state);
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
            panic!("another {what} after {}:\n{}", self.sent, diff::of(expected, found));
        }
    }
}

impl<W: Workflow> Debug for Then<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then").field("sent", &self.sent).field("story", &self.story).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Arc, Mutex, PoisonError};

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::workflow::Context;

    #[derive(Clone, Default, Debug, PartialEq)]
    struct Bell(u32);

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
    #[error("too early")]
    struct TooEarly;

    impl Workflow for Bell {
        const NAME: &'static str = "bell";
        type Policy = ();
        type Command = bool;
        type Event = u32;
        type Effect = u32;
        type Rejection = TooEarly;

        fn decide(&self, ring: bool, _: &Context<'_, ()>) -> Result<Vec<u32>, TooEarly> {
            if ring { Ok(vec![self.0]) } else { Err(TooEarly) }
        }

        fn evolve(self, _: &u32, _: Timestamp) -> Self {
            Bell(self.0 + 1)
        }

        fn phase(&self) -> Phase {
            Phase::Open("quiet")
        }
    }

    #[test]
    fn a_complaint_points_at_the_line_of_the_test() {
        let place = Arc::new(Mutex::new(0));
        let (seen, before, me) = (place.clone(), std::panic::take_hook(), std::thread::current().id());
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == me {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) =
                    panic.location().map_or(0, |at| at.line());
            } else {
                before(panic);
            }
        }));
        let rung = || Given::<Bell>::new().when(true);
        let refused = || Given::<Bell>::new().when(false);
        let line = |story: &dyn Fn()| {
            catch_unwind(AssertUnwindSafe(story)).unwrap_err();
            *place.lock().unwrap()
        };
        let first = line!();
        let lines = [
            line(&|| _ = rung().events([7])),
            line(&|| _ = rung().effects([7])),
            line(&|| _ = rung().nothing()),
            line(&|| _ = rung().rejected(TooEarly)),
            line(&|| _ = rung().phase(Phase::Closed("quiet"))),
            line(&|| _ = rung().deadline_at(Timestamp::EPOCH)),
            line(&|| _ = refused().events([0])),
            line(&|| _ = refused().state()),
            line(&|| _ = refused().then_when(true)),
            line(&|| _ = Given::<Bell>::new().when_due()),
            line(&|| _ = Given::<Bell>::new().by_holder("ann")),
        ];
        let expected: Vec<u32> = (0..11).map(|n| first + 2 + n).collect();
        assert_eq!(lines.to_vec(), expected);
    }
}
