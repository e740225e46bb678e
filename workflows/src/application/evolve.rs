//! What each event makes of an application.

use std::time::Duration;

use sealwright_engine::Timestamp;

use super::messages::{Event, Failure};
use super::state::*;
use super::waiting::*;
use crate::policy::Step;

impl Application {
    pub(super) fn after(self, event: &Event, at: Timestamp) -> Self {
        match (self, event) {
            (Application::New, Event::Begun { person, licence, locale, kind, alert_at }) => {
                let case = Case {
                    person: *person,
                    licence: *licence,
                    locale: *locale,
                    kind: *kind,
                    record: None,
                    confirmed: 0,
                    admission: Admission::None,
                    earlier_failures: 0,
                    failures: 0,
                    patience: Patience::default(),
                    plan: None,
                    done: Default::default(),
                    sessions: 0,
                    mismatches: 0,
                    photo: None,
                    approved: false,
                    tasks: 0,
                    orders: 0,
                };
                Application::Open(Box::new(case), Waiting::Record(Answerer::new(at, *alert_at)))
            }
            (Application::Open(case, waiting), event) => open(case, waiting, event, at),
            (Application::Closed(ending), Event::ReservedTooLate) => {
                Application::Closed(Ending { admission: Admission::Returned, ..ending })
            }
            // Nothing else is ever recorded of what has not begun or is over.
            (state @ (Application::New | Application::Closed(_)), _) => state,
        }
    }
}

