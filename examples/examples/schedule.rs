//! A schedule: each tick begins an instance, once, however many nodes there are.
//!
//! `cargo run -p sealwright-examples --example schedule`

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt;
use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::{MemoryStore, Position};
use sealwright_engine::{Context, Engine, Misfire, Phase, Schedule, Tick, Timestamp, Workflow};
use serde::{Deserialize, Serialize};

/// A report that is made at each tick.
#[derive(Clone, Default, Debug, PartialEq)]
struct Report(Option<Timestamp>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Make {
    as_of: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Made {
    as_of: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("never")]
enum Never {}

impl Workflow for Report {
    const NAME: &'static str = "report";
    type Policy = ();
    type Command = Make;
    type Event = Made;
    type Effect = ();
    type Rejection = Never;

    fn decide(&self, make: Make, _: &Context<'_, ()>) -> Result<Vec<Made>, Never> {
        Ok(vec![Made { as_of: make.as_of }])
    }

    fn evolve(self, made: &Made, _: Timestamp) -> Self {
        Self(Some(made.as_of))
    }

    fn phase(&self) -> Phase {
        Phase::Closed("made")
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Second, minute, hour, day, month, weekday; on the wall clock of the zone.
    let nightly = Schedule::new("nightly", "0 30 2 * * *", "Europe/Berlin", Misfire::Once)?;
    println!("half past two in Berlin, around the night in which it does not exist:");
    for tick in nightly.after("2026-03-27T12:00:00Z".parse()?).take(3) {
        println!("  {tick}");
    }
    let mistake = Schedule::new("nightly", "30 2 * * *", "Europe/Berlin", Misfire::Once);
    println!("five fields: {}", mistake.expect_err("refused"));

    // Every second, on two nodes over one store.
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let node = || {
        let every_second = Schedule::new("every-second", "* * * * * *", "UTC", Misfire::All)?;
        let builder = Engine::builder(store.clone()).workflow::<Report>((), ());
        let make = |tick: &Tick| Make { as_of: tick.due };
        anyhow::Ok(builder.schedule::<Report>(every_second, make).start())
    };
    let (one, other) = (node()?.await?, node()?.await?);
    let ticks = one.watch(Position::default()).take(3);
    let mut seen = BTreeSet::new();
    for committed in ticks.collect::<Vec<_>>().await {
        let body = committed?.body;
        println!("{} {:?}", body.at, body.actor);
        seen.insert(body.instance);
    }
    other.stop().await;
    one.stop().await;
    assert_eq!(seen.len(), 3, "each tick is an instance of its own");
    let fired = one.store().feed_end().await?.0;
    let reports = one.store().census("report").await?;
    assert_eq!(reports, [("made".to_owned(), true, fired)], "and was fired once");
    Ok(())
}
