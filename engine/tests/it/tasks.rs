//! Tasks: one person at a time, by lease, and the commit looks at the lease.

use std::collections::BTreeSet;

use sealwright_engine::store::{TaskClaim, TaskQuery};
use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Actor, CommandId, Envelope, InstanceId, Lease, SendError, limits};

use crate::carrier::Carrier;
use crate::desk::{audited, claim, post, seconds, send, view, with};
use crate::parcel::{Command, Parcel, Rejection};

const ACCEPT: Command = Command::Check { accept: true };

async fn at_the_desk() -> (TestEngine, InstanceId) {
    let engine = with(&Carrier::default()).await;
    let id = post(&engine, 3).await;
    engine.run_until_idle().await;
    (engine, id)
}

async fn taken_by(engine: &TestEngine, who: &str) -> Option<Lease> {
    engine.claim(&claim(who)).await.unwrap().map(|(_, lease)| lease)
}

fn key(text: &str) -> CommandId {
    CommandId::client(text).unwrap()
}

#[tokio::test]
async fn a_second_reviewers_plain_command_is_refused_by_the_workflow_while_another_holds_the_lease() {
    let (engine, id) = at_the_desk().await;
    let lease = taken_by(&engine, "ann").await.unwrap();
    let bob = Actor::Reviewer { id: "bob".into(), roles: BTreeSet::from(["clerk".into()]) };
    let plain = engine.send::<Parcel>(id, Envelope::new(key("bob"), bob, ACCEPT)).await;
    assert_eq!(plain, Err(SendError::Rejected(Rejection::NotYours)));
    assert_eq!(view(&engine, id).await.version, 2);
    let done = engine.complete::<Parcel>(&lease, key("ann"), ACCEPT).await.unwrap();
    assert!(done.closed);
    let last = engine.history(id).await.unwrap().pop().unwrap();
    let holder = Actor::Holder { id: "ann".into(), task: "check-1".into() };
    assert_eq!(last.actor, holder);
}

#[tokio::test]
async fn a_task_is_given_to_one_person_at_a_time_and_again_when_the_lease_ends() {
    let (engine, _) = at_the_desk().await;
    assert!(taken_by(&engine, "ann").await.is_some());
    assert!(taken_by(&engine, "bob").await.is_none());
    engine.clock().advance(seconds(300));
    assert!(taken_by(&engine, "bob").await.is_some());
}

#[tokio::test]
async fn completing_with_an_expired_or_stolen_lease_records_nothing() {
    let (engine, id) = at_the_desk().await;
    let late = taken_by(&engine, "ann").await.unwrap();
    engine.clock().advance(seconds(300));
    let expired = engine.complete::<Parcel>(&late, key("1"), ACCEPT).await;
    assert_eq!(expired, Err(SendError::LeaseLost));

    let bobs = taken_by(&engine, "bob").await.unwrap();
    let stolen = engine.complete::<Parcel>(&late, key("2"), ACCEPT).await;
    assert_eq!(stolen, Err(SendError::LeaseLost));
    let forged = Lease { holder: "mallory".into(), ..bobs.clone() };
    let forged = engine.complete::<Parcel>(&forged, key("3"), ACCEPT).await;
    assert_eq!(forged, Err(SendError::LeaseLost));
    assert_eq!(view(&engine, id).await.version, 2);

    engine.complete::<Parcel>(&bobs, key("4"), ACCEPT).await.unwrap();
    audited(&engine).await;
}

#[tokio::test]
async fn a_repeat_of_complete_after_the_lease_ended_answers_the_first_outcome() {
    let (engine, _) = at_the_desk().await;
    let lease = taken_by(&engine, "ann").await.unwrap();
    let first = engine.complete::<Parcel>(&lease, key("1"), ACCEPT).await.unwrap();
    engine.clock().advance(seconds(1_000));
    engine.passivate().await;
    let again = engine.complete::<Parcel>(&lease, key("1"), ACCEPT).await.unwrap();
    assert_eq!((again.version, again.repeated), (first.version, true));
    let other = engine.complete::<Parcel>(&lease, key("1"), Command::Check { accept: false }).await;
    assert_eq!(other, Err(SendError::KeyReused));
}

#[tokio::test]
async fn a_lease_does_not_reach_the_next_attempt_at_the_same_work() {
    let (engine, id) = at_the_desk().await;
    let first = taken_by(&engine, "ann").await.unwrap();
    send(&engine, id, "again", Command::Recheck).await.unwrap();
    let late = engine.complete::<Parcel>(&first, key("1"), ACCEPT).await;
    assert_eq!(late, Err(SendError::LeaseLost), "`check-1` is not `check-2`");
    let second = taken_by(&engine, "bob").await.unwrap();
    assert_eq!(second.task, "check-2");
    engine.complete::<Parcel>(&second, key("2"), ACCEPT).await.unwrap();
}

#[tokio::test]
async fn a_lease_is_renewed_and_given_back_and_bounded() {
    let (engine, id) = at_the_desk().await;
    let lease = taken_by(&engine, "ann").await.unwrap();
    engine.clock().advance(seconds(200));
    let longer = engine.renew(&lease, seconds(300)).await.unwrap().unwrap();
    assert_eq!(longer.until, engine.now() + seconds(300));
    engine.clock().advance(seconds(200));
    assert!(taken_by(&engine, "bob").await.is_none());
    assert!(engine.release(&longer).await.unwrap());
    assert!(!engine.release(&longer).await.unwrap());
    assert_eq!(engine.renew(&longer, seconds(300)).await.unwrap(), None);

    let greedy = TaskClaim { time: seconds(1_000_000), ..claim("bob") };
    let (row, lease) = engine.claim(&greedy).await.unwrap().unwrap();
    assert_eq!((row.instance, lease.until), (id, engine.now() + limits::TASK_LEASE));
    let held = TaskQuery { holder: Some("bob".into()), limit: 10, ..TaskQuery::default() };
    assert_eq!(engine.tasks(&held).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_lacks_the_role_gets_nothing() {
    let (engine, _) = at_the_desk().await;
    let guest = TaskClaim { roles: BTreeSet::from(["guest".into()]), ..claim("eve") };
    assert!(engine.claim(&guest).await.unwrap().is_none());
}

#[tokio::test]
async fn many_reviewers_at_once_get_each_task_once() {
    let engine = with(&Carrier::default()).await;
    for _ in 0..20 {
        post(&engine, 3).await;
    }
    engine.run_until_idle().await;
    let mut claims = tokio::task::JoinSet::new();
    for n in 0..40 {
        let engine = (*engine).clone();
        claims.spawn(async move { engine.claim(&claim(&format!("clerk-{n}"))).await.unwrap() });
    }
    let got: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
    let instances: BTreeSet<_> = got.iter().map(|(row, _)| row.instance).collect();
    assert_eq!((got.len(), instances.len()), (20, 20));
}
