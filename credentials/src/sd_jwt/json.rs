//! JSON read strictly: one value, every member once, bounded depth, so that no two readers can differ.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep arrays and objects may lie in each other. A credential of ours needs 3.
pub(super) const MAX_DEPTH: usize = 8;

/// Reads one value. Errors say where, never what stands there.
pub(super) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { levels_left: MAX_DEPTH }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Reads one object.
pub(super) fn read_object(bytes: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    match read(bytes)? {
        Value::Object(members) => Ok(members),
        _ => Err(serde_json::Error::custom("not an object")),
    }
}

/// Appends `text` as a JSON string.
pub(super) fn write_string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string is always JSON, and memory takes it");
}

struct Strict {
    levels_left: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        self.levels_left.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let levels_left = self.deeper()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(Strict { levels_left })? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let levels_left = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Strict { levels_left })?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for json in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"\u0062":2}}"#,
            r#"[{"a":1,"a":2}]"#,
            "{} {}",
            "{}x",
            "",
            "[1,]",
            "{'a':1}",
            r#"{"a":1e999}"#,
            r#""\ud800""#,
            "[[[[[[[[[]]]]]]]]]",
        ] {
            assert!(read(json.as_bytes()).is_err(), "{json}");
        }
        assert!(read(b"\"\xff\"").is_err());
        assert!(read_object(b"[]").is_err());
        assert!(read(b"[[[[[[[[]]]]]]]]").is_ok());
    }

    #[test]
    fn a_great_depth_is_no_deep_call() {
        assert!(read("[".repeat(1_000_000).as_bytes()).is_err());
        assert!(read("{\"a\":".repeat(1_000_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_read_the_same(text: String, number: i64, small: f32, truth: bool) {
            let value = serde_json::json!({
                "a": [text, number, {"b": truth}], "c": null, "d": f64::from(small), "e": u64::MAX, &text: text,
            });
            let bytes = serde_json::to_vec(&value).expect("JSON");
            prop_assert_eq!(read(&bytes).ok(), serde_json::from_slice(&bytes).ok());
        }

        #[test]
        fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
