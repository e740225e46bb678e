//! What a document is worth: the register's word and the office's own.

use std::collections::BTreeSet;

use sealwright_engine::explore::START;
use sealwright_engine::testing::Given;
use sealwright_engine::{Actor, Phase};
use sealwright_workflows::licence::{
    Command, Differs, Effect, Event, InvalidatedBy, Licence, Life, NotIssued, Operator, Portrait,
    PortraitKind, Register, Stalled, Told,
};
use sealwright_workflows::notice::LicenceNotice;
use sealwright_workflows::register::{Outcome, RecordFacts};

use crate::licence::*;
use crate::support::{DAY, MINUTE, PERSON, facts, operator, with_status};

fn recorded(revision: u64, status: &str) -> Command {
    let changed = Some(Differs { since: 7, fields: BTreeSet::new() });
    Command::Register(Register::Recorded { revision, facts: with_status(status), changed })
}

fn operate(command: Operator) -> Command {
    Command::Operator(command)
}

fn pushed(events: Vec<Event>) -> Given<Licence> {
    given(events).by(Actor::Operator("register".into()))
}

#[test]
fn a_status_makes_the_document_red_hidden_or_void() {
    let rows = [
        ("A", "active"),
        ("H", "active"),
        ("D", "suspended"),
        ("BM", "suspended"),
        ("J", "hidden"),
        ("V", "hidden"),
        ("", "hidden"),
        ("F", "invalid"),
        ("BDG", "invalid"),
    ];
    for (status, expected) in rows {
        pushed(active()).when(recorded(8, status)).labels(standing(Some(1), expected));
    }
}

#[test]
fn a_temporary_state_is_reversible_and_the_end_is_not() {
    pushed(active())
        .when(recorded(8, "D"))
        .events([record_seen(8, "D", &[])])
        .phase(Phase::Open("suspended"))
        .then_when(recorded(9, "J"))
        .phase(Phase::Open("hidden"))
        .then_when(recorded(10, "A"))
        .phase(Phase::Open("active"))
        .then_when(recorded(11, "G"))
        .events([record_seen(11, "G", &[]), Event::Invalidated { version: 1, by: InvalidatedBy::Register }])
        .phase(Phase::Closed("invalid"))
        .no_deadline()
        .then_when(recorded(12, "A"))
        .labels(standing(Some(1), "invalid"))
        // A licence that was recovered is applied for anew, and gets another version.
        .by_performer()
        .when(reserve(OTHER, PortraitKind::Retained))
        .then_when(issue(OTHER, 1, 12, Portrait::Retained))
        .then_when(prepared(2))
        .then_when(signed(2))
        .labels(standing(Some(2), "active"));
}

fn told_nothing_yet(licence: Licence) -> Licence {
    match licence {
        Licence::New => Licence::New,
        Licence::Known(life) => Licence::Known(Box::new(Life { turned: None, ..*life })),
    }
}

#[test]
fn records_out_of_order_come_to_the_same_end() {
    let newest_last = pushed(active()).when(recorded(8, "D")).then_when(recorded(9, "A")).state();
    let newest_first = pushed(active()).when(recorded(9, "A")).then_when(recorded(8, "D"));
    // But for what its holder was told in between.
    assert_eq!(told_nothing_yet(newest_first.nothing().state()), told_nothing_yet(newest_last));
    pushed(active()).when(recorded(7, "D")).nothing();
}

#[test]
fn office_and_register_each_take_back_their_own_word() {
    pushed(active())
        .when(operate(Operator::Suspend))
        .events([Event::HoldSet { hold: Outcome::Red }])
        .labels(standing(Some(1), "suspended"))
        .then_when(operate(Operator::Suspend))
        .nothing()
        .then_when(recorded(8, "J"))
        .labels(standing(Some(1), "hidden"))
        .then_when(recorded(9, "A"))
        .labels(standing(Some(1), "suspended"))
        .then_when(recorded(10, "D"))
        .then_when(operate(Operator::Restore))
        .labels(standing(Some(1), "suspended"))
        .then_when(recorded(11, "A"))
        .labels(standing(Some(1), "active"))
        .then_when(operate(Operator::Hide))
        .labels(standing(Some(1), "hidden"))
        .then_when(operate(Operator::Invalidate))
        .events([Event::Invalidated { version: 1, by: InvalidatedBy::Operator }])
        .phase(Phase::Closed("invalid"))
        .then_when(operate(Operator::Invalidate))
        .rejected(sealwright_workflows::licence::Rejection::NoDocument);
}

#[test]
fn every_loss_abandons_the_order_and_tells_the_application() {
    let standing = NotIssued::Standing;
    let rows = [
        (operate(Operator::Suspend), standing(Outcome::Red)),
        (operate(Operator::Hide), standing(Outcome::Hidden)),
        (operate(Operator::Invalidate), standing(Outcome::Void)),
        (recorded(8, "D"), standing(Outcome::Red)),
        (recorded(8, "J"), standing(Outcome::Hidden)),
        (recorded(8, "F"), standing(Outcome::Void)),
        (Command::Register(Register::Missing), standing(Outcome::Hidden)),
        (Command::Register(Register::Erased), NotIssued::Erased),
        // Nothing is lost, but what was confirmed is not the record any more.
        (recorded(8, "A"), NotIssued::NewerRevision { revision: 8 }),
    ];
    for (command, cause) in rows {
        pushed(signing())
            .when(command)
            .effects([Effect::Tell { application: APP, told: Told::NotIssued { order: 1, cause } }])
            .phase(Phase::Open("reserved"))
            .by_performer()
            .when(signed(1))
            .events([Event::SignedInVain { version: 1 }]);
    }
}

