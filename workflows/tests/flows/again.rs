//! The record is looked at again before the document is ordered.

use sealwright_engine::Phase;
use sealwright_engine::explore::START;
use sealwright_workflows::application::{Answer, Applicant, Effect, Event, Notice, Refusal, Reviewer};
use sealwright_workflows::licence::{NotIssued, Portrait};
use sealwright_workflows::policy::Locale;
use sealwright_workflows::register::Outcome;

use crate::support::*;

fn look_up() -> Effect {
    Effect::LookUpRecord { person: PERSON, licence: LICENCE }
}

fn confirm_again(revision: u64) -> Effect {
    Effect::Notify { person: PERSON, locale: Locale::En, notice: Notice::ConfirmAgain { revision } }
}

#[test]
fn after_a_day_of_review_the_record_is_asked_for_again() {
    let approved = START + DAY + std::time::Duration::from_secs(30);
    given(in_review())
        .after(DAY)
        .by_holder("ann")
        .when(by_office(Reviewer::Approve))
        .then_when_due()
        .events([Event::PhotoApproved, Event::RecheckAsked { alert_at: approved + 15 * MINUTE }])
        .effects([look_up()])
        .phase(Phase::Open("recheck"))
        .by_performer()
        .when(found(7, facts(false)))
        .events([
            record_found(facts(false)),
            Event::IssueOrdered { order: 1, alert_at: approved + 15 * MINUTE },
        ]);
}

#[test]
fn a_status_that_changed_meanwhile_refuses() {
    let refusal = Refusal::Status { letters: "D".parse().unwrap(), outcome: Outcome::Red };
    let recheck = vec![Event::PhotoApproved, Event::RecheckAsked { alert_at: START + 15 * MINUTE }];
    given([in_review(), recheck].concat())
        .by_performer()
        .when(found(8, with_status("D")))
        .events([Event::RecordFound { revision: 8, facts: with_status("D") }, Event::Refused { refusal }]);
}

#[test]
fn a_newer_record_is_confirmed_again_before_the_document_is_made() {
    let cause = NotIssued::NewerRevision { revision: 9 };
    let alert_at = START + 15 * MINUTE;
    given(ordered())
        .by_performer()
        .when(answer(Answer::NotIssued { order: 1, cause }))
        .events([Event::OrderReturned { order: 1, cause }, Event::RecheckAsked { alert_at }])
        .effects([look_up()])
        .then_when(found(9, facts(true)))
        .events([Event::RecordFound { revision: 9, facts: facts(true) }, Event::ConfirmationAsked])
        .effects([confirm_again(9)])
        .wanted(&confirm_again(9))
        .phase(Phase::Open("information"))
        .by(applicant())
        // Still possible: nothing is ordered now.
        .when(by_applicant(Applicant::ConfirmInformation { revision: 9 }))
        .events([Event::InformationConfirmed { revision: 9 }, order_of(2)])
        .effects([Effect::OrderIssue {
            licence: LICENCE,
            order: 2,
            person: PERSON,
            revision: 9,
            portrait: Portrait::Retained,
            facts: facts(true),
        }])
        .moot(&confirm_again(9))
        .by_performer()
        // The first order's answer has nothing to say any more.
        .when(answer(Answer::NotIssued { order: 1, cause }))
        .nothing();
}

#[test]
fn an_approved_photo_is_not_exchanged_while_the_record_is_confirmed_again() {
    let again = vec![
        Event::PhotoApproved,
        Event::RecheckAsked { alert_at: START + 15 * MINUTE },
        Event::RecordFound { revision: 8, facts: facts(false) },
        Event::ConfirmationAsked,
    ];
    let story = || given([in_review(), again.clone()].concat());
    let not_now = |step: &str| sealwright_workflows::application::Rejection::NotNow { step: step.into() };
    let camera = sealwright_workflows::policy::Path::Camera;
    let album = sealwright_workflows::policy::Path::Album;
    story().when(by_applicant(offer(PHOTO_2, camera))).rejected(not_now("information"));
    story().when(by_applicant(Applicant::ChoosePath { path: album })).rejected(not_now("information"));
    story().when(by_applicant(Applicant::ConfirmInformation { revision: 8 })).phase(Phase::Open("issue"));
}

#[test]
fn a_retained_photo_that_is_gone_meanwhile_refuses() {
    given(ordered())
        .by_performer()
        .when(answer(Answer::NotIssued { order: 1, cause: NotIssued::NewerRevision { revision: 8 } }))
        .then_when(found(8, facts(false)))
        .phase(Phase::Closed("refused"));
}

#[test]
fn a_record_that_never_rests_ends_after_twenty_orders() {
    let cause = NotIssued::NewerRevision { revision: 9 };
    given([ready(), vec![Event::Submitted, order_of(20)]].concat())
        .by_performer()
        .when(answer(Answer::NotIssued { order: 20, cause }))
        .events([Event::Refused { refusal: Refusal::NotIssued(cause) }]);
}
