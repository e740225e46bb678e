//! What an application wants done, and by which answer it learns of it.

use std::collections::BTreeSet;

use sealwright_engine::{InstanceId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::application::refusal::Refusal;
use crate::licence::{Ended, Portrait, PortraitKind};
use crate::policy::Locale;
use crate::register::RecordFacts;

#[cfg(doc)]
use super::Answer;

/// Work for the outside world. Unordered, at least once, by the effect's key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Ask the register for the record and store it in the vault.
    ///
    /// Answer: [`Answer::Record`].
    LookUpRecord {
        /// Whose record.
        person: PersonId,
        /// Their licence, as the directory knows it.
        licence: InstanceId,
    },
    /// Send `FromApplication::Reserve` to the licence (which may not exist yet), as `Call::actor`
    /// under `Call::command_id`.
    ///
    /// Accepted: `Done(None)`, the licence itself tells [`Answer::Reserved`]. Refused:
    /// [`Answer::NotReserved`] with `Rejection::declined`; `Retry` if that is `None`.
    Reserve {
        /// The licence.
        licence: InstanceId,
        /// Whose it is.
        person: PersonId,
        /// What the document is to show.
        portrait: PortraitKind,
    },
    /// Send `FromApplication::Release` to the licence. No answer.
    Release {
        /// The licence.
        licence: InstanceId,
        /// How the application ended.
        how: Ended,
        /// Failures to count.
        failures: u8,
    },
    /// Send `FromApplication::Bar` to the licence. No answer.
    Bar {
        /// The licence.
        licence: InstanceId,
        /// Why.
        reasons: BTreeSet<String>,
    },
    /// Send `FromApplication::Issue` to the licence.
    ///
    /// Accepted: `Done(None)`, the licence itself tells [`Answer::Issued`] or [`Answer::NotIssued`].
    /// Refused: [`Answer::NotIssued`] with `Rejection::not_issued`; `Retry` if that is `None`.
    OrderIssue {
        /// The licence.
        licence: InstanceId,
        /// Which order.
        order: u16,
        /// Whose document.
        person: PersonId,
        /// The confirmed revision of the dossier.
        revision: u64,
        /// What the document shows.
        portrait: Portrait,
        /// What the rules saw.
        facts: RecordFacts,
    },
    /// Make a session with the liveness vendor, under this effect's short key as order number.
    ///
    /// Answer: [`Answer::LivenessStarted`], or at once [`Answer::Liveness`]
    /// (`NoReference`; `VendorFailed` for a definite refusal).
    StartLiveness {
        /// Who is to be compared.
        person: PersonId,
        /// Counts this application's sessions.
        session: u16,
    },
    /// Ask the vendor for the session's result, `Later` until there is one. The vendor's callback may
    /// be faster: then this is moot.
    ///
    /// Answer: [`Answer::Liveness`].
    PollLiveness {
        /// Which session.
        session: u16,
        /// The vendor's reference.
        reference: String,
    },
    /// Tell the applicant. No answer; a person without contact or erased is `Done(None)`.
    Notify {
        /// Whom.
        person: PersonId,
        /// In which language.
        locale: Locale,
        /// What.
        notice: Notice,
    },
    /// Wake an operator. No answer.
    AlertOperator {
        /// About what.
        about: Stalled,
        /// Since when it is so.
        since: Timestamp,
        /// How often somebody was told, this time included.
        times: u32,
    },
}

/// What an applicant is told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The licence is there.
    Issued {
        /// Its version.
        version: u32,
    },
    /// The photo was not taken; what to do is in the policy's reasons.
    PhotoRejected {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
        /// How many more failures there may be.
        tries_left: u8,
    },
    /// The record changed; confirm it again.
    ConfirmAgain {
        /// The revision to confirm.
        revision: u64,
    },
    /// Refused; the text is `Refusal::text`.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// Barred.
    Barred {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
    },
    /// Something is waited for.
    Reminder {
        /// The phase.
        phase: String,
        /// When the application ends otherwise.
        expires_at: Timestamp,
    },
    /// It takes longer than usual, and that is not the applicant's fault.
    Delayed {
        /// What is waited for.
        about: Stalled,
    },
    /// Ended by silence.
    Expired,
    /// Ended by the applicant.
    Withdrawn,
    /// Ended by an operator.
    Abandoned,
}

/// What an application waits for too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stalled {
    /// The register.
    Register,
    /// The licence's admission.
    Admission,
    /// The liveness vendor.
    LivenessVendor,
    /// The licence's document.
    Issue,
    /// A person's decision.
    Review,
    /// The register's record cannot be read: somebody has to correct it. The application ended.
    UnreadableRecord,
}
