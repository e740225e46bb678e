//! What a licence is asked.

use std::collections::{BTreeMap, BTreeSet};

use sealwright_engine::journal::Digest;
use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp};
use serde::{Deserialize, Serialize};

use super::NotIssued;
use crate::register::{RecordFacts, RecordField};

#[cfg(doc)]
use super::Effect;

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
    /// What a walk over all documents found.
    Upkeep(Upkeep),
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
        /// In what else it differs from the record that the document was made from; `None` if there was no document
        /// to compare with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changed: Option<Differs>,
    },
    /// The register knows no such licence. Fails closed: hidden until a record says otherwise.
    Missing,
    /// The person was erased: no document stands any longer.
    Erased,
}

/// In what a record differs from an earlier one, beyond its facts. Names of fields, no values.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Differs {
    /// The dossier's revision of the earlier one: that which the document was made from.
    pub since: u64,
    /// The personal fields.
    pub fields: BTreeSet<RecordField>,
}

/// A reason to make a document anew that has nothing to do with its record. Who walks over all documents sends these,
/// as fast as the signer and the holders can take it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upkeep {
    /// The key that this version was signed with was withdrawn. Another version than the live one: nothing happens.
    KeyWithdrawn {
        /// Which version.
        version: u32,
    },
    /// What this version says of its own end is near. Another version than the live one: nothing happens.
    Expiring {
        /// Which version.
        version: u32,
    },
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
        /// Of the exact bytes of the compact code.
        digest: Digest,
        /// Of the exact bytes of every form beside the code.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        digests: BTreeMap<Form, Digest>,
        /// Where the vault keeps those bytes.
        content: Content,
    },
    /// To [`Effect::Prepare`] or [`Effect::Sign`]: it cannot be.
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

/// A form in which a version is signed beside the compact code, which every version has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Form {
    /// SD-JWT VC (`dc+sd-jwt`).
    #[serde(rename = "sd-jwt-vc")]
    SdJwtVc,
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
    /// Make the document anew, from the newest record: a renewal that stalled, a doubt about its content.
    Reissue,
    /// Let the holder apply online again, after an appeal: no bar and no failures.
    Unbar,
}
