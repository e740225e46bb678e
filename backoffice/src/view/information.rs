//! What an applicant confirms: the record, with its number masked.

use sealwright_workflows::office::dossier::Dossier;
use serde::Serialize;
use utoipa::ToSchema;

/// The record as it is shown.
#[derive(Serialize, ToSchema)]
pub struct Information {
    /// The dossier's revision; confirm this one.
    pub revision: u64,
    /// The name.
    pub name: String,
    /// The licence number, its middle hidden.
    pub number_masked: String,
    /// GB/T 2261.1: 1 male, 2 female, 0 unknown, 9 not stated.
    pub sex: u8,
    /// Date of birth.
    pub birth_date: String,
    /// The address.
    pub address: String,
    /// The permitted classes.
    pub classes: String,
    /// The first day of validity.
    pub valid_from: String,
    /// The last day of validity; none for a long-term licence.
    pub valid_until: Option<String>,
    /// The day of first issue.
    pub first_issue: String,
    /// The issuing authority.
    pub authority: String,
    /// The status letters.
    pub status: String,
    /// Points in this cycle.
    pub points: u8,
    /// Whether the register keeps a photo that meets the requirements.
    pub retained_photo: bool,
}

impl Information {
    /// The record at a revision.
    pub fn of(dossier: &Dossier) -> Self {
        let record = &dossier.record;
        Self {
            revision: dossier.revision,
            name: record.name.clone(),
            number_masked: record.number.masked(),
            sex: record.sex.code(),
            birth_date: record.birth_date.to_string(),
            address: record.address.clone(),
            classes: record.classes.to_string(),
            valid_from: record.valid_from.to_string(),
            valid_until: record.valid_until.map(|date| date.to_string()),
            first_issue: record.first_issue.to_string(),
            authority: record.authority.name.clone(),
            status: record.status.to_string(),
            points: record.points,
            retained_photo: record.retained_photo.is_some() && record.retained_photo_meets,
        }
    }
}
