//! A vendor who is slow, sometimes broken, and bills for every order: retry, poll, and one key.
//!
//! `cargo run -p sealwright-examples --example vendor`

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::MemoryStore;
use sealwright_engine::{
    Actor, Backoff, Call, CommandId, Context, Engine, Envelope, InstanceId, Outcome, Performer, Phase, Terms,
    Timestamp, Workflow,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Default, Debug, PartialEq)]
struct Check(Option<Event>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Command {
    Begin,
    Answer { score: u8 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Begun,
    Passed,
    Failed { score: u8 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Effect {
    AskVendor,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("never")]
enum Never {}

impl Workflow for Check {
    const NAME: &'static str = "check";
    type Policy = u8; // The score that is enough.
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Never;

    fn decide(&self, command: Command, cx: &Context<'_, u8>) -> Result<Vec<Event>, Never> {
        Ok(match (&self.0, command) {
            (None, Command::Begin) => vec![Event::Begun],
            (Some(Event::Begun), Command::Answer { score }) if score >= *cx.policy => vec![Event::Passed],
            (Some(Event::Begun), Command::Answer { score }) => vec![Event::Failed { score }],
            // A late or second answer changes nothing.
            _ => vec![],
        })
    }

    fn evolve(self, event: &Event, _: Timestamp) -> Self {
        Self(Some(event.clone()))
    }

    fn phase(&self) -> Phase {
        match &self.0 {
            None => Phase::Open("new"),
            Some(Event::Begun) => Phase::Open("at_the_vendor"),
            Some(Event::Passed) => Phase::Closed("passed"),
            Some(Event::Failed { .. }) => Phase::Closed("failed"),
        }
    }

    fn react(&self, event: &Event) -> Vec<Effect> {
        matches!(event, Event::Begun).then_some(Effect::AskVendor).into_iter().collect()
    }
}

/// The vendor's side: orders by the key that we give them. Down at first, then slow.
#[derive(Clone, Default)]
struct Vendor(Arc<Mutex<(u32, BTreeMap<String, u32>)>>);

impl Performer<Check> for Vendor {
    async fn perform(&self, call: Call<Check>) -> Outcome<Command> {
        let (calls, orders) = &mut *self.0.lock().expect("nobody panics with the vendor's lock");
        *calls += 1;
        if *calls <= 2 {
            println!("attempt {}: the vendor is down", call.attempts + 1);
            return Outcome::Retry("503 Service Unavailable".into());
        }
        // The same key on every attempt, short enough for the vendor's order number.
        let asked = orders.entry(call.key.short()).or_insert(0);
        *asked += 1;
        if *asked < 3 {
            println!("order {}: not ready yet", call.key.short());
            return Outcome::Later(call.engine.clock().now() + Duration::from_millis(100));
        }
        println!("order {}: 93", call.key.short());
        Outcome::Done(Some(Command::Answer { score: 93 }))
    }

    fn terms(&self, _kind: &str) -> Terms {
        Terms {
            attempts: 5,
            time: Duration::from_secs(5),
            at_once: 8,
            backoff: Backoff { first: Duration::from_millis(50), ..Backoff::default() },
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let vendor = Vendor::default();
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let builder = Engine::builder(store).workflow::<Check>(vendor.clone(), 80);
    let engine = builder.start().await?;
    let id = InstanceId::new(engine.clock().now());
    let begin = Envelope::new(CommandId::client("1")?, Actor::Applicant("ann".into()), Command::Begin);
    engine.start::<Check>(id, begin).await?;

    let check = engine.follow::<Check>(id).until(|check| check.closed).await?;
    println!("the check has {}", check.phase);
    assert_eq!(check.phase, "passed");
    let (calls, orders) = vendor.0.lock().expect("nobody panics with the vendor's lock").clone();
    assert_eq!((calls, orders.len()), (5, 1), "five calls, one order to pay for");
    engine.stop().await;
    Ok(())
}
