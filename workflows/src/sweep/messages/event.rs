//! What a sweep records.

use sealwright_engine::{InstanceId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::counts::Tally;
use super::{Kind, Place};

/// A fact about a sweep. `alert_at` is when somebody is told that what follows has not come.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was asked for.
    Started {
        /// What it goes through.
        kind: Kind,
        /// Whether it only looks.
        dry_run: bool,
        /// Whether it begins at the beginning, wherever the last one ended.
        anew: bool,
        /// Licences followed each second, at most.
        per_second: u32,
        /// The schedule it belongs to.
        schedule: Option<String>,
        /// See above.
        alert_at: Timestamp,
    },
    /// It holds the way.
    Admitted {
        /// Where it begins.
        cursor: Option<String>,
        /// Licences that can be compared.
        known: u64,
        /// See above.
        alert_at: Timestamp,
    },
    /// Another one is under way, so this one has nothing to do.
    Skipped {
        /// Which.
        by: InstanceId,
    },
    /// A slice was gone through.
    Swept {
        /// Which.
        slice: u32,
        /// What it came to.
        tally: Tally,
        /// Who is followed next.
        differing: Vec<PersonId>,
        /// Where the next slice begins.
        next: Place,
        /// There is no next slice: the list ends here, or this sweep does.
        end: bool,
        /// The list goes on, and the next sweep goes on with it.
        cut: bool,
        /// When the next slice may begin, if that is later.
        rest_until: Option<Timestamp>,
        /// See above.
        alert_at: Timestamp,
    },
    /// Those who differed were followed.
    Followed {
        /// Of which slice.
        slice: u32,
        /// What it came to.
        tally: Tally,
        /// When the next slice may begin, if that is later.
        rest_until: Option<Timestamp>,
        /// See above.
        alert_at: Timestamp,
    },
    /// What was under way when the sweep was cancelled came to this.
    FollowedLate {
        /// What it came to.
        tally: Tally,
    },
    /// The next slice begins.
    Rested {
        /// See above.
        alert_at: Timestamp,
    },
    /// What it waits for has not come.
    Stalled {
        /// How often somebody was told.
        times: u32,
        /// When the next time is.
        next: Timestamp,
    },
    /// It stopped for an operator.
    Paused {
        /// See above.
        alert_at: Timestamp,
    },
    /// It goes on.
    Resumed {
        /// See above.
        alert_at: Timestamp,
    },
    /// It is to end here.
    Cancelled {
        /// See above.
        alert_at: Timestamp,
    },
    /// The way is free; it is over.
    Left,
}
