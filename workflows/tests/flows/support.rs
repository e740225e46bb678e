//! People, records and histories that the stories share.

use std::collections::BTreeSet;
use std::time::Duration;

use sealwright_engine::explore::START;
use sealwright_engine::testing::Given;
use sealwright_engine::{Actor, InstanceId, PersonId, PhotoId, Timestamp};
use sealwright_workflows::application::{Answer, Applicant, Application, Command, Event, Kind, Lookup};
use sealwright_workflows::application::{Liveness, Reviewer};
use sealwright_workflows::licence::PortraitKind;
use sealwright_workflows::policy::{Locale, Path, Policy};
use sealwright_workflows::register::RecordFacts;
use uuid::Uuid;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) const PERSON: PersonId = PersonId(id(0xa1));
pub(crate) const LICENCE: InstanceId = InstanceId(id(0xc1));
pub(crate) const PHOTO: PhotoId = PhotoId(id(0xb1));
pub(crate) const PHOTO_2: PhotoId = PhotoId(id(0xb2));

pub(crate) const fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an RFC 3339 time")
}

pub(crate) fn codes(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|code| (*code).to_owned()).collect()
}

/// A licence in force, status normal, with or without a retained photo that meets the requirements.
pub(crate) fn facts(retained_photo_usable: bool) -> RecordFacts {
    RecordFacts {
        status: "A".parse().unwrap(),
        points: 0,
        classes: "C1".parse().unwrap(),
        first_issue: "2014-05-12".parse().unwrap(),
        valid_from: "2020-05-12".parse().unwrap(),
        valid_until: Some("2030-05-11".parse().unwrap()),
        authority: "320500".parse().unwrap(),
        retained_photo_usable,
        revision: None,
    }
}

pub(crate) fn with_status(status: &str) -> RecordFacts {
    RecordFacts { status: status.parse().unwrap(), ..facts(true) }
}

pub(crate) fn applicant() -> Actor {
    Actor::Applicant(PERSON.to_string())
}

pub(crate) fn reviewer(id: &str) -> Actor {
    Actor::Reviewer { id: id.into(), roles: codes(&["reviewer"]) }
}

pub(crate) fn operator() -> Actor {
    Actor::Operator("ops".into())
}

pub(crate) fn by_applicant(command: Applicant) -> Command {
    Command::Applicant(command)
}

pub(crate) fn by_office(command: Reviewer) -> Command {
    Command::Reviewer(command)
}

pub(crate) fn answer(answer: Answer) -> Command {
    Command::Answer(answer)
}

pub(crate) fn found(revision: u64, facts: RecordFacts) -> Command {
    answer(Answer::Record(Lookup::Found { revision, facts }))
}

pub(crate) fn liveness(session: u16, result: Liveness) -> Command {
    answer(Answer::Liveness { session, result })
}

pub(crate) fn passed() -> Liveness {
    Liveness::Passed { score: 93, serial: "cmp-1".into() }
}

pub(crate) fn reject(list: &[&str]) -> Command {
    by_office(Reviewer::Reject { reasons: codes(list) })
}

pub(crate) fn begin() -> Applicant {
    Applicant::Begin { person: PERSON, licence: LICENCE, locale: Locale::En, kind: Kind::FirstIssue }
}

pub(crate) fn offer(photo: PhotoId, source: Path) -> Applicant {
    Applicant::OfferPhoto { photo, source, hints: BTreeSet::new(), made_on: None }
}

pub(crate) fn begun() -> Event {
    Event::Begun {
        person: PERSON,
        licence: LICENCE,
        locale: Locale::En,
        kind: Kind::FirstIssue,
        alert_at: START + 15 * MINUTE,
    }
}

pub(crate) fn record_found(facts: RecordFacts) -> Event {
    Event::RecordFound { revision: 7, facts }
}

pub(crate) fn path_fixed(path: Path) -> Event {
    let rules = Policy::default();
    let rules = rules.paths.of(path);
    Event::PathFixed { path, steps: rules.steps.clone(), review: rules.review }
}

pub(crate) fn admitted(failures: u8) -> Event {
    Event::Admitted { failures, remind_after: 168 * 3_600, expire_after: 720 * 3_600 }
}

/// Up to the admission, asked for.
pub(crate) fn asked(usable: bool) -> Vec<Event> {
    let portrait = if usable { PortraitKind::Retained } else { PortraitKind::Reviewed };
    vec![
        begun(),
        record_found(facts(usable)),
        Event::AdmissionAsked { portrait, alert_at: START + 15 * MINUTE },
    ]
}

/// The retained path, up to the information.
pub(crate) fn retained() -> Vec<Event> {
    let mut events = asked(true);
    events.extend([admitted(0), path_fixed(Path::Retained)]);
    events
}

/// The retained path, with a liveness session before the applicant.
pub(crate) fn in_session() -> Vec<Event> {
    let mut events = retained();
    events.extend([
        Event::InformationConfirmed { revision: 7 },
        Event::LivenessAsked { session: 1, alert_at: START + 15 * MINUTE },
        started(1),
    ]);
    events
}

pub(crate) fn started(session: u16) -> Event {
    let reference = format!("session-{session}");
    Event::LivenessStarted { session, reference, until: START + 30 * MINUTE }
}

pub(crate) fn liveness_passed() -> Event {
    Event::LivenessPassed { session: 1, score: 93, serial: "cmp-1".into() }
}

/// The retained path, ready to submit.
pub(crate) fn ready() -> Vec<Event> {
    let mut events = in_session();
    events.push(liveness_passed());
    events
}

/// The retained path, ordered.
pub(crate) fn ordered() -> Vec<Event> {
    let mut events = ready();
    events.extend([Event::Submitted, order_of(1)]);
    events
}

pub(crate) fn order_of(order: u16) -> Event {
    Event::IssueOrdered { order, alert_at: START + 15 * MINUTE }
}

/// The camera path, up to the notice.
pub(crate) fn camera() -> Vec<Event> {
    camera_after(0)
}

/// The same, after so many failures of earlier applications.
pub(crate) fn camera_after(failures: u8) -> Vec<Event> {
    let mut events = asked(false);
    events.extend([
        admitted(failures),
        path_fixed(Path::Camera),
        Event::InformationConfirmed { revision: 7 },
        Event::LivenessAsked { session: 1, alert_at: START + 15 * MINUTE },
        started(1),
        liveness_passed(),
    ]);
    events
}

pub(crate) fn photo_offered(photo: PhotoId) -> Event {
    Event::PhotoOffered { photo, source: Path::Camera, hints: BTreeSet::new() }
}

/// The end of Tuesday in Shanghai: stories start on a Monday.
pub(crate) fn due() -> Timestamp {
    at("2026-01-06T16:00:00Z")
}

pub(crate) fn review_asked(task: u32) -> Event {
    Event::ReviewAsked { task, due: due(), provisional: false }
}

/// The camera path, before people.
pub(crate) fn in_review() -> Vec<Event> {
    in_review_after(0)
}

pub(crate) fn in_review_after(failures: u8) -> Vec<Event> {
    let mut events = camera_after(failures);
    events.extend([
        Event::NoticeRead,
        photo_offered(PHOTO),
        Event::PreviewConfirmed,
        Event::Submitted,
        review_asked(1),
    ]);
    events
}

/// A story of an application in which that happened already.
pub(crate) fn given(events: Vec<Event>) -> Given<Application> {
    Given::new().events(events).by(applicant())
}

/// The same, under other rules.
pub(crate) fn given_under(policy: Policy, events: Vec<Event>) -> Given<Application> {
    Given::policy(policy).events(events).by(applicant())
}
