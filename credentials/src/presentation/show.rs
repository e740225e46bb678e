//! The text of a show code: made in two steps, since the key that signs may be in a phone.

use std::fmt;
use std::str::FromStr;

use super::claims::{Presentation, PresentationError};
use crate::cbor::{CborError, Reader, Writer};
use crate::cose::{Opened, read_sign1, sign1, to_be_signed_with};
use crate::sealing::{SealError, fitting, sign_prepared};
use crate::{Algorithm, CodeError, KeyId, Signature, Signer};

/// What every show code starts with.
pub const PREFIX: &str = "SW1P:";

/// What is signed beside the claims: COSE's external data (RFC 9052 4.3), known to both sides, never sent.
pub const TYPE: &str = "application/vnd.sw1p+cwt";

/// The longest show code in characters. With a serial of 16 characters they have 205, and a QR of version 8-M
/// holds 221.
pub const MAX_CHARS: usize = 320;

const ALG: i64 = 1;
const KID: i64 = 4;

/// Fixes the bytes to be signed with this key. Pure: the same arguments give the same bytes.
pub fn prepare(
    presentation: &Presentation,
    key_id: &KeyId,
    algorithm: Algorithm,
) -> Result<PreparedShow, PresentationError> {
    let payload = presentation.encode()?;
    let mut w = Writer::with_capacity(16);
    w.map(2).int(ALG).int(algorithm.cose()).int(KID).bytes(key_id.as_bytes());
    Ok(PreparedShow { algorithm, key_id: *key_id, protected: w.finish(), payload })
}

/// Puts the signature to what was signed. Only its length is checked.
pub fn seal(prepared: &PreparedShow, signature: &Signature) -> Result<ShowCode, SealError> {
    let cose = sign1(&prepared.protected, &prepared.payload, fitting(signature, prepared.algorithm)?);
    Ok(ShowCode(format!("{PREFIX}{}", base45::encode(cose))))
}

/// A presentation whose bytes are fixed, before it is signed.
#[derive(Clone, PartialEq, Eq)]
pub struct PreparedShow {
    algorithm: Algorithm,
    key_id: KeyId,
    protected: Vec<u8>,
    payload: Vec<u8>,
}

impl PreparedShow {
    /// The message to sign: the COSE `Sig_structure`.
    pub fn to_be_signed(&self) -> Vec<u8> {
        message(&self.protected, &self.payload)
    }

    /// Signs and seals. Refuses a signer with another key than the prepared one.
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<ShowCode, SealError> {
        seal(self, &sign_prepared(signer, &self.key_id, self.algorithm, &self.to_be_signed())?)
    }
}

impl fmt::Debug for PreparedShow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedShow").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// A show code as text. Well formed, and no more than that: ask [`super::verify()`].
#[derive(Clone, PartialEq, Eq)]
pub struct ShowCode(String);

impl ShowCode {
    /// The text, as it goes into the QR.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ShowCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        open(text).map(|_| Self(text.into()))
    }
}

impl fmt::Display for ShowCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShowCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShowCode({} characters)", self.0.len())
    }
}

/// Takes a show code apart, if it is spelled the one way it can be.
pub(super) fn open(text: &str) -> Result<Opened, CodeError> {
    let body = text.strip_prefix(PREFIX).ok_or(CodeError::Foreign)?;
    if text.len() > MAX_CHARS {
        return Err(CodeError::TooLong);
    }
    let cose = base45::decode(body).map_err(|_| CodeError::Base45)?;
    // The decoder lets a last pair of characters run over a byte.
    if base45::encode(&cose) != body {
        return Err(CodeError::Base45);
    }
    read_sign1(&cose).map_err(|_| CodeError::Cose)
}

/// Algorithm and key id of a header of exactly these two.
pub(super) fn read_header(protected: &[u8]) -> Result<(i64, &[u8]), CborError> {
    let mut r = Reader::new(protected);
    let fixed = |holds: bool| if holds { Ok(()) } else { Err(CborError::WrongType) };
    fixed(r.map()? == 2 && r.int()? == ALG)?;
    let algorithm = r.int()?;
    fixed(r.int()? == KID)?;
    let key_id = r.bytes()?;
    fixed(r.left() == 0)?;
    Ok((algorithm, key_id))
}

pub(super) fn message(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    to_be_signed_with(TYPE.as_bytes(), protected, payload)
}
