//! Which claims a licence has in this format: their names, values, and what people read for them.
//!
//! Where the IANA registry of JWT claims has a name for a field (`name`, `birthdate`, `address`) it is used;
//! the others are called as in [`Content`]. Each can be disclosed without the others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Datelike;

use super::json::write_string;
use crate::content::{Content, ContentError};
use crate::verify::day_in_china;
use crate::{Date, Digest};

/// The largest portrait in bytes; the archive's photos have 14 to 30 kB (`domain.md` 2.4).
pub const MAX_PORTRAIT: usize = 64 * 1024;

/// A claim of the credential type, with its labels.
pub(super) struct Label {
    pub(super) name: &'static str,
    /// Whether every credential has it.
    pub(super) mandatory: bool,
    pub(super) en: &'static str,
    pub(super) zh: &'static str,
}

/// Every claim that can be disclosed, in the order of the disclosures.
pub(super) const LABELS: [Label; 17] = [
    label("name", true, "Name", "姓名"),
    label("licence_number", true, "Licence number", "证号"),
    label("sex", true, "Sex (1 male, 2 female)", "性别（1男，2女）"),
    label("birthdate", true, "Date of birth", "出生日期"),
    label("nationality", true, "Nationality", "国籍"),
    label("address", true, "Address", "住址"),
    label("classes", true, "Permitted classes", "准驾车型"),
    label("validity", true, "Validity period (no end: long-term)", "有效期限（无截止日期为长期）"),
    label("first_issue", true, "Date of first issue", "初次领证日期"),
    label("authority", true, "Issuing authority", "发证机关"),
    label("archive_number", false, "Archive number", "档案编号"),
    label("record", false, "Record", "记录"),
    label("status_at_issue", true, "Status when issued", "生成时状态"),
    label("photo_digest", true, "SHA-256 of the photo", "照片摘要（SHA-256）"),
    label("portrait", false, "Photo", "照片"),
    label("age_over_18", true, "Aged 18 or over", "年满18周岁"),
    label("age_over_21", true, "Aged 21 or over", "年满21周岁"),
];

pub(super) const fn label(name: &'static str, mandatory: bool, en: &'static str, zh: &'static str) -> Label {
    Label { name, mandatory, en, zh }
}

/// A claim's value, before it is JSON.
pub(super) enum Claim<'a> {
    Text(&'a str),
    Number(u8),
    Truth(bool),
    Day(Date),
    /// As OpenID Connect Core 5.1.1 writes an address of one line.
    Address(&'a str),
    Classes(&'a str),
    Validity(Date, Option<Date>),
    Digest(&'a Digest),
    /// A `data:` URL.
    Image(&'static str, &'a [u8]),
}

/// The claims of `content` in the order of [`LABELS`]; `None` for what it does not have.
pub(super) fn of<'a>(
    content: &'a Content,
    portrait: Option<&'a [u8]>,
) -> Result<[(&'static str, Option<Claim<'a>>); LABELS.len()], ContentError> {
    let c = content;
    let image = portrait.map(|bytes| image(bytes, &c.photo_digest)).transpose()?;
    let today = day_in_china(c.generated_at)
        .ok_or_else(|| ContentError::refused("generated_at", "must be a day of the calendar"))?;
    let age_over = |years| Some(Claim::Truth(has_reached(c.birth_date, years, today)));
    let values = [
        Some(Claim::Text(&c.name)),
        Some(Claim::Text(&c.licence_number)),
        Some(Claim::Number(c.sex as u8)),
        Some(Claim::Day(c.birth_date)),
        Some(Claim::Text(&c.nationality)),
        Some(Claim::Address(&c.address)),
        Some(Claim::Classes(&c.classes)),
        Some(Claim::Validity(c.valid_from, c.valid_until)),
        Some(Claim::Day(c.first_issue)),
        Some(Claim::Text(&c.authority)),
        c.archive_number.as_deref().map(Claim::Text),
        c.record.as_deref().map(Claim::Text),
        Some(Claim::Text(&c.status_at_issue)),
        Some(Claim::Digest(&c.photo_digest)),
        image,
        age_over(18),
        age_over(21),
    ];
    let mut index = 0;
    Ok(values.map(|value| {
        index += 1;
        (LABELS[index - 1].name, value)
    }))
}

impl Claim<'_> {
    /// Appends the value as JSON.
    pub(super) fn write(&self, json: &mut Vec<u8>) {
        match self {
            Self::Text(text) => write_string(json, text),
            Self::Number(number) => json.extend(number.to_string().as_bytes()),
            Self::Truth(truth) => json.extend(if *truth { &b"true"[..] } else { b"false" }),
            Self::Day(date) => write_day(json, *date),
            Self::Address(text) => {
                json.extend(b"{\"formatted\":");
                write_string(json, text);
                json.push(b'}');
            }
            Self::Classes(classes) => {
                for (i, code) in codes(classes).enumerate() {
                    json.push(if i == 0 { b'[' } else { b',' });
                    write_string(json, code);
                }
                json.push(b']');
            }
            Self::Validity(from, until) => {
                json.extend(b"{\"from\":");
                write_day(json, *from);
                if let Some(until) = until {
                    json.extend(b",\"until\":");
                    write_day(json, *until);
                }
                json.push(b'}');
            }
            Self::Digest(digest) => write_string(json, &digest.to_string()),
            Self::Image(media_type, bytes) => {
                let mut url = String::with_capacity(bytes.len() * 4 / 3 + 40);
                url.push_str("data:");
                url.push_str(media_type);
                url.push_str(";base64,");
                STANDARD.encode_string(bytes, &mut url);
                write_string(json, &url);
            }
        }
    }
}

/// The photo itself may only be the one whose digest is signed everywhere else.
fn image<'a>(bytes: &'a [u8], signed: &Digest) -> Result<Claim<'a>, ContentError> {
    let refused = |rule: &str| Err(ContentError::refused("portrait", rule));
    let media_type = match bytes {
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ => return refused("must be a JPEG or PNG file"),
    };
    if bytes.len() > MAX_PORTRAIT {
        return refused("must be at most 64 KiB: store it smaller");
    }
    if Digest::of(bytes) != *signed {
        return refused("must be the photo that photo_digest is the digest of");
    }
    Ok(Claim::Image(media_type, bytes))
}

