//! An application for the electronic licence, from the first click to the issued document.
//!
//! ```text
//! Begin -> record (register) -> gate -> admission (licence) -> the steps of the path:
//!   retained         information -> liveness -> submit ------------------------------> issue -> issued
//!   camera, album    information -> liveness -> notice -> photo -> preview -> submit
//!                      ^                                    ^         |
//!                      | a newer record                     | fixable v
//!                      +------------------ recheck <- approved -- photo_review -> refused, barred
//! ```
//!
//! Whoever is waited for, somebody is woken: the applicant is reminded and then let go, an overdue review
//! nags, a register, vendor or licence that stays away raises alerts at growing intervals, for ever.
//! The applicant can withdraw until the document is ordered. On every other end than issue the admission
//! is given back to the licence, also if the licence gives it only afterwards.

mod actions;
mod answer;
mod applicant;
mod course;
mod evolve;
mod gate;
mod messages;
mod moot;
mod operator;
mod outward;
mod refusal;
mod reviewer;
mod samples;
mod state;
mod timer;
mod verdict;
mod waiting;

pub use messages::*;
pub use outward::{LEAD, PHOTO_QUEUE, REVIEWER};
pub use refusal::Refusal;
pub use samples::{samples, steady_samples};
pub use state::{Admission, Application, Case, Ending, Outcome, Patience, Plan, Seen};
pub use waiting::{Answerer, Review, Session, Silence, Stage, Vote, Waiting};

use sealwright_engine::{Actor, Context, Labels, Phase, Task, Timestamp, Workflow};

use crate::policy::Policy;

type Cx<'a> = Context<'a, Policy>;
type Decision = Result<Vec<Event>, Rejection>;

impl Workflow for Application {
    const NAME: &'static str = "application";

    type Policy = Policy;
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Rejection;

    fn decide(&self, command: Command, cx: &Cx<'_>) -> Decision {
        let wrong_door = || Err(Rejection::WrongDoor { actor: cx.actor.door().into() });
        match (command, cx.actor) {
            (Command::Applicant(command), Actor::Applicant(who)) => self.applicant(command, who, cx),
            (Command::Reviewer(Reviewer::Undo), Actor::Reviewer { id, .. }) => self.undo(id, cx),
            (Command::Reviewer(Reviewer::Undo), _) => wrong_door(),
            (Command::Reviewer(command), Actor::Holder { id, task }) => self.reviewer(command, id, task, cx),
            (Command::Reviewer(_), Actor::Reviewer { .. }) => Err(Rejection::NotHeld),
            (Command::Answer(answer), Actor::Performer(_)) => self.answered(answer, cx),
            (Command::Timer(timer), Actor::Timer) => self.timer(timer, cx),
            (Command::Operator(command), Actor::Operator(_) | Actor::Schedule { .. }) => {
                self.operator(command, cx)
            }
            (
                Command::Applicant(_)
                | Command::Reviewer(_)
                | Command::Answer(_)
                | Command::Timer(_)
                | Command::Operator(_),
                _,
            ) => wrong_door(),
        }
    }

    fn evolve(self, event: &Event, at: Timestamp) -> Self {
        self.after(event, at)
    }

    fn phase(&self) -> Phase {
        self.phase_now()
    }

    fn react(&self, event: &Event) -> Vec<Effect> {
        self.reaction(event)
    }

    fn moot(&self, effect: &Effect) -> bool {
        self.is_moot(effect)
    }

    fn deadline(&self) -> Option<(Timestamp, Command)> {
        let (at, timer) = self.next_timer()?;
        Some((at, Command::Timer(timer)))
    }

    fn task(&self) -> Option<Task> {
        self.task_now()
    }

    fn labels(&self) -> Labels {
        self.labels_now()
    }
}
