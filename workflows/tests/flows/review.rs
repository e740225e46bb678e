use std::time::Duration;

use sealwright_engine::explore::START;
use sealwright_engine::{Actor, Phase, Task};
use sealwright_workflows::application::Command;
use sealwright_workflows::application::{Applicant, Event, Rejection, Reviewer, Verdict};
use sealwright_workflows::policy::Severity;

use crate::support::*;

const WINDOW: Duration = Duration::from_secs(30);

pub(crate) fn task(number: u32, roles: &[&str], excluded: &[&str]) -> Task {
    Task {
        key: format!("photo-{number}"),
        queue: "photo_review".into(),
        due: due(),
        roles: codes(roles),
        excluded: codes(excluded),
        reserved: None,
    }
}

pub(crate) fn decided(by: &str, verdict: Verdict) -> Event {
    Event::Decided { by: by.into(), verdict, release_at: START + WINDOW }
}

pub(crate) fn bar() -> Verdict {
    Verdict::Rejected { reasons: codes(&["malicious"]), severity: Severity::Barred }
}

pub(crate) fn fixable(code: &str) -> Verdict {
    Verdict::Rejected { reasons: codes(&[code]), severity: Severity::Fixable }
}

fn undo() -> Command {
    by_office(Reviewer::Undo)
}

#[test]
fn a_photo_waits_for_whoever_may_review() {
    given([in_review()].concat()).when(by_applicant(Applicant::Submit)).nothing().task(task(
        1,
        &["reviewer", "lead"],
        &[],
    ));
}

#[test]
fn a_plain_command_decides_nothing_while_another_holds_the_lease() {
    let second = || given(in_review()).by(reviewer("bob"));
    for command in [
        by_office(Reviewer::Approve),
        reject(&["background"]),
        by_office(Reviewer::SecondLook),
        by_office(Reviewer::Hold { until: START + HOUR }),
    ] {
        second().when(command).rejected(Rejection::NotHeld);
    }
    let stale = Actor::Holder { id: "bob".into(), task: "photo-0".into() };
    given(in_review()).by(stale).when(by_office(Reviewer::Approve)).rejected(Rejection::TaskOver);
    given([in_review(), vec![decided("ann", Verdict::Approved)]].concat())
        .by(Actor::Holder { id: "bob".into(), task: "photo-1".into() })
        .when(by_office(Reviewer::Approve))
        .rejected(Rejection::TaskOver);
}

#[test]
fn an_undo_needs_no_lease() {
    // The decision ended the lease; whoever decided is nobody's holder any more.
    given(in_review())
        .by_holder("ann")
        .when(reject(&["background"]))
        .by(reviewer("ann"))
        .after(WINDOW - Duration::from_micros(1))
        .when(undo())
        .effects([])
        .phase(Phase::Open("photo_review"));
}

#[test]
fn an_undo_is_for_whoever_decided_and_while_the_window_lasts() {
    let pending = || given([in_review(), vec![decided("ann", Verdict::Approved)]].concat());
    pending().by(reviewer("bob")).when(undo()).rejected(Rejection::NotYourDecision);
    // By the clock, not by when the deadline happens to fire.
    pending()
        .by(reviewer("ann"))
        .after(WINDOW)
        .when(undo())
        .rejected(Rejection::TooLateToUndo { at: START + WINDOW });
    given(in_review()).by(reviewer("ann")).when(undo()).rejected(Rejection::NothingToUndo);
    pending().when_due().by(reviewer("ann")).when(undo()).rejected(Rejection::NothingToUndo);
    pending().by(applicant()).when(undo()).rejected(Rejection::WrongDoor { actor: "applicant".into() });
}

#[test]
fn an_undone_case_goes_back_to_the_queue() {
    let reserved_until = START + 15 * MINUTE;
    let kept = Task { reserved: Some(("ann".into(), reserved_until)), ..task(2, &["reviewer", "lead"], &[]) };
    given([in_review(), vec![decided("ann", Verdict::Approved)]].concat())
        .by(reviewer("ann"))
        .when(undo())
        .events([Event::Undone { by: "ann".into(), task: 2, reserved_until }])
        .task(kept)
        // Ann never comes back. The reservation ends by itself, and Bob decides.
        .after(15 * MINUTE)
        .by_holder("bob")
        .when(by_office(Reviewer::Approve))
        .then_when_due()
        .phase(Phase::Open("issue"));
}

#[test]
fn nothing_follows_from_a_decision_before_its_window_ends() {
    let early = |time: Duration| {
        let story = given([in_review(), vec![decided("ann", Verdict::Approved)]].concat());
        story
            .by(Actor::Timer)
            .after(time)
            .when(Command::Timer(sealwright_workflows::application::Timer::WindowOver))
    };
    early(WINDOW - Duration::from_micros(1)).nothing();
    early(WINDOW).phase(Phase::Open("issue"));
    early(400 * DAY).phase(Phase::Open("recheck"));
}

#[test]
fn a_held_case_keeps_its_due_time_and_comes_back() {
    let until = START + 72 * HOUR;
    let held = Task { reserved: Some(("ann".into(), until)), ..task(2, &["reviewer", "lead"], &[]) };
    given(in_review())
        .by_holder("ann")
        .when(by_office(Reviewer::Hold { until }))
        .events([Event::Held { by: "ann".into(), until, task: 2 }])
        .task(held)
        .deadline_at(due());
    for until in [START, START + 72 * HOUR + Duration::from_micros(1)] {
        let bounds = format!("later than now and not after {}", START + 72 * HOUR);
        given(in_review())
            .by_holder("ann")
            .when(by_office(Reviewer::Hold { until }))
            .rejected(Rejection::OutOfBounds { what: "until".into(), bounds });
    }
}
