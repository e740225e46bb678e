//! What a licence wants done, and by which answer it learns of it.

use std::collections::BTreeMap;

use sealwright_engine::journal::Digest;
use sealwright_engine::{InstanceId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Content, Form, NotIssued, Portrait};
use crate::notice::LicenceNotice;

#[cfg(doc)]
use super::{Answer, Register};

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
    /// generation time, store the exact bytes to sign in the vault, those of every form at once. If it was done before under this
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
    /// Sign the prepared bytes of every form and store the credential (this instance, `version`). The same
    /// bytes again give the same credential.
    ///
    /// Answer: [`Answer::Signed`]; [`Answer::CannotPrepare`] with [`NotIssued::Erased`] if the bytes
    /// are gone with their person, with [`NotIssued::KeyWithdrawn`] if they were prepared for a key that may sign
    /// no more.
    Sign {
        /// The version.
        version: u32,
        /// Whose document.
        person: PersonId,
        /// Its serial.
        serial: String,
        /// Of the exact bytes of the compact code; refuse others.
        digest: Digest,
        /// Of the exact bytes of every form beside it; refuse others, and sign no form that is not named.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        digests: BTreeMap<Form, Digest>,
        /// Where they are.
        content: Content,
    },
    /// Ask the register for the record of `person` and store it in the vault.
    ///
    /// Answer: one of [`Register`]. A record that cannot be read is a `Retry`.
    LookUpRecord {
        /// Whose record.
        person: PersonId,
        /// The dossier's revision that the document was made from, to say in what the record differs from it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<u64>,
    },
    /// Tell the holder, by every channel at most once. No answer.
    Notify {
        /// Whom.
        person: PersonId,
        /// What.
        notice: LicenceNotice,
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
    /// The register gave a status that no rule explains; the document is not shown.
    StatusUnknown,
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
