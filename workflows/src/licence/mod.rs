//! A licence: it admits applications, one at a time, and carries its document through life.
//!
//! One instance per licence, with a random id that the vault finds by a keyed hash of the number. Version
//! numbers count up and are never used twice; the version in the labels is the only live one, so there is at
//! most one live credential whatever order effects are performed in.
//!
//! ```text
//! Reserve -> reserved -> Issue -> ordered: Prepare -> IntentRecorded -> Sign -> Issued -> active
//!    | refused: nothing is recorded         | a loss of standing, a newer record: abandoned
//! active <-> suspended, hidden (office and register each by their own word) -> invalid
//!    | the record changed, a key was withdrawn, an operator: ordered again, as another version
//! ```
//!
//! A licence without a document, an order or an open application waits for nobody, and so does one whose
//! document ended: those two phases, `none` and `invalid`, are closed and have no deadline. They still take
//! commands; a new application opens them again. A document in force is compared with the register
//! once a year even if nothing else happens to it.

mod answer;
mod application;
mod evolve;
mod messages;
mod operator;
mod outward;
mod register;
mod renewal;
mod samples;
mod state;
mod timer;
mod upcast;

pub use messages::*;
pub use samples::{samples, steady_samples};
pub use state::{Admission, Document, Intent, Licence, Life, Order, Stage, Standing, Turn};

use sealwright_engine::{Actor, Context, Labels, Phase, Timestamp, Workflow};

use crate::policy::Policy;

/// Whether an id was computed from a name (UUID versions 3 and 5): then whoever guesses the name has it.
pub(crate) fn is_derived(id: uuid::Uuid) -> bool {
    matches!(id.get_version_num(), 3 | 5)
}

type Cx<'a> = Context<'a, Policy>;
type Decision = Result<Vec<Event>, Rejection>;

impl Workflow for Licence {
    const NAME: &'static str = "licence";
    const SCHEMA: u16 = 3;

    type Policy = Policy;
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Rejection;

    fn decide(&self, command: Command, cx: &Cx<'_>) -> Decision {
        let own_door = match (&command, cx.actor) {
            (Command::Application(_) | Command::Answer(_), Actor::Performer(_)) => true,
            // A push comes in by HTTP, a look-up by an effect, a sweep by a schedule.
            (
                Command::Register(_) | Command::Upkeep(_),
                Actor::Performer(_) | Actor::Schedule { .. } | Actor::Operator(_),
            ) => true,
            (Command::Timer(_), Actor::Timer) => true,
            (Command::Operator(_), Actor::Operator(_)) => true,
            (
                Command::Application(_)
                | Command::Register(_)
                | Command::Answer(_)
                | Command::Timer(_)
                | Command::Operator(_)
                | Command::Upkeep(_),
                _,
            ) => false,
        };
        if !own_door {
            return Err(Rejection::WrongDoor { actor: cx.actor.door().into() });
        }
        match command {
            Command::Application(command) => self.asked_by_application(command, cx),
            Command::Register(command) => self.told_by_register(command, cx),
            Command::Answer(answer) => self.answered(answer, cx),
            Command::Timer(timer) => self.timer(timer, cx),
            Command::Operator(command) => self.operator(command, cx),
            Command::Upkeep(upkeep) => self.upkeep(upkeep, cx),
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

    fn upcast(schema: u16, event: serde_json::Value) -> serde_json::Value {
        match schema {
            1 => upcast::from_1(event),
            // Schema 3 has a form more as well, which nothing older names.
            2 => upcast::from_2(event),
            _ => event,
        }
    }
}
