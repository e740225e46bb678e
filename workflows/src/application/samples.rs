//! Who may send what to an application: for the laws and the diagram.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveDate;
use sealwright_engine::explore::{INSTANCE, Samples};
use sealwright_engine::{Actor, EffectKey, InstanceId, PersonId, PhotoId, Timestamp};
use uuid::Uuid;

use super::messages::*;
use super::state::Application;
use super::waiting::{Session, Stage, Waiting};
use crate::licence::{Decline, NotIssued};
use crate::policy::{Locale, Path, Policy};
use crate::register::{ClassSet, PermittedClass, RecordFacts};

const PERSON: PersonId = PersonId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00a1));
const LICENCE: InstanceId = InstanceId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0c01));

/// Commands that lead everywhere an application can be.
pub fn samples() -> Samples<Application> {
    let mut samples = steady_samples().send(applicant(), Command::Applicant(Applicant::Withdraw));
    for lookup in [Lookup::NotFound, Lookup::Unreadable, Lookup::Erased] {
        samples = samples.answer(Command::Answer(Answer::Record(lookup)));
    }
    samples
        .send_with(refusals)
        .answer(Command::Answer(Answer::NotReserved(Decline::Barred)))
        .send(Actor::Operator("ops".into()), Command::Operator(Operator::Abandon))
}

/// The same without those that end an application before its time, so that random stories get far.
pub fn steady_samples() -> Samples<Application> {
    let mut samples = Samples::new(Policy::default())
        .steps([20, 3_600, 86_400, 8 * 86_400, 40 * 86_400].map(Duration::from_secs))
        .told_apart_by(detail);
    for command in [
        Applicant::Begin { person: PERSON, licence: LICENCE, locale: Locale::En, kind: Kind::FirstIssue },
        Applicant::ChoosePath { path: Path::Camera },
        Applicant::ChoosePath { path: Path::Album },
        Applicant::RetryLiveness,
        Applicant::ReadNotice,
        offer(Path::Camera, 1),
        offer(Path::Album, 2),
        Applicant::ConfirmPreview,
        Applicant::Submit,
    ] {
        samples = samples.send(applicant(), Command::Applicant(command));
    }
    for who in ["ann", "bob", "cleo"] {
        samples = samples
            .complete(who, Command::Reviewer(Reviewer::Approve))
            .complete(who, reject("background"))
            .complete(who, reject("another_person"))
            .complete(who, reject("malicious"))
            .complete(who, Command::Reviewer(Reviewer::SecondLook))
            .send_with(undo_of(who))
            .send_with(hold_by(who));
    }
    samples
        .send_with(confirm)
        .send_with(answers)
        .answer(Command::Answer(Answer::Reserved { failures: 0 }))
        .send(Actor::Operator("ops".into()), Command::Operator(Operator::RecomputeDue))
        // With the shipped calendar a due time never moves, so this one is accepted and changes nothing;
        // `a_late_provisional_due_date` holds it.
        .exempt("operator.recompute_due")
}

fn applicant() -> Actor {
    Actor::Applicant(PERSON.to_string())
}

fn detail(application: &Application) -> String {
    let Application::Open(_, waiting) = application else {
        return String::new();
    };
    match waiting {
        Waiting::Liveness(Session::Asked(..)) => "asked".into(),
        Waiting::Liveness(Session::Running { .. }) => "running".into(),
        Waiting::Liveness(Session::Failed(..)) => "failed".into(),
        Waiting::Review(review) => match (&review.stage, review.votes.len()) {
            (Stage::Window { .. }, _) => "window".into(),
            (Stage::Task { .. }, 0) => String::new(),
            (Stage::Task { .. }, 1) => "second look".into(),
            (Stage::Task { .. }, _) => "lead".into(),
        },
        Waiting::Record(_)
        | Waiting::Admission(_)
        | Waiting::Path(_)
        | Waiting::Step(..)
        | Waiting::Recheck(_)
        | Waiting::Issue(_)
        | Waiting::Between => String::new(),
    }
}

fn offer(source: Path, n: u128) -> Applicant {
    let photo = PhotoId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00b0 + n));
    Applicant::OfferPhoto { photo, source, hints: BTreeSet::new(), made_on: None }
}

