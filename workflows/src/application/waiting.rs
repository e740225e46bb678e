//! What an open application waits for.

use std::collections::BTreeSet;

use sealwright_engine::Timestamp;

use super::messages::{Failure, Stalled, Verdict};
use crate::policy::Step;

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

impl Waiting {
    /// The phase's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Waiting::Record(_) => "record",
            Waiting::Admission(_) => "admission",
            Waiting::Path(_) => "path",
            Waiting::Step(Step::Information, _) => "information",
            Waiting::Step(Step::Liveness, _) | Waiting::Liveness(_) => "liveness",
            Waiting::Step(Step::Notice, _) => "notice",
            Waiting::Step(Step::Photo, _) => "photo",
            Waiting::Step(Step::Preview, _) => "preview",
            Waiting::Step(Step::Submit, _) => "submit",
            Waiting::Review(_) => "photo_review",
            Waiting::Recheck(_) => "recheck",
            Waiting::Issue(_) => "issue",
            Waiting::Between => "between",
        }
    }

    /// The office's own system that is waited for, and how long.
    pub const fn answerer(&self) -> Option<(Stalled, &Answerer)> {
        match self {
            Waiting::Record(answerer) | Waiting::Recheck(answerer) => Some((Stalled::Register, answerer)),
            Waiting::Admission(answerer) => Some((Stalled::Admission, answerer)),
            Waiting::Issue(answerer) => Some((Stalled::Issue, answerer)),
            Waiting::Liveness(Session::Asked(_, answerer)) => Some((Stalled::LivenessVendor, answerer)),
            Waiting::Path(_)
            | Waiting::Step(..)
            | Waiting::Liveness(Session::Running { .. } | Session::Failed(..))
            | Waiting::Review(_)
            | Waiting::Between => None,
        }
    }

    /// The applicant's silence, while they are waited for.
    pub const fn silence(&self) -> Option<&Silence> {
        match self {
            Waiting::Path(silence)
            | Waiting::Step(_, silence)
            | Waiting::Liveness(Session::Failed(_, silence)) => Some(silence),
            Waiting::Record(_)
            | Waiting::Admission(_)
            | Waiting::Liveness(Session::Asked(..) | Session::Running { .. })
            | Waiting::Review(_)
            | Waiting::Recheck(_)
            | Waiting::Issue(_)
            | Waiting::Between => None,
        }
    }

    /// The review, while there is one.
    pub const fn review(&self) -> Option<&Review> {
        match self {
            Waiting::Review(review) => Some(review),
            Waiting::Record(_)
            | Waiting::Admission(_)
            | Waiting::Path(_)
            | Waiting::Step(..)
            | Waiting::Liveness(_)
            | Waiting::Recheck(_)
            | Waiting::Issue(_)
            | Waiting::Between => None,
        }
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

pub(super) fn on_review(mut waiting: Waiting, change: impl FnOnce(&mut Review)) -> Waiting {
    if let Waiting::Review(review) = &mut waiting {
        change(review);
    }
    waiting
}

impl Review {
    pub(super) fn new(task: u32, submitted_at: Timestamp, due: Timestamp, provisional: bool) -> Self {
        Self {
            submitted_at,
            due,
            provisional,
            nag_at: due,
            nagged: 0,
            votes: Vec::new(),
            passed_by: None,
            stage: Stage::Task { number: task, reserved: None },
        }
    }

    pub(super) fn move_due(&mut self, due: Timestamp, provisional: bool) {
        // Whoever was told already is told again at the time that was set then.
        if self.nagged == 0 {
            self.nag_at = due;
        }
        self.due = due;
        self.provisional = provisional;
    }

    /// The decision in its window stands, and somebody else has a task.
    pub(super) fn let_stand(&mut self, task: u32) {
        let next = Stage::Task { number: task, reserved: None };
        if let Stage::Window { vote, .. } = std::mem::replace(&mut self.stage, next) {
            self.votes.push(vote);
        }
    }
}

pub(super) fn stalled(waiting: Waiting, told: u32, alert_at: Timestamp) -> Waiting {
    let moved = |answerer: Answerer| Answerer { alert_at, told, ..answerer };
    match waiting {
        Waiting::Record(answerer) => Waiting::Record(moved(answerer)),
        Waiting::Admission(answerer) => Waiting::Admission(moved(answerer)),
        Waiting::Recheck(answerer) => Waiting::Recheck(moved(answerer)),
        Waiting::Issue(answerer) => Waiting::Issue(moved(answerer)),
        Waiting::Liveness(Session::Asked(session, answerer)) => {
            Waiting::Liveness(Session::Asked(session, moved(answerer)))
        }
        other @ (Waiting::Path(_)
        | Waiting::Step(..)
        | Waiting::Liveness(Session::Running { .. } | Session::Failed(..))
        | Waiting::Review(_)
        | Waiting::Between) => other,
    }
}

pub(super) fn reminded(waiting: Waiting) -> Waiting {
    let silent = |silence: Silence| Silence { remind_at: None, ..silence };
    match waiting {
        Waiting::Path(silence) => Waiting::Path(silent(silence)),
        Waiting::Step(step, silence) => Waiting::Step(step, silent(silence)),
        Waiting::Liveness(Session::Failed(failure, silence)) => {
            Waiting::Liveness(Session::Failed(failure, silent(silence)))
        }
        other @ (Waiting::Record(_)
        | Waiting::Admission(_)
        | Waiting::Liveness(Session::Asked(..) | Session::Running { .. })
        | Waiting::Review(_)
        | Waiting::Recheck(_)
        | Waiting::Issue(_)
        | Waiting::Between) => other,
    }
}
