//! The smallest workflow that shows a doubled or lost command: a sum.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sealwright_engine::{Call, Context, EffectKey, Outcome, Performer, Phase, Timestamp, Workflow};
use serde::{Deserialize, Serialize};

/// A sum.
#[derive(Clone, Default, Debug, PartialEq)]
pub struct Tally(pub u64);

/// What it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Add so much.
    Add(u64),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// So much was added.
    Added(u64),
}

/// What is wanted outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Ring the bell.
    Ring,
}

/// It refuses nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum Never {}

impl Workflow for Tally {
    const NAME: &'static str = "tally";
    type Policy = ();
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Never;

    fn decide(&self, Command::Add(much): Command, _: &Context<'_, ()>) -> Result<Vec<Event>, Never> {
        Ok(vec![Event::Added(much)])
    }

    fn evolve(self, Event::Added(much): &Event, _: Timestamp) -> Self {
        Self(self.0 + much)
    }

    fn react(&self, _: &Event) -> Vec<Effect> {
        vec![Effect::Ring]
    }

    fn phase(&self) -> Phase {
        Phase::Open("counting")
    }
}

/// Rings, and counts by effect. Clones are the same bell.
#[derive(Clone, Default)]
pub struct Bell(Arc<Mutex<BTreeMap<EffectKey, u32>>>);

impl Bell {
    /// How often it rang for each effect.
    pub fn rang(&self) -> BTreeMap<EffectKey, u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Performer<Tally> for Bell {
    async fn perform(&self, call: Call<Tally>) -> Outcome<Command> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(call.key).or_insert(0) += 1;
        Outcome::Done(None)
    }
}