fn reject(code: &str) -> Command {
    Command::Reviewer(Reviewer::Reject { reasons: BTreeSet::from([code.to_owned()]) })
}

fn undo_of(who: &'static str) -> impl Fn(&Application, Timestamp) -> Vec<(Actor, Command)> {
    move |_, _| {
        let actor = Actor::Reviewer { id: who.into(), roles: BTreeSet::from(["reviewer".to_owned()]) };
        vec![(actor, Command::Reviewer(Reviewer::Undo))]
    }
}

fn hold_by(who: &'static str) -> impl Fn(&Application, Timestamp) -> Vec<(Actor, Command)> {
    use sealwright_engine::Workflow;
    move |application, now| {
        let Some(task) = application.task() else {
            return vec![];
        };
        let until = now + Duration::from_secs(3_600);
        let actor = Actor::Holder { id: who.into(), task: task.key };
        vec![(actor, Command::Reviewer(Reviewer::Hold { until }))]
    }
}

/// The applicant confirms what is shown: the newest revision.
fn confirm(application: &Application, _: Timestamp) -> Vec<(Actor, Command)> {
    let Application::Open(case, _) = application else {
        return vec![];
    };
    let revision = case.record.as_ref().map_or(1, |seen| seen.revision);
    let command = Command::Applicant(Applicant::ConfirmInformation { revision });
    vec![(applicant(), command)]
}

/// The answers to whatever was asked for, and those of the time before.
fn answers(application: &Application, _: Timestamp) -> Vec<(Actor, Command)> {
    let Application::Open(case, _) = application else {
        return vec![];
    };
    let revision = case.record.as_ref().map_or(1, |seen| seen.revision);
    let usable = case.record.as_ref().is_none_or(|seen| seen.facts.retained_photo_usable);
    let mut answers = vec![found(revision, "A", usable), found(revision + 1, "A", usable)];
    if case.record.is_none() {
        answers.push(found(revision, "A", false));
    }
    for session in case.sessions.saturating_sub(1)..=case.sessions {
        answers.push(Answer::LivenessStarted { session, reference: format!("session-{session}") });
        for result in [
            Liveness::Passed { score: 93, serial: "cmp-1".into() },
            Liveness::Passed { score: 60, serial: "cmp-2".into() },
            Liveness::NotThePerson { serial: "cmp-3".into() },
            Liveness::VendorFailed,
        ] {
            answers.push(Answer::Liveness { session, result });
        }
    }
    let order = case.orders;
    answers.push(Answer::Issued { order, version: 1, serial: "SAMPLE0001".into() });
    answers.push(Answer::NotIssued { order, cause: NotIssued::NewerRevision { revision: revision + 1 } });
    performed(answers)
}

/// Answers that end the application.
fn refusals(application: &Application, _: Timestamp) -> Vec<(Actor, Command)> {
    let Application::Open(case, _) = application else {
        return vec![];
    };
    performed(vec![
        found(2, "B", true),
        found(2, "A", false),
        Answer::Liveness { session: case.sessions, result: Liveness::NoReference },
        Answer::NotIssued { order: case.orders, cause: NotIssued::PhotoMissing },
    ])
}

fn performed(answers: Vec<Answer>) -> Vec<(Actor, Command)> {
    let by = Actor::Performer(EffectKey { instance: INSTANCE, version: 1, n: 0 });
    answers.into_iter().map(|answer| (by.clone(), Command::Answer(answer))).collect()
}

fn found(revision: u64, status: &str, usable: bool) -> Answer {
    Answer::Record(Lookup::Found { revision, facts: facts(status, usable) })
}

fn facts(status: &str, retained_photo_usable: bool) -> RecordFacts {
    let began = NaiveDate::from_ymd_opt(2020, 2, 28).unwrap_or_default();
    RecordFacts {
        status: status.parse().unwrap_or_default(),
        points: 0,
        classes: ClassSet::from(PermittedClass::C1),
        first_issue: began,
        valid_from: began,
        valid_until: None,
        authority: "320500".parse().expect("an authority's code"),
        retained_photo_usable,
        revision: None,
    }
}
