//! From a command to its effects, and what a crash leaves of it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sealwright_engine::store::{TaskClaim, TaskQuery};
use sealwright_engine::testing::{Cut, TestEngine};
use sealwright_engine::{Actor, CommandId, Envelope, InstanceId, SendError};

use crate::parcel::{Carrier, Command, Parcel, Rejection};

fn envelope(key: &str, command: Command) -> Envelope<Command> {
    Envelope::new(
        CommandId::client(key).unwrap(),
        Actor::Applicant("sender".into()),
        command,
    )
}

async fn with(carrier: &Carrier) -> TestEngine {
    let carrier = carrier.clone();
    TestEngine::start(move |builder| builder.workflow::<Parcel>(carrier.clone(), 20)).await
}

fn claim(who: &str) -> TaskClaim {
    TaskClaim {
        queue: Some("desk".into()),
        instance: None,
        who: who.into(),
        roles: BTreeSet::from(["clerk".into()]),
        time: Duration::from_secs(300),
    }
}

#[tokio::test]
async fn a_parcel_goes_from_the_first_command_to_the_end() {
    let carrier = Carrier::default();
    let engine = with(&carrier).await;
    let id = InstanceId::new(engine.now());
    let begun = engine
        .start::<Parcel>(id, envelope("1", Command::Post { weight: 3 }))
        .await
        .unwrap();
    assert_eq!(
        (begun.version, begun.phase, begun.repeated),
        (1, "on_its_way", false)
    );
    engine.run_until_idle().await;
    assert_eq!(
        engine.view::<Parcel>(id).await.unwrap().unwrap().phase,
        "at_the_desk"
    );

    let (task, lease) = engine.claim(&claim("ann")).await.unwrap().unwrap();
    assert_eq!(task.instance, id);
    let key = CommandId::client("2").unwrap();
    let checked = engine
        .complete::<Parcel>(&lease, key.clone(), Command::Check { accept: true })
        .await
        .unwrap();
    assert!(checked.closed);
    let again = engine
        .complete::<Parcel>(&lease, key, Command::Check { accept: true })
        .await
        .unwrap();
    assert!(again.repeated && again.version == checked.version);
    engine.run_until_idle().await;
    assert_eq!(carrier.thanks.load(Ordering::SeqCst), 1);
    assert!(
        engine
            .tasks(&TaskQuery {
                limit: 10,
                ..TaskQuery::default()
            })
            .await
            .unwrap()
            .is_empty()
    );
    engine.stop().await;
}

#[tokio::test]
async fn a_rejection_comes_back_with_its_type_and_leaves_nothing() {
    let engine = with(&Carrier::default()).await;
    let id = InstanceId::new(engine.now());
    let heavy = engine
        .start::<Parcel>(id, envelope("1", Command::Post { weight: 99 }))
        .await;
    assert_eq!(heavy, Err(SendError::Rejected(Rejection::TooHeavy(99))));
    assert_eq!(engine.view::<Parcel>(id).await.unwrap(), None);
    let other = engine.send::<Parcel>(id, envelope("2", Command::Note)).await;
    assert_eq!(other, Err(SendError::NotFound));
}

#[tokio::test]
async fn an_accepted_command_has_one_outcome_for_ever() {
    let engine = with(&Carrier::default()).await;
    let id = InstanceId::new(engine.now());
    engine
        .start::<Parcel>(id, envelope("1", Command::Post { weight: 1 }))
        .await
        .unwrap();
    engine.run_until_idle().await;
    for _ in 0..3 {
        let again = engine
            .start::<Parcel>(id, envelope("1", Command::Post { weight: 1 }))
            .await
            .unwrap();
        assert_eq!((again.version, again.repeated), (1, true));
        engine.passivate().await;
    }
    let other = engine
        .start::<Parcel>(id, envelope("1", Command::Post { weight: 2 }))
        .await;
    assert_eq!(other, Err(SendError::KeyReused));
    let second = engine
        .start::<Parcel>(id, envelope("3", Command::Post { weight: 1 }))
        .await;
    assert_eq!(second, Err(SendError::Exists));
}

#[tokio::test]
async fn whatever_write_the_power_is_cut_at_the_parcel_arrives_and_nothing_acknowledged_is_lost() {
    for cut in [Cut::Before, Cut::After] {
        for n in 0.. {
            let carrier = Carrier::default();
            let mut engine = with(&carrier).await;
            let id = InstanceId::new(engine.now());
            engine.cut_power_at(n, cut);
            let begun = engine
                .start::<Parcel>(id, envelope("1", Command::Post { weight: 3 }))
                .await;
            if begun.is_ok() {
                engine.run_until_idle_or_dark().await;
            }
            let went_dark = engine.is_dark();
            engine.crash_and_recover().await;
            let after = engine.view::<Parcel>(id).await.unwrap();
            assert!(
                begun.is_err() || after.is_some(),
                "cut {n} {cut:?} lost an acknowledged command"
            );
            engine
                .start::<Parcel>(id, envelope("1", Command::Post { weight: 3 }))
                .await
                .unwrap();
            engine.run_until_idle().await;
            assert_eq!(
                engine.view::<Parcel>(id).await.unwrap().unwrap().phase,
                "at_the_desk",
                "cut {n}"
            );
            let audit = sealwright_engine::audit::audit(&**engine.store(), |_| {})
                .await
                .unwrap();
            assert!(
                audit.findings.is_empty() && audit.rows == 2,
                "cut {n} {cut:?}: {audit:?}"
            );
            if !went_dark {
                assert!(n >= 2, "a parcel's way has two writes at least");
                break;
            }
        }
    }
}
