//! Schedules on the running engine: once, by whoever comes first, and misfires as agreed.

use sealwright_engine::store::{MemoryStore, StoreError};
use sealwright_engine::testing::{Cut, TestEngine};
use sealwright_engine::{Engine, InstanceId, Misfire, Schedule, Timestamp};
use std::sync::Arc;

use crate::carrier::Carrier;
use crate::desk::{LIMIT, audited, phase, seconds};
use crate::parcel::{Command, Parcel};

const HOUR: u64 = 3_600;

fn hourly(misfire: Misfire) -> Schedule {
    Schedule::new("hourly", "0 0 * * * *", "UTC", misfire).unwrap()
}

async fn with(misfire: Misfire) -> TestEngine {
    TestEngine::start(move |builder| {
        builder
            .workflow::<Parcel>(Carrier::default(), LIMIT)
            .schedule::<Parcel>(hourly(misfire), |_| Command::Post { weight: 1 })
    })
    .await
}

/// The hours after noon whose tick was fired.
async fn fired(engine: &TestEngine) -> Vec<i64> {
    let noon = Timestamp::from_secs(1_772_452_800);
    let mut fired = Vec::new();
    for hour in 0..100 {
        let due = noon + seconds(hour * HOUR);
        let tick = InstanceId::of_tick("hourly", due);
        if engine.view::<Parcel>(tick).await.unwrap().is_some() {
            fired.push(hour as i64);
        }
    }
    fired
}

#[tokio::test]
async fn a_new_schedule_begins_now_and_fires_every_tick_once() {
    let engine = with(Misfire::Once).await;
    engine.advance(seconds(5 * HOUR + 60)).await;
    assert_eq!(fired(&engine).await, [1, 2, 3, 4, 5]);
    let tick = InstanceId::of_tick("hourly", Timestamp::from_secs(1_772_452_800) + seconds(HOUR));
    assert_eq!(phase(&engine, tick).await, "at_the_desk");
    assert_eq!(audited(&engine).await, 10);
}

#[tokio::test]
async fn missed_ticks_are_skipped_or_fired_once_or_all_as_the_policy_says() {
    for (misfire, expected) in [
        (Misfire::Skip, vec![1, 8]),
        (Misfire::Once, vec![1, 7, 8]),
        (Misfire::All, vec![1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        let mut engine = with(misfire).await;
        engine.advance(seconds(HOUR + 60)).await;
        engine.crash().await;
        // Nobody is there for six hours.
        engine.clock().advance(seconds(6 * HOUR + 60));
        engine.crash_and_recover().await;
        engine.advance(seconds(HOUR)).await;
        assert_eq!(fired(&engine).await, expected, "{misfire:?}");
    }
}

#[tokio::test]
async fn more_missed_ticks_than_fit_into_one_round_are_all_fired_if_all_are_wanted() {
    let engine = with(Misfire::All).await;
    engine.run_until_idle().await;
    engine.sleep_through(seconds(99 * HOUR)).await;
    assert_eq!(fired(&engine).await.len(), 99);
}

#[tokio::test]
async fn two_nodes_fire_a_tick_once() {
    let engine = with(Misfire::All).await;
    let other = engine.another_node().await;
    tokio::join!(engine.run_until_idle(), engine.settle(&other));
    engine.clock().advance(seconds(50 * HOUR));
    tokio::join!(engine.run_until_idle(), engine.settle(&other));
    assert_eq!(fired(&engine).await.len(), 50);
    assert_eq!(audited(&engine).await, 100);
}

#[tokio::test]
async fn a_crash_between_a_tick_and_its_record_fires_it_once() {
    for cut in [Cut::Before, Cut::After] {
        for n in 0..6 {
            let mut engine = with(Misfire::All).await;
            engine.run_until_idle().await;
            engine.cut_power_at(n, cut);
            engine.clock().advance(seconds(2 * HOUR));
            engine.run_until_idle_or_dark().await;
            engine.crash_and_recover().await;
            assert_eq!(fired(&engine).await, [1, 2], "cut {n} {cut:?}");
            assert_eq!(audited(&engine).await, 4);
        }
    }
}

#[tokio::test]
async fn a_tick_whose_command_panics_disturbs_nobody_and_is_fired_when_it_does_not() {
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let inside = broken.clone();
    let engine = TestEngine::start(move |builder| {
        let broken = inside.clone();
        let other = Schedule::new("other", "0 30 * * * *", "UTC", Misfire::All).unwrap();
        builder
            .workflow::<Parcel>(Carrier::default(), LIMIT)
            .schedule::<Parcel>(hourly(Misfire::All), move |_| {
                assert!(!broken.load(std::sync::atomic::Ordering::SeqCst), "broken");
                Command::Post { weight: 1 }
            })
            .schedule::<Parcel>(other, |_| Command::Post { weight: 1 })
    })
    .await;
    engine.run_until_idle().await;
    engine.sleep_through(seconds(3 * HOUR)).await;
    assert_eq!(engine.store().feed_end().await.unwrap().0, 6, "three half hours, posted and carried");
    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    engine.advance(seconds(60)).await;
    assert_eq!(fired(&engine).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_tick_that_the_workflow_refuses_is_over() {
    let engine = TestEngine::start(move |builder| {
        builder
            .workflow::<Parcel>(Carrier::default(), LIMIT)
            .schedule::<Parcel>(hourly(Misfire::All), |_| Command::Post { weight: LIMIT + 1 })
    })
    .await;
    engine.advance(seconds(3 * HOUR)).await;
    assert_eq!(engine.store().feed_end().await.unwrap().0, 0);
    assert_eq!(
        engine.store().last_tick("hourly").await.unwrap(),
        Some(Timestamp::from_secs(1_772_452_800) + seconds(3 * HOUR))
    );
}

#[tokio::test]
async fn an_engine_does_not_start_with_a_schedule_that_cannot_work() {
    let store = || Arc::new(MemoryStore::new(Arc::new(sealwright_engine::clock::SystemClock)));
    let why = |started: Result<Engine, StoreError>| match started {
        Err(StoreError::Failed(why)) => why,
        other => panic!("{:?}", other.map(|_| ())),
    };
    let post = |_: &sealwright_engine::Tick| Command::Post { weight: 1 };
    let alone = Engine::builder(store()).schedule::<Parcel>(hourly(Misfire::Once), post);
    assert!(why(alone.start().await).contains("workflow `parcel`, which is not registered"));
    let twice = Engine::builder(store())
        .workflow::<Parcel>(Carrier::default(), LIMIT)
        .schedule::<Parcel>(hourly(Misfire::Once), post)
        .schedule::<Parcel>(hourly(Misfire::Skip), post);
    assert!(why(twice.start().await).contains("two schedules are named `hourly`"));
}
