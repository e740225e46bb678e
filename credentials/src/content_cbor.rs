//! [`Content`] as CWT claims (RFC 8392) in deterministic CBOR.
//!
//! Private claim keys of a CWT lie below -65536 and take five bytes each, so all of ours live in one map under
//! a single private key, numbered from 1. README.md has the table.

use chrono::Days;

use crate::cbor::{CborError, Reader, Writer};
use crate::content::{Content, ContentError, MAX_PAYLOAD, Sex};
use crate::{Date, Digest};

const ISS: i64 = 1;
const SUB: i64 = 2;
const EXP: i64 = 4;
const IAT: i64 = 6;
const CTI: i64 = 7;
const LICENCE: i64 = -65537;

/// RFC 8943: days since 1970-01-01.
const TAG_DATE: u64 = 100;

/// The one encoding of `content`.
pub(crate) fn encode(content: &Content) -> Result<Vec<u8>, ContentError> {
    content.check()?;
    let c = content;
    let mut w = Writer::with_capacity(512);
    w.map(5 + u64::from(c.expires.is_some()));
    w.int(ISS).text(&c.issuer);
    w.int(SUB).text(&c.licence_number);
    if let Some(expires) = c.expires {
        w.int(EXP).int(expires);
    }
    w.int(IAT).int(c.generated_at);
    w.int(CTI).bytes(c.serial.as_str().as_bytes());

    let optional = [c.valid_until.is_some(), c.archive_number.is_some(), c.record.is_some()];
    w.int(LICENCE).map(12 + optional.map(u64::from).iter().sum::<u64>());
    w.int(1).int(c.version.into());
    w.int(2).text(&c.name);
    w.int(3).int(c.sex as i64);
    date(w.int(4), c.birth_date);
    w.int(5).text(&c.nationality);
    w.int(6).text(&c.classes);
    date(w.int(7), c.valid_from);
    if let Some(valid_until) = c.valid_until {
        date(w.int(8), valid_until);
    }
    date(w.int(9), c.first_issue);
    w.int(10).text(&c.authority);
    if let Some(archive_number) = &c.archive_number {
        w.int(11).text(archive_number);
    }
    w.int(12).text(&c.address);
    if let Some(record) = &c.record {
        w.int(13).text(record);
    }
    w.int(14).bytes(c.photo_digest.as_bytes());
    w.int(15).text(&c.status_at_issue);

    let bytes = w.finish();
    if bytes.len() > MAX_PAYLOAD { Err(ContentError::TooLarge { got: bytes.len() }) } else { Ok(bytes) }
}

/// Reads claims; accepts exactly what [`encode`] can have written.
pub(crate) fn decode(bytes: &[u8]) -> Result<Content, ContentError> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(ContentError::TooLarge { got: bytes.len() });
    }
    let mut reader = Reader::new(bytes);
    let mut claims = Claims::of(&mut reader, "(all)")?;
    let issuer = claims.required(ISS, "issuer", string)?;
    let licence_number = claims.required(SUB, "licence_number", string)?;
    let expires = claims.optional(EXP, "expires", integer)?;
    let generated_at = claims.required(IAT, "generated_at", integer)?;
    let serial = claims.required(CTI, "serial", |r| {
        String::from_utf8(r.bytes()?.to_vec()).map_err(|_| CborError::WrongType)
    })?;
    let mut licence = claims.nested(LICENCE, "licence")?;
    let content = Content {
        issuer,
        licence_number,
        expires,
        generated_at,
        serial: serial.parse()?,
        version: licence.required(1, "version", integer)?,
        name: licence.required(2, "name", string)?,
        sex: licence.required(3, "sex", sex)?,
        birth_date: licence.required(4, "birth_date", read_date)?,
        nationality: licence.required(5, "nationality", string)?,
        classes: licence.required(6, "classes", string)?,
        valid_from: licence.required(7, "valid_from", read_date)?,
        valid_until: licence.optional(8, "valid_until", read_date)?,
        first_issue: licence.required(9, "first_issue", read_date)?,
        authority: licence.required(10, "authority", string)?,
        archive_number: licence.optional(11, "archive_number", string)?,
        address: licence.required(12, "address", string)?,
        record: licence.optional(13, "record", string)?,
        photo_digest: licence.required(14, "photo_digest", |r| {
            r.bytes()?.try_into().map(Digest::from_bytes).map_err(|_| CborError::WrongType)
        })?,
        status_at_issue: licence.required(15, "status_at_issue", string)?,
    };
    licence.end()?;
    claims.end()?;
    if reader.left() > 0 {
        return Err(ContentError::TrailingBytes(reader.left()));
    }
    content.check()?;
    Ok(content)
}

