//! A depot that posts parcels: effects of one instance that send commands to others.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use sealwright_engine::{
    Call, Context, Envelope, InstanceId, Outcome, Performer, Phase, SendError, Timestamp, Workflow,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::parcel::{self, Parcel};

#[derive(Clone, Default, Debug, PartialEq)]
pub(crate) struct Depot {
    pub(crate) waiting: BTreeSet<InstanceId>,
    pub(crate) posted: BTreeSet<InstanceId>,
    pub(crate) refused: BTreeSet<InstanceId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    Load(Vec<(InstanceId, u32)>),
    Posted(InstanceId),
    Refused(InstanceId),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Loaded(Vec<(InstanceId, u32)>),
    Posted(InstanceId),
    Refused(InstanceId),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Post { parcel: InstanceId, weight: u32 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("never")]
pub(crate) enum Never {}

impl Workflow for Depot {
    const NAME: &'static str = "depot";
    type Policy = ();
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Never;

    fn decide(&self, command: Command, _: &Context<'_, ()>) -> Result<Vec<Event>, Never> {
        Ok(match command {
            Command::Load(parcels) => vec![Event::Loaded(parcels)],
            Command::Posted(parcel) => vec![Event::Posted(parcel)],
            Command::Refused(parcel) => vec![Event::Refused(parcel)],
        })
    }

    fn evolve(mut self, event: &Event, _: Timestamp) -> Self {
        match event {
            Event::Loaded(parcels) => self.waiting.extend(parcels.iter().map(|(parcel, _)| *parcel)),
            Event::Posted(parcel) => {
                self.waiting.remove(parcel);
                self.posted.insert(*parcel);
            }
            Event::Refused(parcel) => {
                self.waiting.remove(parcel);
                self.refused.insert(*parcel);
            }
        }
        self
    }

    fn phase(&self) -> Phase {
        Phase::Open(if self.waiting.is_empty() { "empty" } else { "loaded" })
    }

    fn react(&self, event: &Event) -> Vec<Effect> {
        let Event::Loaded(parcels) = event else { return vec![] };
        let post = |(parcel, weight): &(InstanceId, u32)| Effect::Post { parcel: *parcel, weight: *weight };
        parcels.iter().map(post).collect()
    }
}

/// Posts what the depot asks for, under the effect's own id.
#[derive(Clone, Default)]
pub(crate) struct Clerk {
    /// If set, what comes waits here until it is let go.
    pub(crate) held: Option<Arc<Mutex<Vec<oneshot::Sender<()>>>>>,
    /// How many sends are done and then forgotten: the clerk says that it did not work.
    pub(crate) forgetful: Arc<Mutex<u32>>,
}

impl Performer<Depot> for Clerk {
    async fn perform(&self, call: Call<Depot>) -> Outcome<Command> {
        if let Some(held) = &self.held {
            let (go, gone) = oneshot::channel();
            held.lock().unwrap().push(go);
            let _ = gone.await;
        }
        let Effect::Post { parcel, weight } = call.effect;
        let command = parcel::Command::Post { weight };
        let envelope = Envelope::new(call.command_id(), call.actor(), command);
        let sent = call.engine.send_or_start::<Parcel>(parcel, envelope).await;
        {
            let mut forgetful = self.forgetful.lock().unwrap();
            if *forgetful > 0 {
                *forgetful -= 1;
                return Outcome::Retry("where was I?".into());
            }
        }
        match sent {
            Ok(_) => Outcome::Done(Some(Command::Posted(parcel))),
            Err(SendError::Rejected(_)) => Outcome::Done(Some(Command::Refused(parcel))),
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }
}
