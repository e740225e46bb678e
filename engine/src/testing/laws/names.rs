//! The names of all commands, read off their type: a command that no sample sends is seen, too.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

/// The variants of an enum, each with those of the enum within it. Nothing for a type that serde
/// does not read as an enum by its name.
pub(super) fn of<T: DeserializeOwned>() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for outer in variants::<T>(None) {
        let inner = variants::<T>(Some(outer));
        if inner.is_empty() {
            names.insert(outer.to_owned());
        }
        names.extend(inner.into_iter().map(|inner| format!("{outer}.{inner}")));
    }
    names
}

/// The variants that the type asks for, or those that it asks for within `outer`.
fn variants<T: DeserializeOwned>(outer: Option<&'static str>) -> Vec<&'static str> {
    let found = RefCell::new(Vec::new());
    // Always an error: there is no value, only the question that the type asks.
    let _ = T::deserialize(Probe { outer, found: &found });
    found.into_inner()
}

#[derive(Clone, Copy)]
struct Probe<'a> {
    outer: Option<&'static str>,
    found: &'a RefCell<Vec<&'static str>>,
}

fn stop<T>() -> Result<T, Error> {
    Err(Error::custom("no value, only names"))
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        stop()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.outer.is_some() {
            return visitor.visit_enum(self);
        }
        self.found.borrow_mut().extend(variants);
        stop()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Probe<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.outer.unwrap_or_default().into_deserializer();
        Ok((seed.deserialize(name)?, Probe { outer: None, ..self }))
    }
}

impl<'de> VariantAccess<'de> for Probe<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        stop()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        stop()
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        stop()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    #[expect(dead_code, reason = "only the names are read")]
    fn names_are_read_off_the_type_two_levels_deep() {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Door {
            Applicant(Step),
            Note(String),
            TimedOut,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Step {
            Submit { photo: u8 },
            Withdraw,
        }
        let names: Vec<String> = of::<Door>().into_iter().collect();
        assert_eq!(names, ["applicant.submit", "applicant.withdraw", "note", "timed_out"]);
        assert!(of::<String>().is_empty());
    }
}
