//! What a licence is asked, what it records, what it wants done, and what it refuses.
//!
//! Nothing in here names anybody: people, photos and stored content are references into the vault.

use std::collections::BTreeSet;

use sealwright_engine::journal::Digest;
use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::register::{Outcome, RecordFacts};

/// A request, by the door it comes through.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// From an application, carried by an effect of its.
    Application(FromApplication),
    /// What the authority's register says, pushed or asked for.
    Register(Register),
    /// The answer to an effect of this licence.
    Answer(Answer),
    /// This licence's own deadline.
    Timer(Timer),
    /// A person who runs the system.
    Operator(Operator),
}

/// What an application asks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromApplication {
    /// Admit this application, and no other one until it ends.
    Reserve {
        /// Who asks to be admitted.
        application: InstanceId,
        /// Whose licence it is.
        person: PersonId,
        /// What the new document is to show.
        portrait: PortraitKind,
    },
    /// The application ended without a document. Unknown to this licence: nothing happens.
    Release {
        /// Whose admission ends.
        application: InstanceId,
        /// How it ended.
        how: Ended,
        /// Failures that this application adds to the count.
        failures: u8,
    },
    /// The application was a malicious one: it ends, and nobody applies for this licence online any more.
    /// One command does both, so that no new application slips in between.
    Bar {
        /// Whose admission ends.
        application: InstanceId,
        /// Why.
        reasons: BTreeSet<String>,
    },
    /// Make the document.
    Issue {
        /// Who orders; must be the admitted one.
        application: InstanceId,
        /// Counts this application's orders; the same number is the same order.
        order: u16,
        /// Whose licence it is.
        person: PersonId,
        /// The dossier's revision that the applicant confirmed.
        revision: u64,
        /// What the document shows.
        portrait: Portrait,
        /// What the rules saw at that revision.
        facts: RecordFacts,
    },
}

/// How an application ended without a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// By the applicant.
    Withdrawn,
    /// By silence.
    Expired,
    /// By a refusal.
    Refused,
    /// By an operator.
    Abandoned,
}

/// Where a document's photo comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Portrait {
    /// The register's retained photo, at the ordered revision of the dossier.
    Retained,
    /// A photo that people reviewed.
    Reviewed(PhotoId),
}

/// [`Portrait`] before there is a photo.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortraitKind {
    /// The register's retained photo.
    Retained,
    /// A photo that people will review. The photo lock holds for this kind.
    Reviewed,
}

impl Portrait {
    /// Its kind.
    pub const fn kind(self) -> PortraitKind {
        match self {
            Portrait::Retained => PortraitKind::Retained,
            Portrait::Reviewed(_) => PortraitKind::Reviewed,
        }
    }
}

/// What the authority's register says of the licence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Register {
    /// The record at a revision of the dossier. An older revision than the last one seen changes nothing.
    Recorded {
        /// The dossier's revision, assigned by the vault.
        revision: u64,
        /// What the rules need of it.
        facts: RecordFacts,
    },
    /// The register knows no such licence. Fails closed: hidden until a record says otherwise.
    Missing,
    /// The person was erased: no document stands any longer.
    Erased,
}

/// What an effect of this licence came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Effect::Prepare`]: the content is fixed and stored.
    Prepared {
        /// The version it is the content of.
        version: u32,
        /// The document's serial, random.
        serial: String,
        /// 电子证生成时间, as it stands in the content.
        generated_at: Timestamp,
        /// Of the exact bytes to sign.
        digest: Digest,
        /// Where the vault keeps those bytes.
        content: Content,
    },
    /// To [`Effect::Prepare`]: it cannot be.
    CannotPrepare {
        /// The version it was asked for.
        version: u32,
        /// Why.
        cause: NotIssued,
    },
    /// To [`Effect::Sign`]: the credential is signed and stored.
    Signed {
        /// The version.
        version: u32,
    },
}

/// Where the vault keeps prepared content: a field of the person at a revision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Content {
    /// The field's name; no personal data in it.
    pub field: String,
    /// The field's revision.
    pub revision: u64,
}

/// The licence's deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// An order has not been answered.
    OrderOverdue,
    /// An admitted application has not come back.
    AdmissionOverdue,
    /// A look at the register.
    CheckDue,
}

/// What an operator may do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Show the document in red. Reversible; independent of what the register says.
    Suspend,
    /// Do not show the document. Reversible; independent of what the register says.
    Hide,
    /// Take back `Suspend` or `Hide`. What the register says stays.
    Restore,
    /// End the present version for good.
    Invalidate,
    /// Let the holder apply online again, after an appeal: no bar and no failures.
    Unbar,
}

