use serde::{Deserialize, Serialize};

use super::tree::leaf_hash;
use crate::Digest;
use crate::cbor::{CborError, Reader, Writer};

/// The first item of every entry; another number is another format.
const FORMAT: i64 = 1;

/// What kind of credential was signed. The number is stored for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[repr(u8)]
pub enum Kind {
    /// The compact code: its COSE `Sig_structure`.
    Code = 1,
    /// An SD-JWT VC: header and payload as they are signed.
    SdJwtVc = 2,
    /// The mobile security object of an mdoc: its COSE `Sig_structure`.
    Mdoc = 3,
    /// A signed PDF or card face.
    Document = 4,
}

impl Kind {
    /// The kind with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Code, Self::SdJwtVc, Self::Mdoc, Self::Document]
            .into_iter()
            .find(|kind| i64::from(*kind as u8) == number)
    }
}

/// One signed credential, as the log keeps it. No personal data: a random serial is inside what was digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What was signed.
    pub kind: Kind,
    /// When, in Unix seconds, as the signing node says. Nobody need believe it: a checkpoint's witnesses count.
    pub signed_at: i64,
    /// SHA-256 of the exact bytes that were signed; for a code [`crate::Prepared::digest`].
    pub signed: Digest,
}

/// The bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a log entry: it must be the CBOR array [1, kind, seconds, digest] in deterministic encoding")]
pub struct NotAnEntry;

impl Entry {
    /// The canonical bytes: the CBOR array `[1, kind, signed_at, signed]` in deterministic encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(48);
        w.array(4).int(FORMAT).int((self.kind as u8).into()).int(self.signed_at);
        w.bytes(self.signed.as_bytes());
        w.finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAnEntry> {
        Self::read(bytes).map_err(|_| NotAnEntry)
    }

    /// The hash of the leaf that holds it (RFC 6962 2.1).
    pub fn leaf(&self) -> Digest {
        leaf_hash(&self.to_bytes())
    }

    fn read(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        if r.array()? != 4 || r.int()? != FORMAT {
            return Err(CborError::WrongType);
        }
        let kind = Kind::from_number(r.int()?).ok_or(CborError::WrongType)?;
        let signed_at = r.int()?;
        let signed = r.bytes()?.try_into().map_err(|_| CborError::WrongType)?;
        if r.left() > 0 {
            return Err(CborError::WrongType);
        }
        Ok(Self { kind, signed_at, signed: Digest::from_bytes(signed) })
    }
}
