//! Both workflows with an office between them that performs their effects, in whatever order.

use sealwright_engine::{Actor, InstanceId, Workflow};
use sealwright_workflows::application::{self, Applicant, Reviewer};
use sealwright_workflows::licence::{self, Operator};
use sealwright_workflows::policy::Path;

use crate::support::*;

const APP: InstanceId = InstanceId(id(0x21));
const SECOND: InstanceId = InstanceId(id(0x22));

use crate::office::*;

/// The retained path, up to the applicant's last step.
fn ready_to_submit(next: Next) -> Office {
    let mut office = Office::new(next, true);
    assert!(office.applicant(begin()));
    office.settle();
    assert!(office.applicant(Applicant::ConfirmInformation { revision: 7 }), "{next:?}");
    office.settle();
    office
}

#[test]
fn every_order_of_effects_comes_to_the_same_end() {
    for next in orders() {
        let mut office = ready_to_submit(next);
        assert!(office.applicant(Applicant::Submit));
        office.settle();
        assert_eq!(office.phase(APP), "issued", "{next:?}");
        assert_eq!(office.label("version").as_deref(), Some("1"), "{next:?}");
        assert_eq!(office.label("standing").as_deref(), Some("active"), "{next:?}");
        assert_eq!(office.signed, [1], "{next:?}");
        assert_eq!(office.told, [application::Notice::Issued { version: 1 }], "{next:?}");
    }
}

#[test]
fn a_withdrawal_at_any_moment_leaves_the_licence_free() {
    for next in orders() {
        for cut in 0..12 {
            let mut office = Office::new(next, true);
            office.applicant(begin());
            let mut performed = 0;
            while performed < cut && office.perform_one() {
                performed += 1;
                office.applicant(Applicant::ConfirmInformation { revision: 7 });
            }
            assert!(office.applicant(Applicant::Withdraw), "{next:?}, after {cut}");
            office.settle();
            assert_eq!(office.phase(APP), "withdrawn");
            // The licence is free for the next one.
            office.applicant_of(SECOND, begin());
            office.settle();
            assert_eq!(office.phase(SECOND), "information", "{next:?}, after {cut}");
        }
    }
}

#[test]
fn a_suspension_at_any_moment_leaves_no_live_document() {
    for next in orders() {
        for cut in 0..8 {
            let mut office = ready_to_submit(next);
            office.applicant(Applicant::Submit);
            for _ in 0..cut {
                office.perform_one();
            }
            office.ask_licence(operator(), licence::Command::Operator(Operator::Suspend)).unwrap();
            office.settle();
            assert_ne!(office.label("standing").as_deref(), Some("active"), "{next:?}, after {cut}");
            let phase = office.phase(APP);
            let document = office.label("version").is_some();
            assert_eq!(phase == "issued", document, "{next:?}, after {cut}: {phase}");
            assert!(phase == "issued" || phase == "refused", "{next:?}, after {cut}: {phase}");
        }
    }
}

#[test]
fn of_two_applications_one_is_admitted() {
    for next in orders() {
        let mut office = Office::new(next, true);
        office.applicant_of(APP, begin());
        office.applicant_of(SECOND, begin());
        office.settle();
        let mut phases = [office.phase(APP), office.phase(SECOND)];
        phases.sort_unstable();
        assert_eq!(phases, ["information", "refused"], "{next:?}");
    }
}

#[test]
fn a_record_that_changes_under_way_is_confirmed_again_and_issued_at_its_newest() {
    for next in orders() {
        let mut office = ready_to_submit(next);
        office.record = (8, facts(true));
        office.applicant(Applicant::Submit);
        office.settle();
        assert_eq!(office.phase(APP), "information", "{next:?}");
        assert!(office.applicant(Applicant::ConfirmInformation { revision: 8 }));
        office.settle();
        assert_eq!(office.phase(APP), "issued", "{next:?}");
        // The first version's number is spent.
        assert_eq!(office.label("version").as_deref(), Some("2"), "{next:?}");
        assert_eq!(office.signed, [2], "{next:?}");
    }
}

/// The camera path, up to a reviewer's decision.
fn before_a_reviewer(office: &mut Office, application: InstanceId) {
    office.applicant_of(application, begin());
    office.settle();
    for command in [
        Applicant::ChoosePath { path: Path::Camera },
        Applicant::ConfirmInformation { revision: 7 },
        Applicant::ReadNotice,
        offer(PHOTO, Path::Camera),
        Applicant::ConfirmPreview,
        Applicant::Submit,
    ] {
        assert!(office.applicant_of(application, command.clone()), "{command:?}");
        office.settle();
    }
}

#[test]
fn a_bar_ends_every_application_to_come() {
    for next in [Next::Oldest, Next::Newest, Next::Any(1)] {
        let mut office = Office::new(next, false);
        before_a_reviewer(&mut office, APP);
        for who in ["ann", "bob"] {
            let holder = office.holder(who);
            assert!(office.ask(APP, holder, reject(&["malicious"])));
            office.fire(APP);
        }
        assert_eq!(office.phase(APP), "barred");
        office.applicant_of(SECOND, begin());
        office.settle();
        assert_eq!(office.phase(SECOND), "refused", "{next:?}");
    }
}

#[test]
fn a_photo_lock_ends_a_new_application_with_a_photo() {
    let mut office = Office::new(Next::Oldest, false);
    before_a_reviewer(&mut office, APP);
    let holder = office.holder("ann");
    office.ask(APP, holder, by_office(Reviewer::Approve));
    office.fire(APP);
    assert_eq!(office.phase(APP), "issued");
    office.applicant_of(SECOND, begin());
    office.settle();
    assert_eq!(office.phase(SECOND), "refused");
}

#[test]
fn failures_follow_the_licence_and_not_the_application() {
    let mut office = Office::new(Next::Newest, false);
    before_a_reviewer(&mut office, APP);
    for photo in [PHOTO_2, PHOTO] {
        let holder = office.holder("ann");
        office.ask(APP, holder, reject(&["background"]));
        office.fire(APP);
        office.applicant(offer(photo, Path::Camera));
        office.applicant(Applicant::ConfirmPreview);
        office.applicant(Applicant::Submit);
    }
    assert!(office.applicant(Applicant::Withdraw));
    office.settle();
    before_a_reviewer(&mut office, SECOND);
    let task = office.applications[&SECOND].task().expect("a task");
    office.ask(SECOND, Actor::Holder { id: "ann".into(), task: task.key }, reject(&["frame"]));
    office.fire(SECOND);
    assert_eq!(office.phase(SECOND), "refused", "the third failure, in another application");
}
