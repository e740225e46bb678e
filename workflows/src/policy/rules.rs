//! The plain groups of numbers. Units stand in the names.

use std::collections::BTreeSet;

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

use super::intake::IntakeRules;
use crate::register::RecordField;

/// Looking at the register.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRules {
    /// A record older than this is asked for again before the document is ordered.
    pub max_age_minutes: u32,
}

/// Real-person authentication.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivenessRules {
    /// The lowest similarity that counts as the person, of 100.
    pub threshold: u8,
    /// How often it may be "not the person" before the application is refused.
    pub attempts: u16,
    /// How many sessions there may be in all, failed services and lapsed ones included.
    pub sessions: u16,
    /// How long a session may take.
    pub session_minutes: u32,
}

/// Photos.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoRules {
    /// An album file must not be older.
    pub album_max_age_months: u32,
    /// Whether an album file must say when it was made.
    pub album_date_required: bool,
    /// Codes of hints that one photo may carry, at most.
    pub hints_at_most: u32,
    /// What is refused or measured on arrival.
    #[serde(default)]
    pub intake: IntakeRules,
}

/// The applicant's silence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// After so long comes the reminder.
    pub remind_after_hours: u32,
    /// After so long comes the end.
    pub expire_after_hours: u32,
}

/// Sending notices.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRules {
    /// When nobody's phone is to ring.
    pub quiet: QuietHours,
    /// Whether mails wait for the end of the quiet hours, too.
    pub mail_waits: bool,
}

/// Hours of each day, in the policy's zone; over midnight if the end is earlier than the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The first moment.
    pub from: NaiveTime,
    /// The first moment after. The same as `from`: there are none.
    pub until: NaiveTime,
}

/// Waiting for the office's own systems.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// The first time somebody is told.
    pub first_after_minutes: u32,
    /// The times between grow with the waiting, up to this.
    pub at_most_every_minutes: u32,
}

/// Admission to a licence, and its upkeep.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceRules {
    /// How long after a reviewed photo no other one is taken.
    pub photo_lock_months: u32,
    /// So many failures, over all applications, and only the counter is left.
    pub failures: u8,
    /// So many admissions within `admissions_within_days`.
    pub admissions: u32,
    /// The time over which admissions are counted.
    pub admissions_within_days: u32,
    /// An admitted application that has not come back after so long is somebody's to look at.
    pub admission_alert_days: u32,
    /// How often the register is asked about a licence that nothing happens to.
    pub check_every_days: u32,
}

/// Going through many licences at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepRules {
    /// Licences followed each second, at most, unless a sweep is started with another speed.
    pub per_second: u32,
}

/// Keeping documents as the register has them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshRules {
    /// The parts of a record whose change makes a document in force outdated, so that a new version is ordered.
    pub reissue_on: BTreeSet<RecordField>,
}
