//! The authority's record of one licence, as a register hands it over.

use std::fmt;

use chrono::NaiveDate;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ArchiveNumber, Authority, ClassSet, LicenceNumber, RecordFacts, StatusSet};

/// The record (`domain.md` 2.6 and 2.8). Personal: it lives in the vault, and `Debug` shows only what
/// [`RecordFacts`] may show.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct LicenceRecord {
    /// 证号, with the document it stands on.
    pub number: LicenceNumber,
    /// 姓名: full Unicode, rare characters included.
    pub name: String,
    /// 性别.
    pub sex: Sex,
    /// 国籍: an ISO 3166 code or what the register writes.
    pub nationality: String,
    /// 出生日期.
    pub birth_date: NaiveDate,
    /// 住址.
    pub address: String,
    /// 初次领证日期: points are counted in years from this day.
    pub first_issue: NaiveDate,
    /// 准驾车型.
    pub classes: ClassSet,
    /// 有效期始.
    pub valid_from: NaiveDate,
    /// 有效期止, the last day included; `None` is 长期, without end.
    pub valid_until: Option<NaiveDate>,
    /// 发证机关.
    pub authority: Authority,
    /// 档案编号.
    pub archive_no: Option<ArchiveNumber>,
    /// 记录 on the second page: automatic gearbox only, glasses, probation.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// 累积记分 in the present cycle.
    pub points: u8,
    /// 状态.
    pub status: StatusSet,
    /// Where the register keeps the retained photo; `None` when it has none.
    pub retained_photo: Option<String>,
    /// Whether that photo meets the requirements (符合要求), in the authority's judgement.
    #[serde(default)]
    pub retained_photo_meets: bool,
    /// The register's own count of changes; `None` when it has none and the vault counts.
    pub revision: Option<u64>,
    /// How to reach the holder.
    #[serde(default)]
    pub contacts: Contacts,
}

/// GB/T 2261.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 0
    Unknown,
    /// 1
    Male,
    /// 2
    Female,
    /// 9
    NotStated,
}

/// How to reach the holder. Personal.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// For mail.
    pub email: Option<String>,
    /// For text messages.
    pub phone: Option<String>,
    /// The language the holder reads, as a BCP 47 tag.
    pub locale: Option<String>,
}

/// Dates or photo facts of a record that cannot be true together. The register's data is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordContradiction {
    /// The validity ends before it begins.
    #[error(
        "the record's validity ends before it begins; have the authority correct it, then ask the register again"
    )]
    Validity,
    /// Born after the first licence.
    #[error(
        "the record's first issue is not after the date of birth; have the authority correct it, then ask the register again"
    )]
    FirstIssue,
    /// A photo that meets the requirements and does not exist.
    #[error(
        "the record says that the retained photo meets the requirements and names none; correct the register's mapping"
    )]
    PhotoWithoutReference,
}

/// The personal fields whose change means a new document. Their names may stand in events; their values may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as the fields of the record")]
pub enum PersonalField {
    Number,
    Name,
    Sex,
    Nationality,
    BirthDate,
    Address,
    AuthorityName,
    ArchiveNo,
    Remarks,
    RetainedPhoto,
    Contacts,
}

impl LicenceRecord {
    /// The extract that may stand in events.
    pub fn facts(&self) -> RecordFacts {
        RecordFacts {
            status: self.status,
            points: self.points,
            classes: self.classes,
            first_issue: self.first_issue,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            authority: self.authority.code.clone(),
            retained_photo_usable: self.retained_photo.is_some() && self.retained_photo_meets,
            revision: self.revision,
        }
    }

    /// The personal fields in which `newer` differs: what [`RecordFacts`] cannot tell.
    pub fn personal_changes(&self, newer: &LicenceRecord) -> Vec<PersonalField> {
        use PersonalField as Field;
        let differs = [
            (Field::Number, self.number != newer.number),
            (Field::Name, self.name != newer.name),
            (Field::Sex, self.sex != newer.sex),
            (Field::Nationality, self.nationality != newer.nationality),
            (Field::BirthDate, self.birth_date != newer.birth_date),
            (Field::Address, self.address != newer.address),
            (Field::AuthorityName, self.authority.name != newer.authority.name),
            (Field::ArchiveNo, self.archive_no != newer.archive_no),
            (Field::Remarks, self.remarks != newer.remarks),
            (Field::RetainedPhoto, self.retained_photo != newer.retained_photo),
            (Field::Contacts, self.contacts != newer.contacts),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
    }

    /// Whether its parts can be true together. JSON is checked when read; call this on a record made by hand.
    pub fn check(&self) -> Result<(), RecordContradiction> {
        if self.valid_until.is_some_and(|until| until < self.valid_from) {
            return Err(RecordContradiction::Validity);
        }
        if self.first_issue <= self.birth_date {
            return Err(RecordContradiction::FirstIssue);
        }
        if self.retained_photo_meets && self.retained_photo.is_none() {
            return Err(RecordContradiction::PhotoWithoutReference);
        }
        Ok(())
    }
}

impl Sex {
    /// The digit of GB/T 2261.1.
    pub fn code(self) -> u8 {
        match self {
            Sex::Unknown => 0,
            Sex::Male => 1,
            Sex::Female => 2,
            Sex::NotStated => 9,
        }
    }
}

// `remote = "Self"` makes the derived functions inherent, so that reading can end with the check.
impl<'de> Deserialize<'de> for LicenceRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = LicenceRecord::deserialize(deserializer)?;
        record.check().map_err(D::Error::custom)?;
        Ok(record)
    }
}

impl Serialize for LicenceRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LicenceRecord::serialize(self, serializer)
    }
}

impl fmt::Debug for LicenceRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenceRecord").field("facts", &self.facts()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Contacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contacts").finish_non_exhaustive()
    }
}