/// Born on 29 February: a year older on 1 March in other years.
fn has_reached(birth_date: Date, years: i32, today: Date) -> bool {
    let birthday = (birth_date.year() + years, birth_date.month(), birth_date.day());
    (today.year(), today.month(), today.day()) >= birthday
}

/// `C1E` is C1 and E.
fn codes(classes: &str) -> impl Iterator<Item = &str> {
    let mut rest = classes;
    std::iter::from_fn(move || {
        let length = 1 + rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        let (code, others) = rest.split_at_checked(length)?;
        rest = others;
        Some(code)
    })
}

fn write_day(json: &mut Vec<u8>, date: Date) {
    let digit = |value: u32, unit: u32| b'0' + (value / unit % 10) as u8;
    let (year, month, day) = (date.year().unsigned_abs(), date.month(), date.day());
    json.extend([b'"', digit(year, 1000), digit(year, 100), digit(year, 10), digit(year, 1), b'-']);
    json.extend([digit(month, 10), digit(month, 1), b'-', digit(day, 10), digit(day, 1), b'"']);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_counts_from_its_first_minute() {
        let day = |y, m, d| Date::from_ymd_opt(y, m, d).expect("a date");
        assert!(!has_reached(day(2005, 11, 22), 21, day(2026, 11, 21)));
        assert!(has_reached(day(2005, 11, 22), 21, day(2026, 11, 22)));
        assert!(!has_reached(day(2008, 2, 29), 18, day(2026, 2, 28)));
        assert!(has_reached(day(2008, 2, 29), 18, day(2026, 3, 1)));
    }

    #[test]
    fn class_lists_fall_into_codes() {
        for (classes, expected) in
            [("C1", vec!["C1"]), ("A1A2D", vec!["A1", "A2", "D"]), ("DEF", vec!["D", "E", "F"])]
        {
            assert_eq!(codes(classes).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn days_are_written_as_the_calendar_writes_them() {
        for date in [(1800, 1, 1), (1949, 12, 31), (2024, 2, 29), (9999, 10, 9)] {
            let date = Date::from_ymd_opt(date.0, date.1, date.2).expect("a date");
            let mut json = Vec::new();
            write_day(&mut json, date);
            assert_eq!(String::from_utf8(json), Ok(format!("\"{date}\"")));
        }
    }
}