#[test]
fn a_new_version_takes_the_place_of_the_old_one_only_when_it_is_signed() {
    let next = Event::Ordered {
        version: 2,
        purpose: by(OTHER, 1),
        revision: 7,
        portrait: Portrait::Retained,
        facts: facts(true),
        alert_at: START + 15 * MINUTE,
    };
    let again = [active(), vec![reserved(OTHER, PortraitKind::Retained), next, intent(2)]].concat();
    given(again.clone())
        .when(prepared(2))
        .nothing()
        .labels(standing(Some(1), "active"))
        .then_when(signed(2))
        .labels(standing(Some(2), "active"));
    // The old one stands as it stood if the new one comes to nothing.
    pushed(again)
        .when(recorded(8, "D"))
        .labels(standing(Some(1), "suspended"))
        .then_when(recorded(9, "A"))
        .labels(standing(Some(1), "active"));
}

#[test]
fn a_document_that_nothing_happens_to_is_compared_with_the_register_every_year() {
    let look_up = Effect::LookUpRecord { person: PERSON, since: Some(7) };
    given(active())
        .when_due()
        .events([Event::Checked { next: START + 730 * DAY }])
        .effects([look_up.clone()])
        .wanted(&look_up)
        .deadline_at(START + 730 * DAY)
        .then_when(recorded(8, "F"))
        .moot(&look_up);
}

#[test]
fn a_document_whose_licence_the_register_lost_is_hidden_until_it_is_found() {
    let alert = |times| Effect::AlertOperator { about: Stalled::RecordMissing, since: START, times };
    let missing = Command::Register(Register::Missing);
    given(active())
        .when(missing.clone())
        .events([Event::RecordMissing { recheck_at: START + 15 * MINUTE }])
        .effects([alert(1), notify(LicenceNotice::Hidden)])
        .labels(standing(Some(1), "hidden"))
        .then_when(missing)
        .nothing()
        .then_when_due()
        .effects([alert(2), Effect::LookUpRecord { person: PERSON, since: Some(7) }])
        .wanted(&alert(2))
        // The same record again: the vault gives it the same revision.
        .then_when(recorded(7, "A"))
        .labels(standing(Some(1), "active"))
        .moot(&alert(2));
}

fn notify(notice: LicenceNotice) -> Effect {
    Effect::Notify { person: PERSON, notice }
}

#[test]
fn a_holder_is_told_of_each_change_once_and_of_none_that_is_over() {
    let operator = |command| (operate(command), None::<LicenceNotice>);
    let rows = [
        (operate(Operator::Suspend), Some(LicenceNotice::Suspended)),
        // Red twice over is still red.
        (recorded(8, "D"), None),
        operator(Operator::Restore),
        (recorded(9, "A"), Some(LicenceNotice::Restored)),
        (recorded(10, "J"), Some(LicenceNotice::Hidden)),
        (recorded(11, "B"), Some(LicenceNotice::Suspended)),
        (recorded(12, "H"), Some(LicenceNotice::Restored)),
        (recorded(13, "F"), Some(LicenceNotice::Invalidated)),
        (recorded(14, "A"), None),
    ];
    let mut story = pushed(active());
    for (command, told) in rows {
        story = story.when(command).effects(told.map(notify)).by(Actor::Operator("register".into()));
    }
    // By the time it is sent it is over.
    pushed(active())
        .when(recorded(8, "D"))
        .wanted(&notify(LicenceNotice::Suspended))
        .then_when(recorded(9, "A"))
        .moot(&notify(LicenceNotice::Suspended))
        .wanted(&notify(LicenceNotice::Restored));
    // Nobody is left to be told.
    given(active()).when(Command::Register(Register::Erased)).effects([]);
}

#[test]
fn a_document_made_anew_is_told_of_by_its_successor() {
    let fewer = RecordFacts { classes: "C2".parse().unwrap(), ..facts(true) };
    let changed = Some(Differs { since: 7, fields: BTreeSet::new() });
    let said = Command::Register(Register::Recorded { revision: 8, facts: fewer, changed });
    pushed(active())
        .when(said)
        .moot(&notify(LicenceNotice::Invalidated))
        .by_performer()
        .when(prepared(2))
        .then_when(signed(2))
        .effects([notify(LicenceNotice::Reissued { version: 2 })])
        .labels(standing(Some(2), "active"));
}

#[test]
fn no_document_outlives_its_persons_erasure() {
    given(active())
        .when(Command::Register(Register::Erased))
        .events([Event::Invalidated { version: 1, by: InvalidatedBy::Erasure }])
        .phase(Phase::Closed("invalid"));
    let erased =
        sealwright_workflows::licence::Answer::CannotPrepare { version: 2, cause: NotIssued::Erased };
    let next = Event::Ordered {
        version: 2,
        purpose: by(OTHER, 1),
        revision: 7,
        portrait: Portrait::Retained,
        facts: facts(true),
        alert_at: START + 15 * MINUTE,
    };
    given([active(), vec![reserved(OTHER, PortraitKind::Retained), next]].concat())
        .when(Command::Answer(erased))
        .labels(standing(Some(1), "invalid"));
    given(vec![]).by(operator()).when(Command::Register(Register::Erased)).nothing();
}
