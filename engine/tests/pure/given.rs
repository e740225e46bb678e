//! Stories read as sentences, and a wrong one says what differs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sealwright_engine::explore::START;
use sealwright_engine::testing::Given;
use sealwright_engine::{Actor, Phase, Workflow};

use crate::claim::{Answer, Applicant, Claim, DAY, Effect, Event, HOUR, Outcome, Rejection, Reviewer, Rules};

fn reviewed(amount: u32) -> Given<Claim> {
    Given::<Claim>::new()
        .events([Event::Submitted { amount, until: START + HOUR }, Event::ReviewAsked { due: START + DAY }])
}

/// What a claim that does not hold prints.
fn complaint(story: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(story)).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap()
}

#[test]
fn a_claim_is_told_from_the_first_click_to_the_money() {
    Given::<Claim>::new()
        .when(Applicant::Submit { amount: 80 })
        .events([Event::Submitted { amount: 80, until: START + HOUR }])
        .effects([Effect::Check { amount: 80 }])
        .phase(Phase::Open("checking"))
        .deadline_at(START + HOUR)
        .no_task()
        .by_performer()
        .when(Answer::Covered)
        .phase(Phase::Open("review"))
        .by_holder("ann")
        .after(HOUR)
        .when(Reviewer::Approve)
        .events([Event::Approved { nag_at: START + HOUR + DAY }])
        // In the other order than the code has: effects have none.
        .effects([Effect::Tell("approved".into()), Effect::Pay { amount: 80 }])
        .wanted(&Effect::Pay { amount: 80 })
        .moot(&Effect::Check { amount: 80 })
        .by_performer()
        .when(Answer::Paid)
        .events([Event::Ended(Outcome::Paid)])
        .phase(Phase::Closed("paid"))
        .no_deadline()
        .then_when(Answer::Paid)
        .nothing()
        .effects([]);
}

#[test]
fn deadlines_fire_by_themselves_one_after_the_other() {
    let until = START + DAY * 7;
    let sent_back = reviewed(80).events([Event::SentBack { until }]);
    let state = sent_back
        .when_due()
        .events([Event::Reminded { until }])
        .effects([Effect::Tell("reminder".into())])
        .then_when_due()
        .events([Event::Ended(Outcome::Expired)])
        .state();
    assert_eq!(state, Claim::Closed(Outcome::Expired));
    // After an outage there is no reminder any more.
    sent_back_late(until).events([Event::Ended(Outcome::Expired)]);
}

fn sent_back_late(until: sealwright_engine::Timestamp) -> sealwright_engine::testing::Then<Claim> {
    reviewed(80).events([Event::SentBack { until }]).at(until + DAY).when_due()
}

#[test]
fn the_policy_and_the_actor_count() {
    let strict = Rules { second_look_over: 10, corrections: 0 };
    Given::<Claim>::policy(strict)
        .events([Event::Submitted { amount: 80, until: START }, Event::ReviewAsked { due: START }])
        .when(Reviewer::Approve)
        .rejected(Rejection::NotYours)
        .by_holder("ann")
        .when(Reviewer::SendBack)
        .rejected(Rejection::TooManyCorrections(0))
        .then_when(Reviewer::Approve)
        .phase(Phase::Open("second_look"));
}

#[test]
fn other_events_are_shown_as_a_difference() {
    let text = complaint(|| {
        reviewed(80).by_holder("ann").when(Reviewer::Approve).events([Event::Approved { nag_at: START }]);
    });
    assert!(text.starts_with("Reviewer(Approve) recorded other events:"), "{text}");
    assert!(text.contains("-         nag_at: 2026-01-05T08:00:00.000000Z,"), "{text}");
    assert!(text.contains("+         nag_at: 2026-01-06T08:00:00.000000Z,"), "{text}");
}

#[test]
fn missing_and_surplus_effects_are_both_named() {
    let text = complaint(|| {
        let approved = reviewed(80).by_holder("ann").when(Reviewer::Approve);
        approved.effects([Effect::Pay { amount: 80 }, Effect::Alert("x".into())]);
    });
    assert!(text.contains("-     Alert(") && text.contains("+     Tell("), "{text}");
    assert!(!text.contains("Pay"), "what is right is not shown: {text}");
    // The same effect twice is not the same effect once.
    let text = complaint(|| {
        let sent_back = reviewed(80).by_holder("ann").when(Reviewer::SendBack);
        sent_back.effects([Effect::Tell("sent_back".into()), Effect::Tell("sent_back".into())]);
    });
    assert!(text.contains("-     Tell("), "{text}");
}

#[test]
fn a_refusal_that_nobody_expected_stops_the_story() {
    let refused = || Given::<Claim>::new().when(Applicant::Submit { amount: 0 });
    let text = complaint(|| drop(refused().then_when(Applicant::Submit { amount: 1 })));
    assert!(text.contains("was refused: an amount must be more than nothing (NoAmount)"), "{text}");
    let text = complaint(|| drop(refused().phase(Phase::Open("new"))));
    assert!(text.contains("was refused"), "{text}");
    let text = complaint(|| drop(refused().rejected(Rejection::NotYours)));
    assert!(text.contains("refused for another reason"), "{text}");
    let text = complaint(|| drop(Given::<Claim>::new().when(Answer::Paid).rejected(Rejection::NotYours)));
    assert!(text.contains("was accepted"), "{text}");
}

#[test]
fn views_are_claimed_about_as_well() {
    let then = reviewed(80).by(Actor::Timer).when(Answer::Paid).nothing();
    let task = then.state().task().unwrap();
    let then = reviewed(80).when(Answer::Paid).task(task.clone());
    let labels = then.state().labels();
    let then = reviewed(80).when(Answer::Paid).labels(labels);
    let text = complaint(|| drop(then.no_task()));
    assert!(text.contains("another task") && text.contains("claims"), "{text}");
}
