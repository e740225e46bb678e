//! The parts of a record by name: which of them changed may stand in events, what they were and are may not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{LicenceRecord, PersonalField, RecordFacts};

/// A part of a record that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as the fields of the record")]
pub enum RecordField {
    Classes,
    /// The first or the last day of validity.
    Validity,
    FirstIssue,
    /// The issuing authority, its code or its name.
    Authority,
    Points,
    Number,
    Name,
    Sex,
    Nationality,
    BirthDate,
    Address,
    ArchiveNo,
    Remarks,
    RetainedPhoto,
    Contacts,
    /// Something personal: compared with another record than the document's, so it is not known what.
    Unsure,
}

impl RecordField {
    /// All, in the order of the record.
    pub const ALL: [RecordField; 16] = [
        RecordField::Classes,
        RecordField::Validity,
        RecordField::FirstIssue,
        RecordField::Authority,
        RecordField::Points,
        RecordField::Number,
        RecordField::Name,
        RecordField::Sex,
        RecordField::Nationality,
        RecordField::BirthDate,
        RecordField::Address,
        RecordField::ArchiveNo,
        RecordField::Remarks,
        RecordField::RetainedPhoto,
        RecordField::Contacts,
        RecordField::Unsure,
    ];
}

impl From<PersonalField> for RecordField {
    fn from(field: PersonalField) -> Self {
        match field {
            PersonalField::Number => RecordField::Number,
            PersonalField::Name => RecordField::Name,
            PersonalField::Sex => RecordField::Sex,
            PersonalField::Nationality => RecordField::Nationality,
            PersonalField::BirthDate => RecordField::BirthDate,
            PersonalField::Address => RecordField::Address,
            PersonalField::AuthorityName => RecordField::Authority,
            PersonalField::ArchiveNo => RecordField::ArchiveNo,
            PersonalField::Remarks => RecordField::Remarks,
            PersonalField::RetainedPhoto => RecordField::RetainedPhoto,
            PersonalField::Contacts => RecordField::Contacts,
        }
    }
}

impl RecordFacts {
    /// The parts in which `newer` differs, as far as facts can tell. The status is judged, not compared.
    pub fn changes(&self, newer: &RecordFacts) -> BTreeSet<RecordField> {
        let differs = [
            (RecordField::Classes, self.classes != newer.classes),
            (
                RecordField::Validity,
                (self.valid_from, self.valid_until) != (newer.valid_from, newer.valid_until),
            ),
            (RecordField::FirstIssue, self.first_issue != newer.first_issue),
            (RecordField::Authority, self.authority != newer.authority),
            (RecordField::Points, self.points != newer.points),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
    }

    /// Whether a document with these facts says more than `newer` grants: a class that is gone, a validity that
    /// begins later or ends earlier.
    pub fn exceeds(&self, newer: &RecordFacts) -> bool {
        let ends_earlier = match (self.valid_until, newer.valid_until) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => new < old,
        };
        ends_earlier || newer.valid_from > self.valid_from || self.classes.loses_rights_under(newer.classes)
    }
}

impl LicenceRecord {
    /// The personal parts in which `newer` differs: what facts cannot tell.
    pub fn personal_parts_changed(&self, newer: &LicenceRecord) -> BTreeSet<RecordField> {
        self.personal_changes(newer).into_iter().map(RecordField::from).collect()
    }
}
