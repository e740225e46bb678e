//! What a licence records.

use std::collections::{BTreeMap, BTreeSet};

use sealwright_engine::journal::Digest;
use sealwright_engine::{InstanceId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Content, Ended, Form, NotIssued, Portrait, PortraitKind};
use crate::register::{Outcome, RecordFacts, RecordField};

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
        /// What for.
        purpose: Purpose,
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
        /// Of the exact bytes of the compact code.
        digest: Digest,
        /// Of the exact bytes of every form beside it. Empty before schema 2.
        digests: BTreeMap<Form, Digest>,
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
        /// What it was for.
        purpose: Purpose,
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
        /// What the rules need of it. `None` before schema 3.
        facts: Option<RecordFacts>,
        /// In what it differs from what the document was made from; `None` if that was not compared.
        changed: Option<BTreeSet<RecordField>>,
        /// Whether no rule explains its status.
        doubt: bool,
    },
    /// The document is to be made anew, for another reason than its record.
    RenewalAsked {
        /// The reason.
        purpose: Purpose,
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

/// What a version is made for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An application ordered it.
    Application {
        /// Which.
        application: InstanceId,
        /// Which of its orders.
        order: u16,
    },
    /// The record changed: the document follows it.
    Refresh {
        /// What changed.
        changed: BTreeSet<RecordField>,
    },
    /// An operator wanted it.
    Operator,
    /// The key that the last version was signed with was withdrawn.
    KeyWithdrawn,
    /// The last version was about to end by what it says itself.
    Expiring,
}

impl Purpose {
    /// The application that waits for it, and which of its orders it is.
    pub const fn application(&self) -> Option<(InstanceId, u16)> {
        match self {
            Purpose::Application { application, order } => Some((*application, *order)),
            Purpose::Refresh { .. } | Purpose::Operator | Purpose::KeyWithdrawn | Purpose::Expiring => None,
        }
    }
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
    /// The register's, by taking rights away: the version says more than the record grants. A new one follows.
    Loss,
}
