//! What a record's content comes to, for comparing without sending records.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::LicenceRecord;

/// SHA-256 of a record's content. It tells no more than whether two records are the same, and yet it stays out of
/// logs: whoever knows all but the address of somebody could try addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordDigest([u8; 32]);

/// A text that is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record's digest is 64 lower-case hex digits of SHA-256")]
pub struct DigestRefused;

impl LicenceRecord {
    /// The digest of the content: SHA-256 over the record's JSON, its members in the order of this type's fields,
    /// absent values as `null`, no spaces, with `revision` as `null`. Two records that differ only in the register's
    /// own count have the same.
    pub fn digest(&self) -> RecordDigest {
        let content = LicenceRecord { revision: None, ..self.clone() };
        // A record is text, dates and numbers: writing it as JSON has no way to fail.
        let json = serde_json::to_vec(&content).unwrap_or_default();
        RecordDigest(Sha256::digest(&json).into())
    }
}

impl RecordDigest {
    /// The hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for RecordDigest {
    type Err = DigestRefused;

    fn from_str(text: &str) -> Result<Self, DigestRefused> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(DigestRefused);
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(DigestRefused),
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for RecordDigest {
    type Error = DigestRefused;

    fn try_from(text: String) -> Result<Self, DigestRefused> {
        text.parse()
    }
}

impl From<RecordDigest> for String {
    fn from(digest: RecordDigest) -> Self {
        digest.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for RecordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordDigest(..)")
    }
}
