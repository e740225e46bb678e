//! `tdate` (tag 0, RFC 3339 to the second) and `full-date` (tag 1004, RFC 8943).

use chrono::{DateTime, Datelike, NaiveDateTime};

use crate::Date;
use crate::cbor::{CborError, Reader, Writer};

pub(super) const TAG_TDATE: u64 = 0;
pub(super) const TAG_FULL_DATE: u64 = 1004;

/// Whether four digits hold the year of this moment.
pub(super) fn is_writable(at: i64) -> bool {
    DateTime::from_timestamp(at, 0).is_some_and(|time| (0..=9999).contains(&time.year()))
}

/// Writes Unix seconds that are [`is_writable`].
pub(super) fn write_tdate(w: &mut Writer, at: i64) {
    let time = DateTime::from_timestamp(at, 0).unwrap_or_default();
    w.tag(TAG_TDATE).text(&time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
}

/// Reads Unix seconds. Only whole seconds in UTC, as ISO/IEC 18013-5 9.1.2.4 asks.
pub(super) fn read_tdate(r: &mut Reader<'_>) -> Result<i64, CborError> {
    let text = tagged_text(r, TAG_TDATE)?;
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ");
    let time = time.ok().filter(|_| text.len() == 20).ok_or(CborError::WrongType)?;
    Ok(time.and_utc().timestamp())
}

pub(super) fn write_full_date(w: &mut Writer, date: Date) {
    w.tag(TAG_FULL_DATE).text(&date.format("%Y-%m-%d").to_string());
}

fn tagged_text<'a>(r: &mut Reader<'a>, tag: u64) -> Result<&'a str, CborError> {
    if r.tag()? == tag { r.text() } else { Err(CborError::WrongType) }
}
