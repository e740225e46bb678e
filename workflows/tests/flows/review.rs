use std::time::Duration;

use sealwright_engine::explore::{INSTANCE, START};
use sealwright_engine::testing::Given;
use sealwright_engine::{Actor, InstanceId, Phase, Task};
use sealwright_workflows::application::{
    Applicant, Application, Effect, Event, Operator, Rejection, Reviewer, Stalled, Verdict,
};
use sealwright_workflows::application::{Command, Notice, Refusal};
use sealwright_workflows::policy::{Locale, Policy, Severity};
use sealwright_workflows::working_days::WorkingDays;

use crate::support::*;

const WINDOW: Duration = Duration::from_secs(30);

fn task(number: u32, roles: &[&str], excluded: &[&str]) -> Task {
    Task {
        key: format!("photo-{number}"),
        queue: "photo_review".into(),
        due: due(),
        roles: codes(roles),
        excluded: codes(excluded),
        reserved: None,
    }
}

fn decided(by: &str, verdict: Verdict) -> Event {
    Event::Decided { by: by.into(), verdict, release_at: START + WINDOW }
}

fn bar() -> Verdict {
    Verdict::Rejected { reasons: codes(&["malicious"]), severity: Severity::Barred }
}

fn fixable(code: &str) -> Verdict {
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

#[test]
fn an_overdue_review_nags_until_somebody_decides() {
    let alert = |times| Effect::AlertOperator { about: Stalled::Review, since: due(), times };
    given(in_review())
        .when_due()
        .events([Event::ReviewOverdue { times: 1, next: due() + 240 * MINUTE }])
        .effects([alert(1)])
        .wanted(&alert(1))
        .then_when_due()
        .events([Event::ReviewOverdue { times: 2, next: due() + 480 * MINUTE }])
        .effects([alert(2)])
        .by_holder("ann")
        .when(by_office(Reviewer::Approve))
        .then_when_due()
        .moot(&alert(2));
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

/// A paper for 2027 with a holiday until 3 January and a Saturday to make up for it.
const YEAR_2027: &str = r#"{"year": 2027, "papers": ["paper"], "days": [
    {"name": "元旦", "date": "2027-01-01", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-04", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-09", "isOffDay": false}]}"#;

/// The camera path, submitted on Thursday, 31 December 2026, when nobody knows the next year yet.
fn submitted_at_new_year() -> Given<Application> {
    let submitted = at("2026-12-31T02:00:00Z");
    let events = [camera(), vec![Event::NoticeRead, photo_offered(PHOTO), Event::PreviewConfirmed]].concat();
    let guessed = at("2027-01-01T16:00:00Z");
    given(events)
        .at(submitted)
        .when(by_applicant(Applicant::Submit))
        .events([Event::Submitted, Event::ReviewAsked { task: 1, due: guessed, provisional: true }])
        .labels(sealwright_engine::Labels::none().with("person", PERSON).with("due", "provisional"))
        .by(operator())
}

fn with_2027() -> Policy {
    let mut calendar = WorkingDays::shipped();
    calendar.load(YEAR_2027).unwrap();
    Policy::default().with_calendar(calendar)
}

#[test]
fn a_late_provisional_due_date_is_moved_and_nags_at_once() {
    let recompute = Command::Operator(Operator::RecomputeDue);
    // Nothing new is known: nothing moves.
    submitted_at_new_year().when(recompute.clone()).nothing();
    // The paper comes: 1 to 4 January are no working days.
    let moved = at("2027-01-05T16:00:00Z");
    let known = Event::DueMoved { due: moved, provisional: false };
    let events = submitted_events();
    let story = || {
        let story = given_under(with_2027(), vec![]).at(at("2026-12-31T02:00:00Z"));
        story.events(events.clone()).by(operator())
    };
    story()
        .after(HOUR)
        .when(recompute.clone())
        .events([known.clone()])
        .labels(sealwright_engine::Labels::none().with("person", PERSON))
        .deadline_at(moved)
        // Once is enough.
        .then_when(recompute.clone())
        .nothing();
    // The paper comes after the day itself: the review is overdue, and somebody is told at once.
    story()
        .at(at("2027-02-01T00:00:00Z"))
        .when(recompute.clone())
        .events([known])
        .then_when_due()
        .effects([Effect::AlertOperator { about: Stalled::Review, since: moved, times: 1 }]);
    // Or after the decision: there is nothing left to move.
    story()
        .by_holder("ann")
        .when(by_office(Reviewer::Approve))
        .then_when_due()
        .by(operator())
        .when(recompute)
        .nothing();
}

fn submitted_events() -> Vec<Event> {
    let mut events = camera();
    events.extend([
        Event::NoticeRead,
        photo_offered(PHOTO),
        Event::PreviewConfirmed,
        Event::Submitted,
        Event::ReviewAsked { task: 1, due: at("2027-01-01T16:00:00Z"), provisional: true },
    ]);
    events
}
