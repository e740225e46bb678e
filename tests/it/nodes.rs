//! Two engines on one store, taking the same commands.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sealwright_engine::clock::ManualClock;
use sealwright_engine::store::{EffectQuery, EffectState, InstanceQuery};
use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Actor, CommandId, Engine, Envelope, InstanceId, Misfire, Schedule};
use sealwright_tests::cluster::shared_ground;
use sealwright_tests::tally::{Bell, Command, Tally};
use sealwright_tests::town::{Ground, MONDAY};

const TALLIES: u64 = 100;
const COMMANDS: u64 = 100;

struct Pair {
    one: TestEngine,
    other: Engine,
    bell: Bell,
}

/// Two engines that ring one bell, each on a connection of its own where the store has connections.
async fn pair(ground: Ground) -> Pair {
    let clock = ManualClock::at(MONDAY);
    let bell = Bell::default();
    let register = {
        let bell = bell.clone();
        move |builder: sealwright_engine::Builder| {
            let hourly = Schedule::new("hourly", "0 0 * * * *", "Asia/Shanghai", Misfire::All).unwrap();
            let begin = |_: &sealwright_engine::Tick| Command::Add(1);
            builder.workflow::<Tally>(bell.clone(), ()).schedule::<Tally>(hourly, begin)
        }
    };
    let first = ground.open(Arc::new(clock.clone())).await.store;
    let one = TestEngine::start_on(first, clock.clone(), register.clone()).await;
    let other = match ground {
        Ground::Memory => one.another_node().await,
        _ => {
            let second = ground.open(Arc::new(clock.clone())).await.store;
            register(Engine::builder(second).clock(Arc::new(clock))).start().await.unwrap()
        }
    };
    Pair { one, other, bell }
}

fn add(n: u64) -> Envelope<Command> {
    let id = CommandId::client(&format!("add-{n}")).unwrap();
    Envelope::new(id, Actor::Operator("clerk".into()), Command::Add(n))
}

/// Every command goes to both nodes at the same moment.
async fn ten_thousand_duplicates(pair: &Pair) {
    let ids: Vec<_> = (0..TALLIES).map(|_| InstanceId::new(MONDAY)).collect();
    for n in 1..=COMMANDS {
        let sends = ids.iter().map(async |id| {
            let on = async |engine: &Engine| engine.send_or_start::<Tally>(*id, add(n)).await.unwrap();
            let (left, right) = tokio::join!(on(&pair.one), on(&pair.other));
            assert_eq!(left.version, right.version, "one outcome");
            assert!(left.repeated != right.repeated, "one node carried it out: {left:?} {right:?}");
        });
        join_all(sends).await;
    }
    pair.one.run_until_idle().await;
    pair.one.settle(&pair.other).await;
    for id in &ids {
        let stored = pair.one.store().load(*id).await.unwrap().unwrap();
        assert_eq!(stored.journal.len() as u64, COMMANDS, "each command once");
        for engine in [&*pair.one, &pair.other] {
            let view = engine.view::<Tally>(*id).await.unwrap().unwrap();
            assert_eq!(view.state, Tally(COMMANDS * (COMMANDS + 1) / 2));
        }
    }
    let rang = pair.bell.rang();
    assert_eq!(rang.len() as u64, TALLIES * COMMANDS, "every effect was performed");
    assert!(rang.values().all(|times| *times == 1), "and none twice while both nodes live");
    let audit = pair.one.audit(|_| {}).await.unwrap();
    assert_eq!((audit.findings, audit.rows), (vec![], TALLIES * COMMANDS));
    nothing_waits(&pair.one).await;
}

async fn nothing_waits(engine: &Engine) {
    let due = EffectQuery { state: Some(EffectState::Due), limit: 9, ..EffectQuery::default() };
    assert_eq!(engine.store().effects(&due).await.unwrap(), vec![]);
}

/// Both nodes' calendars have the same schedule.
async fn ticks_fire_once(pair: &Pair, hours: u64) {
    for _ in 0..hours {
        pair.one.clock().advance(Duration::from_secs(3_600));
        tokio::join!(pair.one.run_until_idle(), pair.one.settle(&pair.other));
    }
    let query = InstanceQuery { limit: 500, ..InstanceQuery::default() };
    let ticks = pair.one.store().list(&query).await.unwrap();
    assert_eq!(ticks.len() as u64, hours, "one instance a tick");
    assert!(ticks.iter().all(|tick| tick.version == 1), "begun once");
    // Time jumps an hour, so each node takes the other for dead and may ring for it: by key it is once.
    assert_eq!(pair.bell.rang().len() as u64, hours);
}

#[tokio::test]
async fn on_memory_ten_thousand_commands_to_both_nodes_have_one_outcome_each() {
    ten_thousand_duplicates(&pair(Ground::Memory).await).await;
}

#[tokio::test]
async fn on_postgres_ten_thousand_commands_to_both_nodes_have_one_outcome_each() {
    ten_thousand_duplicates(&pair(shared_ground()).await).await;
}

#[tokio::test]
async fn on_memory_a_tick_fires_once_on_two_nodes() {
    ticks_fire_once(&pair(Ground::Memory).await, 240).await;
}

#[tokio::test]
async fn on_postgres_a_tick_fires_once_on_two_nodes() {
    ticks_fire_once(&pair(shared_ground()).await, 48).await;
}