/// A fact about a licence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An application was admitted.
    Reserved {
        /// Which.
        application: InstanceId,
        /// Whose licence it is.
        person: PersonId,
        /// What its document is to show.
        portrait: PortraitKind,
        /// When somebody is told that it has not come back.
        alert_at: Timestamp,
    },
    /// An admitted application ended without a document.
    Released {
        /// Which.
        application: InstanceId,
        /// How.
        how: Ended,
        /// Failures added to the count.
        failures: u8,
    },
    /// An application ended as a malicious one; there is no other online.
    Barred {
        /// Which.
        application: InstanceId,
        /// Why.
        reasons: BTreeSet<String>,
    },
    /// The bar was lifted and the failures forgotten.
    Unbarred,
    /// An admitted application is still out.
    AdmissionStalled {
        /// How often somebody was told.
        times: u32,
        /// When the next time is.
        next: Timestamp,
    },
    /// A version of the document was ordered.
    Ordered {
        /// The version, never used before.
        version: u32,
        /// For which application.
        application: InstanceId,
        /// Which of its orders.
        order: u16,
        /// The dossier's revision.
        revision: u64,
        /// What it shows.
        portrait: Portrait,
        /// What the rules saw.
        facts: RecordFacts,
        /// When somebody is told that it has not been made.
        alert_at: Timestamp,
    },
    /// What will be signed is fixed. A crash from here on signs the same bytes again.
    IntentRecorded {
        /// The version.
        version: u32,
        /// Its serial.
        serial: String,
        /// Its generation time.
        generated_at: Timestamp,
        /// Of the exact bytes.
        digest: Digest,
        /// Where they are.
        content: Content,
    },
    /// The order has not been made yet.
    OrderStalled {
        /// The version.
        version: u32,
        /// How often somebody was told.
        times: u32,
        /// When the next time is.
        next: Timestamp,
    },
    /// The version is signed, and is the live one from now on.
    Issued {
        /// The version.
        version: u32,
        /// Until when no other reviewed photo is taken; `None` for a retained one.
        photo_locked_until: Option<Timestamp>,
        /// When the register is asked next.
        check_at: Timestamp,
    },
    /// The order will not be made. Its version number is spent.
    OrderAbandoned {
        /// The version.
        version: u32,
        /// For which application.
        application: InstanceId,
        /// Which of its orders.
        order: u16,
        /// Why.
        cause: NotIssued,
    },
    /// An abandoned version was signed all the same. It is not live and never was.
    SignedInVain {
        /// The version.
        version: u32,
    },
    /// A newer record was seen.
    RecordSeen {
        /// The dossier's revision.
        revision: u64,
        /// What its status means for the document.
        outcome: Outcome,
    },
    /// The register knows no such licence.
    RecordMissing {
        /// When it is asked again.
        recheck_at: Timestamp,
    },
    /// The office's own hold changed.
    HoldSet {
        /// The hold; `normal` is none.
        hold: Outcome,
    },
    /// The live version ended for good.
    Invalidated {
        /// The version.
        version: u32,
        /// On whose word.
        by: InvalidatedBy,
    },
    /// A look at the register began.
    Checked {
        /// When the next one is.
        next: Timestamp,
    },
}

/// On whose word a version ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvalidatedBy {
    /// The register's: revoked, annulled, cancelled.
    Register,
    /// An operator's.
    Operator,
    /// The person was erased.
    Erasure,
}

/// Work for the outside world. Unordered, at least once, by the effect's key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Send `application::Command::from(told)` to that application, as `Call::actor` under
    /// `Call::command_id`. Then `Done(None)`, also if the application refuses it.
    Tell {
        /// The application.
        application: InstanceId,
        /// What to tell.
        told: Told,
    },
    /// Fix the content of a version: read the dossier at `revision`, choose a random serial and the
    /// generation time, store the exact bytes to sign in the vault. If it was done before under this
    /// effect's key, answer the same.
    ///
    /// Answer: [`Answer::Prepared`], or [`Answer::CannotPrepare`] with
    /// [`NotIssued::NewerRevision`] if the dossier has a newer revision than the ordered one,
    /// [`NotIssued::Erased`] if the person was erased, [`NotIssued::PhotoMissing`] if the photo is gone.
    Prepare {
        /// The version.
        version: u32,
        /// Whose document.
        person: PersonId,
        /// The dossier's revision.
        revision: u64,
        /// What it shows.
        portrait: Portrait,
    },
    /// Sign the prepared bytes and store the credential (this instance, `version`). The same bytes
    /// again give the same credential.
    ///
    /// Answer: [`Answer::Signed`]; [`Answer::CannotPrepare`] with [`NotIssued::Erased`] if the bytes
    /// are gone with their person.
    Sign {
        /// The version.
        version: u32,
        /// Whose document.
        person: PersonId,
        /// Its serial.
        serial: String,
        /// Of the exact bytes; refuse others.
        digest: Digest,
        /// Where they are.
        content: Content,
    },
    /// Ask the register for the record of `person` and store it in the vault.
    ///
    /// Answer: one of [`Register`]. A record that cannot be read is a `Retry`.
    LookUpRecord {
        /// Whose record.
        person: PersonId,
    },
    /// Wake an operator. No answer.
    AlertOperator {
        /// About what.
        about: Stalled,
        /// Since when it is so.
        since: Timestamp,
        /// How often somebody was told before, and this time.
        times: u32,
    },
}

/// What a licence waits for too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stalled {
    /// The content of this version.
    Preparing(u32),
    /// The signature of this version.
    Signing(u32),
    /// The end of this application.
    Admission(InstanceId),
    /// The register does not know a licence that has a document.
    RecordMissing,
}

/// What a licence tells an application.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It is admitted.
    Reserved {
        /// Failures of earlier applications that count.
        failures: u8,
    },
    /// Its document is live.
    Issued {
        /// Which order.
        order: u16,
        /// The version.
        version: u32,
        /// The serial.
        serial: String,
    },
    /// Its order came to nothing.
    NotIssued {
        /// Which order.
        order: u16,
        /// Why.
        cause: NotIssued,
    },
}

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
