use sealwright_engine::Phase;
use sealwright_engine::explore::START;
use sealwright_workflows::application::{
    Answer, Applicant, Command, Effect, Event, Notice, Operator, Refusal, Rejection,
};
use sealwright_workflows::licence::{Ended, NotIssued, PortraitKind};
use sealwright_workflows::policy::Locale;
use sealwright_workflows::register::Outcome;

use crate::support::*;

fn notify(notice: Notice) -> Effect {
    Effect::Notify { person: PERSON, locale: Locale::En, notice }
}

fn release(how: Ended) -> Effect {
    Effect::Release { licence: LICENCE, how, failures: 0 }
}

fn withdraw() -> Command {
    by_applicant(Applicant::Withdraw)
}

fn recheck() -> Vec<Event> {
    vec![Event::PhotoApproved, Event::RecheckAsked { alert_at: START + 15 * MINUTE }]
}

#[test]
fn an_applicant_can_withdraw_until_the_document_is_ordered() {
    let held = [
        [asked(false), vec![admitted(0)]].concat(),
        retained(),
        in_session(),
        ready(),
        camera(),
        in_review(),
        [in_review(), recheck()].concat(),
    ];
    for events in held {
        given(events)
            .when(withdraw())
            .events([Event::Withdrawn])
            .effects([release(Ended::Withdrawn), notify(Notice::Withdrawn)])
            .phase(Phase::Closed("withdrawn"))
            .no_task()
            .no_deadline()
            .then_when(withdraw())
            .nothing();
    }
    // Not admitted yet: there is nothing to give back.
    given(vec![begun()]).when(withdraw()).effects([notify(Notice::Withdrawn)]);
    given(ordered()).when(withdraw()).rejected(Rejection::IssueOrdered);
}

#[test]
fn a_withdrawal_that_overtakes_the_reservation_gives_it_back() {
    let reserve = Effect::Reserve { licence: LICENCE, person: PERSON, portrait: PortraitKind::Retained };
    given(asked(true))
        .when(withdraw())
        .effects([notify(Notice::Withdrawn)])
        .moot(&reserve)
        // The licence was faster than the withdrawal: the admission arrives afterwards.
        .by_performer()
        .when(answer(Answer::Reserved { failures: 0 }))
        .events([Event::ReservedTooLate])
        .effects([release(Ended::Withdrawn)])
        .wanted(&release(Ended::Withdrawn))
        .phase(Phase::Closed("withdrawn"))
        // Once is enough.
        .then_when(answer(Answer::Reserved { failures: 0 }))
        .nothing();
}

#[test]
fn an_operator_can_end_what_will_never_be_answered() {
    let abandon = || Command::Operator(Operator::Abandon);
    given(vec![begun()])
        .by(operator())
        .when(abandon())
        .events([Event::Abandoned])
        .effects([notify(Notice::Abandoned)])
        .then_when(abandon())
        .nothing();
    given(in_review())
        .by(operator())
        .when(abandon())
        .effects([release(Ended::Abandoned), notify(Notice::Abandoned)]);
    // The licence answers every order; until then the document may come to exist.
    given(ordered()).by(operator()).when(abandon()).rejected(Rejection::IssueOrdered);
    given(asked(true))
        .by(operator())
        .when(abandon())
        .by_performer()
        .when(answer(Answer::Reserved { failures: 0 }))
        .effects([release(Ended::Abandoned)]);
}

#[test]
fn a_licence_that_lost_its_standing_ends_the_application() {
    for cause in [NotIssued::Standing(Outcome::Red), NotIssued::PhotoMissing, NotIssued::NotAdmitted] {
        let refusal = Refusal::NotIssued(cause);
        given(ordered())
            .by_performer()
            .when(answer(Answer::NotIssued { order: 1, cause }))
            .events([Event::Refused { refusal: refusal.clone() }])
            .effects([release(Ended::Refused), notify(Notice::Refused { refusal })]);
    }
    given(ordered())
        .by_performer()
        .when(answer(Answer::NotIssued { order: 1, cause: NotIssued::Erased }))
        .events([Event::Refused { refusal: Refusal::Erased }])
        .effects([release(Ended::Refused)]);
}

#[test]
fn answers_after_the_end_change_nothing() {
    let ends = [
        [ready(), vec![Event::Withdrawn]].concat(),
        [retained(), vec![Event::Expired]].concat(),
        [ordered(), vec![Event::Issued { version: 1, serial: "7K3M9Q2W".into() }]].concat(),
    ];
    for events in ends {
        for late in [
            found(9, facts(true)),
            answer(Answer::Reserved { failures: 0 }),
            answer(Answer::LivenessStarted { session: 1, reference: "session-1".into() }),
            liveness(1, passed()),
            answer(Answer::Issued { order: 1, version: 1, serial: "7K3M9Q2W".into() }),
            answer(Answer::NotIssued { order: 1, cause: NotIssued::PhotoMissing }),
        ] {
            given(events.clone()).by_performer().when(late).nothing();
        }
    }
}

#[test]
fn answers_to_what_was_not_asked_change_nothing() {
    for early in [
        found(9, facts(true)),
        answer(Answer::Reserved { failures: 0 }),
        liveness(2, passed()),
        answer(Answer::Issued { order: 1, version: 1, serial: "7K3M9Q2W".into() }),
    ] {
        given(retained()).by_performer().when(early.clone()).nothing();
        given(vec![]).by_performer().when(early).nothing();
    }
    given(ordered())
        .by_performer()
        .when(answer(Answer::NotIssued { order: 2, cause: NotIssued::PhotoMissing }))
        .nothing();
}

#[test]
fn what_is_over_takes_no_more_steps() {
    let over = || given([ready(), vec![Event::Expired]].concat());
    let rejection = Rejection::Over { outcome: "expired".into() };
    over().when(by_applicant(Applicant::Submit)).rejected(rejection.clone());
    over().when(withdraw()).rejected(rejection.clone());
    over().by(operator()).when(Command::Operator(Operator::Abandon)).rejected(rejection);
    over().when(by_applicant(begin())).rejected(Rejection::AlreadyBegun);
    given(vec![]).when(withdraw()).rejected(Rejection::NotBegun);
    given(vec![]).by(operator()).when(Command::Operator(Operator::Abandon)).rejected(Rejection::NotBegun);
}
