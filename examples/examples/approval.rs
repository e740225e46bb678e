//! A person decides: a task in a queue, a lease, and what happens if nobody comes.
//!
//! `cargo run -p sealwright-examples --example approval`

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::{MemoryStore, TaskClaim};
use sealwright_engine::{
    Actor, CommandId, Context, Engine, Envelope, InstanceId, Phase, Task, Timestamp, Workflow,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Default, Debug, PartialEq)]
enum Leave {
    #[default]
    New,
    Asked {
        until: Timestamp,
    },
    Decided(Event),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Command {
    Ask { days: u8 },
    Approve,
    Lapse,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Asked { days: u8, until: Timestamp },
    Approved { by: String },
    Lapsed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
enum No {
    #[error("at most 30 days")]
    TooLong,
    #[error("only who holds the task may approve")]
    NotYours,
    #[error("there is nothing to decide")]
    NothingToDecide,
}

impl Workflow for Leave {
    const NAME: &'static str = "leave";
    type Policy = Duration; // How long an approver has.
    type Command = Command;
    type Event = Event;
    type Effect = ();
    type Rejection = No;

    fn decide(&self, command: Command, cx: &Context<'_, Duration>) -> Result<Vec<Event>, No> {
        match (self, command) {
            (Leave::New, Command::Ask { days: 31.. }) => Err(No::TooLong),
            (Leave::New, Command::Ask { days }) => {
                let until = cx.now + *cx.policy;
                Ok(vec![Event::Asked { days, until }])
            }
            // `complete` alone makes a holder, and its commit checks the lease.
            (Leave::Asked { .. }, Command::Approve) => match cx.actor {
                Actor::Holder { id, .. } => Ok(vec![Event::Approved { by: id.clone() }]),
                _ => Err(No::NotYours),
            },
            (Leave::Asked { .. }, Command::Lapse) => Ok(vec![Event::Lapsed]),
            _ => Err(No::NothingToDecide),
        }
    }

    fn evolve(self, event: &Event, _: Timestamp) -> Self {
        match event {
            Event::Asked { until, .. } => Leave::Asked { until: *until },
            decided => Leave::Decided(decided.clone()),
        }
    }

    fn phase(&self) -> Phase {
        match self {
            Leave::New => Phase::Open("new"),
            Leave::Asked { .. } => Phase::Open("asked"),
            Leave::Decided(Event::Approved { .. }) => Phase::Closed("approved"),
            Leave::Decided(_) => Phase::Closed("lapsed"),
        }
    }

    fn task(&self) -> Option<Task> {
        let Leave::Asked { until } = self else { return None };
        Some(Task {
            key: "approve".into(),
            queue: "leave".into(),
            due: *until,
            roles: BTreeSet::from(["lead".into()]),
            excluded: BTreeSet::new(),
            reserved: None,
        })
    }

    fn deadline(&self) -> Option<(Timestamp, Command)> {
        let Leave::Asked { until } = self else { return None };
        Some((*until, Command::Lapse))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let patience = Duration::from_millis(300);
    let builder = Engine::builder(store).workflow::<Leave>((), patience);
    let engine = builder.start().await?;
    let ask = |days| {
        let key = CommandId::client("ask")?;
        anyhow::Ok(Envelope::new(key, Actor::Applicant("ann".into()), Command::Ask { days }))
    };
    let (first, second) = (InstanceId::new(engine.clock().now()), InstanceId::new(engine.clock().now()));
    engine.start::<Leave>(first, ask(5)?).await?;

    let claim = |who: &str| TaskClaim {
        queue: Some("leave".into()),
        instance: None,
        who: who.into(),
        roles: BTreeSet::from(["lead".into()]),
        time: Duration::from_secs(60),
    };
    let (task, lease) = engine.claim(&claim("bob")).await?.expect("somebody asked");
    println!("bob has task `{}`, due {}", task.task.key, task.task.due);
    assert!(engine.claim(&claim("eve")).await?.is_none(), "one person at a time");

    let bystander = Actor::Operator("eve".into());
    let plain = Envelope::new(CommandId::client("eve")?, bystander, Command::Approve);
    println!("eve without the lease: {}", engine.send::<Leave>(first, plain).await.expect_err("refused"));
    let done = engine.complete::<Leave>(&lease, CommandId::client("bob")?, Command::Approve).await?;
    println!("bob: {}", done.phase);
    assert_eq!(done.phase, "approved");

    // Nobody takes the second one, so it sends itself the command of its deadline.
    let mut feed = std::pin::pin!(engine.watch(engine.store().feed_end().await?));
    engine.start::<Leave>(second, ask(2)?).await?;
    use futures_util::StreamExt;
    while let Some(committed) = feed.next().await {
        let body = committed?.body;
        println!("{} by the {}: {}", body.at, body.actor.door(), body.events);
        if body.actor == Actor::Timer {
            break;
        }
    }
    let seen = engine.view::<Leave>(second).await?.expect("it was asked for");
    assert_eq!((seen.phase, seen.wake_at), ("lapsed", None));
    engine.stop().await;
    Ok(())
}
