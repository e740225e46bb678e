//! Who decides about photos, by when, and for which reasons.

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

use super::Text;

/// Reviews.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewRules {
    /// The term.
    pub working_days: u8,
    /// The close of business: a photo submitted later counts as submitted on the next working day. Without
    /// one the day of submission is the calendar's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<NaiveTime>,
    /// How long a decision can be undone and has no effect.
    pub undo_seconds: u32,
    /// How long an undone case is kept for who undid it.
    pub undone_minutes: u32,
    /// How long a case may be held.
    pub hold_at_most_hours: u32,
    /// How often an overdue review wakes somebody.
    pub nag_every_minutes: u32,
    /// When a second person looks, beside bars and reasons that ask for it.
    pub second_look: SecondLook,
}

/// How many of a thousand decisions a second person takes as well, without knowing the first. Which ones follows
/// from the application's id, so that nobody chooses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondLook {
    /// Of approvals.
    pub approved_per_mille: u16,
    /// Of rejections.
    pub rejected_per_mille: u16,
}

/// What a rejection means. Later is worse, and the worst reason decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The applicant may try again.
    Fixable,
    /// Another try cannot help.
    Refused,
    /// A malicious upload: no more online applications (`domain.md` 2.4).
    Barred,
}

/// Why a photo may be rejected.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// What it means.
    pub severity: Severity,
    /// Whether it takes a second person. A bar always does.
    #[serde(default)]
    pub second_look: bool,
    /// What the applicant reads.
    pub text: Text,
    /// What to do about it.
    pub fix: Text,
}
