//! Why a licence does not do what it was asked.

use sealwright_engine::{InstanceId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::register::Outcome;

/// Why an application is not admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// The counter only, from now on (`domain.md` 2.4).
    #[error("online applications for this licence are barred; apply at the counter of a vehicle office")]
    Barred,
    /// A reviewed photo was taken not long ago (`domain.md` 2.4).
    #[error("the photo was replaced not long ago; another one can be reviewed from {until} on")]
    PhotoLocked {
        /// Until when.
        until: Timestamp,
    },
    /// The counter only (`domain.md` 2.4).
    #[error("{failures} failed attempts are the limit; apply at the counter of a vehicle office")]
    TooManyFailures {
        /// How many.
        failures: u8,
    },
    /// Too many admissions in a short time.
    #[error("too many applications were begun in a short time; begin the next one after {until}")]
    TooManyApplications {
        /// Until when.
        until: Timestamp,
    },
    /// One at a time.
    #[error(
        "another application for this licence is open ({application}); go on with it, or withdraw it first"
    )]
    OtherApplication {
        /// The open one.
        application: InstanceId,
    },
}

/// Why an order came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NotIssued {
    /// The dossier changed after the applicant confirmed it.
    #[error("the record changed to revision {revision} after it was confirmed; it has to be confirmed again")]
    NewerRevision {
        /// The newest one.
        revision: u64,
    },
    /// The record or the office does not allow it now.
    #[error("the licence is not in a state in which a document may be issued ({0:?})")]
    Standing(Outcome),
    /// The person was erased.
    #[error("the person's data was erased")]
    Erased,
    /// The photo is gone.
    #[error("the photo is no longer stored")]
    PhotoMissing,
    /// The orderer is not admitted, or not for this kind of photo.
    #[error("the application is not admitted to this licence")]
    NotAdmitted,
    /// What was prepared waits for a key that was withdrawn. The order goes on as another version.
    #[error("the key that was to sign it was withdrawn; it is prepared anew for another one")]
    KeyWithdrawn,
    /// Another order took its place.
    #[error("another order took its place")]
    Superseded,
}

/// Why a licence refuses a command. The sender of a `Reserve` or an `Issue` turns it into an answer:
/// see [`Rejection::declined`] and [`Rejection::not_issued`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The command came through another door than its own.
    #[error("the door `{actor}` does not lead to this command; send it through the door it is named after")]
    WrongDoor {
        /// The door it came through.
        actor: String,
    },
    /// Not admitted. Nothing is recorded, so that applying in vain leaves no trace to fill the journal with.
    #[error(transparent)]
    Declined(Decline),
    /// Not ordered.
    #[error(transparent)]
    NotIssued(NotIssued),
    /// The licence belongs to somebody else.
    #[error("this licence belongs to another person; find the licence by its number again")]
    AnotherPerson,
    /// The instance's id was computed from a name, so that guessing numbers would find it.
    #[error("the id of a licence must be random (UUIDv7); this one was computed from a name")]
    DerivedId,
    /// A bar from an application that is not the admitted one.
    #[error("the application is not admitted to this licence, so it cannot bar it")]
    NotAdmitted,
    /// There is neither a document nor an order.
    #[error("this licence has no document in force; there is nothing to suspend, hide or invalidate")]
    NoDocument,
}

impl Rejection {
    /// The answer to a refused `Reserve`, if it is a definite one.
    pub const fn declined(&self) -> Option<Decline> {
        match self {
            Rejection::Declined(decline) => Some(*decline),
            Rejection::WrongDoor { .. }
            | Rejection::NotIssued(_)
            | Rejection::AnotherPerson
            | Rejection::DerivedId
            | Rejection::NotAdmitted
            | Rejection::NoDocument => None,
        }
    }

    /// The answer to a refused `Issue`, if it is a definite one.
    pub const fn not_issued(&self) -> Option<NotIssued> {
        match self {
            Rejection::NotIssued(cause) => Some(*cause),
            Rejection::WrongDoor { .. }
            | Rejection::Declined(_)
            | Rejection::AnotherPerson
            | Rejection::DerivedId
            | Rejection::NotAdmitted
            | Rejection::NoDocument => None,
        }
    }
}
