//! The smallest workflow: a greeting that is returned once.
//!
//! `cargo run -p sealwright-examples --example hello`

use std::sync::Arc;

use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::MemoryStore;
use sealwright_engine::{
    Actor, CommandId, Context, Engine, Envelope, InstanceId, Phase, Timestamp, Workflow,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Default, Debug, PartialEq)]
enum Greeting {
    #[default]
    Silent,
    Greeted,
    Returned,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Command {
    Greet,
    Return,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Greeted,
    Returned,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("not now: the greeting is {0}")]
struct NotNow(String);

impl Workflow for Greeting {
    const NAME: &'static str = "greeting";
    type Policy = ();
    type Command = Command;
    type Event = Event;
    type Effect = ();
    type Rejection = NotNow;

    fn decide(&self, command: Command, _: &Context<'_, ()>) -> Result<Vec<Event>, NotNow> {
        match (self, command) {
            (Greeting::Silent, Command::Greet) => Ok(vec![Event::Greeted]),
            (Greeting::Greeted, Command::Return) => Ok(vec![Event::Returned]),
            _ => Err(NotNow(self.phase().name().into())),
        }
    }

    fn evolve(self, event: &Event, _: Timestamp) -> Self {
        match event {
            Event::Greeted => Greeting::Greeted,
            Event::Returned => Greeting::Returned,
        }
    }

    fn phase(&self) -> Phase {
        match self {
            Greeting::Silent => Phase::Open("silent"),
            Greeting::Greeted => Phase::Open("greeted"),
            Greeting::Returned => Phase::Closed("returned"),
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let engine = Engine::builder(store).workflow::<Greeting>((), ()).start().await?;
    let id = InstanceId::new(engine.clock().now());
    // A client makes its own command ids, so that it can send again without doing again.
    let say = |key: &str, command| {
        let key = CommandId::client(key)?;
        anyhow::Ok(Envelope::new(key, Actor::Applicant("ann".into()), command))
    };

    let greeted = engine.start::<Greeting>(id, say("1", Command::Greet)?).await?;
    println!("greeted: version {}, {}", greeted.version, greeted.phase);

    let again = engine.start::<Greeting>(id, say("1", Command::Greet)?).await?;
    println!("sent again: version {}, repeated: {}", again.version, again.repeated);
    assert!(again.repeated && again.version == 1);

    let returned = engine.send::<Greeting>(id, say("2", Command::Return)?).await?;
    println!("returned: {}, closed: {}", returned.phase, returned.closed);

    let refused = engine.send::<Greeting>(id, say("3", Command::Return)?).await;
    println!("once more: {}", refused.expect_err("a greeting is returned once"));
    assert_eq!(engine.history(id).await?.len(), 2, "a refusal leaves nothing");
    engine.stop().await;
    Ok(())
}
