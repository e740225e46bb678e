use sealwright_engine::explore::START;
use sealwright_engine::testing::Given;
use sealwright_engine::{Labels, Phase};
use sealwright_workflows::application::{
    Answer, Applicant, Application, Effect, Event, Failure, Liveness, Notice, Refusal, Rejection,
};
use sealwright_workflows::licence::{Ended, Portrait, PortraitKind};
use sealwright_workflows::policy::{Locale, Path, Policy};

use crate::support::*;

#[test]
fn start_confirm_liveness_submit_and_the_licence_is_there() {
    let alert_at = START + 15 * MINUTE;
    Given::<Application>::new()
        .by(applicant())
        .when(by_applicant(begin()))
        .events([begun()])
        .effects([Effect::LookUpRecord { person: PERSON, licence: LICENCE }])
        .labels(Labels::none().with("person", PERSON))
        .by_performer()
        .when(found(7, facts(true)))
        .effects([Effect::Reserve { licence: LICENCE, person: PERSON, portrait: PortraitKind::Retained }])
        .then_when(answer(Answer::Reserved { failures: 0 }))
        .events([admitted(0), path_fixed(Path::Retained)])
        .effects([])
        .phase(Phase::Open("information"))
        .by(applicant())
        .when(by_applicant(Applicant::ConfirmInformation { revision: 7 }))
        .events([Event::InformationConfirmed { revision: 7 }, Event::LivenessAsked { session: 1, alert_at }])
        .effects([Effect::StartLiveness { person: PERSON, session: 1 }])
        .by_performer()
        .when(answer(Answer::LivenessStarted { session: 1, reference: "session-1".into() }))
        .events([started(1)])
        .effects([Effect::PollLiveness { session: 1, reference: "session-1".into() }])
        .then_when(liveness(1, passed()))
        .events([liveness_passed()])
        .effects([])
        .moot(&Effect::PollLiveness { session: 1, reference: "session-1".into() })
        .phase(Phase::Open("submit"))
        .by(applicant())
        .when(by_applicant(Applicant::Submit))
        .events([Event::Submitted, order_of(1)])
        .effects([Effect::OrderIssue {
            licence: LICENCE,
            order: 1,
            person: PERSON,
            revision: 7,
            portrait: Portrait::Retained,
            facts: facts(true),
        }])
        .no_task()
        .by_performer()
        .when(answer(Answer::Issued { order: 1, version: 1, serial: "7K3M9Q2W".into() }))
        .events([Event::Issued { version: 1, serial: "7K3M9Q2W".into() }])
        .effects([Effect::Notify {
            person: PERSON,
            locale: Locale::En,
            notice: Notice::Issued { version: 1 },
        }])
        .phase(Phase::Closed("issued"))
        .no_deadline();
}

#[test]
fn a_result_may_overtake_the_news_of_its_session() {
    let mut events = retained();
    events.push(Event::InformationConfirmed { revision: 7 });
    events.push(Event::LivenessAsked { session: 1, alert_at: START + 15 * MINUTE });
    given(events)
        .by_performer()
        .when(liveness(1, passed()))
        .events([liveness_passed()])
        .then_when(answer(Answer::LivenessStarted { session: 1, reference: "session-1".into() }))
        .nothing();
}

#[test]
fn only_the_newest_record_can_be_confirmed() {
    let confirm = |revision| by_applicant(Applicant::ConfirmInformation { revision });
    given(retained())
        .when(confirm(6))
        .rejected(Rejection::StaleRevision { newest: 7 })
        .then_when(confirm(8))
        .rejected(Rejection::StaleRevision { newest: 7 })
        .then_when(confirm(7))
        .phase(Phase::Open("liveness"))
        .then_when(confirm(7))
        .nothing();
}

#[test]
fn a_step_taken_twice_is_taken_once_and_a_later_one_is_not_taken_yet() {
    let not_now = |step: &str| Rejection::NotNow { step: step.into() };
    given(retained())
        .when(by_applicant(Applicant::Submit))
        .rejected(not_now("information"))
        .then_when(by_applicant(Applicant::ReadNotice))
        .rejected(not_now("information"))
        .then_when(by_applicant(offer(PHOTO, Path::Camera)))
        .rejected(not_now("information"))
        .then_when(by_applicant(Applicant::ChoosePath { path: Path::Camera }))
        .rejected(Rejection::PathNotOffered)
        .then_when(by_applicant(begin()))
        .rejected(Rejection::AlreadyBegun);
    given(ordered()).when(by_applicant(Applicant::Submit)).nothing();
}

