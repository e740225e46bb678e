//! What a sweep counts.

use std::collections::BTreeMap;

use sealwright_engine::InstanceId;
use serde::{Deserialize, Serialize};

/// What came of the licences that were gone through.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Lines of the register that were read.
    pub seen: u64,
    /// Of licences that nobody here ever applied with.
    pub unknown: u64,
    /// In step already.
    pub unchanged: u64,
    /// Not in step, and left so: a dry run's.
    pub different: u64,
    /// A new version was ordered.
    pub reissued: u64,
    /// Shown in red from now on.
    pub suspended: u64,
    /// Valid again.
    pub restored: u64,
    /// Not shown for now.
    pub hidden: u64,
    /// Ended for good.
    pub invalidated: u64,
    /// Changed in what no document shows.
    pub noted: u64,
    /// Could not be followed; see the causes.
    pub failed: u64,
}

/// Why a licence could not be followed. It stays as it was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The register's record, or its line, cannot be read.
    Unreadable,
    /// The licence does not take it: it is parked, or refuses.
    Refused,
}

/// A licence that could not be followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// Which, if that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<InstanceId>,
}

/// What one slice came to.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The counts.
    pub counts: Counts,
    /// Each that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

impl Counts {
    /// What was done to licences, and what failed.
    pub fn followed(&self) -> u64 {
        let Self { seen: _, unknown: _, unchanged: _, different: _, .. } = self;
        self.reissued
            + self.suspended
            + self.restored
            + self.hidden
            + self.invalidated
            + self.noted
            + self.failed
    }

    /// Lines of licences that are known here.
    pub fn known(&self) -> u64 {
        self.seen.saturating_sub(self.unknown)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        let Self {
            seen,
            unknown,
            unchanged,
            different,
            reissued,
            suspended,
            restored,
            hidden,
            invalidated,
            noted,
            failed,
        } = more;
        for (count, more) in [
            (&mut self.seen, seen),
            (&mut self.unknown, unknown),
            (&mut self.unchanged, unchanged),
            (&mut self.different, different),
            (&mut self.reissued, reissued),
            (&mut self.suspended, suspended),
            (&mut self.restored, restored),
            (&mut self.hidden, hidden),
            (&mut self.invalidated, invalidated),
            (&mut self.noted, noted),
            (&mut self.failed, failed),
        ] {
            *count = count.saturating_add(more);
        }
    }
}

impl Tally {
    /// One more that failed.
    pub fn fail(&mut self, cause: Cause, licence: Option<InstanceId>) {
        self.counts.failed += 1;
        self.failures.push(Failure { cause, licence });
    }

    /// How often each cause stands in it.
    pub fn causes(&self) -> BTreeMap<Cause, u64> {
        let mut causes = BTreeMap::new();
        for failure in &self.failures {
            *causes.entry(failure.cause).or_default() += 1;
        }
        causes
    }
}
