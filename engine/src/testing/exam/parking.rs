//! Claims about what waits for an operator.

use super::draft::Case;
use super::{Duration, Student};
use crate::id::{EffectKey, NodeId};
use crate::store::{EffectState, InstanceQuery, ParkedQuery, Write, Written};

const SECOND: Duration = Duration::from_secs(1);

fn park(key: EffectKey, node: NodeId, error: &str) -> Write {
    Write::ParkEffect { key, node, attempts: 20, error: error.into() }
}

/// An instance with one parked effect of `kind`.
async fn parked(student: &Student, node: NodeId, kind: &'static str, error: &str) -> Case {
    let case = Case::begun(student, |draft| draft.effect(kind).leased_to(node)).await;
    student.done(park(case.effect(0), node, error)).await;
    case
}

async fn redriven(student: &Student, which: ParkedQuery) -> u64 {
    student.store.redrive(&which, 100, Duration::ZERO).await.unwrap()
}

pub async fn a_parked_effect_waits_for_an_operator(student: Student) {
    let (node, other) = student.nodes().await;
    let case = parked(&student, node, "notify", "no such address").await;
    let row = student.effects_of(case.id).await.remove(0);
    assert_eq!((row.state, row.attempts, row.leased_to), (EffectState::Parked, 20, None));
    assert_eq!(row.note.as_deref(), Some("no such address"));
    assert!(student.store.claim_effects(other, 9).await.unwrap().is_empty());
    assert_eq!(student.store.next_effect().await, Ok(None));
}

pub async fn only_its_node_parks_an_effect(student: Student) {
    let (node, other) = student.nodes().await;
    let case = Case::begun(&student, |draft| draft.effect("notify").leased_to(node)).await;
    assert_eq!(student.write(park(case.effect(0), other, "mine")).await, Written::LeaseLost);
    assert_eq!(student.effects_of(case.id).await[0].state, EffectState::Due);
    student.done(park(case.effect(0), node, "broken")).await;
    assert_eq!(student.write(park(case.effect(0), node, "twice")).await, Written::LeaseLost);
}

pub async fn a_redriven_effect_starts_over(student: Student) {
    let (node, other) = student.nodes().await;
    let case = parked(&student, node, "notify", "broken").await;
    student.wait(SECOND);
    assert_eq!(redriven(&student, ParkedQuery::default()).await, 1);
    assert_eq!(redriven(&student, ParkedQuery::default()).await, 0);
    let row = student.store.claim_effects(other, 9).await.unwrap().remove(0);
    assert_eq!((row.key, row.attempts, row.due_at), (case.effect(0), 0, student.now()));
}

pub async fn redriving_is_bounded_and_spaced(student: Student) {
    let (node, _) = student.nodes().await;
    let mut keys = Vec::new();
    for _ in 0..4 {
        keys.push(parked(&student, node, "notify", "broken").await.effect(0));
    }
    keys.sort();
    assert_eq!(student.store.redrive(&ParkedQuery::default(), 3, SECOND).await, Ok(3));
    for (n, key) in (0..).zip(&keys) {
        let row = student.effects_of(key.instance).await.remove(0);
        if n < 3 {
            assert_eq!((row.state, row.due_at), (EffectState::Due, student.now() + SECOND * n));
        } else {
            assert_eq!(row.state, EffectState::Parked);
        }
    }
}

pub async fn redriving_means_what_it_names(student: Student) {
    let (node, _) = student.nodes().await;
    let mail = parked(&student, node, "mail", "100% of_the time: refused").await;
    let sign = parked(&student, node, "sign", "key is gone").await;
    let push = parked(&student, node, "push", "refused").await;
    student.done(Write::ParkInstance { instance: push.id, reason: "refused".into() }).await;
    let state = async |case: &Case| student.effects_of(case.id).await[0].state;
    let (due, waits) = (EffectState::Due, EffectState::Parked);

    let named = ParkedQuery { cause: Some("%".into()), ..ParkedQuery::default() };
    assert_eq!(redriven(&student, named).await, 1, "a cause is text, not a pattern");
    assert_eq!((state(&mail).await, state(&sign).await, state(&push).await), (due, waits, waits));

    let named = ParkedQuery { effect: Some(push.effect(0)), ..ParkedQuery::default() };
    assert_eq!(redriven(&student, named).await, 1);
    assert_eq!((state(&sign).await, state(&push).await), (waits, due));
    assert!(student.load(push.id).await.row.parked.is_some(), "an effect's name means the effect alone");

    let named = ParkedQuery { kind: Some("mail".into()), ..ParkedQuery::default() };
    assert_eq!(redriven(&student, named).await, 0);
    let named = ParkedQuery { workflow: Some("other".into()), ..ParkedQuery::default() };
    assert_eq!(redriven(&student, named).await, 0);
    let named =
        ParkedQuery { instance: Some(push.id), cause: Some("fused".into()), ..ParkedQuery::default() };
    assert_eq!(redriven(&student, named).await, 1);
    assert_eq!(student.load(push.id).await.row.parked, None);
    let named = ParkedQuery {
        kind: Some("sign".into()),
        workflow: Some("exam".into()),
        instance: Some(sign.id),
        ..ParkedQuery::default()
    };
    assert_eq!(redriven(&student, named).await, 1);
    assert_eq!(state(&sign).await, due);
}

pub async fn a_parked_instance_sleeps_until_redriven(student: Student) {
    let mut case = Case::begun(&student, |draft| draft.wakes(student.now())).await;
    let other = Case::begun(&student, |draft| draft.wakes(student.now() + SECOND)).await;
    assert_eq!(student.store.due(9).await.unwrap(), [case.id]);
    student.done(Write::ParkInstance { instance: case.id, reason: "it panicked".into() }).await;
    assert_eq!(student.store.due(9).await.unwrap(), []);
    assert_eq!(student.store.next_wake().await, Ok(Some(student.now() + SECOND)));
    assert_eq!(student.load(case.id).await.row.parked.as_deref(), Some("it panicked"));
    let parked = async |parked| {
        let query = InstanceQuery { parked: Some(parked), limit: 9, ..InstanceQuery::default() };
        let rows = student.store.list(&query).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!((parked(true).await, parked(false).await), (vec![case.id], vec![other.id]));
    // Another node may have loaded it before: what it decides is not written.
    let late = case.next(&student).wakes(student.now()).effect("never");
    assert_eq!(student.write(late.clone()).await, Written::Conflict);
    let stored = student.load(case.id).await;
    assert_eq!((stored.row.parked.as_deref(), stored.journal.len()), (Some("it panicked"), 1));
    assert!(student.effects_of(case.id).await.is_empty());
    assert_eq!(redriven(&student, ParkedQuery::default()).await, 1);
    assert_eq!(student.store.due(9).await.unwrap(), [case.id]);
    assert_eq!(parked(true).await, []);
    student.done(late).await;
    assert_eq!(student.load(case.id).await.journal.len(), 2);
}
