//! Decisions that take more than one person.

use sealwright_engine::explore::INSTANCE;
use sealwright_engine::{InstanceId, Phase};
use sealwright_workflows::application::{Applicant, Effect, Event, Rejection, Reviewer, Verdict};
use sealwright_workflows::application::{Notice, Refusal};
use sealwright_workflows::policy::{Locale, Policy};

use crate::review::*;
use crate::support::*;

#[test]
fn barring_takes_a_second_person_who_does_not_know() {
    let barred = Event::Barred { reasons: codes(&["malicious"]) };
    given(in_review())
        .by_holder("ann")
        .when(reject(&["malicious"]))
        .then_when_due()
        .events([Event::SecondLookAsked { task: 2 }])
        .effects([])
        .task(task(2, &["reviewer", "lead"], &["ann"]))
        .by_holder("ann")
        .when(reject(&["malicious"]))
        .rejected(Rejection::Excluded)
        .by_holder("bob")
        .when(by_office(Reviewer::SecondLook))
        .rejected(Rejection::NotPassedOnAgain)
        .by_holder("bob")
        .when(reject(&["malicious"]))
        .then_when_due()
        .events([barred])
        .effects([
            Effect::Bar { licence: LICENCE, reasons: codes(&["malicious"]) },
            Effect::Notify {
                person: PERSON,
                locale: Locale::En,
                notice: Notice::Barred { reasons: codes(&["malicious"]) },
            },
        ])
        .phase(Phase::Closed("barred"));
}

#[test]
fn a_lead_decides_where_two_disagree() {
    let disagreement = || {
        given(in_review())
            .by_holder("ann")
            .when(reject(&["malicious"]))
            .then_when_due()
            .by_holder("bob")
            .when(by_office(Reviewer::Approve))
            .then_when_due()
            .events([Event::LeadAsked { task: 3 }])
            .task(task(3, &["lead"], &["ann", "bob"]))
            .by_holder("cleo")
    };
    disagreement().when(by_office(Reviewer::Approve)).then_when_due().phase(Phase::Open("issue"));
    // Ann's is the second voice for a bar.
    disagreement().when(reject(&["malicious"])).then_when_due().phase(Phase::Closed("barred"));
    disagreement().when(reject(&["background"])).then_when_due().phase(Phase::Open("photo"));
}

#[test]
fn a_lead_does_not_bar_alone() {
    given(
        [
            in_review(),
            vec![
                decided("ann", Verdict::Approved),
                Event::SecondLookAsked { task: 2 },
                decided("bob", fixable("frame")),
                Event::LeadAsked { task: 3 },
            ],
        ]
        .concat(),
    )
    .by_holder("cleo")
    .when(reject(&["malicious"]))
    .rejected(Rejection::BarAlone)
    .by_holder("cleo")
    .when(reject(&["another_person"]))
    .then_when_due()
    .events([Event::Refused { refusal: Refusal::PhotoRefused { reasons: codes(&["another_person"]) } }]);
}

#[test]
fn two_who_agree_tell_the_applicant_all_faults() {
    given([in_review(), vec![decided("ann", fixable("frame")), Event::SecondLookAsked { task: 2 }]].concat())
        .by_holder("bob")
        .when(reject(&["background"]))
        .then_when_due()
        .events([Event::PhotoRejected { reasons: codes(&["background", "frame"]), tries_left: 2 }]);
}

#[test]
fn a_case_is_passed_on_once() {
    given(in_review())
        .by_holder("ann")
        .when(by_office(Reviewer::SecondLook))
        .events([Event::PassedOn { by: "ann".into(), task: 2 }])
        .task(task(2, &["reviewer", "lead"], &["ann"]))
        .by_holder("bob")
        .when(by_office(Reviewer::SecondLook))
        .rejected(Rejection::NotPassedOnAgain)
        .by_holder("bob")
        .when(by_office(Reviewer::Approve))
        .then_when_due()
        .phase(Phase::Open("issue"));
}

#[test]
fn a_policy_chooses_cases_for_a_second_look_by_their_ids() {
    let sampled = |per_mille: u16, instance: InstanceId| {
        let toml = format!("[review.second_look]\napproved_per_mille = {per_mille}");
        let story = given_under(Policy::from_toml(&toml).unwrap(), in_review()).instance(instance);
        let then = story.by_holder("ann").when(by_office(Reviewer::Approve)).then_when_due();
        then.state().waiting().is_some_and(|waiting| waiting.review().is_some())
    };
    assert!(sampled(1_000, INSTANCE) && !sampled(0, INSTANCE));
    let ids = (0..1_000).map(|n| InstanceId(id(n)));
    let chosen: Vec<InstanceId> = ids.filter(|id| sampled(100, *id)).collect();
    assert!((70..130).contains(&chosen.len()), "{} of 1,000", chosen.len());
    assert!(chosen.iter().all(|id| sampled(100, *id)), "the same cases again");
}

#[test]
fn a_withdrawal_does_not_escape_a_bar() {
    let withdraw = || by_applicant(Applicant::Withdraw);
    let pending = vec![decided("ann", bar())];
    let second = vec![decided("ann", bar()), Event::SecondLookAsked { task: 2 }];
    for more in [pending, second] {
        given([in_review(), more].concat()).when(withdraw()).rejected(Rejection::DecisionPending);
    }
    // Whatever else is decided, the applicant may go.
    for verdict in [Verdict::Approved, fixable("frame")] {
        given([in_review(), vec![decided("ann", verdict)]].concat())
            .when(withdraw())
            .phase(Phase::Closed("withdrawn"));
    }
}
