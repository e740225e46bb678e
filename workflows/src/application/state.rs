//! What is known of an application, folded from its events.

use std::collections::BTreeSet;
use std::time::Duration;

use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp};

use super::messages::Kind;
use super::refusal::Refusal;
use super::waiting::Waiting;
use crate::licence::{Portrait, PortraitKind};
use crate::policy::{Locale, Path, Step};
use crate::register::RecordFacts;

/// An application: the case, and the one thing that it waits for.
#[derive(Clone, Default, PartialEq, Debug)]
pub enum Application {
    /// Not begun.
    #[default]
    New,
    /// Under way.
    Open(Box<Case>, Waiting),
    /// Over.
    Closed(Ending),
}

/// What an application is about.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// Who applies.
    pub person: PersonId,
    /// The licence's instance.
    pub licence: InstanceId,
    /// The applicant's language.
    pub locale: Locale,
    /// What for.
    pub kind: Kind,
    /// The record as it was last seen.
    pub record: Option<Seen>,
    /// The dossier's revision that the applicant stands by.
    pub confirmed: u64,
    /// How it stands with the licence.
    pub admission: Admission,
    /// Failures of earlier applications that count.
    pub earlier_failures: u8,
    /// Failures of this one.
    pub failures: u8,
    /// How long the applicant's silence is borne.
    pub patience: Patience,
    /// The chosen path; none before it is fixed.
    pub plan: Option<Plan>,
    /// What is done of it.
    pub done: BTreeSet<Step>,
    /// Liveness sessions so far.
    pub sessions: u16,
    /// Of them, those that were not the person.
    pub mismatches: u16,
    /// The photo that the applicant gave.
    pub photo: Option<PhotoId>,
    /// People approved it.
    pub approved: bool,
    /// Tasks so far.
    pub tasks: u32,
    /// Orders so far.
    pub orders: u16,
}

/// A record, and when it was seen.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    /// The dossier's revision.
    pub revision: u64,
    /// What the rules need of it.
    pub facts: RecordFacts,
    /// When.
    pub at: Timestamp,
}

/// How an application stands with its licence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// It has not asked.
    None,
    /// It has asked.
    Asked,
    /// It is admitted, and must say so when it ends.
    Held,
    /// It has given the admission back.
    Returned,
}

/// How long silence is borne.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Patience {
    /// Until the reminder.
    pub remind_after: Duration,
    /// Until the end.
    pub expire_after: Duration,
}

/// A path as it was when the application took it.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Which.
    pub path: Path,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// Whether people look at the photo.
    pub review: bool,
}

/// How an application ended, and what may still arrive.
#[derive(Clone, PartialEq, Debug)]
pub struct Ending {
    /// Who applied.
    pub person: PersonId,
    /// The licence's instance.
    pub licence: InstanceId,
    /// The applicant's language.
    pub locale: Locale,
    /// How.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
    /// How it stood with the licence at the end.
    pub admission: Admission,
    /// Failures to count.
    pub failures: u8,
}

/// How an application ended.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// The document exists.
    Issued {
        /// Its version.
        version: u32,
        /// Its serial.
        serial: String,
    },
    /// It was refused.
    Refused(Refusal),
    /// It was a malicious one.
    Barred(BTreeSet<String>),
    /// The applicant withdrew it.
    Withdrawn,
    /// The applicant fell silent.
    Expired,
    /// An operator gave it up.
    Abandoned,
}

impl Outcome {
    /// As phases, lists and texts say it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Outcome::Issued { .. } => "issued",
            Outcome::Refused(_) => "refused",
            Outcome::Barred(_) => "barred",
            Outcome::Withdrawn => "withdrawn",
            Outcome::Expired => "expired",
            Outcome::Abandoned => "abandoned",
        }
    }
}

impl Case {
    /// The first step of the plan that is not done.
    pub fn next_step(&self) -> Option<Step> {
        let steps = self.plan.as_ref().map_or(&[][..], |plan| &plan.steps);
        steps.iter().copied().find(|step| !self.done.contains(step))
    }

    /// The chosen path.
    pub fn path(&self) -> Option<Path> {
        self.plan.as_ref().map(|plan| plan.path)
    }

    /// Whether people have still to look at the photo.
    pub fn needs_review(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.review) && !self.approved
    }

    /// What the document shows. Without a photo of the applicant's it is the register's.
    pub fn portrait(&self) -> Portrait {
        self.photo.map_or(Portrait::Retained, Portrait::Reviewed)
    }

    /// What the document is to show, as the record has it; a replacement always shows a photo of the applicant's.
    pub fn portrait_kind(&self, facts: &RecordFacts) -> PortraitKind {
        match self.kind {
            Kind::FirstIssue if facts.retained_photo_usable => PortraitKind::Retained,
            Kind::FirstIssue | Kind::PhotoReplacement => PortraitKind::Reviewed,
        }
    }
}
