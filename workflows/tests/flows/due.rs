//! When a review is due, and what happens then.

use sealwright_engine::testing::Given;
use sealwright_workflows::application::Command;
use sealwright_workflows::application::{Applicant, Application, Effect, Event, Operator, Reviewer, Stalled};
use sealwright_workflows::policy::Policy;
use sealwright_workflows::working_days::WorkingDays;

use crate::support::*;

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
