//! What the outside sees of an application: phase, effects, task, labels.

use sealwright_engine::{Labels, Phase, Task};

use super::messages::{Effect, Event, Notice, Stalled};
use super::refusal::Refusal;
use super::reviewer::task_key;
use super::state::{Admission, Application, Case, Ending, Outcome};
use super::waiting::{Stage, Waiting};
use crate::licence::Ended;

/// The queue of photos.
pub const PHOTO_QUEUE: &str = "photo_review";
/// Who reviews photos.
pub const REVIEWER: &str = "reviewer";
/// Who reviews photos, and decides where two reviewers disagree.
pub const LEAD: &str = "lead";

impl Application {
    pub(super) fn phase_now(&self) -> Phase {
        match self {
            Application::New => Phase::Open("new"),
            Application::Open(_, waiting) => Phase::Open(waiting.name()),
            Application::Closed(ending) => Phase::Closed(ending.outcome.as_str()),
        }
    }

    pub(super) fn task_now(&self) -> Option<Task> {
        let Application::Open(_, Waiting::Review(review)) = self else {
            return None;
        };
        let Stage::Task { number, reserved } = &review.stage else {
            return None;
        };
        let roles: &[&str] = if review.for_a_lead() { &[LEAD] } else { &[REVIEWER, LEAD] };
        Some(Task {
            key: task_key(*number),
            queue: PHOTO_QUEUE.into(),
            due: review.due,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            excluded: review.involved(),
            reserved: reserved.clone(),
        })
    }

    /// `person` finds an applicant's applications; `due` finds the due times that were guessed.
    pub(super) fn labels_now(&self) -> Labels {
        match self {
            Application::New => Labels::none(),
            Application::Open(case, waiting) => {
                let provisional = matches!(waiting, Waiting::Review(review) if review.provisional);
                Labels::none()
                    .with("person", case.person)
                    .with_some("due", provisional.then_some("provisional"))
            }
            Application::Closed(ending) => Labels::none().with("person", ending.person),
        }
    }

    pub(super) fn reaction(&self, event: &Event) -> Vec<Effect> {
        match self {
            Application::New => vec![],
            Application::Open(case, waiting) => case.reaction(waiting, event),
            Application::Closed(ending) => ending.reaction(event),
        }
    }
}

impl Case {
    fn reaction(&self, waiting: &Waiting, event: &Event) -> Vec<Effect> {
        match event {
            Event::Begun { .. } | Event::RecheckAsked { .. } => {
                vec![Effect::LookUpRecord { person: self.person, licence: self.licence }]
            }
            Event::AdmissionAsked { portrait, .. } => {
                vec![Effect::Reserve { licence: self.licence, person: self.person, portrait: *portrait }]
            }
            Event::LivenessAsked { session, .. } => {
                vec![Effect::StartLiveness { person: self.person, session: *session }]
            }
            Event::LivenessStarted { session, reference, .. } => {
                vec![Effect::PollLiveness { session: *session, reference: reference.clone() }]
            }
            Event::ReviewOverdue { times, .. } => waiting.review().map_or_else(Vec::new, |review| {
                vec![Effect::AlertOperator { about: Stalled::Review, since: review.due, times: *times }]
            }),
            Event::PhotoRejected { reasons, tries_left } => {
                let (reasons, tries_left) = (reasons.clone(), *tries_left);
                vec![self.notify(Notice::PhotoRejected { reasons, tries_left })]
            }
            Event::ConfirmationAsked => {
                let revision = self.record.as_ref().map_or(0, |seen| seen.revision);
                vec![self.notify(Notice::ConfirmAgain { revision })]
            }
            Event::IssueOrdered { order, .. } => self.order_issue(*order),
            Event::AnswerStalled { times, .. } => self.alert(waiting, *times),
            Event::Reminded => waiting.silence().map_or_else(Vec::new, |silence| {
                let phase = waiting.name().to_owned();
                vec![self.notify(Notice::Reminder { phase, expires_at: silence.expire_at })]
            }),
            Event::RecordFound { .. }
            | Event::Admitted { .. }
            | Event::PathFixed { .. }
            | Event::InformationConfirmed { .. }
            | Event::LivenessPassed { .. }
            | Event::LivenessFailed { .. }
            | Event::NoticeRead
            | Event::PhotoOffered { .. }
            | Event::PreviewConfirmed
            | Event::Submitted
            | Event::ReviewAsked { .. }
            | Event::DueMoved { .. }
            | Event::PassedOn { .. }
            | Event::Held { .. }
            | Event::Decided { .. }
            | Event::Undone { .. }
            | Event::SecondLookAsked { .. }
            | Event::LeadAsked { .. }
            | Event::PhotoApproved
            | Event::OrderReturned { .. }
            | Event::Issued { .. }
            | Event::Refused { .. }
            | Event::Barred { .. }
            | Event::Withdrawn
            | Event::Expired
            | Event::Abandoned
            | Event::ReservedTooLate => vec![],
        }
    }

