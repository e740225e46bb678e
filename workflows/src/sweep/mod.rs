//! A sweep: one pass over many licences that brings them in step with the register.
//!
//! One instance per sweep. A *changes* sweep goes through what the register says has changed since the last one that
//! finished; a *full* one compares the digests of everything and follows the differences alone. Both go in slices:
//! each is one effect, its count is recorded with its place, and so a crash repeats one slice at most and counts
//! nothing twice. A full sweep records which licences differ before it touches one: after a crash a second comparison
//! would find those that were followed already in step, and count them so.
//!
//! ```text
//! Start -> Enter -> Admitted -> Sweep slice 1 -> Swept [-> Follow -> Followed] [-> rests] -> slice 2 .. -> Leave -> Left
//!             | Occupied: skipped, another one of this kind is under way
//! at any time: Pause, Resume, Cancel
//! ```
//!
//! The place of the last finished sweep is a row that `Enter` reads and holds and `Leave` moves and frees, so that
//! two sweeps of a kind are never under way together. A dry run holds and moves nothing, and follows nobody.

mod answer;
mod counts;
mod evolve;
mod messages;
mod operator;
mod outward;
mod samples;
mod state;
mod timer;

pub use counts::{Cause, Counts, Failure, Tally};
pub use messages::*;
pub use samples::samples;
pub use state::{Course, Ending, FAILURES_KEPT, Step, Sweep};

use sealwright_engine::{Actor, Context, Labels, Phase, Timestamp, Workflow};

use crate::policy::Policy;

type Cx<'a> = Context<'a, Policy>;
type Decision = Result<Vec<Event>, Rejection>;

/// Licences in one slice, at most: those that differ are named in one event, which has a bound.
pub const SLICE: u32 = 500;

/// Licences a second, at most: more than one register and one store carry.
pub const PER_SECOND: u32 = 10_000;

/// Events after which a sweep ends at the next page and leaves the rest to the one after it, below the engine's
/// bound on an instance's life.
pub const EVENTS: u32 = 18_000;

impl Workflow for Sweep {
    const NAME: &'static str = "sweep";

    type Policy = Policy;
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Rejection;

    fn decide(&self, command: Command, cx: &Cx<'_>) -> Decision {
        let own_door = match (&command, cx.actor) {
            (Command::Start(_), Actor::Operator(_) | Actor::Schedule { .. })
            | (Command::Answer(_), Actor::Performer(_))
            | (Command::Timer(_), Actor::Timer)
            | (Command::Operator(_), Actor::Operator(_)) => true,
            (Command::Start(_) | Command::Answer(_) | Command::Timer(_) | Command::Operator(_), _) => false,
        };
        if !own_door {
            return Err(Rejection::WrongDoor { actor: cx.actor.door().into() });
        }
        match command {
            Command::Start(start) => self.start(start, cx),
            Command::Answer(answer) => Ok(self.answered(answer, cx)),
            Command::Timer(timer) => Ok(self.timer(timer, cx)),
            Command::Operator(command) => self.operator(command, cx),
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

    fn labels(&self) -> Labels {
        self.labels_now()
    }
}
