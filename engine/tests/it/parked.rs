//! Bugs and old or new rows: one instance stops, the engine does not.

use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Actor, CommandId, Envelope, InstanceId, SendError, limits};
use serde_json::json;

use crate::carrier::{Carrier, Deed};
use crate::desk::{audited, effects, envelope, phase, post, redrive, seconds, send, view, with};
use crate::odd::{Command as OddCommand, Mode, Odd, write_row};
use crate::parcel::{Command, Parcel};

async fn odd() -> TestEngine {
    TestEngine::start(|builder| builder.workflow::<Odd>((), ())).await
}

fn order(key: &str, command: OddCommand) -> Envelope<OddCommand> {
    let key = CommandId::client(key).unwrap();
    Envelope::new(key, Actor::Operator("op".into()), command)
}

#[tokio::test]
async fn a_panic_in_decide_parks_the_instance_and_nothing_else() {
    let engine = with(&Carrier::default()).await;
    let (broken, fine) = (post(&engine, 3).await, post(&engine, 3).await);
    let exploded = send(&engine, broken, "1", Command::Explode).await.unwrap_err();
    assert_eq!(exploded, SendError::Parked("`decide` panicked: boom".into()));
    assert!(!exploded.is_transient(), "somebody has to do something");
    send(&engine, fine, "1", Command::Note).await.unwrap();

    let next = send(&engine, broken, "2", Command::Note).await;
    assert_eq!(next, Err(exploded));
    assert!(view(&engine, broken).await.parked.is_some(), "it can be looked at");
    let parked = engine.parked(10).await.unwrap().instances;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].parked.as_deref(), Some("`decide` panicked: boom"));

    assert_eq!(redrive(&engine).await, 1);
    send(&engine, broken, "2", Command::Note).await.unwrap();
    assert_eq!(view(&engine, broken).await.parked, None);
    audited(&engine).await;
}

#[tokio::test]
async fn a_repeat_of_what_was_accepted_is_answered_while_the_instance_is_parked() {
    let engine = with(&Carrier::default()).await;
    let id = post(&engine, 3).await;
    send(&engine, id, "1", Command::Explode).await.unwrap_err();
    let again = engine.start::<Parcel>(id, envelope("post", Command::Post { weight: 3 })).await;
    assert!(again.unwrap().repeated);
}

#[tokio::test]
async fn a_panic_at_the_first_command_begins_nothing_and_parks_nothing() {
    let engine = with(&Carrier::default()).await;
    let id = InstanceId::new(engine.now());
    let exploded = engine.start::<Parcel>(id, envelope("1", Command::Explode)).await;
    assert!(matches!(exploded, Err(SendError::Unreadable(_))), "{exploded:?}");
    assert_eq!(engine.view::<Parcel>(id).await.unwrap(), None);
    assert!(engine.parked(10).await.unwrap().instances.is_empty());
    engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 3 })).await.unwrap();
}

#[tokio::test]
async fn an_answer_to_a_parked_instance_waits_and_the_vendor_is_not_asked_again_and_again() {
    let carrier = Carrier::default();
    carrier.close();
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    carrier.until_under_way(1).await;
    send(&engine, id, "1", Command::Explode).await.unwrap_err();
    carrier.open();
    engine.advance(seconds(3_000)).await;
    assert_eq!(carrier.log().len(), 1);
    let row = effects(&engine, id).await.remove(0);
    assert_eq!(row.attempts, 0);
    assert!(row.note.unwrap().starts_with("performed; the answer waits: "));
    redrive(&engine).await;
    engine.advance(limits::ANSWER_WAITS).await;
    assert_eq!(phase(&engine, id).await, "at_the_desk");
}

#[tokio::test]
async fn an_effect_of_a_parked_instance_that_needs_no_answer_is_performed() {
    let carrier = Carrier::default();
    carrier.always(Deed::Later(seconds(1_000_000)));
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    engine.run_until_idle().await;
    carrier.close();
    engine.clock().advance(crate::parcel::PATIENCE);
    carrier.until_under_way(1).await;
    send(&engine, id, "1", Command::Explode).await.unwrap_err();
    carrier.open();
    engine.run_until_idle().await;
    let ring = effects(&engine, id).await.pop().unwrap();
    assert_eq!((ring.kind.as_str(), ring.note.as_deref()), ("ring", Some("done")));
}

