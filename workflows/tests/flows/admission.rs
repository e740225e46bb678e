//! Who is admitted to a licence.

use sealwright_engine::explore::START;
use sealwright_engine::testing::{Given, Then};
use sealwright_engine::{InstanceId, PersonId, Phase};
use sealwright_workflows::licence::{
    Command, Decline, Effect, Event, FromApplication, Licence, NotIssued, Operator, Portrait, PortraitKind,
    Rejection, Stalled, Told,
};

use crate::licence::*;
use crate::support::{DAY, PHOTO, at, codes, id, operator};

fn bar(application: InstanceId) -> Command {
    Command::Application(FromApplication::Bar { application, reasons: codes(&["malicious"]) })
}

fn declined(then: Then<Licence>, decline: Decline) {
    assert_eq!(Rejection::Declined(decline).declined(), Some(decline), "an answer for the application");
    then.rejected(Rejection::Declined(decline));
}

#[test]
fn only_one_application_is_open_at_a_time() {
    let open = vec![reserved(APP, PortraitKind::Reviewed)];
    declined(
        given(open.clone()).when(reserve(OTHER, PortraitKind::Retained)),
        Decline::OtherApplication { application: APP },
    );
    // The other one's end is not this one's.
    given(open.clone()).when(release(OTHER, 1)).nothing();
    given(open.clone())
        .when(issue(OTHER, 1, 7, Portrait::Retained))
        .rejected(Rejection::NotIssued(NotIssued::NotAdmitted));
    given(open)
        .when(release(APP, 0))
        .phase(Phase::Closed("none"))
        .no_deadline()
        .then_when(reserve(OTHER, PortraitKind::Retained))
        .phase(Phase::Open("reserved"));
}

#[test]
fn a_bar_holds_for_every_later_application() {
    let events = vec![reserved(APP, PortraitKind::Reviewed)];
    given(events)
        .when(bar(APP))
        .events([Event::Barred { application: APP, reasons: codes(&["malicious"]) }])
        .phase(Phase::Closed("none"))
        .then_when(reserve(OTHER, PortraitKind::Retained))
        .rejected(Rejection::Declined(Decline::Barred))
        .then_when(reserve(APP, PortraitKind::Reviewed))
        .rejected(Rejection::Declined(Decline::Barred))
        .then_when(bar(APP))
        .nothing()
        .by(operator())
        .when(Command::Operator(Operator::Unbar))
        .events([Event::Unbarred])
        .by_performer()
        .when(reserve(OTHER, PortraitKind::Retained))
        .phase(Phase::Open("reserved"));
    // Who is not admitted cannot bar.
    given(vec![]).when(bar(APP)).rejected(Rejection::NotAdmitted);
    given(vec![reserved(APP, PortraitKind::Reviewed)]).when(bar(OTHER)).rejected(Rejection::NotAdmitted);
}

#[test]
fn a_photo_lock_holds_for_every_later_application() {
    let until = at("2026-07-04T16:00:00Z");
    let reviewed = Portrait::Reviewed(PHOTO);
    let document =
        given(vec![reserved(APP, PortraitKind::Reviewed), seen(7), ordered(1, reviewed), intent(1)])
            .when(signed(1))
            // Six months to the day, in Shanghai.
            .events([issued(1, Some(until))])
            .by_performer();
    declined(document.clone().when(reserve(OTHER, PortraitKind::Reviewed)), Decline::PhotoLocked { until });
    // Not even after the document was ended.
    document
        .clone()
        .by(operator())
        .when(Command::Operator(Operator::Invalidate))
        .by_performer()
        .when(reserve(OTHER, PortraitKind::Reviewed))
        .rejected(Rejection::Declined(Decline::PhotoLocked { until }));
    // The register's photo is not locked, but admission for it is for it alone.
    document
        .clone()
        .when(reserve(OTHER, PortraitKind::Retained))
        .then_when(issue(OTHER, 1, 8, reviewed))
        .rejected(Rejection::NotIssued(NotIssued::NotAdmitted));
    document.at(until).when(reserve(OTHER, PortraitKind::Reviewed)).phase(Phase::Open("active"));
}

#[test]
fn failures_add_up_over_applications_until_a_document_is_issued() {
    let round = |story: Given<Licence>, failures| {
        story.when(reserve(APP, PortraitKind::Reviewed)).then_when(release(APP, failures)).by_performer()
    };
    let twice = round(round(given(vec![]), 1), 1);
    twice
        .clone()
        .when(reserve(OTHER, PortraitKind::Retained))
        .effects([Effect::Tell { application: OTHER, told: Told::Reserved { failures: 2 } }]);
    declined(
        round(twice.clone(), 1).when(reserve(OTHER, PortraitKind::Retained)),
        Decline::TooManyFailures { failures: 3 },
    );
    let made = twice
        .when(reserve(APP, PortraitKind::Retained))
        .then_when(issue(APP, 1, 7, Portrait::Retained))
        .then_when(prepared(1))
        .then_when(signed(1));
    made.then_when(reserve(OTHER, PortraitKind::Retained))
        .effects([Effect::Tell { application: OTHER, told: Told::Reserved { failures: 0 } }]);
}

#[test]
fn applying_in_a_circle_is_bounded_and_leaves_no_trace_beyond() {
    let mut story = given(vec![]);
    for n in 0..10 {
        let application = InstanceId(id(0x1000 + n));
        story = story
            .when(reserve(application, PortraitKind::Retained))
            .then_when(release(application, 0))
            .by_performer();
    }
    let until = START + 30 * DAY;
    declined(
        story.clone().when(reserve(APP, PortraitKind::Retained)),
        Decline::TooManyApplications { until },
    );
    story.at(until).when(reserve(APP, PortraitKind::Retained)).phase(Phase::Open("reserved"));
}

#[test]
fn a_licence_is_its_holders() {
    let person = PersonId(id(0xa2));
    let reserve = FromApplication::Reserve { application: OTHER, person, portrait: PortraitKind::Retained };
    given(active()).when(Command::Application(reserve)).rejected(Rejection::AnotherPerson);
}

#[test]
fn an_application_that_never_comes_back_wakes_somebody() {
    let about = Stalled::Admission(APP);
    let alert = |times| Effect::AlertOperator { about, since: START, times };
    given(vec![reserved(APP, PortraitKind::Reviewed)])
        .when_due()
        .events([Event::AdmissionStalled { times: 1, next: START + 90 * DAY }])
        .effects([alert(1)])
        .then_when_due()
        .effects([alert(2)])
        .then_when(release(APP, 0))
        .moot(&alert(2));
}
