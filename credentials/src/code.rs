//! The compact signed code: `SW1:` + base45(zlib(COSE_Sign1(CWT))), made in two steps.
//!
//! [`prepare`] fixes the bytes and their digest; the digest goes into the journal; then they are signed and
//! [`seal`]ed. Keys in memory sign deterministically, so signing the same [`Prepared`] again after a crash gives
//! the same code; an ES256 key on a token gives another good one. There is one text per credential: any other
//! spelling of the same bytes is refused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::content::{Content, ContentError};
pub use crate::cose::{CodeError, MAX_CHARS, PREFIX, TYPE};
use crate::cose::{Header, assemble, open, to_be_signed};
use crate::key_set::{base64url, from_base64url};
pub use crate::sealing::SealError;
use crate::sealing::{fitting, sign_prepared};
use crate::{Algorithm, Digest, KeyId, Signature, Signer, content_cbor};

/// Fixes the bytes to be signed. Pure: the same arguments give the same bytes.
pub fn prepare(content: &Content, key_id: &KeyId, algorithm: Algorithm) -> Result<Prepared, ContentError> {
    let payload = content_cbor::encode(content)?;
    Ok(Prepared::of(algorithm, *key_id, Header::of(algorithm, key_id).write(), payload))
}

/// Puts the signature to what was signed.
///
/// Only the signature's length is checked; whether it verifies is for [`crate::verify()`].
pub fn seal(prepared: &Prepared, signature: &Signature) -> Result<Code, SealError> {
    let signature = fitting(signature, prepared.algorithm)?;
    Ok(Code(assemble(&prepared.protected, &prepared.payload, signature)))
}

/// Content whose bytes are fixed, before it is signed.
///
/// Store it (serde) with the order and sign what was stored, so that a newer program signs the same bytes; a
/// stored form that was altered does not load. It holds personal data and belongs into the vault. Its
/// [`digest`](Self::digest) does not: a random serial is inside, so it can be journaled.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Prepared {
    algorithm: Algorithm,
    key_id: KeyId,
    protected: Vec<u8>,
    payload: Vec<u8>,
    to_be_signed: Vec<u8>,
    digest: Digest,
}

impl Prepared {
    fn of(algorithm: Algorithm, key_id: KeyId, protected: Vec<u8>, payload: Vec<u8>) -> Self {
        let to_be_signed = to_be_signed(&protected, &payload);
        let digest = Digest::of(&to_be_signed);
        Self { algorithm, key_id, protected, payload, to_be_signed, digest }
    }

    /// The algorithm it must be signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key it must be signed with.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The message to sign: the COSE `Sig_structure`.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The CWT claims inside it.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// SHA-256 of [`to_be_signed`](Self::to_be_signed).
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Signs and seals. Refuses a signer with another key than the prepared one.
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<Code, SealError> {
        seal(self, &sign_prepared(signer, &self.key_id, self.algorithm, &self.to_be_signed)?)
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("key_id", &self.key_id)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// The signed code as text. Well formed, and no more than that: ask [`crate::verify()`].
///
/// It never starts or ends with white space, so a reader may trim.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Code(String);

impl Code {
    /// The text, as it goes into the QR.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of what was signed: the [`Prepared::digest`] it was made from, whoever signed it.
    pub fn signed_digest(&self) -> Digest {
        let opened = open(&self.0).expect("only well-formed text becomes a code");
        Digest::of(&to_be_signed(&opened.protected, &opened.payload))
    }
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        open(text).map(|_| Self(text.into()))
    }
}

impl TryFrom<String> for Code {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({} characters)", self.0.len())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    protected: String,
    payload: String,
    digest: Digest,
}

impl From<Prepared> for Stored {
    fn from(prepared: Prepared) -> Self {
        Self {
            protected: base64url(&prepared.protected),
            payload: base64url(&prepared.payload),
            digest: prepared.digest,
        }
    }
}

impl TryFrom<Stored> for Prepared {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let bytes = |text: &str| from_base64url(text).ok_or("a prepared credential's bytes are base64url");
        let (protected, payload) = (bytes(&stored.protected)?, bytes(&stored.payload)?);
        let header = Header::read(&protected);
        let algorithm = header.as_ref().and_then(|header| Algorithm::from_cose(header.algorithm));
        let key_id = header.as_ref().and_then(|header| KeyId::from_slice(header.key_id));
        let (Some(algorithm), Some(key_id)) = (algorithm, key_id) else {
            return Err("a prepared credential names no algorithm and key that this program knows");
        };
        let prepared = Self::of(algorithm, key_id, protected, payload);
        if prepared.digest == stored.digest {
            Ok(prepared)
        } else {
            Err("a prepared credential does not match its own digest: it was altered after it was stored")
        }
    }
}