    fn notify(&self, notice: Notice) -> Effect {
        Effect::Notify { person: self.person, locale: self.locale, notice }
    }

    fn order_issue(&self, order: u16) -> Vec<Effect> {
        let wanted = self.record.as_ref().map(|seen| Effect::OrderIssue {
            licence: self.licence,
            order,
            person: self.person,
            revision: seen.revision,
            portrait: self.portrait(),
            facts: seen.facts.clone(),
        });
        wanted.into_iter().collect()
    }

    fn alert(&self, waiting: &Waiting, times: u32) -> Vec<Effect> {
        let Some((about, answerer)) = waiting.answerer() else {
            return vec![];
        };
        let mut effects = vec![Effect::AlertOperator { about, since: answerer.since, times }];
        if times == 1 {
            effects.push(self.notify(Notice::Delayed { about }));
        }
        effects
    }
}

impl Ending {
    /// The effects of an end: the licence is told, and the applicant.
    fn reaction(&self, event: &Event) -> Vec<Effect> {
        if *event == Event::ReservedTooLate {
            return self.release().into_iter().collect();
        }
        let notice = match event {
            Event::Issued { version, .. } => Notice::Issued { version: *version },
            Event::Refused { refusal } => Notice::Refused { refusal: refusal.clone() },
            Event::Barred { reasons } => Notice::Barred { reasons: reasons.clone() },
            Event::Withdrawn => Notice::Withdrawn,
            Event::Expired => Notice::Expired,
            Event::Abandoned => Notice::Abandoned,
            // Earlier events of the last decision: their effects would be moot by now.
            Event::Begun { .. }
            | Event::RecordFound { .. }
            | Event::AdmissionAsked { .. }
            | Event::Admitted { .. }
            | Event::PathFixed { .. }
            | Event::InformationConfirmed { .. }
            | Event::LivenessAsked { .. }
            | Event::LivenessStarted { .. }
            | Event::LivenessPassed { .. }
            | Event::LivenessFailed { .. }
            | Event::NoticeRead
            | Event::PhotoOffered { .. }
            | Event::PreviewConfirmed
            | Event::Submitted
            | Event::ReviewAsked { .. }
            | Event::DueMoved { .. }
            | Event::ReviewOverdue { .. }
            | Event::PassedOn { .. }
            | Event::Held { .. }
            | Event::Decided { .. }
            | Event::Undone { .. }
            | Event::SecondLookAsked { .. }
            | Event::LeadAsked { .. }
            | Event::PhotoApproved
            | Event::PhotoRejected { .. }
            | Event::RecheckAsked { .. }
            | Event::ConfirmationAsked
            | Event::IssueOrdered { .. }
            | Event::OrderReturned { .. }
            | Event::AnswerStalled { .. }
            | Event::Reminded
            | Event::ReservedTooLate => return vec![],
        };
        let mut effects = Vec::with_capacity(2);
        if self.admission == Admission::Held {
            effects.extend(self.release());
        }
        match &self.outcome {
            // Nobody is left to be told.
            Outcome::Refused(Refusal::Erased) => {}
            Outcome::Refused(Refusal::UnreadableRecord) => {
                let about = Stalled::UnreadableRecord;
                effects.push(Effect::AlertOperator { about, since: self.at, times: 1 });
                effects.push(Effect::Notify { person: self.person, locale: self.locale, notice });
            }
            _ => effects.push(Effect::Notify { person: self.person, locale: self.locale, notice }),
        }
        effects
    }

    /// What the licence is told of the end. It knows of an issue already.
    fn release(&self) -> Option<Effect> {
        let how = match &self.outcome {
            Outcome::Issued { .. } => return None,
            Outcome::Barred(reasons) => {
                return Some(Effect::Bar { licence: self.licence, reasons: reasons.clone() });
            }
            Outcome::Refused(_) => Ended::Refused,
            Outcome::Withdrawn => Ended::Withdrawn,
            Outcome::Expired => Ended::Expired,
            Outcome::Abandoned => Ended::Abandoned,
        };
        Some(Effect::Release { licence: self.licence, how, failures: self.failures })
    }
}
