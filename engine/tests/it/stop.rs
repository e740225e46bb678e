//! Stopping: what is under way ends or is given back, and the thread is gone.

use std::time::Duration;

use futures_util::StreamExt;
use sealwright_engine::store::{EffectState, Position};
use sealwright_engine::{InstanceId, SendError};

use crate::carrier::{Carrier, Deed};
use crate::desk::{effects, envelope, phase, post, send, view, with};
use crate::parcel::{Command, Parcel};

#[tokio::test]
async fn an_effect_in_flight_ends_before_the_engine_does() {
    let carrier = Carrier::default();
    carrier.close();
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    carrier.until_under_way(1).await;
    let (stopping, seen) = ((*engine).clone(), (*engine).clone());
    let stopped = tokio::spawn(async move { stopping.stop_within(Duration::from_secs(3_600)).await });
    // From the moment on at which nobody is let in any more.
    while view_of(&seen, id).await.is_ok() {
        tokio::task::yield_now().await;
    }
    carrier.open();
    stopped.await.unwrap();
    let row = effects(&engine, id).await.remove(0);
    assert_eq!(row.state, EffectState::Settled);
    assert_eq!(engine.history(id).await.unwrap().len(), 2, "its answer was taken");
}

async fn view_of(
    engine: &sealwright_engine::Engine,
    id: InstanceId,
) -> Result<(), SendError<crate::parcel::Rejection>> {
    engine.view::<Parcel>(id).await.map(|_| ())
}

#[tokio::test]
async fn one_that_hangs_is_cut_spends_no_attempt_and_is_performed_by_the_next_engine_at_once() {
    let carrier = Carrier::told([Deed::Hang]);
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    carrier.until_under_way(1).await;
    engine.stop_within(Duration::from_millis(10)).await;
    carrier.until_idle().await;
    let row = effects(&engine, id).await.remove(0);
    assert_eq!((row.state, row.attempts, row.leased_to), (EffectState::Due, 0, None));
    let before = engine.now();
    let next = engine.another_node().await;
    engine.settle(&next).await;
    assert_eq!(phase(&next, id).await, "at_the_desk");
    assert_eq!(engine.now(), before, "no lease had to end");
}

#[tokio::test]
async fn an_effect_that_fails_because_the_engine_stops_has_spent_no_attempt() {
    let carrier = Carrier::told([Deed::Fail]);
    carrier.close();
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    carrier.until_under_way(1).await;
    let stopping = (*engine).clone();
    let stopped = tokio::spawn(async move { stopping.stop_within(Duration::from_secs(3_600)).await });
    while view_of(&engine, id).await.is_ok() {
        tokio::task::yield_now().await;
    }
    carrier.open();
    stopped.await.unwrap();
    let row = effects(&engine, id).await.remove(0);
    assert_eq!((row.state, row.attempts, row.leased_to), (EffectState::Due, 0, None));
}

#[tokio::test]
async fn after_a_stop_the_answer_is_that_it_stopped_and_a_second_stop_is_fine() {
    let engine = with(&Carrier::default()).await;
    let id = post(&engine, 3).await;
    engine.run_until_idle().await;
    engine.stop().await;
    assert_eq!(send(&engine, id, "1", Command::Note).await, Err(SendError::Stopped));
    let start = engine.start::<Parcel>(InstanceId::new(engine.now()), envelope("1", Command::Note)).await;
    assert_eq!(start, Err(SendError::Stopped));
    assert_eq!(view_of(&engine, id).await, Err(SendError::Stopped));
    tokio::join!(engine.stop(), engine.stop());
    assert_eq!((engine.passivate().await, engine.live_instances().await), (0, 0));
}

#[tokio::test]
async fn what_was_let_in_before_the_stop_is_answered() {
    let engine = with(&Carrier::default()).await;
    let posts: Vec<_> = (0..200)
        .map(|_| {
            let (engine, id) = ((*engine).clone(), InstanceId::new(engine.now()));
            tokio::spawn(async move {
                engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 3 })).await
            })
        })
        .collect();
    tokio::task::yield_now().await;
    engine.stop().await;
    let mut begun = 0;
    for post in posts {
        match post.await.unwrap() {
            Ok(_) => begun += 1,
            Err(refusal) => assert_eq!(refusal, SendError::Stopped),
        }
    }
    let decided = engine.store().feed_end().await.unwrap().0;
    assert!(begun > 0 && decided >= begun, "{begun} promised, {decided} decided");
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_engine_and_gives_back_what_it_had() {
    let carrier = Carrier::told([Deed::Hang]);
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    carrier.until_under_way(1).await;
    let store = engine.store().clone();
    let clone = (*engine).clone();
    let mut watching = Box::pin(clone.watch(Position::default()));
    assert!(watching.next().await.is_some());
    drop(engine);
    assert_eq!(view(&clone, id).await.version, 1, "a handle is left");
    drop(clone);
    // The performer is cut short, the stream ends, and the thread lets go of the store.
    carrier.until_idle().await;
    assert!(watching.next().await.is_none());
    drop(watching);
    while std::sync::Arc::strong_count(&store) > 1 {
        tokio::task::yield_now().await;
    }
    let query = sealwright_engine::store::EffectQuery { limit: 10, ..Default::default() };
    let row = store.effects(&query).await.unwrap().remove(0);
    assert_eq!((row.attempts, row.leased_to), (0, None));
}
