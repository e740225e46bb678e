//! What a show code says, as CWT claims in deterministic CBOR.
//!
//! | key | claim | type |
//! | --- | --- | --- |
//! | 2 | `sub`: the credential's serial | text |
//! | 4 | `exp` | Unix seconds |
//! | 6 | `iat` | Unix seconds |
//! | 7 | `cti`: a number used once | 8 bytes |
//! | 10 | `nonce` (RFC 9711 4.1): the verifier's challenge, if it gave one | 8 to 16 bytes |
//! | -65537 | the credential's version; then the device's key id, if an issuer vouches for it | array |

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cbor::{CborError, Reader, Writer};
use crate::{Digest, KeyId, Serial, SignError};

/// The longest life of a show code in seconds.
pub const MAX_LIFETIME_S: i64 = 60;

const SUB: i64 = 2;
const EXP: i64 = 4;
const IAT: i64 = 6;
const CTI: i64 = 7;
const NONCE: i64 = 10;
const CREDENTIAL: i64 = -65_537;

/// What one showing of a credential says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presentation {
    /// The credential's serial.
    pub serial: Serial,
    /// The credential's version, counting from 1.
    pub version: u32,
    /// When the code was made, in Unix seconds.
    pub issued_at: i64,
    /// When it ends, exclusive; at most [`MAX_LIFETIME_S`] later.
    pub expires_at: i64,
    /// Makes the code usable once.
    pub nonce: Nonce,
    /// The holder's device key, if an issuer's key signs and has seen the device prove its own.
    pub device: Option<KeyId>,
    /// What the verifier gave, if it gave something.
    pub challenge: Option<Challenge>,
}

impl Presentation {
    /// What a store must keep so that this code is used once.
    pub fn burn(&self) -> Burn {
        let id = [self.serial.as_str().as_bytes(), b"\0", &self.nonce.0].concat();
        Burn { id: Digest::of(&id), until: self.issued_at.saturating_add(2 * MAX_LIFETIME_S) }
    }

    /// Checks the shape of every field.
    pub fn check(&self) -> Result<(), PresentationError> {
        let must = |holds: bool, rule| if holds { Ok(()) } else { Err(PresentationError::Refused(rule)) };
        must(self.version > 0, "the version counts from 1")?;
        must(self.issued_at >= 0, "issued_at must be Unix seconds")?;
        let lifetime = self.expires_at.checked_sub(self.issued_at);
        must(
            lifetime.is_some_and(|lifetime| (1..=MAX_LIFETIME_S).contains(&lifetime)),
            "a show code lives 1 to 60 seconds",
        )
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, PresentationError> {
        self.check()?;
        let mut w = Writer::with_capacity(96);
        w.map(5 + u64::from(self.challenge.is_some()));
        w.int(SUB).text(self.serial.as_str());
        w.int(EXP).int(self.expires_at);
        w.int(IAT).int(self.issued_at);
        w.int(CTI).bytes(&self.nonce.0);
        if let Some(challenge) = &self.challenge {
            w.int(NONCE).bytes(&challenge.0);
        }
        w.int(CREDENTIAL).array(1 + u64::from(self.device.is_some())).int(self.version.into());
        if let Some(device) = &self.device {
            w.bytes(device.as_bytes());
        }
        Ok(w.finish())
    }

    /// Reads exactly what [`encode`](Self::encode) can have written.
    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        Self::read(payload).ok().filter(|presentation| presentation.check().is_ok())
    }

    fn read(payload: &[u8]) -> Result<Self, CborError> {
        let fixed = |holds: bool| if holds { Ok(()) } else { Err(CborError::WrongType) };
        let mut r = Reader::new(payload);
        let entries = r.map()?;
        fixed(entries == 5 || entries == 6)?;
        fixed(r.int()? == SUB)?;
        let serial = r.text()?.parse().map_err(|_| CborError::WrongType)?;
        fixed(r.int()? == EXP)?;
        let expires_at = r.int()?;
        fixed(r.int()? == IAT)?;
        let issued_at = r.int()?;
        fixed(r.int()? == CTI)?;
        let nonce = Nonce(r.bytes()?.try_into().map_err(|_| CborError::WrongType)?);
        let challenge = if entries == 6 {
            fixed(r.int()? == NONCE)?;
            Some(Challenge::new(r.bytes()?).ok_or(CborError::WrongType)?)
        } else {
            None
        };
        fixed(r.int()? == CREDENTIAL)?;
        let items = r.array()?;
        fixed(items == 1 || items == 2)?;
        let version = u32::try_from(r.int()?).map_err(|_| CborError::WrongType)?;
        let device =
            if items == 2 { Some(KeyId::from_slice(r.bytes()?).ok_or(CborError::WrongType)?) } else { None };
        fixed(r.left() == 0)?;
        Ok(Self { serial, version, issued_at, expires_at, nonce, device, challenge })
    }
}

/// Why a presentation was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentationError {
    /// A field breaks a rule.
    #[error("no show code: {0}")]
    Refused(&'static str),
}

/// A number used once: 8 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nonce([u8; 8]);

impl Nonce {
    /// A new one from the operating system's random source.
    pub fn random() -> Result<Self, SignError> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes)
            .map_err(|e| SignError::Unavailable(format!("no random bytes from the system: {e}")))?;
        Ok(Self(bytes))
    }

    /// One out of random bytes.
    pub fn from_random(random: [u8; 8]) -> Self {
        Self(random)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({})", hex::encode(self.0))
    }
}

/// What a verifier gives, so that a code is made for it alone: 8 to 16 random bytes, used once.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Challenge(Vec<u8>);

impl Challenge {
    /// A challenge of these bytes; `None` unless there are 8 to 16.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (8..=16).contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Challenge({})", hex::encode(&self.0))
    }
}

/// A used code, as a store keeps it: `id` must be unique, and whoever inserts it first has the first use. In
/// one transaction with the answer, so that of a thousand at once one is told VALID. After `until` the row may
/// go: the code has expired for every clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burn {
    /// SHA-256 over serial and nonce.
    pub id: Digest,
    /// Unix seconds.
    pub until: i64,
}
