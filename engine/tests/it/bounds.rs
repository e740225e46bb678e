//! Every queue has a bound, and says so.

use futures_util::FutureExt;
use futures_util::future::join_all;
use sealwright_engine::testing::TestEngine;
use sealwright_engine::{InstanceId, SendError, limits};

use crate::carrier::{Carrier, Deed};
use crate::desk::{LIMIT, envelope, post, seconds, send, view, with};
use crate::parcel::{Command, Parcel};

/// An engine whose parcels stay on their way.
async fn quiet() -> TestEngine {
    let carrier = Carrier::default();
    carrier.always(Deed::Later(seconds(1_000_000)));
    carrier.terms(|terms| terms.at_once = 1);
    with(&carrier).await
}

#[tokio::test]
async fn the_door_lets_in_so_many_commands_and_answers_busy_to_the_next() {
    let engine = quiet().await;
    engine.hold_writes();
    let start = || {
        let id = InstanceId::new(engine.now());
        Box::pin(engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 3 })))
    };
    let mut inside = Vec::new();
    for _ in 0..limits::COMMANDS_IN_FLIGHT {
        let mut start = start();
        assert!((&mut start).now_or_never().is_none());
        inside.push(start);
    }
    assert_eq!(start().await, Err(SendError::Busy(limits::POLL)));
    engine.let_writes_go();
    assert!(join_all(inside).await.iter().all(Result::is_ok));
    assert!(start().await.is_ok());
}

#[tokio::test]
async fn senders_that_gave_up_keep_their_place_until_their_work_is_gone_so_memory_is_bounded() {
    let engine = quiet().await;
    let mut ids = Vec::new();
    for _ in 0..limits::COMMANDS_IN_FLIGHT / limits::COMMANDS_PER_INSTANCE {
        ids.push(post(&engine, 3).await);
    }
    engine.hold_writes();
    let mut patient = Vec::new();
    for id in &ids {
        let mut first = Box::pin(send(&engine, *id, "first", Command::Note));
        assert!((&mut first).now_or_never().is_none());
        patient.push(first);
        for n in 1..limits::COMMANDS_PER_INSTANCE {
            let key = n.to_string();
            let mut note = Box::pin(send(&engine, *id, &key, Command::Note));
            assert!((&mut note).now_or_never().is_none());
        }
    }
    let other = InstanceId::new(engine.now());
    let next = || engine.start::<Parcel>(other, envelope("1", Command::Post { weight: 3 }));
    assert_eq!(next().await, Err(SendError::Busy(limits::POLL)), "they are gone, and still inside");
    engine.let_writes_go();
    engine.run_until_idle().await;
    next().await.unwrap();
    for (id, first) in ids.iter().zip(patient) {
        assert_eq!(first.await.unwrap().version, 2);
        assert_eq!(view(&engine, *id).await.version, 2, "what nobody waits for is not begun");
    }
}

#[tokio::test]
async fn one_instance_has_a_queue_of_its_own_bound() {
    let engine = quiet().await;
    let (id, other) = (post(&engine, 3).await, post(&engine, 3).await);
    engine.hold_writes();
    let keys: Vec<_> = (0..limits::COMMANDS_PER_INSTANCE).map(|n| n.to_string()).collect();
    let mut queue = Vec::new();
    for key in &keys {
        let mut note = Box::pin(send(&engine, id, key, Command::Note));
        assert!((&mut note).now_or_never().is_none());
        queue.push(note);
    }
    let next = send(&engine, id, "one-too-many", Command::Note).await;
    assert_eq!(next, Err(SendError::Busy(limits::POLL)));
    assert_eq!(view(&engine, other).await.version, 1, "others are served");
    engine.let_writes_go();
    assert!(join_all(queue).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_command_that_is_too_large_is_refused_before_it_goes_anywhere() {
    let engine = with(&Carrier::default()).await;
    let id = post(&engine, 3).await;
    engine.run_until_idle().await;
    let before = engine.writes();
    let text = |bytes| Command::Say("x".repeat(bytes));
    let over = send(&engine, id, "1", text(limits::COMMAND_BYTES)).await.unwrap_err();
    assert!(matches!(over, SendError::TooLarge(bytes) if bytes > limits::COMMAND_BYTES));
    assert_eq!(engine.writes(), before);
    send(&engine, id, "1", text(limits::COMMAND_BYTES - 100)).await.unwrap();
}

#[tokio::test]
async fn ten_thousand_instances_live_in_the_places_of_a_hundred() {
    let carrier = Carrier::default();
    let inside = carrier.clone();
    let engine = TestEngine::start(move |builder| {
        builder.workflow::<Parcel>(inside.clone(), LIMIT).live_instances(100)
    })
    .await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        let posts = (0..100).map(|_| post(&engine, 3));
        ids.extend(join_all(posts).await);
    }
    engine.run_until_idle().await;
    assert!(engine.live_instances().await <= 100 + 32);
    let mut versions = Vec::new();
    for some in ids.chunks(500) {
        let notes = some.iter().map(|id| send(&engine, *id, "note", Command::Note));
        versions.extend(join_all(notes).await.into_iter().map(|note| note.unwrap().version));
    }
    assert_eq!(versions, vec![3; 10_000]);
    engine.run_until_idle().await;
    assert_eq!(engine.passivate().await, 0);
    assert_eq!(engine.live_instances().await, 0);
    assert_eq!(view(&engine, ids[4_321]).await.version, 3);
}

#[tokio::test]
async fn a_burst_at_an_instance_that_sleeps_finds_its_whole_queue() {
    for _ in 0..20 {
        let engine = quiet().await;
        let id = post(&engine, 3).await;
        engine.passivate().await;
        let keys: Vec<_> = (0..limits::COMMANDS_PER_INSTANCE).map(|n| n.to_string()).collect();
        let notes = keys.iter().map(|key| send(&engine, id, key, Command::Note));
        assert!(join_all(notes).await.iter().all(Result::is_ok));
    }
}
