//! Disclosures (RFC 9901 4.2): salted claims outside the signed part, tied to it by their digests.

use serde_json::Value;

use super::json;
use super::jws::append_base64url;
use crate::Digest;
use crate::key_set::from_base64url;

/// Bytes of a salt; RFC 9901 9.3 recommends 128 bits.
pub(super) const SALT_LEN: usize = 16;

/// Why a text is not a disclosure, or disclosures do not fit the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// Not base64url without padding of a JSON array of salt, perhaps a name, and value.
    #[error("a disclosure is not base64url of a JSON array of salt, name and value")]
    Malformed,
    /// `_sd`, `...` or a claim that must always be visible.
    #[error("a disclosure has a name that cannot be disclosed selectively")]
    Name,
    /// The disclosed claim is there already.
    #[error("a disclosed claim is there already")]
    Collision,
    /// A member is disclosed as an array element, or the other way round.
    #[error("a disclosure is of the other kind than its place: a member is no array element")]
    WrongPlace,
    /// A digest, or a disclosure, occurs twice.
    #[error("a digest occurs twice")]
    Twice,
    /// A disclosure whose digest the signed part does not have: it was not signed.
    #[error("a disclosure belongs to nothing that was signed")]
    Unreferenced,
    /// `_sd`, `...` or `_sd_alg` is used in another way than RFC 9901 4.2.4 allows.
    #[error("`_sd`, `...` or `_sd_alg` is used in a way it must not")]
    Structure,
    /// `_sd_alg` names another hash than SHA-256.
    #[error("the digests are of another hash than SHA-256")]
    Hash,
    /// Disclosures within disclosures, too deep.
    #[error("claims are nested too deep")]
    TooDeep,
}

/// What a disclosure discloses.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Disclosed {
    Member(String, Value),
    Element(Value),
}

/// Reads a disclosure's text.
pub(super) fn read(text: &str) -> Result<Disclosed, DisclosureError> {
    let array = from_base64url(text).and_then(|bytes| json::read(&bytes).ok());
    let Some(Value::Array(parts)) = array else {
        return Err(DisclosureError::Malformed);
    };
    let mut parts = parts.into_iter();
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Value::String(_)), Some(Value::String(name)), Some(value), None) => {
            if name == "_sd" || name == "..." {
                return Err(DisclosureError::Name);
            }
            Ok(Disclosed::Member(name, value))
        }
        (Some(Value::String(_)), Some(value), None, None) => Ok(Disclosed::Element(value)),
        _ => Err(DisclosureError::Malformed),
    }
}

/// Appends the disclosure of a member to `text` and returns its digest, which is over that text.
/// `scratch` is there to be used again.
pub(super) fn append(
    text: &mut String,
    scratch: &mut Vec<u8>,
    salt: &[u8],
    name: &str,
    value: impl FnOnce(&mut Vec<u8>),
) -> Digest {
    scratch.clear();
    scratch.extend(b"[\"");
    let mut encoded = [0; SALT_LEN * 4 / 3 + 2];
    let length = base64::Engine::encode_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        &salt[..SALT_LEN],
        &mut encoded,
    );
    scratch.extend(&encoded[..length.expect("the room is a salt's")]);
    scratch.extend(b"\",");
    json::write_string(scratch, name);
    scratch.push(b',');
    value(scratch);
    scratch.push(b']');

    let start = text.len();
    append_base64url(text, scratch);
    Digest::of(&text.as_bytes()[start..])
}
