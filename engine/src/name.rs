//! The stable name of a command, event, effect or rejection: what its JSON says.

use std::fmt;

use serde::Serialize;
use serde::ser::{Impossible, SerializeStruct, SerializeStructVariant, SerializeTupleVariant, Serializer};

/// The name of an enum's variant, and of the variant inside it if it wraps another enum.
///
/// `Command::Applicant(Applicant::Submit)` is `applicant.submit` if serde writes the variants so.
/// Renaming a variant would break stored JSON and its name alike, so there is one name for both.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Name {
    /// The outer variant: the door of a command, the kind of an effect.
    pub outer: &'static str,
    /// The variant within, if there is one.
    pub inner: Option<&'static str>,
}

/// Reads the name off a value. A value that is no enum is called `value`.
pub fn name_of<T: Serialize + ?Sized>(value: &T) -> Name {
    value.serialize(VariantName).unwrap_or(Name { outer: "value", inner: None })
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.outer)?;
        self.inner.map_or(Ok(()), |inner| write!(f, ".{inner}"))
    }
}

/// A serializer that stops at the first variant it meets.
struct VariantName;

#[derive(Debug)]
struct NoName;

impl fmt::Display for NoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no enum")
    }
}

impl std::error::Error for NoName {}

impl serde::ser::Error for NoName {
    fn custom<T: fmt::Display>(_: T) -> Self {
        NoName
    }
}

/// Swallows the fields of a variant whose name is known already.
struct Fields(Name);

impl SerializeTupleVariant for Fields {
    type Ok = Name;
    type Error = NoName;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), NoName> {
        Ok(())
    }
    fn end(self) -> Result<Name, NoName> {
        Ok(self.0)
    }
}

impl SerializeStructVariant for Fields {
    type Ok = Name;
    type Error = NoName;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, _: &T) -> Result<(), NoName> {
        Ok(())
    }
    fn end(self) -> Result<Name, NoName> {
        Ok(self.0)
    }
}

impl SerializeStruct for Fields {
    type Ok = Name;
    type Error = NoName;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, _: &T) -> Result<(), NoName> {
        Ok(())
    }
    fn end(self) -> Result<Name, NoName> {
        Err(NoName)
    }
}

macro_rules! nameless {
    ($($method:ident($kind:ty)),*) => {
        $(fn $method(self, _: $kind) -> Result<Name, NoName> { Err(NoName) })*
    };
}

impl Serializer for VariantName {
    type Ok = Name;
    type Error = NoName;
    type SerializeSeq = Impossible<Name, NoName>;
    type SerializeTuple = Impossible<Name, NoName>;
    type SerializeTupleStruct = Impossible<Name, NoName>;
    type SerializeTupleVariant = Fields;
    type SerializeMap = Impossible<Name, NoName>;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<Name, NoName> {
        Ok(Name { outer: name, inner: None })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<Name, NoName> {
        let inner = value.serialize(VariantName).ok().map(|within| within.outer);
        Ok(Name { outer: name, inner })
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Fields, NoName> {
        Ok(Fields(Name { outer: name, inner: None }))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Fields, NoName> {
        Ok(Fields(Name { outer: name, inner: None }))
    }

    nameless!(
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_f32(f32),
        serialize_f64(f64),
        serialize_char(char),
        serialize_str(&str),
        serialize_bytes(&[u8]),
        serialize_unit_struct(&'static str)
    );

    fn serialize_none(self) -> Result<Name, NoName> {
        Err(NoName)
    }
    fn serialize_unit(self) -> Result<Name, NoName> {
        Err(NoName)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Name, NoName> {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Name, NoName> {
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, NoName> {
        Err(NoName)
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NoName> {
        Err(NoName)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, NoName> {
        Err(NoName)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NoName> {
        Err(NoName)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, NoName> {
        Err(NoName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Door {
        Applicant(Step),
        Timer,
        Note(String),
    }

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Step {
        Submit { photo: u8 },
    }

    #[test]
    fn a_name_is_what_the_json_says() {
        assert_eq!(name_of(&Door::Applicant(Step::Submit { photo: 1 })).to_string(), "applicant.submit");
        assert_eq!(name_of(&Door::Timer).to_string(), "timer");
        assert_eq!(name_of(&Door::Note("x".into())).to_string(), "note");
        assert_eq!(name_of("no enum").to_string(), "value");
    }
}