/// A map with integer keys, read in the one order it can have.
struct Claims<'r, 'a> {
    reader: &'r mut Reader<'a>,
    name: &'static str,
    entries_left: u64,
    previous: Option<i64>,
    next: Option<i64>,
}

impl<'r, 'a> Claims<'r, 'a> {
    fn of(reader: &'r mut Reader<'a>, name: &'static str) -> Result<Self, ContentError> {
        let entries_left = reader.map().map_err(|e| error(e, name))?;
        Ok(Self { reader, name, entries_left, previous: None, next: None })
    }

    fn optional<T>(
        &mut self,
        key: i64,
        name: &'static str,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, CborError>,
    ) -> Result<Option<T>, ContentError> {
        if !self.is_next(key)? {
            return Ok(None);
        }
        self.next = None;
        read(self.reader).map(Some).map_err(|e| error(e, name))
    }

    fn required<T>(
        &mut self,
        key: i64,
        name: &'static str,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, CborError>,
    ) -> Result<T, ContentError> {
        self.optional(key, name, read)?.ok_or(ContentError::Missing(name))
    }

    fn nested(&mut self, key: i64, name: &'static str) -> Result<Claims<'_, 'a>, ContentError> {
        if !self.is_next(key)? {
            return Err(ContentError::Missing(name));
        }
        self.next = None;
        Claims::of(self.reader, name)
    }

    fn end(&mut self) -> Result<(), ContentError> {
        self.peek()?.map_or(Ok(()), |key| Err(ContentError::Unknown(key)))
    }

    /// Whether the next entry is `key`'s. Keys are asked for in order, so a smaller one is none of ours.
    fn is_next(&mut self, key: i64) -> Result<bool, ContentError> {
        match self.peek()? {
            Some(next) if rank(next) < rank(key) => Err(ContentError::Unknown(next)),
            next => Ok(next == Some(key)),
        }
    }

    fn peek(&mut self) -> Result<Option<i64>, ContentError> {
        if self.next.is_none() && self.entries_left > 0 {
            self.entries_left -= 1;
            let key = self.reader.int().map_err(|e| error(e, self.name))?;
            match self.previous {
                Some(previous) if previous == key => return Err(ContentError::Duplicate(key)),
                Some(previous) if rank(previous) > rank(key) => return Err(ContentError::NotCanonical),
                _ => {}
            }
            self.previous = Some(key);
            self.next = Some(key);
        }
        Ok(self.next)
    }
}

/// The bytewise order of encoded integers: 0, 1, 2, .. and then -1, -2, ..
fn rank(key: i64) -> (bool, u64) {
    (key < 0, if key < 0 { !key as u64 } else { key as u64 })
}

fn error(error: CborError, name: &'static str) -> ContentError {
    match error {
        CborError::CutShort => ContentError::CutShort,
        CborError::NotCanonical => ContentError::NotCanonical,
        CborError::WrongType => ContentError::WrongType(name),
    }
}

fn string(reader: &mut Reader<'_>) -> Result<String, CborError> {
    reader.text().map(str::to_owned)
}

fn integer<T: TryFrom<i64>>(reader: &mut Reader<'_>) -> Result<T, CborError> {
    reader.int()?.try_into().map_err(|_| CborError::WrongType)
}

fn sex(reader: &mut Reader<'_>) -> Result<Sex, CborError> {
    let code = reader.int()?;
    let known = [Sex::Unknown, Sex::Male, Sex::Female, Sex::NotStated];
    known.into_iter().find(|sex| *sex as i64 == code).ok_or(CborError::WrongType)
}

fn date(writer: &mut Writer, date: Date) {
    writer.tag(TAG_DATE).int(date.signed_duration_since(Date::default()).num_days());
}

fn read_date(reader: &mut Reader<'_>) -> Result<Date, CborError> {
    if reader.tag()? != TAG_DATE {
        return Err(CborError::WrongType);
    }
    let days = reader.int()?;
    let (epoch, distance) = (Date::default(), Days::new(days.unsigned_abs()));
    let date = if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) };
    date.ok_or(CborError::WrongType)
}
