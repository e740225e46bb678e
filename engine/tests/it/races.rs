//! Many at once: few commits, one outcome each, and no refusal from an old cache.

use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Engine, InstanceId, SendError, limits};

use crate::carrier::{Carrier, Deed};
use crate::desk::{audited, envelope, post, seconds, send, view, with};
use crate::parcel::{Command, Parcel, Rejection};

async fn quiet() -> TestEngine {
    let carrier = Carrier::default();
    carrier.always(Deed::Later(seconds(1_000_000)));
    carrier.terms(|terms| terms.at_once = 1);
    with(&carrier).await
}

#[tokio::test]
async fn commands_to_different_instances_share_a_commit() {
    let engine = quiet().await;
    let before = engine.writes();
    let posts = (0..1_000).map(|_| async {
        let id = InstanceId::new(engine.now());
        engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 3 })).await.unwrap()
    });
    let receipts = futures_util::future::join_all(posts).await;
    assert!(receipts.iter().all(|receipt| receipt.version == 1));
    let batches = engine.writes() - before;
    // Two full batches would do; the first ones are small because nothing waits for them to fill.
    assert!(batches <= 1_000 / 20, "{batches} commits for 1,000 decisions");
}

#[tokio::test]
async fn commands_to_one_instance_keep_their_order_one_a_commit() {
    let engine = quiet().await;
    let id = post(&engine, 3).await;
    let notes = (0..limits::COMMANDS_PER_INSTANCE / 2).map(|n| {
        let engine = &engine;
        async move { send(engine, id, &n.to_string(), Command::Note).await.unwrap().version }
    });
    let versions = futures_util::future::join_all(notes).await;
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!(audited(&engine).await, 1 + versions.len() as u64);
}

#[tokio::test]
async fn a_thousand_duplicates_on_two_nodes_have_one_outcome_each() {
    let engine = quiet().await;
    let other = engine.another_node().await;
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(post(&engine, 3).await);
    }
    // 1,000 commands, each sent to both nodes at the same time.
    let mut sends = tokio::task::JoinSet::new();
    for n in 0..1_000 {
        let id = ids[n % ids.len()];
        for node in [(*engine).clone(), other.clone()] {
            sends.spawn(async move { (n, insist(&node, id, n).await) });
        }
    }
    let mut outcomes = vec![Vec::new(); 1_000];
    while let Some(sent) = sends.join_next().await {
        let (n, version) = sent.unwrap();
        outcomes[n].push(version);
    }
    assert!(outcomes.iter().all(|both| both.len() == 2 && both[0] == both[1]));
    assert_eq!(audited(&engine).await, 50 + 1_000);
}

async fn insist(node: &Engine, id: InstanceId, n: usize) -> u64 {
    loop {
        match send(node, id, &n.to_string(), Command::Note).await {
            Ok(receipt) => return receipt.version,
            Err(SendError::Busy(_)) => tokio::task::yield_now().await,
            Err(refusal) => panic!("{refusal:?}"),
        }
    }
}

#[tokio::test]
async fn a_thousand_beginnings_on_two_nodes_begin_each_instance_once() {
    let engine = quiet().await;
    let other = engine.another_node().await;
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let id = InstanceId::new(engine.now());
        for (node, key) in [((*engine).clone(), "left"), (other.clone(), "right")] {
            let begin = envelope(key, Command::Post { weight: 3 });
            starts.spawn(async move { node.start::<Parcel>(id, begin).await });
        }
    }
    let ends = starts.join_all().await;
    let begun = ends.iter().filter(|end| end.is_ok()).count();
    let refused = ends.iter().filter(|end| **end == Err(SendError::Exists)).count();
    assert_eq!((begun, refused), (1_000, 1_000));
    assert_eq!(audited(&engine).await, 1_000);
}

#[tokio::test]
async fn a_conflict_fails_one_command_of_a_batch_alone() {
    let engine = quiet().await;
    let other = engine.another_node().await;
    let contested = post(&engine, 3).await;
    view(&other, contested).await;
    send(&engine, contested, "mine", Command::Note).await.unwrap();
    // The other node's cache is old: its append conflicts, amid nine that do not.
    let sends = (0..10).map(|n| {
        let (engine, other) = (&engine, &other);
        async move {
            if n == 5 {
                return send(other, contested, "theirs", Command::Note).await.unwrap().version;
            }
            let id = InstanceId::new(engine.now());
            let begin = envelope("1", Command::Post { weight: 3 });
            other.start::<Parcel>(id, begin).await.unwrap().version
        }
    });
    let versions = futures_util::future::join_all(sends).await;
    assert_eq!(versions, [1, 1, 1, 1, 1, 3, 1, 1, 1, 1]);
}

#[tokio::test]
async fn an_old_cache_never_refuses_wrongly() {
    let carrier = Carrier::default();
    carrier.close();
    let engine = with(&carrier).await;
    let other = engine.another_node().await;
    let id = post(&engine, 3).await;
    // The other node has seen it on its way; then it arrives and is taken back to the desk.
    assert_eq!(view(&other, id).await.version, 1);
    let early = send(&other, id, "early", Command::Recheck).await;
    assert_eq!(early, Err(SendError::Rejected(Rejection::Elsewhere)));
    send(&engine, id, "arrived", Command::Arrived { weight: 3 }).await.unwrap();
    send(&other, id, "recheck", Command::Recheck).await.unwrap();
    // By version, too.
    send(&engine, id, "note", Command::Note).await.unwrap();
    let expecting = envelope("expecting", Command::Note).expecting(4);
    assert_eq!(other.send::<Parcel>(id, expecting).await.unwrap().version, 5);
    let stale = envelope("stale", Command::Note).expecting(4);
    let stale = engine.send::<Parcel>(id, stale).await;
    assert_eq!(stale, Err(SendError::Stale { expected: 4, actual: 5 }));
    // And one parked by a node is free for the other once it is redriven.
    send(&engine, id, "bang", Command::Explode).await.unwrap_err();
    crate::desk::redrive(&other).await;
    send(&engine, id, "after", Command::Note).await.unwrap();
    send(&other, id, "after", Command::Note).await.unwrap();
}

#[tokio::test]
async fn a_bug_seen_through_an_old_cache_parks_nothing() {
    let carrier = Carrier::default();
    carrier.close();
    let engine = with(&carrier).await;
    let other = engine.another_node().await;
    let id = post(&engine, 3).await;
    view(&other, id).await;
    send(&engine, id, "arrived", Command::Arrived { weight: 3 }).await.unwrap();
    send(&other, id, "weigh", Command::Weigh).await.unwrap();
    assert_eq!(view(&other, id).await.parked, None);
    // And a repeat is recognised through it.
    let again = send(&other, id, "arrived", Command::Arrived { weight: 3 }).await.unwrap();
    assert!(again.repeated);
}
