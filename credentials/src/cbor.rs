//! The part of CBOR (RFC 8949) that codes use, in deterministic encoding only (4.2.1).
//!
//! The reader knows no other: shortest heads, definite lengths, map keys ascending and once. So every item it
//! accepts has one spelling, and since it never recurses or allocates ahead, no input can exhaust it.

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

const FALSE: u64 = 20;
const TRUE: u64 = 21;
const NULL: u64 = 22;

/// How deep items may nest where any item is let pass: more than any credential needs, and no stack runs out.
const MAX_DEPTH: usize = 16;

/// Writes items one after the other. The caller sees to counts and to the order of keys.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        match u64::try_from(value) {
            Ok(value) => self.head(UNSIGNED, value),
            Err(_) => self.head(NEGATIVE, !value as u64),
        }
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(BYTES, value.len() as u64).0.extend_from_slice(value);
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.head(TEXT, value.len() as u64).0.extend_from_slice(value.as_bytes());
        self
    }

    pub(crate) fn array(&mut self, items: u64) -> &mut Self {
        self.head(ARRAY, items)
    }

    pub(crate) fn map(&mut self, entries: u64) -> &mut Self {
        self.head(MAP, entries)
    }

    pub(crate) fn tag(&mut self, tag: u64) -> &mut Self {
        self.head(TAG, tag)
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.head(SIMPLE, if value { TRUE } else { FALSE })
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.head(SIMPLE, NULL)
    }

    /// Items that are encoded already.
    pub(crate) fn raw(&mut self, items: &[u8]) -> &mut Self {
        self.0.extend_from_slice(items);
        self
    }

    /// What was written so far.
    pub(crate) fn written(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn head(&mut self, major: u8, argument: u64) -> &mut Self {
        let major = major << 5;
        let bytes = argument.to_be_bytes();
        match argument {
            0..=23 => self.0.push(major | argument as u8),
            24..=0xFF => self.0.extend([major | 24, argument as u8]),
            0x100..=0xFFFF => self.0.extend([major | 25, bytes[6], bytes[7]]),
            0x1_0000..=0xFFFF_FFFF => self.0.extend([major | 26, bytes[4], bytes[5], bytes[6], bytes[7]]),
            _ => {
                self.0.push(major | 27);
                self.0.extend(bytes);
            }
        }
        self
    }
}

/// Why bytes are not the item that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CborError {
    /// They end too early.
    CutShort,
    /// Another spelling than the deterministic one.
    NotCanonical,
    /// An item of another type, or out of range.
    WrongType,
}

/// The head of an item, with its content where that is plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(u64),
    Map(u64),
    Tag(u64),
    Bool(bool),
    Null,
}

