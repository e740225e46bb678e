//! Effects: at least once, under one key, and no neighbour suffers.

use std::collections::BTreeSet;

use sealwright_engine::store::{EffectQuery, EffectState, ParkedQuery};
use sealwright_engine::{Backoff, CommandId, limits};

use crate::carrier::{Carrier, Deed};
use crate::desk::{audited, effects, envelope, phase, post, redrive, seconds, send, view, with};
use crate::parcel::{Command, PATIENCE, Parcel};

#[tokio::test]
async fn a_failing_effect_is_tried_again_after_growing_waits_and_parks_after_its_limit() {
    let carrier = Carrier::default();
    carrier.always(Deed::Fail);
    let engine = with(&carrier).await;
    let (began, id) = (engine.now(), post(&engine, 3).await);
    engine.advance(seconds(60)).await;
    let waited: Vec<_> = carrier.log().iter().map(|entry| entry.at.since(began).as_secs()).collect();
    assert_eq!(waited, [0, 1, 3, 7], "1, 2 and 4 seconds apart");
    let row = &effects(&engine, id).await[0];
    assert_eq!((row.state, row.attempts), (EffectState::Parked, 4));
    assert_eq!(row.note.as_deref(), Some("the road is closed"));
    let parked = engine.parked(10).await.unwrap();
    assert_eq!((parked.effects.len(), parked.instances.len()), (1, 0));
}

#[tokio::test]
async fn the_default_waits_reach_over_a_night() {
    let backoff = Backoff::default();
    let total: f64 = (1..limits::ATTEMPTS).map(|n| backoff.wait(n, 0.0).as_secs_f64()).sum();
    assert!((7.5..9.0).contains(&(total / 3_600.0)), "{total} s");
}

#[tokio::test]
async fn neighbours_of_a_parked_effect_go_on() {
    let carrier = Carrier::default();
    carrier.with_weight(13, Some(Deed::Fail));
    let engine = with(&carrier).await;
    let poison = post(&engine, 13).await;
    let mut healthy = Vec::new();
    for _ in 0..10 {
        healthy.push(post(&engine, 1).await);
    }
    engine.run_until_idle().await;
    for id in healthy {
        assert_eq!(phase(&engine, id).await, "at_the_desk");
    }
    engine.advance(seconds(60)).await;
    assert_eq!(phase(&engine, poison).await, "on_its_way");
    assert_eq!(engine.parked(10).await.unwrap().effects.len(), 1);
}

#[tokio::test]
async fn a_panic_and_a_hang_in_a_performer_are_failed_attempts() {
    let carrier = Carrier::told([Deed::Panic, Deed::Hang]);
    carrier.terms(|terms| terms.time = std::time::Duration::from_millis(20));
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    engine.run_until_idle().await;
    let note = effects(&engine, id).await[0].note.clone().unwrap();
    assert_eq!(note, "the performer panicked: the van exploded");
    engine.advance(seconds(1)).await;
    let row = effects(&engine, id).await.remove(0);
    assert_eq!((row.attempts, row.note.as_deref()), (2, Some("no answer within 0.02 s")));
    engine.advance(seconds(2)).await;
    assert_eq!(phase(&engine, id).await, "at_the_desk");
}

#[tokio::test]
async fn a_poll_that_says_later_spends_no_attempt() {
    let carrier = Carrier::told(vec![Deed::Later(seconds(30)); 20]);
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    engine.advance(seconds(30 * 20)).await;
    let log = carrier.log();
    assert_eq!(log.len(), 21);
    assert!(log.iter().all(|entry| entry.attempts == 0));
    assert_eq!(phase(&engine, id).await, "at_the_desk");
}

#[tokio::test]
async fn later_in_the_past_does_not_spin() {
    let carrier = Carrier::told([Deed::Later(seconds(0))]);
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    engine.run_until_idle().await;
    assert_eq!(carrier.log().len(), 1);
    assert_eq!(effects(&engine, id).await[0].due_at, engine.now() + limits::SOONEST);
}

#[tokio::test]
async fn moot_is_asked_before_the_first_attempt_and_before_every_other() {
    let carrier = Carrier::default();
    carrier.always(Deed::Later(seconds(1_000_000)));
    carrier.with_kind("ring", Deed::Fail);
    carrier.terms(|terms| terms.at_once = 1);
    let engine = with(&carrier).await;
    let (first, second) = (post(&engine, 3).await, post(&engine, 4).await);
    engine.run_until_idle().await;
    // Both reminders ring; the second one waits for the first one's place.
    carrier.close();
    engine.clock().advance(PATIENCE);
    carrier.until_under_way(1).await;
    while view(&engine, first).await.version + view(&engine, second).await.version < 4 {
        tokio::task::yield_now().await;
    }
    for id in [first, second] {
        send(&engine, id, "here", Command::Arrived { weight: 3 }).await.unwrap();
    }
    carrier.open();
    engine.advance(seconds(60)).await;
    assert_eq!(carrier.attempts("ring").len(), 1, "one attempt failed, and there was none after it");
    for id in [first, second] {
        let ring = effects(&engine, id).await.pop().unwrap();
        assert_eq!((ring.kind.as_str(), ring.note.as_deref()), ("ring", Some("moot")));
    }
}

#[tokio::test]
async fn a_refused_answer_settles_its_effect_with_the_refusal_on_the_row() {
    let carrier = Carrier::told([Deed::Answer(99)]);
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    engine.advance(seconds(60)).await;
    let row = effects(&engine, id).await.remove(0);
    assert_eq!((row.state, row.note.as_deref()), (EffectState::Settled, Some("99 kg is too heavy")));
    assert_eq!((carrier.log().len(), view(&engine, id).await.version), (1, 1));
}

