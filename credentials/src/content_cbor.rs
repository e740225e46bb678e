//! [`Content`] as CWT claims (RFC 8392) in deterministic CBOR (RFC 8949 4.2).
//!
//! Private claim keys of a CWT lie below -65536 and take five bytes each, so all of ours live in one map under
//! a single private key, numbered from 1. README.md has the table.

use chrono::Days;
use ciborium::Value;

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
    // In ascending key order, which is the deterministic one for keys this small.
    let licence = map([
        (1, Some(c.version.into())),
        (2, Some(text(&c.name))),
        (3, Some((c.sex as u8).into())),
        (4, Some(date(c.birth_date))),
        (5, Some(text(&c.nationality))),
        (6, Some(text(&c.classes))),
        (7, Some(date(c.valid_from))),
        (8, c.valid_until.map(date)),
        (9, Some(date(c.first_issue))),
        (10, Some(text(&c.authority))),
        (11, c.archive_number.as_deref().map(text)),
        (12, Some(text(&c.address))),
        (13, c.record.as_deref().map(text)),
        (14, Some(Value::Bytes(c.photo_digest.as_bytes().to_vec()))),
        (15, Some(text(&c.status_at_issue))),
    ]);
    let claims = map([
        (ISS, Some(text(&c.issuer))),
        (SUB, Some(text(&c.licence_number))),
        (EXP, c.expires.map(Value::from)),
        (IAT, Some(c.generated_at.into())),
        (CTI, Some(Value::Bytes(c.serial.as_str().as_bytes().to_vec()))),
        (LICENCE, Some(licence)),
    ]);
    let mut bytes = Vec::with_capacity(512);
    ciborium::into_writer(&claims, &mut bytes).expect("writing CBOR to memory cannot fail");
    if bytes.len() > MAX_PAYLOAD {
        return Err(ContentError::TooLarge { got: bytes.len() });
    }
    Ok(bytes)
}

/// Reads claims; accepts exactly what [`encode`] can have written.
pub(crate) fn decode(bytes: &[u8]) -> Result<Content, ContentError> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(ContentError::TooLarge { got: bytes.len() });
    }
    let mut rest = bytes;
    let value: Value =
        ciborium::from_reader(&mut rest).map_err(|_| ContentError::NotCbor("broken or cut short"))?;
    if !rest.is_empty() {
        return Err(ContentError::TrailingBytes(rest.len()));
    }
    let mut claims = Claims::of(value, "(all)")?;
    let issuer = claims.text(ISS, "issuer")?;
    let licence_number = claims.text(SUB, "licence_number")?;
    let expires = claims.optional(EXP, "expires", integer)?;
    let generated_at = claims.required(IAT, "generated_at", integer)?;
    let serial = claims.required(CTI, "serial", |value| {
        String::from_utf8(value.into_bytes().ok()?).ok()
    })?;
    let mut licence = claims
        .required(LICENCE, "licence", Some)
        .and_then(|v| Claims::of(v, "licence"))?;
    claims.end()?;
    let content = Content {
        issuer,
        licence_number,
        expires,
        generated_at,
        serial: serial.parse()?,
        version: licence.required(1, "version", integer)?,
        name: licence.text(2, "name")?,
        sex: licence.required(3, "sex", |value| sex(integer(value)?))?,
        birth_date: licence.required(4, "birth_date", read_date)?,
        nationality: licence.text(5, "nationality")?,
        classes: licence.text(6, "classes")?,
        valid_from: licence.required(7, "valid_from", read_date)?,
        valid_until: licence.optional(8, "valid_until", read_date)?,
        first_issue: licence.required(9, "first_issue", read_date)?,
        authority: licence.text(10, "authority")?,
        archive_number: licence.optional(11, "archive_number", string)?,
        address: licence.text(12, "address")?,
        record: licence.optional(13, "record", string)?,
        photo_digest: licence.required(14, "photo_digest", |value| {
            Some(Digest::from_bytes(value.into_bytes().ok()?.try_into().ok()?))
        })?,
        status_at_issue: licence.text(15, "status_at_issue")?,
    };
    licence.end()?;
    // Whatever way of writing the same claims was overlooked above ends here.
    if encode(&content)? == bytes {
        Ok(content)
    } else {
        Err(ContentError::NotCanonical)
    }
}

/// A map being read: what is left of it, by ascending key.
struct Claims(std::collections::BTreeMap<i128, Value>);

impl Claims {
    fn of(value: Value, name: &'static str) -> Result<Self, ContentError> {
        let entries = value.into_map().map_err(|_| ContentError::WrongType(name))?;
        let mut claims = std::collections::BTreeMap::new();
        for (key, value) in entries {
            let key = i128::from(key.into_integer().map_err(|_| ContentError::WrongType(name))?);
            if claims.insert(key, value).is_some() {
                return Err(ContentError::Duplicate(key));
            }
        }
        Ok(Self(claims))
    }

    fn optional<T>(
        &mut self,
        key: i64,
        name: &'static str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<Option<T>, ContentError> {
        let Some(value) = self.0.remove(&key.into()) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or(ContentError::WrongType(name))
    }

    fn required<T>(
        &mut self,
        key: i64,
        name: &'static str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<T, ContentError> {
        self.optional(key, name, read)?.ok_or(ContentError::Missing(name))
    }

    fn text(&mut self, key: i64, name: &'static str) -> Result<String, ContentError> {
        self.required(key, name, string)
    }

    fn end(&self) -> Result<(), ContentError> {
        self.0
            .keys()
            .next()
            .map_or(Ok(()), |key| Err(ContentError::Unknown(*key)))
    }
}

fn map<const N: usize>(entries: [(i64, Option<Value>); N]) -> Value {
    Value::Map(
        entries
            .into_iter()
            .filter_map(|(key, value)| Some((key.into(), value?)))
            .collect(),
    )
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn string(value: Value) -> Option<String> {
    value.into_text().ok()
}

fn integer<T: TryFrom<i128>>(value: Value) -> Option<T> {
    i128::from(value.into_integer().ok()?).try_into().ok()
}

fn date(date: Date) -> Value {
    Value::Tag(
        TAG_DATE,
        Box::new(date.signed_duration_since(Date::default()).num_days().into()),
    )
}

fn read_date(value: Value) -> Option<Date> {
    let (tag, value) = value.into_tag().ok()?;
    let days: i64 = integer(*value)?;
    let epoch = Date::default();
    let distance = Days::new(days.unsigned_abs());
    let date = if days < 0 {
        epoch.checked_sub_days(distance)
    } else {
        epoch.checked_add_days(distance)
    };
    date.filter(|_| tag == TAG_DATE)
}

fn sex(code: u8) -> Option<Sex> {
    [Sex::Unknown, Sex::Male, Sex::Female, Sex::NotStated]
        .into_iter()
        .find(|sex| *sex as u8 == code)
}