#[test]
fn an_application_is_its_applicants_alone() {
    let other = sealwright_engine::Actor::Applicant(id(0xa2).to_string());
    given(retained())
        .by(other.clone())
        .when(by_applicant(Applicant::ConfirmInformation { revision: 7 }))
        .rejected(Rejection::NotYours);
    Given::<Application>::new().by(other).when(by_applicant(begin())).rejected(Rejection::NotYours);
    let wrong_door = |actor: &str| Rejection::WrongDoor { actor: actor.into() };
    given(retained())
        .by_performer()
        .when(by_applicant(Applicant::Submit))
        .rejected(wrong_door("performer"))
        .by(applicant())
        .when(answer(Answer::Reserved { failures: 0 }))
        .rejected(wrong_door("applicant"))
        .by(operator())
        .when(liveness(1, passed()))
        .rejected(wrong_door("operator"));
}

#[test]
fn not_the_person_three_times_is_a_refusal_that_counts() {
    let alert_at = START + 15 * MINUTE;
    let mismatch = |session| Event::LivenessFailed {
        session,
        failure: Failure::NotThePerson,
        serial: Some("cmp-9".into()),
    };
    let not_the_person = || Liveness::NotThePerson { serial: "cmp-9".into() };
    let refusal = Refusal::NotThePerson;
    given(in_session())
        .by_performer()
        .when(liveness(1, not_the_person()))
        .events([mismatch(1)])
        .by(applicant())
        .when(by_applicant(Applicant::RetryLiveness))
        .events([Event::LivenessAsked { session: 2, alert_at }])
        .effects([Effect::StartLiveness { person: PERSON, session: 2 }])
        .by_performer()
        // Under the threshold is not the person, either.
        .when(liveness(2, Liveness::Passed { score: 79, serial: "cmp-9".into() }))
        .events([mismatch(2)])
        .by(applicant())
        .when(by_applicant(Applicant::RetryLiveness))
        .by_performer()
        .when(liveness(3, not_the_person()))
        .events([Event::Refused { refusal: refusal.clone() }])
        .effects([
            Effect::Release { licence: LICENCE, how: Ended::Refused, failures: 1 },
            Effect::Notify { person: PERSON, locale: Locale::En, notice: Notice::Refused { refusal } },
        ]);
}

#[test]
fn a_failed_service_spends_no_attempt_but_sessions_are_limited() {
    let policy = Policy::from_toml("[liveness]\nattempts = 1\nsessions = 2").unwrap();
    let failed = |session| Event::LivenessFailed { session, failure: Failure::Vendor, serial: None };
    given_under(policy, in_session())
        .by_performer()
        .when(liveness(1, Liveness::VendorFailed))
        .events([failed(1)])
        .phase(Phase::Open("liveness"))
        .by(applicant())
        .when(by_applicant(Applicant::RetryLiveness))
        .by_performer()
        // An answer that is no number of a vendor's is a failed service, too.
        .when(answer(Answer::LivenessStarted { session: 2, reference: "two words".into() }))
        .events([failed(2)])
        .by(applicant())
        .when(by_applicant(Applicant::RetryLiveness))
        .events([Event::Refused { refusal: Refusal::LivenessExhausted }]);
}

#[test]
fn without_a_reference_photo_only_the_counter_is_left() {
    given(in_session())
        .by_performer()
        .when(liveness(1, Liveness::NoReference))
        .events([Event::Refused { refusal: Refusal::NoReferencePhoto }]);
}

#[test]
fn a_session_ends_by_itself_and_a_late_result_is_better_than_none() {
    let lapsed = Event::LivenessFailed { session: 1, failure: Failure::Lapsed, serial: None };
    given(in_session())
        .when_due()
        .events([lapsed])
        .effects([])
        .by_performer()
        .when(liveness(1, passed()))
        .events([liveness_passed()])
        .phase(Phase::Open("submit"));
    // But not once another session was begun.
    given(in_session())
        .when_due()
        .then_when(by_applicant(Applicant::RetryLiveness))
        .by_performer()
        .when(liveness(1, passed()))
        .nothing();
}

#[test]
fn a_photo_of_the_registers_needs_no_review_and_a_policy_may_order_the_steps_otherwise() {
    let policy = Policy::from_toml("[paths.retained]\nsteps = [\"liveness\", \"submit\"]").unwrap();
    given_under(policy, asked(true))
        .by_performer()
        .when(answer(Answer::Reserved { failures: 0 }))
        .effects([Effect::StartLiveness { person: PERSON, session: 1 }])
        .then_when(liveness(1, passed()))
        .by(applicant())
        .when(by_applicant(Applicant::Submit))
        .events([Event::Submitted, order_of(1)]);
}
