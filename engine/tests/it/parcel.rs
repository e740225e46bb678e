//! A small workflow with everything in it: a parcel that is fetched, carried by a carrier who may
//! be slow or broken, checked by a person, and delivered or sent back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sealwright_engine::{
    Backoff, Call, Context, Labels, Outcome, Performer, Phase, Task, Terms, Timestamp, Workflow,
};
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
    Post { weight: u32 },
    Arrived { weight: u32 },
    Remind,
    Check { accept: bool },
    Recheck,
    Explode,
    Note,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Posted { weight: u32 },
    Reminded,
    ArrivedAtDesk { due: Timestamp },
    Noted,
    Checked { accepted: bool },
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

impl Workflow for Parcel {
    const NAME: &'static str = "parcel";
    type Policy = u32;
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Rejection;

    fn decide(&self, command: Command, cx: &Context<'_, u32>) -> Result<Vec<Event>, Rejection> {
        use sealwright_engine::Actor;
        match (self, command) {
            (_, Command::Explode) => panic!("boom"),
            (Parcel::New, Command::Post { weight }) if weight > *cx.policy => {
                Err(Rejection::TooHeavy(weight))
            }
            (Parcel::New, Command::Post { weight }) => Ok(vec![Event::Posted { weight }]),
            (Parcel::OnItsWay { .. }, Command::Arrived { .. }) => Ok(vec![Event::ArrivedAtDesk {
                due: cx.now + Duration::from_secs(86_400),
            }]),
            (Parcel::OnItsWay { .. }, Command::Remind) => Ok(vec![Event::Reminded]),
            (Parcel::OnItsWay { .. } | Parcel::AtTheDesk { .. }, Command::Note) => Ok(vec![Event::Noted]),
            (Parcel::AtTheDesk { .. }, Command::Check { accept }) => match cx.actor {
                Actor::Holder { .. } => Ok(vec![Event::Checked { accepted: accept }]),
                _ => Err(Rejection::NotYours),
            },
            (Parcel::AtTheDesk { .. }, Command::Recheck) => Ok(vec![Event::ArrivedAtDesk {
                due: cx.now + Duration::from_secs(86_400),
            }]),
            // A late answer.
            (_, Command::Arrived { .. }) => Ok(vec![]),
            _ => Err(Rejection::Elsewhere),
        }
    }

    fn evolve(self, event: &Event, at: Timestamp) -> Self {
        match (self, event) {
            (_, Event::Posted { .. }) => Parcel::OnItsWay {
                since: at,
                reminders: 0,
            },
            (Parcel::OnItsWay { reminders, .. }, Event::Reminded) => Parcel::OnItsWay {
                since: at,
                reminders: reminders.saturating_add(1),
            },
            (Parcel::AtTheDesk { round, .. }, Event::ArrivedAtDesk { due }) => Parcel::AtTheDesk {
                round: round + 1,
                due: *due,
            },
            (_, Event::ArrivedAtDesk { due }) => Parcel::AtTheDesk { round: 1, due: *due },
            (_, Event::Checked { accepted }) => Parcel::Done(*accepted),
            (state, Event::Reminded | Event::Noted) => state,
        }
    }

    fn react(&self, event: &Event) -> Vec<Effect> {
        match event {
            Event::Posted { weight } => vec![Effect::Carry { weight: *weight }],
            Event::Reminded => vec![Effect::Ring],
            Event::Checked { .. } => vec![Effect::Thank],
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
            Parcel::OnItsWay { since, .. } => Some((*since + Duration::from_secs(3_600), Command::Remind)),
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

/// A carrier that can be told how to behave, and counts.
#[derive(Clone, Default)]
pub(crate) struct Carrier {
    pub(crate) calls: Arc<AtomicUsize>,
    pub(crate) thanks: Arc<AtomicUsize>,
    pub(crate) rings: Arc<AtomicUsize>,
    /// How many calls fail before one succeeds; `usize::MAX` for ever.
    pub(crate) failures: Arc<AtomicUsize>,
    /// Weights that are never carried.
    pub(crate) poison: Arc<Mutex<BTreeSet<u32>>>,
    pub(crate) keys: Arc<Mutex<Vec<String>>>,
}

impl Performer<Parcel> for Carrier {
    async fn perform(&self, call: Call<Parcel>) -> Outcome<Command> {
        match call.effect {
            Effect::Thank => {
                self.thanks.fetch_add(1, Ordering::SeqCst);
                Outcome::Done(None)
            }
            Effect::Ring => {
                self.rings.fetch_add(1, Ordering::SeqCst);
                Outcome::Done(None)
            }
            Effect::Carry { weight } => {
                self.calls.fetch_add(1, Ordering::SeqCst);
                self.keys.lock().unwrap().push(call.key.short());
                if self.poison.lock().unwrap().contains(&weight) {
                    panic!("the carrier's van exploded");
                }
                let failures = self.failures.load(Ordering::SeqCst);
                if failures > 0 {
                    self.failures.store(
                        failures.saturating_sub(1).max(failures / usize::MAX),
                        Ordering::SeqCst,
                    );
                    return Outcome::Retry("the road is closed".into());
                }
                Outcome::Done(Some(Command::Arrived { weight }))
            }
        }
    }

    fn terms(&self, _: &str) -> Terms {
        Terms {
            attempts: 4,
            backoff: Backoff {
                jitter: 0.0,
                ..Backoff::default()
            },
            ..Terms::default()
        }
    }
}
