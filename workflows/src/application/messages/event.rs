//! What an application records.

use std::collections::BTreeSet;

use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp};
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::application::refusal::Refusal;
use crate::licence::{NotIssued, PortraitKind};
use crate::policy::{Locale, Path, Severity, Step};
use crate::register::RecordFacts;

/// A fact about an application.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It began; the register is asked.
    Begun {
        /// Who applies.
        person: PersonId,
        /// Whose licence instance it is.
        licence: InstanceId,
        /// Their language.
        locale: Locale,
        /// What for.
        kind: Kind,
        /// When somebody is told that the register has not answered.
        alert_at: Timestamp,
    },
    /// The register answered with a record.
    RecordFound {
        /// The dossier's revision.
        revision: u64,
        /// What the rules need of it.
        facts: RecordFacts,
    },
    /// The gate is open; the licence is asked.
    AdmissionAsked {
        /// What the document is to show.
        portrait: PortraitKind,
        /// When somebody is told that the licence has not answered.
        alert_at: Timestamp,
    },
    /// The licence admitted it.
    Admitted {
        /// Failures of earlier applications that count.
        failures: u8,
        /// Seconds of the applicant's silence before the reminder.
        remind_after: u64,
        /// Seconds of the applicant's silence before the end.
        expire_after: u64,
    },
    /// The path and its steps, as the policy had them at that moment.
    PathFixed {
        /// The path.
        path: Path,
        /// Its steps, in order.
        steps: Vec<Step>,
        /// Whether people look at the photo.
        review: bool,
    },
    /// The applicant confirmed the record.
    InformationConfirmed {
        /// At this revision of the dossier.
        revision: u64,
    },
    /// A liveness session was asked for.
    LivenessAsked {
        /// Counts the sessions, from 1.
        session: u16,
        /// When somebody is told that the vendor has not answered.
        alert_at: Timestamp,
    },
    /// The vendor made the session.
    LivenessStarted {
        /// Which.
        session: u16,
        /// The vendor's reference.
        reference: String,
        /// When it is over if there is no result.
        until: Timestamp,
    },
    /// It is the person, alive.
    LivenessPassed {
        /// Which session.
        session: u16,
        /// The similarity, 0 to 100.
        score: u8,
        /// The vendor's serial number.
        serial: String,
    },
    /// The session did not pass; the applicant may try again.
    LivenessFailed {
        /// Which session.
        session: u16,
        /// Why.
        failure: Failure,
        /// The vendor's serial number, where there was a comparison.
        serial: Option<String>,
    },
    /// The applicant read the notice.
    NoticeRead,
    /// The applicant gave a photo.
    PhotoOffered {
        /// The photo.
        photo: PhotoId,
        /// Where it comes from.
        source: Path,
        /// The codes of the measured hints that are not met.
        hints: BTreeSet<String>,
    },
    /// The applicant confirmed the preview.
    PreviewConfirmed,
    /// The applicant submitted.
    Submitted,
    /// A person has to look at the photo.
    ReviewAsked {
        /// Counts the tasks of this application, from 1.
        task: u32,
        /// When it has to be decided.
        due: Timestamp,
        /// A day on the way to `due` has no calendar yet.
        provisional: bool,
    },
    /// The due time was computed again.
    DueMoved {
        /// The new one.
        due: Timestamp,
        /// Whether it still depends on a day without a calendar.
        provisional: bool,
    },
    /// The review is overdue, and somebody is told.
    ReviewOverdue {
        /// How often so far.
        times: u32,
        /// When the next time is.
        next: Timestamp,
    },
    /// The reviewer wants somebody else to decide.
    PassedOn {
        /// By whom.
        by: String,
        /// The new task.
        task: u32,
    },
    /// The reviewer keeps the case for some time.
    Held {
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
        /// The new task.
        task: u32,
    },
    /// A decision, which its window holds back.
    Decided {
        /// By whom.
        by: String,
        /// What.
        verdict: Verdict,
        /// When it takes effect.
        release_at: Timestamp,
    },
    /// The decision was taken back in time.
    Undone {
        /// By whom.
        by: String,
        /// The new task.
        task: u32,
        /// Until when it is kept for them.
        reserved_until: Timestamp,
    },
    /// The decision stands, and another person must decide without knowing it.
    SecondLookAsked {
        /// The new task.
        task: u32,
    },
    /// Two people disagree; a lead decides.
    LeadAsked {
        /// The new task.
        task: u32,
    },
    /// The photo is approved.
    PhotoApproved,
    /// The photo is not taken; the applicant may give another.
    PhotoRejected {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
        /// How many failures are left before the counter.
        tries_left: u8,
    },
    /// The record is asked for again before the order.
    RecheckAsked {
        /// When somebody is told that the register has not answered.
        alert_at: Timestamp,
    },
    /// The record changed after it was confirmed.
    ConfirmationAsked,
    /// The document was ordered. From here on there is no withdrawal.
    IssueOrdered {
        /// Counts the orders, from 1.
        order: u16,
        /// When somebody is told that the licence has not answered.
        alert_at: Timestamp,
    },
    /// The order came back, and another try is possible.
    OrderReturned {
        /// Which.
        order: u16,
        /// Why.
        cause: NotIssued,
    },
    /// Whoever should answer has not, and somebody is told.
    AnswerStalled {
        /// How often so far.
        times: u32,
        /// When the next time is.
        next: Timestamp,
    },
    /// The applicant was reminded.
    Reminded,
    /// The end: the document exists.
    Issued {
        /// Its version.
        version: u32,
        /// Its serial.
        serial: String,
    },
    /// The end: refused.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// The end: barred.
    Barred {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
    },
    /// The end: withdrawn by the applicant.
    Withdrawn,
    /// The end: the applicant fell silent.
    Expired,
    /// The end: an operator gave it up.
    Abandoned,
    /// The licence admitted it after its end; the admission is given back.
    ReservedTooLate,
}

/// Why a liveness session did not pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Not the person, or not similar enough.
    NotThePerson,
    /// The vendor's service failed.
    Vendor,
    /// No result in time.
    Lapsed,
}

/// What a person decided about a photo.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It meets the requirements.
    Approved,
    /// It does not.
    Rejected {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
        /// The worst among them, by the policy at that moment.
        severity: Severity,
    },
}

impl Verdict {
    /// Whether it bars.
    pub const fn bars(&self) -> bool {
        matches!(self, Verdict::Rejected { severity: Severity::Barred, .. })
    }

    /// Whether two people mean the same: both approve, or both reject with the same consequence.
    pub fn agrees_with(&self, other: &Verdict) -> bool {
        match (self, other) {
            (Verdict::Approved, Verdict::Approved) => true,
            (Verdict::Rejected { severity, .. }, Verdict::Rejected { severity: theirs, .. }) => {
                severity == theirs
            }
            (Verdict::Approved, Verdict::Rejected { .. }) | (Verdict::Rejected { .. }, Verdict::Approved) => {
                false
            }
        }
    }
}
