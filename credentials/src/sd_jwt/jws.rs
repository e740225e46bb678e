//! The compact JWS (RFC 7515 7.1): three parts in base64url, the header read strictly, the payload only later.

use serde_json::{Map, Value};

use super::json;
use crate::key_set::{base64url, from_base64url};
use crate::{Digest, KeyId, PublicKey};

/// Why a text is not a JWS that this program reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Not three parts between dots.
    #[error("not a compact JWS of three parts")]
    Shape,
    /// A part is not base64url without padding, in its one spelling.
    #[error("a part of the JWS is not base64url without padding")]
    Base64Url,
    /// The header is not a JSON object with each member once.
    #[error("the JWS header is not a JSON object with each member once")]
    Header,
    /// The header asks for an extension, and this program knows none.
    #[error("the JWS header has a `crit` member, which this program does not know")]
    Critical,
    /// A header member is missing or of the wrong type.
    #[error("the JWS header has no usable `{0}`")]
    Member(&'static str),
}

/// A JWS taken apart; nothing in it is believed yet, and its payload is not even read.
pub(super) struct Jws<'a> {
    pub(super) signing_input: &'a str,
    pub(super) header: Header,
    payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// The header members that matter here. Keys inside a header (`jwk`, `x5c`, ..) are never looked at: who signs
/// cannot say which key is good.
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) typ: String,
    pub(super) key_id: Option<KeyId>,
}

impl<'a> Jws<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, JwsError> {
        let (signing_input, signature) = text.rsplit_once('.').ok_or(JwsError::Shape)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Shape)?;
        if header.is_empty() || payload.contains('.') {
            return Err(JwsError::Shape);
        }
        let bytes = |part: &str| from_base64url(part).ok_or(JwsError::Base64Url);
        let header = Header::read(&bytes(header)?)?;
        Ok(Self { signing_input, header, payload: bytes(payload)?, signature: bytes(signature)? })
    }

    /// Whether `key` signed it.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(self.signing_input.as_bytes(), &self.signature)
    }

    /// Whether a wallet with this key signed it: not all of them choose the lower half of an ES256 signature.
    pub(super) fn is_signed_by_wallet(&self, key: &PublicKey) -> bool {
        key.verifies_either_s(self.signing_input.as_bytes(), &self.signature)
    }

    /// What the transparency log knows it by.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(self.signing_input.as_bytes())
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The payload's members. Ask only after the signature.
    pub(super) fn payload(&self) -> Result<Map<String, Value>, serde_json::Error> {
        json::read_object(&self.payload)
    }
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, JwsError> {
        let mut members = json::read_object(bytes).map_err(|_| JwsError::Header)?;
        if members.contains_key("crit") {
            return Err(JwsError::Critical);
        }
        let mut text = |name: &'static str| match members.remove(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            None => Ok(None),
            Some(_) => Err(JwsError::Member(name)),
        };
        Ok(Self {
            alg: text("alg")?.ok_or(JwsError::Member("alg"))?,
            typ: text("typ")?.ok_or(JwsError::Member("typ"))?,
            key_id: text("kid")?.and_then(|kid| kid.parse().ok()),
        })
    }
}

/// `base64url(header).base64url(payload)`: what is signed.
pub(super) fn signing_input(header: &[u8], payload: &[u8]) -> String {
    let mut text = String::with_capacity((header.len() + payload.len()) * 4 / 3 + 8);
    append_base64url(&mut text, header);
    text.push('.');
    append_base64url(&mut text, payload);
    text
}

/// Puts the signature to what was signed.
pub(super) fn signed(mut signing_input: String, signature: &[u8]) -> String {
    signing_input.push('.');
    signing_input.push_str(&base64url(signature));
    signing_input
}

pub(super) fn append_base64url(text: &mut String, bytes: &[u8]) {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode_string(bytes, text);
}
