//! The authority's record of a driver: its values, as a register transports them, and what of it may stand
//! in events.
//!
//! Everything here is checked when it is made or read from JSON, so that a rule never meets a half-read
//! record. What cannot be read is an error for the operator; what can be read but is not understood (an
//! unknown status letter) is carried along and decided against the holder, visibly.

mod authority;
mod class;
mod digest;
mod facts;
mod field;
mod licence_number;
mod points;
mod record;
mod status;

#[cfg(test)]
mod tests;

pub use authority::{Authority, AuthorityCode, AuthorityCodeRefused};
pub use class::{ClassSet, ClassesUnreadable, PermittedClass};
pub use digest::{DigestRefused, RecordDigest};
pub use facts::RecordFacts;
pub use field::RecordField;
pub use licence_number::{ArchiveNumber, ArchiveNumberRefused, DocumentKind, LicenceNumber, NumberRefused};
pub use points::points_cycle;
pub use record::{Contacts, LicenceRecord, PersonalField, RecordContradiction, Sex};
pub use status::{Doubt, Judgement, Outcome, StatusLetter, StatusPolicy, StatusSet, StatusUnreadable};
