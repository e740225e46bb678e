//! A small workflow with everything in it: a parcel that is fetched, carried by a carrier who may
//! be slow or broken, checked by a person, and delivered or sent back.

use std::collections::BTreeSet;
use std::time::Duration;

use sealwright_engine::{Actor, Context, Labels, Phase, Task, Timestamp, Workflow};
use serde::{Deserialize, Serialize};

#[derive(Clone, Default, Debug, PartialEq)]
pub(crate) enum Parcel {
    #[default]
    New,
    OnItsWay {
        since: Timestamp,
        reminders: u8,
    },
    AtTheDesk {
        round: u8,
        due: Timestamp,
    },
    Done(bool),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    Post {
        weight: u32,
    },
    Arrived {
        weight: u32,
    },
    Remind,
    Check {
        accept: bool,
    },
    Recheck,
    Explode,
    /// A bug while it is on its way, and nothing special at the desk.
    Weigh,
    Note,
    Say(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Posted { weight: u32 },
    Reminded,
    ArrivedAtDesk { due: Timestamp },
    Noted,
    Checked { accepted: bool },
    LostForGood,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Carry { weight: u32 },
    Ring,
    Thank,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rejection {
    #[error("the parcel is elsewhere")]
    Elsewhere,
    #[error("{0} kg is too heavy")]
    TooHeavy(u32),
    #[error("only who holds the task may check")]
    NotYours,
}

/// After so many reminders a parcel is lost.
pub(crate) const REMINDERS: u8 = 3;
/// Time to the next reminder.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

impl Workflow for Parcel {
    const NAME: &'static str = "parcel";
    type Policy = u32;
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Rejection;

    fn decide(&self, command: Command, cx: &Context<'_, u32>) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (_, Command::Explode) => panic!("boom"),
            (Parcel::OnItsWay { .. }, Command::Weigh) => panic!("no scales on the road"),
            (Parcel::AtTheDesk { .. }, Command::Weigh) => Ok(vec![Event::Noted]),
            (Parcel::New, Command::Post { weight }) if weight > *cx.policy => {
                Err(Rejection::TooHeavy(weight))
            }
            (Parcel::New, Command::Post { weight }) => Ok(vec![Event::Posted { weight }]),
            (Parcel::OnItsWay { .. }, Command::Arrived { weight }) if weight > *cx.policy => {
                Err(Rejection::TooHeavy(weight))
            }
            (Parcel::OnItsWay { .. }, Command::Arrived { .. }) => {
                Ok(vec![Event::ArrivedAtDesk { due: cx.now + DAY }])
            }
            // Late, the harder consequence comes at once, not all reminders in a row.
            (Parcel::OnItsWay { since, reminders }, Command::Remind)
                if *reminders >= REMINDERS || cx.now >= *since + PATIENCE * 10 =>
            {
                Ok(vec![Event::LostForGood])
            }
            (Parcel::OnItsWay { .. }, Command::Remind) => Ok(vec![Event::Reminded]),
            (Parcel::OnItsWay { .. } | Parcel::AtTheDesk { .. }, Command::Note | Command::Say(_)) => {
                Ok(vec![Event::Noted])
            }
            (Parcel::AtTheDesk { .. }, Command::Check { accept }) => match cx.actor {
                Actor::Holder { .. } => Ok(vec![Event::Checked { accepted: accept }]),
                _ => Err(Rejection::NotYours),
            },
            (Parcel::AtTheDesk { .. }, Command::Recheck) => {
                Ok(vec![Event::ArrivedAtDesk { due: cx.now + DAY }])
            }
            // A late answer.
            (_, Command::Arrived { .. }) => Ok(vec![]),
            _ => Err(Rejection::Elsewhere),
        }
    }

    fn evolve(self, event: &Event, at: Timestamp) -> Self {
        match (self, event) {
            (_, Event::Posted { .. }) => Parcel::OnItsWay { since: at, reminders: 0 },
            (Parcel::OnItsWay { reminders, .. }, Event::Reminded) => {
                Parcel::OnItsWay { since: at, reminders: reminders.saturating_add(1) }
            }
            (Parcel::AtTheDesk { round, .. }, Event::ArrivedAtDesk { due }) => {
                Parcel::AtTheDesk { round: round + 1, due: *due }
            }
            (_, Event::ArrivedAtDesk { due }) => Parcel::AtTheDesk { round: 1, due: *due },
            (_, Event::Checked { accepted }) => Parcel::Done(*accepted),
            (_, Event::LostForGood) => Parcel::Done(false),
            (state, Event::Reminded | Event::Noted) => state,
        }
    }

    fn react(&self, event: &Event) -> Vec<Effect> {
        match event {
            Event::Posted { weight } => vec![Effect::Carry { weight: *weight }],
            Event::Reminded => vec![Effect::Ring],
            Event::Checked { .. } | Event::LostForGood => vec![Effect::Thank],
            Event::ArrivedAtDesk { .. } | Event::Noted => vec![],
        }
    }

    fn moot(&self, effect: &Effect) -> bool {
        matches!(effect, Effect::Ring) && !matches!(self, Parcel::OnItsWay { .. })
    }

    fn phase(&self) -> Phase {
        match self {
            Parcel::New => Phase::Open("new"),
            Parcel::OnItsWay { .. } => Phase::Open("on_its_way"),
            Parcel::AtTheDesk { .. } => Phase::Open("at_the_desk"),
            Parcel::Done(_) => Phase::Closed("done"),
        }
    }

    fn deadline(&self) -> Option<(Timestamp, Command)> {
        match self {
            Parcel::OnItsWay { since, .. } => Some((*since + PATIENCE, Command::Remind)),
            _ => None,
        }
    }

    fn task(&self) -> Option<Task> {
        match self {
            Parcel::AtTheDesk { round, due } => Some(Task {
                key: format!("check-{round}"),
                queue: "desk".into(),
                due: *due,
                roles: BTreeSet::from(["clerk".into()]),
                excluded: BTreeSet::new(),
                reserved: None,
            }),
            _ => None,
        }
    }

    fn labels(&self) -> Labels {
        match self {
            Parcel::Done(accepted) => Labels::none().with("accepted", accepted),
            _ => Labels::none(),
        }
    }
}
