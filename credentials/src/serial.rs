use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ContentError;

/// The serial of a document: 8 to 32 capital letters and digits, so that it prints, types and fits Code 128.
///
/// Random and never derived from a person's number: whoever sees it learns nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Serial(String);

impl Serial {
    /// 16 characters out of 80 random bits, without the letters I, L, O, U that people misread.
    pub fn from_random(random: [u8; 10]) -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bits = random.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
        Self((0..16).rev().map(|i| char::from(ALPHABET[(bits >> (5 * i) & 31) as usize])).collect())
    }

    /// The serial as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Serial {
    type Err = ContentError;

    fn from_str(text: &str) -> Result<Self, ContentError> {
        let fits = (8..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(ContentError::refused("serial", "must be 8 to 32 capital letters and digits"))
        }
    }
}

impl TryFrom<String> for Serial {
    type Error = ContentError;

    fn try_from(text: String) -> Result<Self, ContentError> {
        text.parse()
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
