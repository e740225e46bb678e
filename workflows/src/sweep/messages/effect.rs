//! What a sweep wants done, and by which answer it learns of it.

use sealwright_engine::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Kind, Place};

#[cfg(doc)]
use super::Answer;

/// Work for the outside world. At least once, by the effect's key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Hold the way for sweeps of this kind, unless another sweep holds it, and say where the last one ended. A dry
    /// run holds nothing.
    ///
    /// Answer: [`Answer::Admitted`] or [`Answer::Occupied`].
    Enter {
        /// The kind.
        kind: Kind,
        /// Whether it only looks.
        dry_run: bool,
    },
    /// Go through the register's list from `place` on. Of changes: follow each, at most `most`. Of everything:
    /// compare, until `most` were found that differ, and follow none. Never beyond one page.
    ///
    /// Answer: [`Answer::Swept`].
    Sweep {
        /// Which slice.
        slice: u32,
        /// Which list.
        kind: Kind,
        /// From where.
        place: Place,
        /// So many licences, at most.
        most: u32,
        /// Whether it only looks.
        dry_run: bool,
        /// Counts how often this slice was asked for: after a pause it is asked for again.
        asked: u32,
    },
    /// Ask the register for the records of these people, and follow them.
    ///
    /// Answer: [`Answer::Followed`].
    Follow {
        /// Which slice.
        slice: u32,
        /// Whose.
        people: Vec<PersonId>,
        /// Counts how often it was asked for.
        asked: u32,
    },
    /// Free the way, if this sweep holds it, and put down where the next one begins.
    ///
    /// Answer: [`Answer::Left`].
    Leave {
        /// The kind.
        kind: Kind,
        /// Where the next one begins, if that changes.
        moved: Option<Moved>,
    },
    /// Wake an operator. No answer.
    AlertOperator {
        /// About what.
        about: About,
        /// Since when it is so.
        since: Timestamp,
        /// How often somebody was told before, and this time.
        times: u32,
    },
}

/// Where the next sweep begins.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The cursor; `None` is the beginning.
    pub to: Option<String>,
}

/// What an operator is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// It cannot begin.
    Entering,
    /// This slice does not come to an end: the register does not answer.
    Slice(u32),
    /// It stands paused.
    Paused,
    /// It cannot end.
    Leaving,
    /// It ended, and so many could not be followed, or are not in the register any more.
    Failures {
        /// Could not be followed.
        failed: u64,
        /// Known here, and not in the register.
        absent: u64,
    },
}
