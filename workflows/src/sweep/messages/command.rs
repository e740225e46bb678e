//! What a sweep is asked.

use sealwright_engine::{InstanceId, PersonId};
use serde::{Deserialize, Serialize};

use super::super::counts::Tally;

#[cfg(doc)]
use super::Effect;

/// A request, by the door it comes through.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// By an operator, or by a schedule's tick.
    Start(Start),
    /// The answer to an effect of this sweep.
    Answer(Answer),
    /// This sweep's own deadline.
    Timer(Timer),
    /// A person who runs the system.
    Operator(Operator),
}

/// What is gone through.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What changed in the register since the last sweep of this kind that finished.
    Changes,
    /// Everything, by digests.
    Full,
}

impl Kind {
    /// As labels and rows say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Changes => "changes",
            Kind::Full => "full",
        }
    }
}

/// A beginning.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// What to go through.
    pub kind: Kind,
    /// Licences followed each second, at most; the policy's `sweep.per_second` if left out.
    #[serde(default)]
    pub per_second: Option<u32>,
    /// Only count what is not in step.
    #[serde(default)]
    pub dry_run: bool,
    /// From the beginning, not from where the last one ended: after the register lost its own place.
    #[serde(default)]
    pub anew: bool,
    /// The schedule it belongs to.
    #[serde(default)]
    pub schedule: Option<String>,
}

/// A place in one of the register's lists: behind a cursor, and so many lines on.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The page's cursor; the first page has none.
    pub after: Option<String>,
    /// Lines of that page that were gone through.
    pub line: u32,
}

/// What became of an effect.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Effect::Enter`]: the way is free.
    Admitted {
        /// Where the last one ended; `None`: at the beginning.
        cursor: Option<String>,
        /// Licences that can be compared.
        known: u64,
    },
    /// To [`Effect::Enter`]: another sweep of this kind is under way.
    Occupied {
        /// Which.
        by: InstanceId,
    },
    /// To [`Effect::Sweep`].
    Swept {
        /// Which slice.
        slice: u32,
        /// What it came to.
        tally: Tally,
        /// Whose record is not what was followed last; of a full sweep alone.
        differing: Vec<PersonId>,
        /// Where the next slice begins.
        next: Place,
        /// There is no next slice.
        end: bool,
    },
    /// To [`Effect::Follow`].
    Followed {
        /// Which slice.
        slice: u32,
        /// What it came to.
        tally: Tally,
    },
    /// To [`Effect::Leave`].
    Left,
}

/// A sweep's deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// It went fast enough; on with it.
    Rested,
    /// What it waits for has not come.
    Overdue,
}

/// What an operator may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Stop after the slice that is under way.
    Pause,
    /// Go on.
    Resume,
    /// End here. What was followed stays; the next one begins where this one did.
    Cancel,
}
