//! The number of a licence, which is the number of its holder's document, and the archive number
//! (`domain.md` 2.6).

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The document whose number the licence carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// 居民身份证: GB 11643, with a check character.
    ResidentIdentityCard,
    /// 港澳台居民居住证.
    HkMacaoTaiwanResidencePermit,
    /// 港澳居民来往内地通行证.
    HkMacaoTravelPermit,
    /// 台湾居民来往大陆通行证.
    TaiwanTravelPermit,
    /// 外国人永久居留身份证.
    ForeignPermanentResidentCard,
    /// A foreign passport.
    Passport,
}

/// A licence number that fits its document. Personal: `Debug` does not show it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct LicenceNumber {
    kind: DocumentKind,
    value: String,
}

/// Why a licence number is not one. The number itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberRefused {
    /// An identity number has 18 characters.
    #[error("the identity number has {0} characters instead of 18; copy it whole from the identity card")]
    Length(usize),
    /// Only digits, and X at the end.
    #[error(
        "the identity number has at place {0} something that cannot stand there; it has 17 digits and then a digit or X"
    )]
    Character(usize),
    /// Places 7 to 14 are no day of the calendar.
    #[error(
        "places 7 to 14 of the identity number are no date of birth; compare them with the identity card"
    )]
    BirthDate,
    /// The last character contradicts the others (ISO 7064 MOD 11-2).
    #[error(
        "the last character of the identity number does not fit the others, so at least one is wrong; compare all with the identity card"
    )]
    Checksum,
    /// Another document's number: 4 to 30 letters and digits.
    #[error(
        "the document number is not 4 to 30 Latin letters and digits; copy it from the document without spaces and signs"
    )]
    Shape,
}

/// The archive number (档案编号): 12 digits, the first four the region of the vehicle office. Personal.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArchiveNumber(String);

/// An archive number that is not 12 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the archive number is not 12 digits; copy it from the second page of the licence")]
pub struct ArchiveNumberRefused;

impl LicenceNumber {
    /// What directories know it by: numbers of different documents may be alike. As personal as the number.
    pub fn entry(&self) -> String {
        let kind = match self.kind {
            DocumentKind::ResidentIdentityCard => "resident_identity_card",
            DocumentKind::HkMacaoTaiwanResidencePermit => "hk_macao_taiwan_residence_permit",
            DocumentKind::HkMacaoTravelPermit => "hk_macao_travel_permit",
            DocumentKind::TaiwanTravelPermit => "taiwan_travel_permit",
            DocumentKind::ForeignPermanentResidentCard => "foreign_permanent_resident_card",
            DocumentKind::Passport => "passport",
        };
        format!("{kind}:{}", self.value)
    }

    /// Checks `value` by the rules of its document. Only identity cards carry the check character that we
    /// can rely on; other documents have several generations, so theirs is the shape alone. Letters become
    /// capitals.
    pub fn new(kind: DocumentKind, value: &str) -> Result<Self, NumberRefused> {
        let value = value.trim().to_ascii_uppercase();
        match kind {
            DocumentKind::ResidentIdentityCard => check_identity_number(&value)?,
            _ if value.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && (4..=30).contains(&value.len()) => {}
            _ => return Err(NumberRefused::Shape),
        }
        Ok(LicenceNumber { kind, value })
    }

    /// The document it stands on.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The number itself: personal data.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// A form for screens that must tell cases apart and not show the number, such as
    /// `110*************2X`.
    pub fn masked(&self) -> String {
        // A short number would be given away by five of its characters.
        let (head, tail) = if self.value.len() >= 10 { (3, 2) } else { (0, 2) };
        let hidden = self.value.len() - head - tail;
        format!("{}{}{}", &self.value[..head], "*".repeat(hidden), &self.value[head + hidden..])
    }

    /// The date of birth that an identity number states; `None` for other documents.
    pub fn birth_date(&self) -> Option<NaiveDate> {
        (self.kind == DocumentKind::ResidentIdentityCard).then(|| birth_date(&self.value)).flatten()
    }
}

impl ArchiveNumber {
    /// The number itself: personal data.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_identity_number(value: &str) -> Result<(), NumberRefused> {
    let length = value.chars().count();
    if length != 18 {
        return Err(NumberRefused::Length(length));
    }
    for (index, character) in value.chars().enumerate() {
        if !(character.is_ascii_digit() || (index == 17 && character == 'X')) {
            return Err(NumberRefused::Character(index + 1));
        }
    }
    birth_date(value).ok_or(NumberRefused::BirthDate)?;
    if check_character(value) == value.chars().last() { Ok(()) } else { Err(NumberRefused::Checksum) }
}

fn birth_date(value: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(value.get(6..14)?, "%Y%m%d").ok()
}

/// ISO 7064 MOD 11-2 over the first 17 digits.
fn check_character(value: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = value.chars().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    "10X98765432".chars().nth(sum as usize % 11)
}

#[derive(Serialize, Deserialize)]
struct Unchecked {
    kind: DocumentKind,
    value: String,
}

impl TryFrom<Unchecked> for LicenceNumber {
    type Error = NumberRefused;

    fn try_from(number: Unchecked) -> Result<Self, NumberRefused> {
        LicenceNumber::new(number.kind, &number.value)
    }
}

impl From<LicenceNumber> for Unchecked {
    fn from(number: LicenceNumber) -> Self {
        Unchecked { kind: number.kind, value: number.value }
    }
}

impl FromStr for ArchiveNumber {
    type Err = ArchiveNumberRefused;

    fn from_str(text: &str) -> Result<Self, ArchiveNumberRefused> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| ArchiveNumber(text.to_owned())).ok_or(ArchiveNumberRefused)
    }
}

impl TryFrom<String> for ArchiveNumber {
    type Error = ArchiveNumberRefused;

    fn try_from(text: String) -> Result<Self, ArchiveNumberRefused> {
        text.parse()
    }
}

impl From<ArchiveNumber> for String {
    fn from(number: ArchiveNumber) -> Self {
        number.0
    }
}

impl fmt::Debug for LicenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenceNumber").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for ArchiveNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchiveNumber").finish_non_exhaustive()
    }
}
