//! The rules as data: `workflows/policy.toml`, line by line, each with its source.
//!
//! A policy file of an office changes what it names and leaves the rest as shipped. Every value is
//! bounded and checked at the start; an unknown key is refused, so that a typing error is not a rule.

mod check;
mod intake;
mod moments;
mod path;
mod review;
mod rules;
mod schedule;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use check::PolicyRefused;
pub use intake::{Bounds, HintRule, HintRules, IntakeRules};
pub use path::{Path, PathRules, Paths, Step};
pub use review::{Reason, ReviewRules, SecondLook, Severity};
pub use rules::{
    Alerts, LicenceRules, LivenessRules, NoticeRules, PhotoRules, QuietHours, RecordRules, RefreshRules,
    Silence, SweepRules,
};
pub use schedule::{Missed, ScheduleRule, Work};
pub use text::{Locale, Text};

use crate::register::{AuthorityCode, StatusPolicy};
use crate::working_days::WorkingDays;

/// The rules of applications and licences.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Where days begin and end.
    pub zone: Tz,
    /// Which authorities take part, and from when. The earliest date that fits counts.
    pub roll_out: Vec<RollOut>,
    /// What each status letter means.
    pub status: StatusPolicy,
    /// The steps of each path.
    pub paths: Paths,
    /// Looking at the register.
    pub record: RecordRules,
    /// Real-person authentication.
    pub liveness: LivenessRules,
    /// Photos.
    pub photo: PhotoRules,
    /// Reviews.
    pub review: ReviewRules,
    /// Why a photo may be rejected, by code.
    pub reasons: BTreeMap<String, Reason>,
    /// The applicant's silence.
    pub silence: Silence,
    /// Sending notices.
    pub notices: NoticeRules,
    /// Waiting for the office's own systems.
    pub alerts: Alerts,
    /// Admission to a licence, and its upkeep.
    pub licence: LicenceRules,
    /// Going through many licences at once.
    pub sweep: SweepRules,
    /// What recurs.
    #[serde(default)]
    pub schedule: Vec<ScheduleRule>,
    /// Keeping documents as the register has them.
    pub refresh: RefreshRules,
    /// Which days are worked. Loaded from year files, not from the policy file.
    #[serde(skip_deserializing, default = "WorkingDays::shipped")]
    pub calendar: WorkingDays,
}

/// One line of the roll-out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollOut {
    /// The first day, in the policy's zone.
    pub from: NaiveDate,
    /// Who takes part from that day on; everybody if it is left out.
    #[serde(default)]
    pub authorities: Option<BTreeSet<AuthorityCode>>,
}

/// The policy that is shipped, as TOML: the documentation of every key.
pub const SHIPPED: &str = include_str!("../../policy.toml");

impl Policy {
    /// The policy that is shipped, changed by what `toml` names: keys one by one, lists as a whole.
    ///
    /// # Errors
    /// Not TOML, an unknown key, a value of the wrong kind or out of its bounds, rules that contradict
    /// each other.
    pub fn from_toml(toml: &str) -> Result<Self, PolicyRefused> {
        let mut rules: toml::Table = SHIPPED.parse().map_err(PolicyRefused::unreadable)?;
        merge(&mut rules, toml.parse().map_err(PolicyRefused::unreadable)?);
        let policy: Policy = rules.try_into().map_err(PolicyRefused::unreadable)?;
        policy.check()?;
        Ok(policy)
    }

    /// With another calendar, for instance when the next year's paper is out. Due dates that depended
    /// on a guess are computed again by `Operator::RecomputeDue`.
    #[must_use]
    pub fn with_calendar(mut self, calendar: WorkingDays) -> Self {
        self.calendar = calendar;
        self
    }

    /// From when `authority` takes part, if that is known.
    pub fn rolled_out(&self, authority: &AuthorityCode) -> Option<NaiveDate> {
        let fits = |line: &&RollOut| line.authorities.as_ref().is_none_or(|some| some.contains(authority));
        self.roll_out.iter().filter(fits).map(|line| line.from).min()
    }
}

impl Default for Policy {
    fn default() -> Self {
        static DEFAULT: LazyLock<Policy> =
            LazyLock::new(|| Policy::from_toml("").expect("a test reads the shipped policy"));
        DEFAULT.clone()
    }
}

fn merge(rules: &mut toml::Table, changes: toml::Table) {
    for (key, change) in changes {
        match (rules.get_mut(&key), change) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, change) => {
                rules.insert(key, change);
            }
        }
    }
}
