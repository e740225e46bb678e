//! Deadlines: never early, once when late, and nobody held up by one that cannot be fired.

use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Actor, CommandId, Envelope, InstanceId, SendError};
use serde_json::json;

use crate::carrier::{Carrier, Deed};
use crate::desk::{audited, phase, post, redrive, seconds, send, view, with};
use crate::odd::{Command as OddCommand, Mode, Odd, write_row};
use crate::parcel::{Command, PATIENCE};

async fn slow() -> (Carrier, TestEngine) {
    let carrier = Carrier::default();
    carrier.always(Deed::Later(seconds(1_000_000_000)));
    let engine = with(&carrier).await;
    (carrier, engine)
}

async fn odd() -> TestEngine {
    TestEngine::start(|builder| builder.workflow::<Odd>((), ())).await
}

fn order(key: &str, command: OddCommand) -> Envelope<OddCommand> {
    let key = CommandId::client(key).unwrap();
    Envelope::new(key, Actor::Operator("op".into()), command)
}

async fn begin(engine: &TestEngine, mode: Mode) -> InstanceId {
    let id = InstanceId::new(engine.now());
    engine.start::<Odd>(id, order("begin", OddCommand::Begin(mode))).await.unwrap();
    id
}

#[tokio::test]
async fn a_deadline_never_fires_early_and_fires_on_time() {
    let (_, engine) = slow().await;
    let began = engine.now();
    let id = post(&engine, 3).await;
    assert_eq!(view(&engine, id).await.wake_at, Some(began + PATIENCE));
    engine.sleep_through(PATIENCE - std::time::Duration::from_micros(1)).await;
    assert_eq!(view(&engine, id).await.version, 1);
    engine.sleep_through(std::time::Duration::from_micros(1)).await;
    assert_eq!(view(&engine, id).await.version, 2);
    let history = engine.history(id).await.unwrap();
    assert_eq!((history[1].at, history[1].actor.clone()), (began + PATIENCE, Actor::Timer));
}

#[tokio::test]
async fn the_engine_wakes_by_itself_when_a_deadline_comes() {
    let (_, engine) = slow().await;
    let id = post(&engine, 3).await;
    engine.run_until_idle().await;
    // Nobody asks it to look; only the clock moves.
    engine.clock().advance(PATIENCE);
    while view(&engine, id).await.version < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_late_deadline_fires_once_and_with_the_harder_consequence() {
    let (carrier, engine) = slow().await;
    let id = post(&engine, 3).await;
    engine.sleep_through(PATIENCE * 50).await;
    let history = engine.history(id).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(phase(&engine, id).await, "done");
    assert!(carrier.attempts("ring").is_empty());
}

#[tokio::test]
async fn a_deadline_that_the_state_left_behind_does_not_fire() {
    let (_, engine) = slow().await;
    let id = post(&engine, 3).await;
    engine.advance(seconds(3_000)).await;
    send(&engine, id, "1", Command::Arrived { weight: 3 }).await.unwrap();
    engine.advance(PATIENCE * 5).await;
    assert_eq!(view(&engine, id).await.version, 2);
}

#[tokio::test]
async fn two_nodes_fire_a_deadline_once() {
    let (_, engine) = slow().await;
    let other = engine.another_node().await;
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(post(&engine, 3).await);
    }
    engine.clock().advance(PATIENCE);
    tokio::join!(engine.run_until_idle(), engine.settle(&other));
    for id in ids {
        let history = engine.history(id).await.unwrap();
        assert_eq!(history.len(), 2);
    }
    audited(&engine).await;
}

#[tokio::test]
async fn a_deadline_that_neither_moves_nor_vanishes_parks_its_instance() {
    for (mode, versions) in [(Mode::Stays, 2), (Mode::Nothing, 1), (Mode::Refuses, 1), (Mode::Panics, 1)] {
        let engine = odd().await;
        let (stuck, fine) = (begin(&engine, mode).await, begin(&engine, Mode::Moves).await);
        engine.advance(seconds(600)).await;
        let seen = engine.view::<Odd>(stuck).await.unwrap().unwrap();
        assert_eq!(seen.version, versions, "{mode:?}");
        let reason = seen.parked.unwrap();
        assert!(reason.contains("neither moved nor vanished") || reason.contains("panicked"), "{reason}");
        assert_eq!(engine.parked(10).await.unwrap().instances.len(), 1);
        assert_eq!(engine.view::<Odd>(fine).await.unwrap().unwrap().version, 11, "every minute");
    }
}

#[tokio::test]
async fn a_parked_instance_fires_nothing_until_it_is_redriven_and_then_goes_on() {
    let (carrier, engine) = slow().await;
    let id = post(&engine, 3).await;
    let explosion = send(&engine, id, "1", Command::Explode).await;
    assert!(matches!(explosion, Err(SendError::Parked(_))), "{explosion:?}");
    engine.advance(PATIENCE * 3).await;
    assert_eq!(view(&engine, id).await.version, 1);
    assert_eq!(redrive(&engine).await, 1);
    engine.run_until_idle().await;
    assert_eq!(view(&engine, id).await.version, 2, "the reminder, late");
    assert_eq!(carrier.attempts("ring").len(), 1);
    engine.advance(PATIENCE).await;
    assert_eq!(view(&engine, id).await.version, 3);
}

#[tokio::test]
async fn an_instance_that_cannot_be_read_does_not_hold_up_others_nor_keep_the_engine_busy() {
    let engine = odd().await;
    let due = engine.now() + seconds(30);
    let unreadable = InstanceId::new(engine.now());
    write_row(&**engine.store(), unreadable, 1, 9, json!([{"begun": "moves"}]), Some(due)).await;
    let fine = begin(&engine, Mode::Moves).await;
    engine.advance(seconds(600)).await;
    assert_eq!(engine.view::<Odd>(fine).await.unwrap().unwrap().version, 11);
    let refused = engine.view::<Odd>(unreadable).await;
    assert!(matches!(refused, Err(SendError::Unreadable(_))), "{refused:?}");
    assert!(refused.unwrap_err().is_transient(), "another node, or a newer program, may read it");
}

#[tokio::test]
async fn more_deadlines_than_fit_into_one_round_all_fire() {
    let engine = odd().await;
    let count = sealwright_engine::limits::DEADLINES_PER_ROUND * 2 + 10;
    for _ in 0..count {
        begin(&engine, Mode::Moves).await;
    }
    engine.sleep_through(seconds(60)).await;
    assert_eq!(engine.store().feed_end().await.unwrap().0, 2 * count as u64);
}
