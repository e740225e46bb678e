//! Claims about effects: who has them, when they are due, how they end.

use std::collections::HashSet;
use std::sync::Arc;

use super::draft::Case;
use super::{Duration, Student};
use crate::id::{EffectKey, NodeId};
use crate::limits::NODE_LEASE;
use crate::store::{EffectQuery, EffectState, Write, Written};
use crate::time::Timestamp;

const SECOND: Duration = Duration::from_secs(1);

async fn claimed(student: &Student, node: NodeId, limit: usize) -> Vec<EffectKey> {
    let rows = student.store.claim_effects(node, limit).await.unwrap();
    assert!(rows.iter().all(|row| row.leased_to == Some(node) && row.state == EffectState::Due));
    rows.into_iter().map(|row| row.key).collect()
}

fn postpone(key: EffectKey, node: NodeId, at: Timestamp) -> Write {
    Write::Postpone { key, node, attempts: 3, at, error: Some("busy".into()) }
}

pub async fn effects_are_claimed_soonest_first_and_no_more_than_asked(student: Student) {
    let (node, _) = student.nodes().await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        let case = Case::begun(&student, |draft| draft.effect("notify").effect("order")).await;
        expected.extend([case.effect(0), case.effect(1)]);
        student.wait(SECOND);
    }
    assert_eq!(claimed(&student, node, 4).await, expected[..4]);
    assert_eq!(claimed(&student, node, 4).await, expected[4..]);
    assert_eq!(claimed(&student, node, 4).await, []);
}

pub async fn an_effect_is_due_to_the_microsecond(student: Student) {
    let (node, other) = student.nodes().await;
    let case = Case::begun(&student, |draft| draft.effect("notify").leased_to(node)).await;
    let due = student.now() + SECOND;
    student.done(postpone(case.effect(0), node, due)).await;
    student.wait(SECOND - Duration::from_micros(1));
    assert_eq!(claimed(&student, other, 9).await, []);
    student.wait(Duration::from_micros(1));
    assert_eq!(claimed(&student, other, 9).await, [case.effect(0)]);
}

pub async fn a_living_nodes_effects_are_not_claimed(student: Student) {
    let (node, other) = student.nodes().await;
    let case = Case::begun(&student, |draft| draft.effect("notify").leased_to(node)).await;
    assert_eq!(student.effects_of(case.id).await[0].leased_to, Some(node));
    student.wait(NODE_LEASE - Duration::from_micros(1));
    assert_eq!(claimed(&student, other, 9).await, []);
    student.wait(Duration::from_micros(1));
    student.store.beat(other).await.unwrap();
    assert_eq!(claimed(&student, other, 9).await, [case.effect(0)]);
    // The dead node comes back and has nothing any more.
    student.store.beat(node).await.unwrap();
    assert_eq!(claimed(&student, node, 9).await, []);
    assert_eq!(student.write(postpone(case.effect(0), node, student.now())).await, Written::LeaseLost);
}

pub async fn a_beat_keeps_a_node_alive(student: Student) {
    let (node, other) = student.nodes().await;
    Case::begun(&student, |draft| draft.effect("notify").leased_to(node)).await;
    for _ in 0..3 {
        student.wait(NODE_LEASE - SECOND);
        student.store.beat(node).await.unwrap();
        assert_eq!(claimed(&student, other, 9).await, []);
    }
}

pub async fn a_leaving_node_gives_back(student: Student) {
    let (node, other) = student.nodes().await;
    let case = Case::begun(&student, |draft| draft.effect("notify").effect("order").leased_to(node)).await;
    let kept = Case::begun(&student, |draft| draft.effect("keep").leased_to(other)).await;
    student.store.leave(node).await.unwrap();
    let row = &student.effects_of(case.id).await[0];
    assert_eq!((row.leased_to, row.attempts, row.state), (None, 0, EffectState::Due));
    assert_eq!(student.effects_of(kept.id).await[0].leased_to, Some(other));
    assert_eq!(claimed(&student, other, 9).await, [case.effect(0), case.effect(1)]);
    // A commit that was under way when the node left does not strand its effects.
    let late = Case::begun(&student, |draft| draft.effect("late").leased_to(node)).await;
    assert_eq!(claimed(&student, other, 9).await, [late.effect(0)]);
}

pub async fn a_postponed_effect_waits(student: Student) {
    let (node, other) = student.nodes().await;
    let case = Case::begun(&student, |draft| draft.effect("notify").leased_to(node)).await;
    let due = student.now() + SECOND;
    student.done(postpone(case.effect(0), node, due)).await;
    let row = student.effects_of(case.id).await.remove(0);
    assert_eq!((row.state, row.due_at, row.attempts), (EffectState::Due, due, 3));
    assert_eq!((row.note.as_deref(), row.leased_to), (Some("busy"), None));
    assert_eq!(student.store.next_effect().await, Ok(Some(due)));
    assert_eq!(claimed(&student, other, 9).await, []);
    student.wait(SECOND);
    let row = student.store.claim_effects(other, 9).await.unwrap().remove(0);
    assert_eq!((row.key, row.attempts, row.note.as_deref()), (case.effect(0), 3, Some("busy")));
    assert_eq!((row.workflow.as_str(), row.kind.as_str()), ("exam", "notify"));
}

