//! A deadline is a function of the state: it moves by itself, survives a restart, and cannot be
//! forgotten or cancelled wrongly.
//!
//! `cargo run -p sealwright-examples --example deadline`

use std::sync::Arc;
use std::time::Duration;

use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::MemoryStore;
use sealwright_engine::{
    Actor, CommandId, Context, Engine, Envelope, InstanceId, Phase, Timestamp, Workflow,
};
use serde::{Deserialize, Serialize};

/// A loan of a book: two reminders, then it counts as lost.
#[derive(Clone, Default, Debug, PartialEq)]
struct Loan {
    due: Option<Timestamp>,
    reminders: u8,
    over: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Command {
    Lend,
    GiveBack,
    Overdue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Lent { due: Timestamp },
    Reminded { due: Timestamp },
    GivenBack,
    Lost,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("the loan is over")]
struct Over;

impl Workflow for Loan {
    const NAME: &'static str = "loan";
    type Policy = Duration; // From one reminder to the next.
    type Command = Command;
    type Event = Event;
    type Effect = ();
    type Rejection = Over;

    fn decide(&self, command: Command, cx: &Context<'_, Duration>) -> Result<Vec<Event>, Over> {
        let due = cx.now + *cx.policy;
        match (self.over, command) {
            (Some(_), _) => Err(Over),
            (None, Command::Lend) => Ok(vec![Event::Lent { due }]),
            (None, Command::GiveBack) => Ok(vec![Event::GivenBack]),
            // After a long outage the harder consequence comes at once, not every reminder in a row.
            (None, Command::Overdue) if self.reminders >= 2 || self.is_late(cx.now, *cx.policy) => {
                Ok(vec![Event::Lost])
            }
            (None, Command::Overdue) => Ok(vec![Event::Reminded { due }]),
        }
    }

    fn evolve(mut self, event: &Event, _: Timestamp) -> Self {
        match event {
            Event::Lent { due } => self.due = Some(*due),
            Event::Reminded { due } => (self.due, self.reminders) = (Some(*due), self.reminders + 1),
            Event::GivenBack => (self.due, self.over) = (None, Some("given_back")),
            Event::Lost => (self.due, self.over) = (None, Some("lost")),
        }
        self
    }

    fn phase(&self) -> Phase {
        self.over.map_or(Phase::Open("lent"), Phase::Closed)
    }

    fn deadline(&self) -> Option<(Timestamp, Command)> {
        Some((self.due?, Command::Overdue))
    }
}

impl Loan {
    fn is_late(&self, now: Timestamp, pace: Duration) -> bool {
        self.due.is_some_and(|due| now.since(due) > 3 * pace)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let start = || {
        let builder = Engine::builder(store.clone());
        builder.workflow::<Loan>((), Duration::from_millis(200)).start()
    };
    let engine = start().await?;
    let envelope = |key: &str, command| {
        let key = CommandId::client(key)?;
        anyhow::Ok(Envelope::new(key, Actor::Applicant("reader".into()), command))
    };
    let (kept, returned) = (InstanceId::new(engine.clock().now()), InstanceId::new(engine.clock().now()));
    for book in [kept, returned] {
        engine.start::<Loan>(book, envelope("lend", Command::Lend)?).await?;
    }
    engine.send::<Loan>(returned, envelope("back", Command::GiveBack)?).await?;

    // The engine stops; the deadline is a column in the store, and the next engine fires it.
    engine.stop().await;
    let engine = start().await?;
    engine.follow::<Loan>(kept).until(|loan| loan.closed).await?;
    let mut firings = Vec::new();
    for body in engine.history(kept).await? {
        println!("{} {:<9} {}", body.at, body.actor.door(), body.events);
        firings.extend((body.actor == Actor::Timer).then_some(body.at));
    }
    assert_eq!(firings.len(), 3, "two reminders and the loss");
    let apart = firings.windows(2).all(|pair| pair[1].since(pair[0]) >= Duration::from_millis(200));
    assert!(apart, "never early");
    assert_eq!(engine.history(returned).await?.len(), 2, "the deadline left with its state");
    engine.stop().await;
    Ok(())
}
