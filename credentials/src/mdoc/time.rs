//! `tdate` (tag 0, RFC 3339 to the second) and `full-date` (tag 1004, RFC 8943).

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike};

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
    let mut text = *b"0000-00-00T00:00:00Z";
    write_day(&mut text, time.date_naive());
    for (place, value) in [(11, time.hour()), (14, time.minute()), (17, time.second())] {
        write_digits(&mut text[place..place + 2], value);
    }
    w.tag(TAG_TDATE).text(ascii(&text));
}

/// Reads Unix seconds. Only whole seconds in UTC, as ISO/IEC 18013-5 9.1.2.4 asks.
pub(super) fn read_tdate(r: &mut Reader<'_>) -> Result<i64, CborError> {
    let text = tagged_text(r, TAG_TDATE)?;
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ");
    let time = time.ok().filter(|_| text.len() == 20).ok_or(CborError::WrongType)?;
    Ok(time.and_utc().timestamp())
}

pub(super) fn write_full_date(w: &mut Writer, date: Date) {
    let mut text = *b"0000-00-00";
    write_day(&mut text, date);
    w.tag(TAG_FULL_DATE).text(ascii(&text));
}

/// Puts a day of the years 0 to 9999 at the start. By hand: an mdoc has a dozen, and
/// formatting by a pattern is slow beside a signature.
fn write_day(text: &mut [u8], date: Date) {
    write_digits(&mut text[..4], date.year().unsigned_abs());
    write_digits(&mut text[5..7], date.month());
    write_digits(&mut text[8..10], date.day());
}

fn write_digits(text: &mut [u8], mut value: u32) {
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).expect("digits and signs are ASCII")
}

fn tagged_text<'a>(r: &mut Reader<'a>, tag: u64) -> Result<&'a str, CborError> {
    if r.tag()? == tag { r.text() } else { Err(CborError::WrongType) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_written_as_the_calendar_writes_them(at in -62_167_219_200i64..=253_402_300_799) {
            let time = DateTime::from_timestamp(at, 0).expect("in range");
            let (mut tdate, mut day) = (Writer::with_capacity(0), Writer::with_capacity(0));
            write_tdate(&mut tdate, at);
            write_full_date(&mut day, time.date_naive());
            let text = time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            prop_assert_eq!(tagged_text(&mut Reader::new(tdate.written()), TAG_TDATE), Ok(&text[..]));
            prop_assert_eq!(tagged_text(&mut Reader::new(day.written()), TAG_FULL_DATE), Ok(&text[..10]));
            prop_assert_eq!(read_tdate(&mut Reader::new(tdate.written())), Ok(at));
        }
    }
}
