//! What an application is asked.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::licence::{Decline, NotIssued, Told};
use crate::policy::{Locale, Path};
use crate::register::RecordFacts;

#[cfg(doc)]
use super::Effect;

/// A request, by the door it comes through.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// From the applicant: `Actor::Applicant(person.to_string())`.
    Applicant(Applicant),
    /// From the office: decisions as `Actor::Holder`, [`Reviewer::Undo`] as `Actor::Reviewer`.
    Reviewer(Reviewer),
    /// The answer to an effect: `Actor::Performer`.
    Answer(Answer),
    /// This application's own deadline.
    Timer(Timer),
    /// A person who runs the system, or a schedule.
    Operator(Operator),
}

/// What an applicant does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applicant {
    /// Start. The vault knows person and licence already, by random ids.
    Begin {
        /// Who applies.
        person: PersonId,
        /// The instance of their licence.
        licence: InstanceId,
        /// The language to speak to them in.
        locale: Locale,
        /// What for.
        kind: Kind,
    },
    /// Choose where the photo comes from. Possible again until it is submitted.
    ChoosePath {
        /// `camera` or `album`.
        path: Path,
    },
    /// Confirm what the record says.
    ConfirmInformation {
        /// The dossier's revision that was shown.
        revision: u64,
    },
    /// Start another liveness session after one that did not pass.
    RetryLiveness,
    /// Confirm having read how the photo must be.
    ReadNotice,
    /// Give a photo that intake accepted and bound to this instance. Possible again until it is submitted.
    OfferPhoto {
        /// The photo.
        photo: PhotoId,
        /// `camera` or `album`, as chosen.
        source: Path,
        /// The codes of the measured hints that are not met. They decide nothing.
        hints: BTreeSet<String>,
        /// When the file says that it was made.
        made_on: Option<NaiveDate>,
    },
    /// Confirm the photo as it will be.
    ConfirmPreview,
    /// Submit.
    Submit,
    /// Withdraw.
    Withdraw,
}

/// What is applied for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The electronic licence.
    FirstIssue,
    /// Another photo on it, which people review even if the register keeps one that meets the requirements
    /// (`domain.md` 1.6, 2.4).
    PhotoReplacement,
}

/// What the office decides about a photo.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reviewer {
    /// The photo meets the requirements.
    Approve,
    /// It does not; the worst of the reasons decides what follows.
    Reject {
        /// Codes of the policy's reasons, at least one.
        reasons: BTreeSet<String>,
    },
    /// Somebody else should decide. Once per photo.
    SecondLook,
    /// Keep the case until then. The due time stays.
    Hold {
        /// Until when.
        until: Timestamp,
    },
    /// Take one's own decision back, while its window lasts. Needs no lease.
    Undo,
}

/// What an effect came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Effect::LookUpRecord`].
    Record(Lookup),
    /// From the licence: admitted.
    Reserved {
        /// Failures of earlier applications that count.
        failures: u8,
    },
    /// To [`Effect::Reserve`]: not admitted.
    NotReserved(Decline),
    /// To [`Effect::StartLiveness`]: the session exists.
    LivenessStarted {
        /// Which of this application's sessions.
        session: u16,
        /// The vendor's reference of it, 1 to 256 visible ASCII characters. No secret.
        reference: String,
    },
    /// To [`Effect::StartLiveness`] or [`Effect::PollLiveness`], or from the vendor's callback, in any order.
    Liveness {
        /// Which of this application's sessions.
        session: u16,
        /// What it came to.
        result: Liveness,
    },
    /// From the licence: the document is live.
    Issued {
        /// Which order.
        order: u16,
        /// The document's version.
        version: u32,
        /// Its serial.
        serial: String,
    },
    /// From the licence, or to [`Effect::OrderIssue`]: there will be none.
    NotIssued {
        /// Which order.
        order: u16,
        /// Why.
        cause: NotIssued,
    },
}

impl From<Told> for Command {
    fn from(told: Told) -> Self {
        Command::Answer(match told {
            Told::Reserved { failures } => Answer::Reserved { failures },
            Told::Issued { order, version, serial } => Answer::Issued { order, version, serial },
            Told::NotIssued { order, cause } => Answer::NotIssued { order, cause },
        })
    }
}

/// What the register answered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// The record, which the vault keeps now.
    Found {
        /// The dossier's revision of it.
        revision: u64,
        /// What the rules need of it.
        facts: RecordFacts,
    },
    /// The register knows no such licence.
    NotFound,
    /// The register's record cannot be read, and asking again will not help.
    Unreadable,
    /// The person was erased.
    Erased,
}

/// What a liveness session came to (`domain.md` 2.12).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    /// A living person, this similar to the reference. Under the policy's threshold it is not the person.
    Passed {
        /// 0 to 100.
        score: u8,
        /// The vendor's serial number of the comparison.
        serial: String,
    },
    /// Not the person, or not a living one. Counts as an attempt.
    NotThePerson {
        /// The vendor's serial number of the comparison.
        serial: String,
    },
    /// There is no reference photo to compare with. Final: the counter only.
    NoReference,
    /// The vendor's service failed or the session ended without a result. No attempt is spent.
    VendorFailed,
}

/// The application's deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// Whoever should answer an effect has not.
    AnswerOverdue,
    /// The applicant has done nothing for some time.
    ApplicantSilent,
    /// A liveness session is over without a result.
    SessionOver,
    /// A decision can no longer be undone.
    WindowOver,
    /// A review is overdue.
    ReviewOverdue,
}

/// What an operator or a schedule may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Compute the review's due time again, under the calendar as it is now.
    RecomputeDue,
    /// End the application, because what it waits for will not come.
    Abandon,
}