/// Reads items one after the other.
#[derive(Clone)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// How many bytes were not read yet.
    pub(crate) fn left(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn int(&mut self) -> Result<i64, CborError> {
        let (major, argument) = self.head()?;
        let value = i64::try_from(argument).map_err(|_| CborError::WrongType)?;
        match major {
            UNSIGNED => Ok(value),
            NEGATIVE => Ok(!value),
            _ => Err(CborError::WrongType),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let length = self.expect(BYTES)?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, CborError> {
        let length = self.expect(TEXT)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| CborError::WrongType)
    }

    pub(crate) fn array(&mut self) -> Result<u64, CborError> {
        self.expect(ARRAY)
    }

    pub(crate) fn map(&mut self) -> Result<u64, CborError> {
        self.expect(MAP)
    }

    pub(crate) fn tag(&mut self) -> Result<u64, CborError> {
        self.expect(TAG)
    }

    /// Passes over one item of any kind that this reader knows, and answers its bytes.
    pub(crate) fn item(&mut self) -> Result<&'a [u8], CborError> {
        let start = self.0;
        self.skip(MAX_DEPTH)?;
        Ok(&start[..start.len() - self.0.len()])
    }

    /// The next item's own head and what is directly behind it; elements of arrays, maps and tags follow.
    pub(crate) fn token(&mut self) -> Result<Token<'a>, CborError> {
        let (major, argument) = self.head()?;
        let signed = || i64::try_from(argument).map_err(|_| CborError::WrongType);
        Ok(match major {
            UNSIGNED => Token::Int(signed()?),
            NEGATIVE => Token::Int(!signed()?),
            BYTES => Token::Bytes(self.take(argument)?),
            TEXT => Token::Text(std::str::from_utf8(self.take(argument)?).map_err(|_| CborError::WrongType)?),
            ARRAY => Token::Array(argument),
            MAP => Token::Map(argument),
            TAG => Token::Tag(argument),
            _ => match argument {
                FALSE => Token::Bool(false),
                TRUE => Token::Bool(true),
                NULL => Token::Null,
                // Floats and what is undefined have no place in a credential.
                _ => return Err(CborError::WrongType),
            },
        })
    }

    fn skip(&mut self, depth: usize) -> Result<(), CborError> {
        let depth = depth.checked_sub(1).ok_or(CborError::WrongType)?;
        let inside = match self.token()? {
            Token::Array(items) => items,
            Token::Map(entries) => entries.checked_mul(2).ok_or(CborError::CutShort)?,
            Token::Tag(_) => 1,
            _ => 0,
        };
        // However many are announced, each takes a byte at least.
        (0..inside).try_for_each(|_| self.skip(depth))
    }

    fn expect(&mut self, wanted: u8) -> Result<u64, CborError> {
        let (major, argument) = self.head()?;
        if major == wanted { Ok(argument) } else { Err(CborError::WrongType) }
    }

    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let first = self.take(1)?[0];
        let (width, least) = match first & 31 {
            short @ 0..=23 => return Ok((first >> 5, short.into())),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            // Reserved, or a length that is only known at the end.
            _ => return Err(CborError::NotCanonical),
        };
        let argument = self.take(width)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        if argument < least { Err(CborError::NotCanonical) } else { Ok((first >> 5, argument)) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let length = usize::try_from(length).map_err(|_| CborError::CutShort)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(CborError::CutShort)?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use ciborium::Value;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn integers_are_spelled_as_everybody_spells_them(value: i64, shift in 0..63u32) {
            let value = value >> shift;
            let mut writer = Writer::with_capacity(9);
            writer.int(value);
            let mut standard = Vec::new();
            ciborium::into_writer(&Value::from(value), &mut standard).expect("to memory");
            prop_assert_eq!(&writer.0, &standard);
            prop_assert_eq!(Reader::new(&standard).int(), Ok(value));
        }

        #[test]
        fn strings_are_spelled_as_everybody_spells_them(text in ".{0,400}") {
            let mut writer = Writer::with_capacity(0);
            writer.text(&text).bytes(text.as_bytes());
            let mut standard = Vec::new();
            ciborium::into_writer(&Value::from(text.as_str()), &mut standard).expect("to memory");
            ciborium::into_writer(&Value::from(text.as_bytes()), &mut standard).expect("to memory");
            prop_assert_eq!(&writer.0, &standard);
            let mut reader = Reader::new(&standard);
            prop_assert_eq!((reader.text(), reader.bytes()), (Ok(&text[..]), Ok(text.as_bytes())));
            prop_assert_eq!(reader.left(), 0);
        }
    }

    #[test]
    fn any_item_is_passed_over_whole_and_never_too_deep() {
        for hex in
            ["00", "3903e7", "43010203", "63e4b8ad", "820001", "a20001f5f4", "c074", "f6", "d9 03ec 61 61"]
        {
            let bytes = hex::decode(hex.replace(' ', "")).expect("hex");
            let whole = if hex == "c074" { Err(CborError::CutShort) } else { Ok(&bytes[..]) };
            assert_eq!(Reader::new(&bytes).item(), whole, "{hex}");
            let more = [&bytes[..], &[0xF6]].concat();
            if whole.is_ok() {
                assert_eq!(Reader::new(&more).item(), whole, "{hex}");
            }
        }
        let nested = |depth: usize| [vec![0x81; depth - 1], vec![0]].concat();
        assert!(Reader::new(&nested(MAX_DEPTH)).item().is_ok());
        assert_eq!(Reader::new(&nested(MAX_DEPTH + 1)).item(), Err(CborError::WrongType));
        assert_eq!(Reader::new(&vec![0x81; 1 << 20]).item(), Err(CborError::WrongType));
        for hex in ["9bffffffffffffffff", "bbffffffffffffffff00", "a100"] {
            assert_eq!(
                Reader::new(&hex::decode(hex).expect("hex")).item(),
                Err(CborError::CutShort),
                "{hex}"
            );
        }
        // A float, undefined, an unassigned simple value.
        for hex in ["fb3ff199999999999a", "f7", "f820"] {
            assert_eq!(
                Reader::new(&hex::decode(hex).expect("hex")).item(),
                Err(CborError::WrongType),
                "{hex}"
            );
        }
    }

    #[test]
    fn longer_heads_than_needed_and_open_ends_are_refused() {
        for hex in ["1817", "190017", "1a0000ffff", "1b00000000ffffffff", "3817", "1c", "1f"] {
            assert_eq!(
                Reader::new(&hex::decode(hex).expect("hex")).int(),
                Err(CborError::NotCanonical),
                "{hex}"
            );
        }
        for hex in ["5f", "5800", "590001aa"] {
            assert_eq!(
                Reader::new(&hex::decode(hex).expect("hex")).bytes(),
                Err(CborError::NotCanonical),
                "{hex}"
            );
        }
        for hex in ["", "18", "1b00", "41", "5bffffffffffffffff"] {
            assert_eq!(
                Reader::new(&hex::decode(hex).expect("hex")).bytes(),
                Err(CborError::CutShort),
                "{hex}"
            );
        }
        for hex in ["1bffffffffffffffff", "3bffffffffffffffff", "40", "f6"] {
            assert_eq!(
                Reader::new(&hex::decode(hex).expect("hex")).int(),
                Err(CborError::WrongType),
                "{hex}"
            );
        }
        assert_eq!(Reader::new(b"\x62\xC3\x28").text(), Err(CborError::WrongType));
    }
}
