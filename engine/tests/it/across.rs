//! From one instance to another: by an effect, under its key, in any order.

use std::sync::{Arc, Mutex};

use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Actor, CommandId, Envelope, InstanceId};

use crate::carrier::Carrier;
use crate::desk::{LIMIT, audited, seconds, view};
use crate::parcel::Parcel;
use crate::relay::{Clerk, Command, Depot};

async fn with(clerk: &Clerk) -> TestEngine {
    let clerk = clerk.clone();
    TestEngine::start(move |builder| {
        builder.workflow::<Parcel>(Carrier::default(), LIMIT).workflow::<Depot>(clerk.clone(), ())
    })
    .await
}

async fn load(engine: &TestEngine, depot: InstanceId, parcels: &[(InstanceId, u32)]) {
    let key = CommandId::client("load").unwrap();
    let load = Envelope::new(key, Actor::Operator("op".into()), Command::Load(parcels.to_vec()));
    engine.start::<Depot>(depot, load).await.unwrap();
}

#[tokio::test]
async fn a_command_sent_by_an_effect_is_taken_once_however_often_the_effect_is_tried() {
    let clerk = Clerk::default();
    *clerk.forgetful.lock().unwrap() = 5;
    let engine = with(&clerk).await;
    let (depot, parcel) = (InstanceId::new(engine.now()), InstanceId::new(engine.now()));
    load(&engine, depot, &[(parcel, 3)]).await;
    engine.advance(seconds(600)).await;
    assert_eq!(*clerk.forgetful.lock().unwrap(), 0);
    assert_eq!(view(&engine, parcel).await.version, 2, "posted once, carried once");
    let state = engine.view::<Depot>(depot).await.unwrap().unwrap().state;
    assert!(state.posted.contains(&parcel));
    let first = engine.history(parcel).await.unwrap().remove(0);
    assert!(matches!(first.actor, Actor::Performer(key) if key.instance == depot));
    audited(&engine).await;
}

#[tokio::test]
async fn effects_performed_newest_first_lead_to_the_same_end() {
    let mut ends = Vec::new();
    let instant = sealwright_engine::Timestamp::EPOCH;
    let parcels: Vec<_> = (0..12).map(|n| (InstanceId::new(instant), n * 3)).collect();
    for newest_first in [false, true] {
        let held = Arc::new(Mutex::new(Vec::new()));
        let clerk = Clerk { held: Some(held.clone()), ..Clerk::default() };
        let engine = with(&clerk).await;
        let depot = InstanceId::new(engine.now());
        load(&engine, depot, &parcels).await;
        while held.lock().unwrap().len() < parcels.len() {
            tokio::task::yield_now().await;
        }
        // All wait at the door; they are let go one by one.
        let mut all = std::mem::take(&mut *held.lock().unwrap());
        if newest_first {
            all.reverse();
        }
        for (n, go) in (1..).zip(all) {
            go.send(()).unwrap();
            while engine.view::<Depot>(depot).await.unwrap().unwrap().version < 1 + n {
                tokio::task::yield_now().await;
            }
        }
        engine.run_until_idle().await;
        let depot = engine.view::<Depot>(depot).await.unwrap().unwrap().state;
        let mut phases = Vec::new();
        for (parcel, _) in &parcels {
            let seen = engine.view::<Parcel>(*parcel).await.unwrap();
            phases.push(seen.map(|seen| (seen.phase, seen.version)));
        }
        ends.push((depot, phases));
        audited(&engine).await;
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!((ends[0].0.posted.len(), ends[0].0.refused.len()), (7, 5));
}
