//! What is signed about a licence, and the rules its fields must keep.
//!
//! Who may be issued what is decided elsewhere; here only shape counts, so that two readers of the same bytes
//! see the same licence.

use std::fmt;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use crate::{Date, Digest, Serial};

/// The most bytes (UTF-8) in one text field.
pub const MAX_TEXT: usize = 512;

/// The most bytes of all claims together. Behind header, signature and base45 this fits a QR of version 33
/// at error correction M, about as dense as phones still read.
pub const MAX_PAYLOAD: usize = 1_400;

/// The signed content of one version of one licence document (`domain.md` 1.4 and 2.6).
///
/// Personal data throughout: keep it in the vault, never in events or logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Who issues, as a verifier knows them; a URL or a name.
    pub issuer: String,
    /// 证号, the licence number; for citizens the ID number, for others any document number (no checksum here).
    pub licence_number: String,
    /// Technical end of the *code* in Unix seconds, exclusive; `None` if it lives as long as the licence.
    pub expires: Option<i64>,
    /// 电子证生成时间, when this version was generated, in Unix seconds.
    pub generated_at: i64,
    /// The serial of this document.
    pub serial: Serial,
    /// Which version of the licence document this is; counts up from 1.
    pub version: u32,
    /// 姓名, in full Unicode.
    pub name: String,
    /// 性别.
    pub sex: Sex,
    /// 出生日期.
    pub birth_date: Date,
    /// 国籍, as the register writes it.
    pub nationality: String,
    /// 准驾车型, concatenated class codes: `A1A2D`, `C1E`.
    pub classes: String,
    /// 有效期限, first day.
    pub valid_from: Date,
    /// 有效期限, last day; `None` is 长期, no end (`domain.md` 2.6).
    pub valid_until: Option<Date>,
    /// 初次领证日期.
    pub first_issue: Date,
    /// 发证机关.
    pub authority: String,
    /// 档案编号, where there is one.
    pub archive_number: Option<String>,
    /// 住址.
    pub address: String,
    /// 记录, remarks and driving record, where there are any.
    pub record: Option<String>,
    /// SHA-256 of the stored photo's bytes: ties the portrait, which no QR can hold, to the signature.
    pub photo_digest: Digest,
    /// The register's status codes when this version was generated: `A`, `HI` (`domain.md` 2.8).
    pub status_at_issue: String,
}

/// 性别 as GB/T 2261.1 counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Sex {
    /// Not known.
    Unknown = 0,
    /// Male.
    Male = 1,
    /// Female.
    Female = 2,
    /// Not stated.
    NotStated = 9,
}

/// Why content was not encoded, or bytes are not content. Names fields, never their values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// A field breaks a rule.
    #[error("{field}: {rule}")]
    Refused {
        /// The field of [`Content`].
        field: &'static str,
        /// What it must be.
        rule: String,
    },
    /// All fields together do not fit a QR.
    #[error("the content has {got} bytes, a code holds at most {MAX_PAYLOAD}: shorten address or record")]
    TooLarge {
        /// Encoded bytes.
        got: usize,
    },
    /// The bytes end before the claims do.
    #[error("the claims are cut short")]
    CutShort,
    /// Bytes follow the claims.
    #[error("{0} bytes follow the claims")]
    TrailingBytes(usize),
    /// A claim that must be there is not.
    #[error("the claim {0} is missing")]
    Missing(&'static str),
    /// A claim occurs twice.
    #[error("the claim {0} occurs twice")]
    Duplicate(i64),
    /// A claim this version does not know: it could change the meaning of the others, so all are refused.
    #[error("the claim {0} is unknown")]
    Unknown(i64),
    /// A claim of another type.
    #[error("the claim {0} is of the wrong type or out of range")]
    WrongType(&'static str),
    /// Same meaning, other bytes: only the one deterministic encoding is accepted.
    #[error("the claims are not in the deterministic encoding of RFC 8949 4.2")]
    NotCanonical,
}

impl ContentError {
    pub(crate) fn refused(field: &'static str, rule: impl Into<String>) -> Self {
        Self::Refused { field, rule: rule.into() }
    }
}

/// Says which document this is and nothing about the person, so that a log line cannot leak one.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("serial", &self.serial)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Content {
    /// Checks the shape of every field. [`crate::prepare`] and [`crate::verify()`] both ask it.
    pub fn check(&self) -> Result<(), ContentError> {
        text("issuer", &self.issuer)?;
        text("licence_number", &self.licence_number)?;
        text("name", &self.name)?;
        text("nationality", &self.nationality)?;
        text("authority", &self.authority)?;
        text("address", &self.address)?;
        self.archive_number.as_deref().map_or(Ok(()), |value| text("archive_number", value))?;
        self.record.as_deref().map_or(Ok(()), |value| text("record", value))?;
        must(is_class_list(&self.classes), "classes", "must be class codes such as C1E or A1A2D")?;
        let status = &self.status_at_issue;
        must(
            (1..=26).contains(&status.len()) && status.bytes().all(|b| b.is_ascii_uppercase()),
            "status_at_issue",
            "must be 1 to 26 capital letters",
        )?;
        must(self.version > 0, "version", "counts from 1")?;
        let times = 0..=LATEST;
        must(times.contains(&self.generated_at), "generated_at", "must be Unix seconds up to the year 9999")?;
        must(
            self.expires.is_none_or(|end| times.contains(&end) && end > self.generated_at),
            "expires",
            "must be Unix seconds after generated_at",
        )?;
        let dates = [self.birth_date, self.first_issue, self.valid_from];
        must(
            dates.into_iter().chain(self.valid_until).all(|date| (1800..=9999).contains(&date.year())),
            "dates",
            "must lie in the years 1800 to 9999",
        )?;
        must(
            self.valid_until.is_none_or(|end| end >= self.valid_from),
            "valid_until",
            "must not be before valid_from",
        )?;
        must(self.birth_date < self.first_issue, "birth_date", "must be before first_issue")
    }
}

/// 9999-12-31T23:59:59Z, the last second four-digit years can print.
pub(crate) const LATEST: i64 = 253_402_300_799;

fn must(holds: bool, field: &'static str, rule: &str) -> Result<(), ContentError> {
    if holds { Ok(()) } else { Err(ContentError::refused(field, rule)) }
}

fn text(field: &'static str, value: &str) -> Result<(), ContentError> {
    must(!value.trim().is_empty(), field, "must not be empty")?;
    must(value.len() <= MAX_TEXT, field, "must be at most 512 bytes of UTF-8")?;
    // Direction overrides would let signed text read as something else on a screen.
    let deceives = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    must(!value.contains(deceives), field, "must not hold control characters or direction overrides")
}

/// A letter and perhaps a digit, again and again. Which codes exist is the register's business.
fn is_class_list(classes: &str) -> bool {
    let mut previous = b'0';
    let shaped = classes.bytes().all(|b| {
        let fits = b.is_ascii_uppercase() || (b.is_ascii_digit() && previous.is_ascii_uppercase());
        previous = b;
        fits
    });
    shaped && (1..=64).contains(&classes.len())
}
