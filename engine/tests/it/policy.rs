//! Rules change at run time, and every decision says which it was taken under.

use sealwright_engine::store::{Change, Derived, Write, Written};
use sealwright_engine::{InstanceId, SendError, Workflow};

use crate::carrier::Carrier;
use crate::desk::{LIMIT, audited, envelope, post, send, view, with};
use crate::odd::Odd;
use crate::parcel::{Command, Parcel, Rejection};

#[tokio::test]
async fn new_rules_hold_from_the_next_decision_on_and_the_journal_tells_them_apart() {
    let engine = with(&Carrier::default()).await;
    let first = post(&engine, LIMIT).await;
    let heavy = InstanceId::new(engine.now());
    let too_heavy = envelope("1", Command::Post { weight: LIMIT + 1 });
    let refused = engine.start::<Parcel>(heavy, too_heavy.clone()).await;
    assert_eq!(refused, Err(SendError::Rejected(Rejection::TooHeavy(LIMIT + 1))));
    engine.set_policy::<Parcel>(LIMIT + 1).unwrap();
    // A refusal was not recorded: the same command is decided again, under the new rules.
    engine.start::<Parcel>(heavy, too_heavy).await.unwrap();
    let second = post(&engine, LIMIT).await;
    send(&engine, first, "note", Command::Note).await.unwrap();
    engine.run_until_idle().await;

    let mut policies = Vec::new();
    for id in [first, heavy, second] {
        policies.push(engine.history(id).await.unwrap()[0].policy);
    }
    assert_ne!(policies[0], policies[1]);
    assert_eq!(policies[1], policies[2]);
    let digest = |limit: u32| sealwright_engine::journal::Digest::of(limit.to_string().as_bytes());
    assert_eq!(policies[..2], [digest(LIMIT), digest(LIMIT + 1)]);
}

#[tokio::test]
async fn rules_of_a_workflow_that_is_not_here_are_not_taken() {
    let engine = with(&Carrier::default()).await;
    assert_eq!(engine.set_policy::<Odd>(()), Err(SendError::WrongWorkflow("odd")));
}

#[tokio::test]
async fn what_is_derived_is_written_again_when_asked() {
    let engine = with(&Carrier::default()).await;
    let mut ids = Vec::new();
    for _ in 0..600 {
        ids.push(post(&engine, 3).await);
    }
    engine.run_until_idle().await;
    let (spoiled, other) = (ids[7], engine.another_node().await);
    // As if older code, which knew no tasks, had written its row.
    let spoil = Write::Derive(Box::new(Derived {
        instance: spoiled,
        version: 2,
        workflow: Parcel::NAME,
        schema: 1,
        phase: "on_the_moon",
        closed: false,
        wake_at: None,
        at: engine.now(),
        task: Change::Set(None),
        labels: Change::Set(vec![("old", "label".into())]),
    }));
    assert_eq!(engine.store().write(vec![spoil]).await, [Ok(Written::Done)]);
    assert_eq!(engine.audit(|_| {}).await.unwrap().findings.len(), 1);
    assert_eq!(other.derive_again("parcel").await.unwrap(), 600);
    assert_eq!(audited(&engine).await, 1_200);
    assert_eq!(other.derive_again("nothing").await.unwrap(), 0);
    assert_eq!(view(&engine, spoiled).await.version, 2, "it is no decision");
}
