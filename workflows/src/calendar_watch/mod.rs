//! A look whether the working days are there that due dates will need: one instance per look, over at once.
//!
//! The State Council publishes next year's paper between October and December (`domain.md` 2.10). From 1 November on
//! each look that finds none wakes an operator; how often is the schedule's matter.

use std::time::Duration;

use sealwright_engine::explore::Samples;
use sealwright_engine::{Actor, Context, Labels, Phase, Timestamp, Workflow};
use serde::{Deserialize, Serialize};

use crate::policy::Policy;

/// A look at the calendar.
#[derive(Clone, Default, PartialEq, Debug)]
pub enum CalendarWatch {
    /// Nobody looked yet.
    #[default]
    New,
    /// Everything that is needed is there.
    Covered,
    /// A year is missing.
    Missing {
        /// Which.
        year: i32,
        /// Since when that is known by this look.
        at: Timestamp,
    },
}

/// What it is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Look.
    Look,
}

/// What it records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Everything that is needed is there.
    Covered,
    /// A year is missing.
    Missing {
        /// Which.
        year: i32,
    },
}

/// What it wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Wake an operator. No answer.
    AlertOperator {
        /// The year whose working days are missing.
        year: i32,
        /// When it was looked.
        since: Timestamp,
    },
}

/// Why it refuses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The command came through another door than its own.
    #[error("the door `{actor}` does not lead to this command; an operator or a schedule looks")]
    WrongDoor {
        /// The door it came through.
        actor: String,
    },
    /// It looked before.
    #[error("this look is over; look again under a fresh id")]
    Over,
}

impl Workflow for CalendarWatch {
    const NAME: &'static str = "calendar_watch";

    type Policy = Policy;
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Rejection;

    fn decide(&self, command: Command, cx: &Context<'_, Policy>) -> Result<Vec<Event>, Rejection> {
        match (cx.actor, self, command) {
            (Actor::Schedule { .. } | Actor::Operator(_), CalendarWatch::New, Command::Look) => {
                let missing = cx.policy.calendar.missing_from(cx.policy.day_of(cx.now));
                Ok(vec![missing.map_or(Event::Covered, |year| Event::Missing { year })])
            }
            (Actor::Schedule { .. } | Actor::Operator(_), _, Command::Look) => Err(Rejection::Over),
            (actor, ..) => Err(Rejection::WrongDoor { actor: actor.door().into() }),
        }
    }

    fn evolve(self, event: &Event, at: Timestamp) -> Self {
        match *event {
            Event::Covered => CalendarWatch::Covered,
            Event::Missing { year } => CalendarWatch::Missing { year, at },
        }
    }

    fn phase(&self) -> Phase {
        match self {
            CalendarWatch::New => Phase::Open("new"),
            CalendarWatch::Covered => Phase::Closed("covered"),
            CalendarWatch::Missing { .. } => Phase::Closed("missing"),
        }
    }

    fn react(&self, _event: &Event) -> Vec<Effect> {
        match *self {
            CalendarWatch::Missing { year, at } => vec![Effect::AlertOperator { year, since: at }],
            CalendarWatch::New | CalendarWatch::Covered => vec![],
        }
    }

    fn labels(&self) -> Labels {
        match self {
            CalendarWatch::Missing { year, .. } => Labels::none().with("year", year),
            CalendarWatch::New | CalendarWatch::Covered => Labels::none(),
        }
    }
}

/// Who may look: for the laws and the diagram. A year passes, and its working days are missing.
pub fn samples() -> Samples<CalendarWatch> {
    Samples::new(Policy::default())
        .steps([60, 400 * 86_400].map(Duration::from_secs))
        .send(Actor::Operator("ops".into()), Command::Look)
        .send(Actor::Schedule { name: "calendar".into(), due: Timestamp::EPOCH }, Command::Look)
}