fn open(mut case: Box<Case>, waiting: Waiting, event: &Event, at: Timestamp) -> Application {
    let next = match event {
        Event::Begun { .. } | Event::ReservedTooLate => waiting,
        Event::RecordFound { revision, facts } => {
            if case.record.is_none() {
                // Where no step confirms it, the applicant stands by what the application began with.
                case.confirmed = *revision;
            }
            case.record = Some(Seen { revision: *revision, facts: facts.clone(), at });
            Waiting::Between
        }
        Event::AdmissionAsked { portrait: _, alert_at } => {
            case.admission = Admission::Asked;
            Waiting::Admission(Answerer::new(at, *alert_at))
        }
        Event::Admitted { failures, remind_after, expire_after } => {
            case.admission = Admission::Held;
            case.earlier_failures = *failures;
            case.patience = Patience {
                remind_after: Duration::from_secs(*remind_after),
                expire_after: Duration::from_secs(*expire_after),
            };
            Waiting::Path(case.silence(at))
        }
        Event::PathFixed { path, steps, review } => {
            case.plan = Some(Plan { path: *path, steps: steps.clone(), review: *review });
            case.photo = None;
            for step in [Step::Notice, Step::Photo, Step::Preview] {
                case.done.remove(&step);
            }
            case.turn(at)
        }
        Event::InformationConfirmed { revision } => {
            case.confirmed = *revision;
            case.did(Step::Information, at)
        }
        Event::LivenessAsked { session, alert_at } => {
            case.sessions = *session;
            Waiting::Liveness(Session::Asked(*session, Answerer::new(at, *alert_at)))
        }
        Event::LivenessStarted { session, reference, until } => {
            let (session, reference, until) = (*session, reference.clone(), *until);
            Waiting::Liveness(Session::Running { session, reference, until })
        }
        Event::LivenessPassed { .. } => case.did(Step::Liveness, at),
        Event::LivenessFailed { session: _, failure, serial: _ } => {
            if *failure == Failure::NotThePerson {
                case.mismatches = case.mismatches.saturating_add(1);
            }
            Waiting::Liveness(Session::Failed(*failure, case.silence(at)))
        }
        Event::NoticeRead => case.did(Step::Notice, at),
        Event::PhotoOffered { photo, source: _, hints: _ } => {
            case.photo = Some(*photo);
            case.done.remove(&Step::Preview);
            case.did(Step::Photo, at)
        }
        Event::PreviewConfirmed => case.did(Step::Preview, at),
        Event::Submitted => case.did(Step::Submit, at),
        Event::PhotoApproved => {
            case.approved = true;
            Waiting::Between
        }
        Event::PhotoRejected { .. } => {
            case.failures = case.failures.saturating_add(1);
            for step in [Step::Photo, Step::Preview, Step::Submit] {
                case.done.remove(&step);
            }
            case.turn(at)
        }
        Event::RecheckAsked { alert_at } => Waiting::Recheck(Answerer::new(at, *alert_at)),
        Event::ConfirmationAsked => {
            case.done.remove(&Step::Information);
            if let Some(plan) = &mut case.plan
                && !plan.steps.contains(&Step::Information)
            {
                plan.steps.insert(0, Step::Information);
            }
            case.turn(at)
        }
        Event::IssueOrdered { order, alert_at } => {
            case.orders = *order;
            Waiting::Issue(Answerer::new(at, *alert_at))
        }
        Event::OrderReturned { .. } => Waiting::Between,
        Event::AnswerStalled { times, next } => stalled(waiting, *times, *next),
        Event::Reminded => reminded(waiting),
        Event::ReviewAsked { task, due, provisional } => {
            case.tasks = *task;
            Waiting::Review(Box::new(Review::new(*task, at, *due, *provisional)))
        }
        Event::DueMoved { due, provisional } => {
            on_review(waiting, |review| review.move_due(*due, *provisional))
        }
        Event::ReviewOverdue { times, next } => {
            on_review(waiting, |review| (review.nagged, review.nag_at) = (*times, *next))
        }
        Event::PassedOn { by, task } => {
            case.tasks = *task;
            on_review(waiting, |review| {
                review.passed_by = Some(by.clone());
                review.stage = Stage::Task { number: *task, reserved: None };
            })
        }
        Event::Held { by, until, task } | Event::Undone { by, task, reserved_until: until } => {
            case.tasks = *task;
            let reserved = Some((by.clone(), *until));
            on_review(waiting, |review| review.stage = Stage::Task { number: *task, reserved })
        }
        Event::Decided { by, verdict, release_at } => {
            let vote = Vote { by: by.clone(), verdict: verdict.clone() };
            on_review(waiting, |review| review.stage = Stage::Window { vote, release_at: *release_at })
        }
        Event::SecondLookAsked { task } | Event::LeadAsked { task } => {
            case.tasks = *task;
            on_review(waiting, |review| review.let_stand(*task))
        }
        Event::Issued { version, serial } => {
            return case.close(at, Outcome::Issued { version: *version, serial: serial.clone() });
        }
        Event::Refused { refusal } => {
            if refusal.counts() {
                case.failures = case.failures.saturating_add(1);
            }
            return case.close(at, Outcome::Refused(refusal.clone()));
        }
        Event::Barred { reasons } => return case.close(at, Outcome::Barred(reasons.clone())),
        Event::Withdrawn => return case.close(at, Outcome::Withdrawn),
        Event::Expired => return case.close(at, Outcome::Expired),
        Event::Abandoned => return case.close(at, Outcome::Abandoned),
    };
    Application::Open(case, next)
}

impl Case {
    fn silence(&self, at: Timestamp) -> Silence {
        Silence {
            remind_at: Some(at + self.patience.remind_after),
            expire_at: at + self.patience.expire_after,
        }
    }

    fn did(&mut self, step: Step, at: Timestamp) -> Waiting {
        self.done.insert(step);
        self.turn(at)
    }

    /// To the next step. Liveness, and what comes after the last step, need an event of their own.
    fn turn(&self, at: Timestamp) -> Waiting {
        match self.next_step() {
            Some(Step::Liveness) | None => Waiting::Between,
            Some(step) => Waiting::Step(step, self.silence(at)),
        }
    }

    fn close(&self, at: Timestamp, outcome: Outcome) -> Application {
        Application::Closed(Ending {
            person: self.person,
            licence: self.licence,
            locale: self.locale,
            outcome,
            at,
            admission: self.admission,
            failures: self.failures,
        })
    }
}
