//! What recurs, by the clock on the wall.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Policy, PolicyRefused};
use crate::sweep;

/// Schedules at most: each is looked at in every round of the calendar.
const SCHEDULES: usize = 64;

/// One `[[schedule]]` of the policy file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleRule {
    /// Names it for ever: a tick is known by this and its due time.
    pub name: String,
    /// Second, minute, hour, day, month, weekday (1 is Sunday).
    pub cron: String,
    /// On whose wall clock; the policy's zone if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Tz>,
    /// What becomes of ticks that came while no node ran.
    #[serde(default)]
    pub misfire: Missed,
    /// What a tick begins.
    pub kind: Work,
    /// Licences followed each second by its sweeps; `sweep.per_second` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
}

/// What becomes of ticks that came while no node ran.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// Nothing; the next one is the next one.
    Skip,
    /// The last of them is made up for.
    #[default]
    Once,
    /// Each of them is made up for, oldest first.
    All,
}

/// What a tick begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// A sweep over what changed in the register.
    Changes,
    /// A sweep over everything.
    Full,
    /// A look whether next year's working days are there.
    Calendar,
}

impl Work {
    /// The sweep that it is, if it is one.
    pub const fn sweep(self) -> Option<sweep::Kind> {
        match self {
            Work::Changes => Some(sweep::Kind::Changes),
            Work::Full => Some(sweep::Kind::Full),
            Work::Calendar => None,
        }
    }
}

impl Policy {
    pub(super) fn check_schedules(&self) -> Result<(), PolicyRefused> {
        let wrong = |key: String, why| Err(PolicyRefused::Contradiction { key, why });
        if self.schedule.len() > SCHEDULES {
            return wrong("schedule".into(), "there are more than 64; join some of them");
        }
        let mut names = BTreeSet::new();
        for rule in &self.schedule {
            let key = || format!("schedule.{}", rule.name);
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
            if !(1..=40).contains(&rule.name.len()) || !rule.name.bytes().all(fits) {
                return wrong(
                    "schedule".into(),
                    "a name is 1 to 40 lower-case letters, digits, `-` and `_`; name each schedule so",
                );
            }
            if !names.insert(&rule.name) {
                return wrong(key(), "two schedules have this name; give each a name of its own");
            }
            match (rule.kind, rule.per_second) {
                (Work::Calendar, Some(_)) => {
                    return wrong(key(), "a look at the calendar has no speed; leave per_second out");
                }
                (_, Some(speed)) if !(1..=sweep::PER_SECOND).contains(&speed) => {
                    return wrong(key(), "per_second must be 1 to 10000");
                }
                (Work::Changes | Work::Full | Work::Calendar, _) => {}
            }
        }
        Ok(())
    }
}