#[tokio::test]
async fn a_panic_in_evolve_on_load_makes_one_instance_unreadable_and_kills_nothing() {
    let engine = odd().await;
    let id = InstanceId::new(engine.now());
    write_row(&**engine.store(), id, 1, 2, json!(["cursed"]), None).await;
    for _ in 0..3 {
        let refused = engine.send::<Odd>(id, order("1", OddCommand::Add(1))).await;
        let Err(SendError::Unreadable(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains("cursed"), "{why}");
    }
    let other = InstanceId::new(engine.now());
    engine.start::<Odd>(other, order("1", OddCommand::Begin(Mode::Calm))).await.unwrap();
}

#[tokio::test]
async fn rows_of_a_newer_schema_are_left_to_a_newer_program() {
    let engine = odd().await;
    let id = InstanceId::new(engine.now());
    engine.start::<Odd>(id, order("1", OddCommand::Begin(Mode::Calm))).await.unwrap();
    write_row(&**engine.store(), id, 2, 3, json!([{"added": {"amount": 1, "currency": "CNY"}}]), None).await;
    let refused = engine.send::<Odd>(id, order("2", OddCommand::Add(1))).await.unwrap_err();
    assert_eq!(refused, SendError::Unreadable("newer code wrote it (schema 3)".into()));
    assert!(refused.is_transient());
    assert_eq!(engine.history(id).await.unwrap().len(), 2, "it can be read as a history");
}

#[tokio::test]
async fn rows_of_an_older_schema_are_lifted() {
    let engine = odd().await;
    let id = InstanceId::new(engine.now());
    write_row(&**engine.store(), id, 1, 1, json!([{"begun": "calm"}, {"added": 40}]), None).await;
    engine.send::<Odd>(id, order("1", OddCommand::Add(2))).await.unwrap();
    engine.passivate().await;
    let seen = engine.view::<Odd>(id).await.unwrap().unwrap();
    assert_eq!((seen.state.sum, seen.version), (42, 2));
    let row = engine.store().load(id).await.unwrap().unwrap().row;
    assert_eq!(row.schema, 2, "the highest that was written");
    audited(&engine).await;
}

#[tokio::test]
async fn a_damaged_row_is_said_to_be_damaged() {
    let engine = odd().await;
    let id = InstanceId::new(engine.now());
    write_row(&**engine.store(), id, 1, 2, json!([{"added": "much"}]), None).await;
    let refused = engine.view::<Odd>(id).await;
    let Err(SendError::Unreadable(why)) = refused else { panic!("{refused:?}") };
    assert!(why.starts_with("version 1 is damaged"), "{why}");
    let audit = engine.audit(|_| {}).await.unwrap();
    assert_eq!(audit.findings.len(), 1);
}

#[tokio::test]
async fn a_decision_over_a_bound_parks_its_instance_with_the_bound() {
    let engine = odd().await;
    let id = InstanceId::new(engine.now());
    engine.start::<Odd>(id, order("1", OddCommand::Begin(Mode::Calm))).await.unwrap();
    let most = limits::EVENTS_PER_DECISION;
    engine.send::<Odd>(id, order("2", OddCommand::Flood(most))).await.unwrap();
    let over = engine.send::<Odd>(id, order("3", OddCommand::Flood(most + 1))).await;
    let reason = format!("a decision of {} events is over the limit of {most}", most + 1);
    assert_eq!(over, Err(SendError::Parked(reason)));
}

#[tokio::test]
async fn instances_of_a_workflow_that_is_not_registered_are_left_alone() {
    let carrier = Carrier::default();
    let engine = with(&carrier).await;
    let id = InstanceId::new(engine.now());
    write_row(&**engine.store(), id, 1, 2, json!([{"begun": "calm"}]), None).await;
    let refused = engine.view::<Odd>(id).await;
    let why = "workflow `odd` is not registered here".to_owned();
    assert_eq!(refused, Err(SendError::Unreadable(why)));
    let begun = engine.start::<Odd>(InstanceId::new(engine.now()), order("1", OddCommand::Heal)).await;
    assert_eq!(begun, Err(SendError::WrongWorkflow("odd")));
}
