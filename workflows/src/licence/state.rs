//! What is known of a licence, folded from its events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sealwright_engine::journal::Digest;
use sealwright_engine::{InstanceId, PersonId, Timestamp};

use super::messages::{Content, Event, Form, InvalidatedBy, Portrait, PortraitKind, Purpose};
use crate::register::{Outcome, RecordFacts, RecordField};

/// A licence: the admission point of applications, and the life of its document.
#[derive(Clone, Default, PartialEq, Debug)]
pub enum Licence {
    /// Nobody has applied yet.
    #[default]
    New,
    /// Somebody has.
    Known(Box<Life>),
}

/// Everything about a licence that somebody has applied for.
#[derive(Clone, PartialEq, Debug)]
pub struct Life {
    /// Whose it is.
    pub person: PersonId,
    /// The one application that is open, while it is.
    pub admission: Option<Admission>,
    /// The version that is being made.
    pub order: Option<Order>,
    /// The version that was issued last.
    pub document: Option<Document>,
    /// The highest version number ever ordered.
    pub versions: u32,
    /// Abandoned versions whose signature may still arrive.
    pub in_vain: BTreeSet<u32>,
    /// The last word on what the document is worth, if it changed that: by what, and from what. For telling its
    /// holder, once.
    pub turned: Option<(Turn, Standing)>,
    /// The office's own hold.
    pub hold: Outcome,
    /// What the last record's status means.
    pub record: Outcome,
    /// Since when the register does not know the licence, and how often somebody was told.
    pub missing: Option<(Timestamp, u32)>,
    /// The dossier's revision that was seen last.
    pub revision: u64,
    /// What the rules saw of it.
    pub facts: Option<RecordFacts>,
    /// In what it differs from what the document was made from; `None` while that is not known.
    pub changed: Option<BTreeSet<RecordField>>,
    /// Since when no rule explains its status.
    pub doubt: Option<Timestamp>,
    /// The document is to be made anew for this reason as soon as it may be.
    pub renewal: Option<Purpose>,
    /// Nobody applies online any more.
    pub barred: bool,
    /// No other reviewed photo until then.
    pub photo_locked_until: Option<Timestamp>,
    /// Failures of applications since the last document.
    pub failures: u8,
    /// When applications were admitted, oldest first; the last 100.
    pub admitted: VecDeque<Timestamp>,
}

/// An open application.
#[derive(Clone, PartialEq, Debug)]
pub struct Admission {
    /// Which.
    pub application: InstanceId,
    /// What its document is to show.
    pub portrait: PortraitKind,
    /// Since when.
    pub since: Timestamp,
    /// When somebody is told, and how often that happened.
    pub alert: (Timestamp, u32),
}

/// A version that is being made.
#[derive(Clone, PartialEq, Debug)]
pub struct Order {
    /// The version.
    pub version: u32,
    /// What for.
    pub purpose: Purpose,
    /// The dossier's revision.
    pub revision: u64,
    /// What it shows.
    pub portrait: Portrait,
    /// What the rules saw.
    pub facts: RecordFacts,
    /// How far it is.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// When somebody is told, and how often that happened.
    pub alert: (Timestamp, u32),
}

/// How far an order is.
#[derive(Clone, PartialEq, Debug)]
pub enum Stage {
    /// The content is being fixed.
    Preparing,
    /// It is fixed and being signed.
    Signing(Intent),
}

/// What is signed.
#[derive(Clone, PartialEq, Debug)]
pub struct Intent {
    /// The serial.
    pub serial: String,
    /// The generation time.
    pub generated_at: Timestamp,
    /// Of the exact bytes of the compact code.
    pub digest: Digest,
    /// Of the exact bytes of every form beside it.
    pub digests: BTreeMap<Form, Digest>,
    /// Where they are.
    pub content: Content,
}

/// An issued version.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// The version.
    pub version: u32,
    /// What was signed.
    pub intent: Intent,
    /// What it was made for.
    pub purpose: Purpose,
    /// The dossier's revision it was made from.
    pub revision: u64,
    /// What it shows.
    pub portrait: Portrait,
    /// What the rules saw.
    pub facts: RecordFacts,
    /// When the register is asked next.
    pub check_at: Timestamp,
    /// Since it ended for good: on whose word.
    pub ended: Option<InvalidatedBy>,
}

/// What the document is worth at this moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There is none.
    None,
    /// Valid.
    Active,
    /// Shown in red; does not entitle to drive.
    Suspended,
    /// Not shown, for now.
    Hidden,
    /// Ended.
    Invalid,
}

/// What may change what a document is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// What the register says, or that it says nothing.
    Register,
    /// The office's hold.
    Hold,
    /// A new version.
    Issue,
    /// The end of a version, by itself or as a consequence of the register's word.
    End,
}

impl Turn {
    /// What an event is of these.
    pub(super) const fn of(event: &Event) -> Option<Self> {
        match event {
            Event::RecordSeen { .. } | Event::RecordMissing { .. } => Some(Turn::Register),
            Event::HoldSet { .. } => Some(Turn::Hold),
            Event::Issued { .. } => Some(Turn::Issue),
            Event::Invalidated { .. } => Some(Turn::End),
            Event::Reserved { .. }
            | Event::Released { .. }
            | Event::Barred { .. }
            | Event::Unbarred
            | Event::AdmissionStalled { .. }
            | Event::Ordered { .. }
            | Event::IntentRecorded { .. }
            | Event::OrderStalled { .. }
            | Event::OrderAbandoned { .. }
            | Event::SignedInVain { .. }
            | Event::RenewalAsked { .. }
            | Event::Checked { .. } => None,
        }
    }
}

impl Standing {
    /// As lists and labels say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Standing::None => "none",
            Standing::Active => "active",
            Standing::Suspended => "suspended",
            Standing::Hidden => "hidden",
            Standing::Invalid => "invalid",
        }
    }
}

impl Life {
    /// The worst that office and register say. Neither takes back the other's word.
    pub fn worst(&self) -> Outcome {
        let missing = if self.missing.is_some() { Outcome::Hidden } else { Outcome::Normal };
        self.hold.max(self.record).max(missing)
    }

    /// What the document is worth.
    pub fn standing(&self) -> Standing {
        match (&self.document, self.worst()) {
            (None, _) => Standing::None,
            (Some(Document { ended: Some(_), .. }), _) | (Some(_), Outcome::Void) => Standing::Invalid,
            (Some(_), Outcome::Normal) => Standing::Active,
            (Some(_), Outcome::Red) => Standing::Suspended,
            (Some(_), Outcome::Hidden) => Standing::Hidden,
        }
    }

    /// The document, if a new version of it is made without anybody applying: it is in force, or the register took
    /// rights away that it still showed.
    pub fn renewable(&self) -> Option<&Document> {
        let ended_for_good =
            |document: &&Document| document.ended.is_some_and(|by| by != InvalidatedBy::Loss);
        self.document.as_ref().filter(|document| !ended_for_good(document))
    }

    /// The document, unless it ended.
    pub fn in_force(&self) -> Option<&Document> {
        self.document.as_ref().filter(|document| document.ended.is_none())
    }
}
