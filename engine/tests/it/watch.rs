//! The feed: everything, once, in order, until the engine stops.

use std::collections::BTreeSet;

use futures_util::{FutureExt, StreamExt};
use sealwright_engine::store::Position;
use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Committed, Engine, InstanceId};

use crate::carrier::{Carrier, Deed};
use crate::desk::{envelope, post, seconds, send, with};
use crate::parcel::{Command, Parcel};

async fn quiet() -> TestEngine {
    let carrier = Carrier::default();
    carrier.always(Deed::Later(seconds(1_000_000)));
    with(&carrier).await
}

/// So many decisions from a place on.
async fn take(engine: &Engine, after: Position, count: usize) -> Vec<Committed> {
    let feed = engine.watch(after).take(count);
    feed.map(Result::unwrap).collect().await
}

#[tokio::test]
async fn from_the_beginning_and_from_the_end() {
    let engine = quiet().await;
    let id = post(&engine, 3).await;
    send(&engine, id, "1", Command::Note).await.unwrap();
    let all = take(&engine, Position::default(), 2).await;
    let names: Vec<_> = all.iter().map(|committed| committed.body.command.as_str()).collect();
    assert_eq!(names, ["post", "note"]);
    assert_eq!(take(&engine, all[0].position, 1).await[0].body.version, 2, "go on behind it");

    let end = engine.store().feed_end().await.unwrap();
    let mut news = Box::pin(engine.watch(end));
    assert!(news.next().now_or_never().is_none(), "nothing new yet");
    send(&engine, id, "2", Command::Note).await.unwrap();
    assert_eq!(news.next().await.unwrap().unwrap().body.version, 3);
}

#[tokio::test]
async fn two_watchers_miss_nothing_while_others_commit() {
    const COUNT: usize = 2_000;
    let engine = quiet().await;
    let watch = || {
        let engine = (*engine).clone();
        tokio::spawn(async move { take(&engine, Position::default(), COUNT).await })
    };
    let watchers = [watch(), watch()];
    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let engine = (*engine).clone();
        posts.spawn(async move {
            for _ in 0..COUNT / 20 {
                let id = InstanceId::new(sealwright_engine::Timestamp::EPOCH);
                let post = envelope("1", Command::Post { weight: 3 });
                engine.start::<Parcel>(id, post).await.unwrap();
            }
        });
    }
    posts.join_all().await;
    for watcher in watchers {
        let seen = watcher.await.unwrap();
        assert!(seen.is_sorted_by_key(|committed| committed.position));
        let instances: BTreeSet<_> = seen.iter().map(|committed| committed.body.instance).collect();
        assert_eq!(instances.len(), COUNT);
    }
}

#[tokio::test]
async fn a_watcher_gets_what_is_there_and_ends_when_the_engine_stops() {
    let engine = quiet().await;
    let mut feed = Box::pin(engine.watch(Position::default()));
    let mut never = Box::pin(engine.watch(Position(1_000)));
    assert!(never.next().now_or_never().is_none());
    post(&engine, 3).await;
    engine.stop().await;
    assert!(feed.next().await.unwrap().is_ok());
    assert!(feed.next().await.is_none());
    assert!(never.next().await.is_none());
}

#[tokio::test]
async fn a_watcher_of_another_node_sees_it_too() {
    let engine = quiet().await;
    let other = engine.another_node().await;
    let id = post(&engine, 3).await;
    let seen = take(&other, Position::default(), 1).await;
    assert_eq!(seen[0].body.instance, id);
}
