//! What is known of a sweep, folded from its events.

use std::collections::BTreeMap;

use sealwright_engine::{InstanceId, PersonId, Timestamp};

use super::counts::{Cause, Counts, Failure};
use super::messages::{Kind, Place};

/// Failures that a sweep keeps, the first ones; the others are counted by cause.
pub const FAILURES_KEPT: usize = 100;

/// One pass over many licences.
#[derive(Clone, Default, PartialEq, Debug)]
pub enum Sweep {
    /// Nobody asked for it yet.
    #[default]
    New,
    /// Somebody did.
    Begun(Box<Course>),
}

/// Everything about a sweep that was asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Course {
    /// What it goes through.
    pub kind: Kind,
    /// Whether it only looks.
    pub dry_run: bool,
    /// Whether it begins at the beginning, wherever the last one ended.
    pub anew: bool,
    /// Licences followed each second, at most.
    pub per_second: u32,
    /// The schedule it belongs to.
    pub schedule: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// Since it holds the way: where it began, and how many licences can be compared.
    pub entered: Option<(Option<String>, u64)>,
    /// Where the present slice begins.
    pub place: Place,
    /// The number of the present slice, from 1.
    pub slice: u32,
    /// How often the present slice was asked for before.
    pub asked: u32,
    /// Since when the present step lasts.
    pub since: Timestamp,
    /// What it does.
    pub step: Step,
    /// Whether an operator has stopped it.
    pub paused: bool,
    /// When somebody is told, and how often that happened.
    pub alert: (Timestamp, u32),
    /// What it came to so far.
    pub counts: Counts,
    /// How often each cause kept a licence from being followed.
    pub causes: BTreeMap<Cause, u64>,
    /// The first failures.
    pub failures: Vec<Failure>,
    /// The list goes on where this sweep ended.
    pub cut: bool,
    /// Events so far.
    pub events: u32,
}

/// What a sweep does.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// It waits for the way.
    Entering,
    /// It goes through the present slice.
    Sweeping,
    /// It follows those that differ in the present slice.
    Following {
        /// Whose licences.
        people: Vec<PersonId>,
        /// Where the next slice begins.
        next: Place,
        /// There is no next slice.
        end: bool,
    },
    /// It would be too fast.
    Resting(Timestamp),
    /// It frees the way. If it was cancelled in the middle of something, that may still come to an end.
    Leaving(Ending, Option<Underway>),
    /// It is over.
    Ended(Ending, Option<Underway>),
}

/// What was under way when a sweep was cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Underway {
    /// This slice.
    Sweeping(u32),
    /// Those that differ in this slice.
    Following(u32),
}

/// How a sweep ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It went through everything that there was.
    Finished,
    /// An operator ended it.
    Cancelled,
    /// Another one was under way.
    Skipped {
        /// Which.
        by: InstanceId,
    },
}

impl Ending {
    /// As phases say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Ending::Finished => "finished",
            Ending::Cancelled => "cancelled",
            Ending::Skipped { .. } => "skipped",
        }
    }
}

impl Course {
    /// How it ended, once it is over.
    pub fn ending(&self) -> Option<Ending> {
        match self.step {
            Step::Ended(ending, _) => Some(ending),
            Step::Entering
            | Step::Sweeping
            | Step::Following { .. }
            | Step::Resting(_)
            | Step::Leaving(..) => None,
        }
    }

    /// Licences known here that the register does not have any more; of a full sweep that went through all of it.
    pub fn absent(&self) -> Option<u64> {
        let whole = self.kind == Kind::Full && !self.cut && self.entered.as_ref()?.0.is_none();
        let done = matches!(self.step, Step::Leaving(Ending::Finished, _) | Step::Ended(Ending::Finished, _));
        let known = self.entered.as_ref()?.1;
        (whole && done).then(|| known.saturating_sub(self.counts.known()))
    }

    /// Licences in one slice: ten seconds' worth, within bounds.
    pub fn most(&self) -> u32 {
        self.per_second.saturating_mul(10).clamp(1, super::SLICE)
    }
}