pub async fn only_its_node_postpones_an_effect(student: Student) {
    let (node, other) = student.nodes().await;
    let case = Case::begun(&student, |draft| draft.effect("notify").leased_to(node)).await;
    let before = student.effects_of(case.id).await;
    assert_eq!(student.write(postpone(case.effect(0), other, student.now())).await, Written::LeaseLost);
    let nowhere = EffectKey { n: 7, ..case.effect(0) };
    assert_eq!(student.write(postpone(nowhere, node, student.now())).await, Written::LeaseLost);
    assert_eq!(student.effects_of(case.id).await, before);
    student.done(Write::Settle { key: case.effect(0), note: "done".into() }).await;
    assert_eq!(student.write(postpone(case.effect(0), node, student.now())).await, Written::LeaseLost);
}

pub async fn a_settled_effect_keeps_its_first_note(student: Student) {
    let (node, other) = student.nodes().await;
    let case = Case::begun(&student, |draft| draft.effect("notify").leased_to(node)).await;
    student.done(Write::Settle { key: case.effect(0), note: "moot".into() }).await;
    student.done(Write::Settle { key: case.effect(0), note: "done".into() }).await;
    let row = student.effects_of(case.id).await.remove(0);
    assert_eq!((row.state, row.note.as_deref()), (EffectState::Settled, Some("moot")));
    assert_eq!((row.due_at, row.leased_to), (student.now(), None));
    student.wait(NODE_LEASE);
    assert_eq!(claimed(&student, other, 9).await, []);
    assert_eq!(student.store.next_effect().await, Ok(None));
}

pub async fn an_answer_settles_its_effect(student: Student) {
    let (node, other) = student.nodes().await;
    let mut case =
        Case::begun(&student, |draft| draft.effect("notify").effect("order").leased_to(node)).await;
    let (answered, open) = (case.effect(0), case.effect(1));
    student.done(case.next(&student).settles(answered).effect("next").leased_to(node)).await;
    let rows = student.effects_of(case.id).await;
    let states: Vec<_> = rows.iter().map(|row| (row.key, row.state)).collect();
    let (settled, due) = (EffectState::Settled, EffectState::Due);
    assert_eq!(states, [(answered, settled), (open, due), (case.effect(0), due)]);
    assert!(rows[0].note.is_some() && rows[1].note.is_none());
    student.wait(NODE_LEASE);
    assert_eq!(claimed(&student, other, 9).await, [open, case.effect(0)]);
}

pub async fn one_of_many_nodes_gets_an_effect(student: Student) {
    let mut cases = HashSet::new();
    for _ in 0..40 {
        cases.insert(Case::begun(&student, |draft| draft.effect("notify")).await.effect(0));
    }
    let nodes: Vec<_> = (0..4).map(|_| NodeId::new(student.now())).collect();
    for node in &nodes {
        student.store.join(*node).await.unwrap();
    }
    let claims: Vec<_> = nodes
        .into_iter()
        .map(|node| {
            let store = Arc::clone(&student.store);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                for _ in 0..20 {
                    let rows = store.claim_effects(node, 3).await.unwrap();
                    mine.extend(rows.into_iter().map(|row| row.key));
                }
                mine
            })
        })
        .collect();
    for claim in claims {
        for key in claim.await.unwrap() {
            assert!(cases.remove(&key), "{key} was claimed twice");
        }
    }
    assert!(cases.is_empty(), "some were claimed by nobody");
}

pub async fn the_next_effect_is_one_that_nobody_has(student: Student) {
    let (node, other) = student.nodes().await;
    assert_eq!(student.store.next_effect().await, Ok(None));
    let begun = student.now();
    Case::begun(&student, |draft| draft.effect("notify").leased_to(node)).await;
    assert_eq!(student.store.next_effect().await, Ok(None));
    student.wait(SECOND);
    let free = Case::begun(&student, |draft| draft.effect("notify")).await;
    assert_eq!(student.store.next_effect().await, Ok(Some(student.now())));
    assert_eq!(claimed(&student, other, 9).await, [free.effect(0)]);
    assert_eq!(student.store.next_effect().await, Ok(None));
    student.wait(NODE_LEASE);
    assert_eq!(student.store.next_effect().await, Ok(Some(begun)));
}

pub async fn effects_are_listed_by_filter_and_page(student: Student) {
    let (node, _) = student.nodes().await;
    let mut keys = Vec::new();
    for workflow in ["exam", "other"] {
        let shape = |draft: super::draft::Draft| {
            draft.workflow(workflow).effect("notify").effect("order").leased_to(node)
        };
        let case = Case::begun(&student, shape).await;
        keys.extend([case.effect(0), case.effect(1)]);
    }
    keys.sort();
    student.done(Write::Settle { key: keys[0], note: "done".into() }).await;
    let found = async |query: EffectQuery| {
        let rows = student.store.effects(&query).await.unwrap();
        rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    let all = || EffectQuery { limit: 9, ..EffectQuery::default() };
    assert_eq!(found(all()).await, keys);
    assert_eq!(found(EffectQuery { limit: 3, ..all() }).await, keys[..3]);
    assert_eq!(found(EffectQuery { after: Some(keys[0]), limit: 2, ..all() }).await, keys[1..3]);
    assert_eq!(found(EffectQuery { after: Some(keys[1]), ..all() }).await, keys[2..]);
    assert_eq!(found(EffectQuery { instance: Some(keys[3].instance), ..all() }).await, keys[2..]);
    assert_eq!(found(EffectQuery { state: Some(EffectState::Settled), ..all() }).await, keys[..1]);
    assert_eq!(found(EffectQuery { state: Some(EffectState::Due), ..all() }).await, keys[1..]);
    assert_eq!(found(EffectQuery { kind: Some("order".into()), ..all() }).await, [keys[1], keys[3]]);
    let other = EffectQuery { workflow: Some("other".into()), kind: Some("notify".into()), ..all() };
    assert_eq!(found(other).await.len(), 1);
}
