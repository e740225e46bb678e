use std::fmt;

use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use crate::Date;
use crate::cbor::{CborError, Reader, Token};
use crate::key_set::base64url;

use super::time::{TAG_FULL_DATE, TAG_TDATE};

/// The value of an element. Personal data: it is not printed.
///
/// In JSON: bytes are base64url, a tagged value is the value without its tag, keys of maps are texts.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// An integer.
    Integer(i64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
    /// Values in order.
    Array(Vec<Value>),
    /// Entries in their order; keys are texts or integers and occur once.
    Map(Vec<(Value, Value)>),
    /// A tagged value: 0 and 1004 are dates, 24 is encoded CBOR.
    Tag(u64, Box<Value>),
}

impl Value {
    /// The text of a text or of a date.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Tag(TAG_TDATE | TAG_FULL_DATE, inner) => inner.as_text(),
            _ => None,
        }
    }

    /// The day of a full date (tag 1004).
    pub fn as_date(&self) -> Option<Date> {
        match self {
            Self::Tag(TAG_FULL_DATE, inner) => inner.as_text()?.parse().ok(),
            _ => None,
        }
    }

    /// Reads exactly one item, which [`Reader::item`] has passed over: so its depth is bounded.
    pub(super) fn read(item: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(item);
        r.item()?;
        if r.left() > 0 {
            return Err(CborError::WrongType);
        }
        read(&mut Reader::new(item))
    }
}

fn read(r: &mut Reader<'_>) -> Result<Value, CborError> {
    Ok(match r.token()? {
        Token::Int(value) => Value::Integer(value),
        Token::Bytes(value) => Value::Bytes(value.into()),
        Token::Text(value) => Value::Text(value.into()),
        Token::Bool(value) => Value::Bool(value),
        Token::Null => Value::Null,
        // No capacity ahead: what is announced need not be there.
        Token::Array(items) => Value::Array((0..items).map(|_| read(r)).collect::<Result<_, _>>()?),
        Token::Tag(tag) => Value::Tag(tag, Box::new(read(r)?)),
        Token::Map(entries) => {
            let mut map: Vec<(Value, Value)> = Vec::new();
            for _ in 0..entries {
                let key = read(r)?;
                let plain = matches!(key, Value::Text(_) | Value::Integer(_));
                if !plain || map.len() >= 256 || map.iter().any(|(known, _)| *known == key) {
                    return Err(CborError::WrongType);
                }
                map.push((key, read(r)?));
            }
            Value::Map(map)
        }
    })
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Bytes(value) => serializer.serialize_str(&base64url(value)),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Null => serializer.serialize_unit(),
            Self::Tag(_, value) => value.serialize(serializer),
            Self::Array(values) => {
                let mut array = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| array.serialize_element(value))?;
                array.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    match key {
                        Self::Text(key) => map.serialize_entry(key, value)?,
                        Self::Integer(key) => map.serialize_entry(&key.to_string(), value)?,
                        _ => return Err(serde::ser::Error::custom("a map key that is no text or integer")),
                    }
                }
                map.end()
            }
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integer(_) => "Integer(..)",
            Self::Bytes(_) => "Bytes(..)",
            Self::Text(_) => "Text(..)",
            Self::Bool(_) => "Bool(..)",
            Self::Null => "Null",
            Self::Array(_) => "Array(..)",
            Self::Map(_) => "Map(..)",
            Self::Tag(..) => "Tag(..)",
        })
    }
}