#[tokio::test]
async fn a_late_answer_changes_nothing_and_settles_its_effect() {
    let carrier = Carrier::default();
    carrier.close();
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    carrier.until_under_way(1).await;
    send(&engine, id, "1", Command::Arrived { weight: 3 }).await.unwrap();
    carrier.open();
    engine.run_until_idle().await;
    let row = effects(&engine, id).await.remove(0);
    assert_eq!((row.state, view(&engine, id).await.version), (EffectState::Settled, 2));
}

#[tokio::test]
async fn one_all_matching_and_spaced_redrives() {
    let carrier = Carrier::default();
    carrier.always(Deed::Fail);
    let engine = with(&carrier).await;
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(post(&engine, 3).await);
    }
    engine.advance(seconds(60)).await;
    assert_eq!(engine.parked(100).await.unwrap().effects.len(), 10);
    carrier.always(Deed::Carry);

    let one = ParkedQuery { effect: Some(effects(&engine, ids[4]).await[0].key), ..ParkedQuery::default() };
    assert_eq!(engine.redrive(&one, 100, seconds(0)).await.unwrap(), 1);
    engine.run_until_idle().await;
    assert_eq!(phase(&engine, ids[4]).await, "at_the_desk");
    assert_eq!(phase(&engine, ids[0]).await, "on_its_way");

    let other_cause = ParkedQuery { cause: Some("the bridge is closed".into()), ..ParkedQuery::default() };
    assert_eq!(engine.redrive(&other_cause, 100, seconds(0)).await.unwrap(), 0);
    let same_cause =
        ParkedQuery { cause: Some("road".into()), kind: Some("carry".into()), ..ParkedQuery::default() };
    let (before, began) = (carrier.log().len(), engine.now());
    assert_eq!(engine.redrive(&same_cause, 5, seconds(10)).await.unwrap(), 5);
    engine.advance(seconds(60)).await;
    let times: Vec<_> = carrier.log()[before..].iter().map(|entry| entry.at.since(began).as_secs()).collect();
    assert_eq!(times, [0, 10, 20, 30, 40]);
    assert_eq!(redrive(&engine).await, 4);
    engine.run_until_idle().await;
    for id in ids {
        assert_eq!(phase(&engine, id).await, "at_the_desk");
    }
    assert_eq!(redrive(&engine).await, 0);
}

#[tokio::test]
async fn an_effect_has_one_key_over_all_attempts_and_restarts_and_a_short_form_for_vendors() {
    let carrier = Carrier::told([Deed::Fail, Deed::Panic, Deed::Later(seconds(5)), Deed::Hang]);
    let mut engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    engine.advance(seconds(3)).await;
    engine.clock().advance(seconds(10));
    carrier.until_under_way(1).await;
    engine.crash_and_recover().await;
    assert_eq!(phase(&engine, id).await, "at_the_desk");
    let keys: BTreeSet<_> = carrier.attempts("carry").iter().map(|entry| entry.key.short()).collect();
    assert_eq!(keys.len(), 1);
    let short = keys.first().unwrap();
    assert!(short.len() == 32 && short.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert!(carrier.attempts("carry").len() >= 5);
}

#[tokio::test]
async fn a_kind_is_performed_with_bounded_concurrency() {
    let carrier = Carrier::default();
    carrier.terms(|terms| terms.at_once = 3);
    carrier.close();
    let engine = with(&carrier).await;
    for _ in 0..20 {
        post(&engine, 3).await;
    }
    carrier.until_under_way(3).await;
    // The place of one that ended is taken by one that waited, never by two.
    carrier.open();
    engine.run_until_idle().await;
    assert_eq!((carrier.most_at_once(), carrier.log().len()), (3, 20));
}

#[tokio::test]
async fn effects_beyond_the_bound_of_memory_stay_in_the_store_and_are_performed_later() {
    let carrier = Carrier::default();
    carrier.terms(|terms| terms.at_once = 10);
    carrier.close();
    let engine = with(&carrier).await;
    let count = limits::EFFECTS_IN_MEMORY + 300;
    for _ in 0..count {
        post(&engine, 3).await;
    }
    carrier.until_under_way(10).await;
    let mut unleased = 0;
    let mut page = EffectQuery { limit: limits::PAGE, ..EffectQuery::default() };
    loop {
        let rows = engine.store().effects(&page).await.unwrap();
        let Some(last) = rows.last() else { break };
        page.after = Some(last.key);
        unleased += rows.iter().filter(|row| row.leased_to.is_none()).count();
    }
    assert_eq!(unleased, 300, "what does not fit is left for whoever has room");
    carrier.open();
    engine.run_until_idle().await;
    assert_eq!(carrier.log().len(), count, "each performed once");
    assert_eq!(audited(&engine).await, 2 * count as u64);
}

#[tokio::test]
async fn a_clients_key_that_looks_like_an_effects_disturbs_nothing() {
    let carrier = Carrier::default();
    carrier.close();
    let engine = with(&carrier).await;
    let id = post(&engine, 3).await;
    let key = effects(&engine, id).await[0].key;
    for guess in [key.to_string(), format!("e:{key}"), format!("x:{key}")] {
        send(&engine, id, &guess, Command::Note).await.unwrap();
    }
    carrier.open();
    engine.run_until_idle().await;
    assert_eq!(phase(&engine, id).await, "at_the_desk");
    let history = engine.history(id).await.unwrap();
    let ids: BTreeSet<CommandId> = history.iter().map(|body| body.id.clone()).collect();
    assert_eq!((history.len(), ids.len()), (5, 5));
    let again = engine.send::<Parcel>(id, envelope(&key.to_string(), Command::Note)).await.unwrap();
    assert!(again.repeated);
}
