//! From a command to its effects.

use sealwright_engine::store::TaskQuery;
use sealwright_engine::{CommandId, InstanceId, SendError};

use crate::carrier::Carrier;
use crate::desk::{audited, claim, envelope, with};
use crate::parcel::{Command, Parcel, Rejection};

#[tokio::test]
async fn a_parcel_goes_from_the_first_command_to_the_end() {
    let carrier = Carrier::default();
    let engine = with(&carrier).await;
    let id = InstanceId::new(engine.now());
    let begun = engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 3 })).await.unwrap();
    assert_eq!((begun.version, begun.phase, begun.repeated), (1, "on_its_way", false));
    engine.run_until_idle().await;
    assert_eq!(engine.view::<Parcel>(id).await.unwrap().unwrap().phase, "at_the_desk");

    let (task, lease) = engine.claim(&claim("ann")).await.unwrap().unwrap();
    assert_eq!(task.instance, id);
    let key = CommandId::client("2").unwrap();
    let checked =
        engine.complete::<Parcel>(&lease, key.clone(), Command::Check { accept: true }).await.unwrap();
    assert!(checked.closed);
    let again = engine.complete::<Parcel>(&lease, key, Command::Check { accept: true }).await.unwrap();
    assert!(again.repeated && again.version == checked.version);
    engine.run_until_idle().await;
    assert_eq!(carrier.attempts("thank").len(), 1);
    assert!(engine.tasks(&TaskQuery { limit: 10, ..TaskQuery::default() }).await.unwrap().is_empty());
    audited(&engine).await;
    engine.stop().await;
}

#[tokio::test]
async fn a_rejection_comes_back_with_its_type_and_leaves_nothing() {
    let engine = with(&Carrier::default()).await;
    let id = InstanceId::new(engine.now());
    let heavy = engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 99 })).await;
    assert_eq!(heavy, Err(SendError::Rejected(Rejection::TooHeavy(99))));
    assert_eq!(engine.view::<Parcel>(id).await.unwrap(), None);
    let other = engine.send::<Parcel>(id, envelope("2", Command::Note)).await;
    assert_eq!(other, Err(SendError::NotFound));
}

#[tokio::test]
async fn an_accepted_command_has_one_outcome_for_ever() {
    let engine = with(&Carrier::default()).await;
    let id = InstanceId::new(engine.now());
    engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 1 })).await.unwrap();
    engine.run_until_idle().await;
    for _ in 0..3 {
        let again = engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 1 })).await.unwrap();
        assert_eq!((again.version, again.repeated), (1, true));
        engine.passivate().await;
    }
    let other = engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 2 })).await;
    assert_eq!(other, Err(SendError::KeyReused));
    let second = engine.start::<Parcel>(id, envelope("3", Command::Post { weight: 1 })).await;
    assert_eq!(second, Err(SendError::Exists));
    // Not in memory it is taken for new, and what a new one would refuse is no answer.
    engine.passivate().await;
    let third = engine.start::<Parcel>(id, envelope("4", Command::Post { weight: 99 })).await;
    assert_eq!(third, Err(SendError::Exists));
}
