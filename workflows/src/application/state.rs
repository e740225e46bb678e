//! What is known of an application, folded from its events.

use std::collections::BTreeSet;
use std::time::Duration;

use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp};

use super::messages::{Failure, Kind, Verdict};
use super::refusal::Refusal;
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

/// What an open application waits for.
#[derive(Clone, PartialEq, Debug)]
pub enum Waiting {
    /// The register's first answer.
    Record(Answerer),
    /// The licence's admission.
    Admission(Answerer),
    /// The applicant's choice of a path.
    Path(Silence),
    /// One of the applicant's steps, liveness excepted.
    Step(Step, Silence),
    /// Real-person authentication.
    Liveness(Session),
    /// People's decision about the photo.
    Review(Box<Review>),
    /// The register's answer before the order.
    Recheck(Answerer),
    /// The licence's document.
    Issue(Answerer),
    /// Nothing: the next event of the same decision says what comes. No decision ends here.
    Between,
}

/// Waiting for one of the office's own systems.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answerer {
    /// Since when.
    pub since: Timestamp,
    /// When somebody is told.
    pub alert_at: Timestamp,
    /// How often somebody was told.
    pub told: u32,
}

/// Waiting for the applicant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Silence {
    /// When the reminder is due; none once it was sent.
    pub remind_at: Option<Timestamp>,
    /// When it ends.
    pub expire_at: Timestamp,
}

/// Where a liveness session stands.
#[derive(Clone, PartialEq, Debug)]
pub enum Session {
    /// The vendor was asked for one.
    Asked(u16, Answerer),
    /// The applicant has it before them.
    Running {
        /// Which.
        session: u16,
        /// The vendor's reference.
        reference: String,
        /// When it is over.
        until: Timestamp,
    },
    /// The last one did not pass; the applicant may ask for another.
    Failed(Failure, Silence),
}

/// A photo before people.
#[derive(Clone, PartialEq, Debug)]
pub struct Review {
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When it has to be decided.
    pub due: Timestamp,
    /// Whether that depends on a day without a calendar.
    pub provisional: bool,
    /// When somebody is told that it is overdue.
    pub nag_at: Timestamp,
    /// How often somebody was told.
    pub nagged: u32,
    /// The decisions that stand, oldest first. At most two: a third ends the review.
    pub votes: Vec<Vote>,
    /// Who passed the case on.
    pub passed_by: Option<String>,
    /// What happens now.
    pub stage: Stage,
}

/// What happens in a review now.
#[derive(Clone, PartialEq, Debug)]
pub enum Stage {
    /// A task waits for somebody.
    Task {
        /// Which.
        number: u32,
        /// Kept for one person until then.
        reserved: Option<(String, Timestamp)>,
    },
    /// A decision waits for the end of its window.
    Window {
        /// The decision.
        vote: Vote,
        /// When it takes effect.
        release_at: Timestamp,
    },
}

/// One person's decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vote {
    /// Whose.
    pub by: String,
    /// What.
    pub verdict: Verdict,
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

    /// What the document is to show, as the record has it.
    pub fn portrait_kind(facts: &RecordFacts) -> PortraitKind {
        if facts.retained_photo_usable { PortraitKind::Retained } else { PortraitKind::Reviewed }
    }
}

impl Answerer {
    pub(super) fn new(since: Timestamp, alert_at: Timestamp) -> Self {
        Self { since, alert_at, told: 0 }
    }
}

impl Review {
    /// The worst that somebody chose, the one in its window included.
    pub fn somebody_bars(&self) -> bool {
        let pending = match &self.stage {
            Stage::Window { vote, .. } => Some(vote),
            Stage::Task { .. } => None,
        };
        self.votes.iter().chain(pending).any(|vote| vote.verdict.bars())
    }

    /// Who had a part in it.
    pub fn involved(&self) -> BTreeSet<String> {
        self.votes.iter().map(|vote| &vote.by).chain(&self.passed_by).cloned().collect()
    }

    /// Whether two people disagree, so that a lead decides.
    pub fn for_a_lead(&self) -> bool {
        self.votes.len() >= 2
    }
}
