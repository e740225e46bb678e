//! How a verifier reads a token (8.3), and why it may refuse to.
//!
//! A refused token says nothing about any credential: without a status a verifier must not call one good.

use super::list::{ListError, Packed, Status, StatusList};
use super::{cwt, jwt};
use crate::{KeyId, KeySet, PublicKey};

/// The longest token in bytes.
pub const MAX_TOKEN: usize = 2 << 20;

/// The longest time between `iat` and `exp` in seconds, whatever a token claims.
pub const MAX_LIFETIME_S: i64 = 86_400;

/// How far `iat` may lie ahead of the verifier's clock, in seconds.
pub const CLOCK_SKEW_S: i64 = crate::verify::CLOCK_SKEW_S;

/// What a verifier knows before it reads.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer of the credential in question.
    pub issuer: &'a str,
    /// The URI in the credential's reference: the list must be that very one.
    pub uri: &'a str,
    /// The keys that may sign this issuer's lists.
    pub keys: &'a KeySet,
    /// Now, in Unix seconds.
    pub at: i64,
    /// What was read last from this URI. Keep it: without it an older list, still in its time, is believed.
    pub seen: Option<Seen>,
}

/// What a verifier remembers of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// `iat` of the newest token.
    pub issued_at: i64,
    /// How many entries it had: a list keeps its size.
    pub entries: u32,
}

/// A list that may be believed until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    list: StatusList,
    issued_at: i64,
    expires_at: i64,
    ttl_s: u32,
    aggregation_uri: String,
}

impl Read {
    /// What the list says of the credential with this index.
    pub fn status(&self, index: u32) -> Result<Status, ReadError> {
        let value = self.list.get(index)?;
        Status::from_value(value).ok_or(ReadError::UnknownStatus(value))
    }

    /// The values.
    pub fn list(&self) -> &StatusList {
        &self.list
    }

    /// When it was signed, in Unix seconds.
    pub fn issued_at(&self) -> i64 {
        self.issued_at
    }

    /// From when on it must not be believed any more.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// When a copy that was fetched at `fetched_at` should be fetched again.
    pub fn refetch_at(&self, fetched_at: i64) -> i64 {
        fetched_at.saturating_add(self.ttl_s.into()).min(self.expires_at)
    }

    /// Where the issuer's other lists are found.
    pub fn aggregation_uri(&self) -> &str {
        &self.aggregation_uri
    }

    /// What to remember for the next time.
    pub fn seen(&self) -> Seen {
        Seen { issued_at: self.issued_at, entries: self.list.entries() }
    }
}

/// Why a token was not believed. Fetch it again; while there is none, no credential on it is known to be good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Longer than [`MAX_TOKEN`].
    #[error("the status list token has {0} bytes, at most {MAX_TOKEN} are read")]
    TooLong(usize),
    /// Not a compact JWS, or not a tagged COSE_Sign1 in deterministic encoding.
    #[error("not a status list token: damaged, or of another form")]
    Form,
    /// Signed as something else, or with a header that is not known.
    #[error("signed as something else than a status list")]
    Type,
    /// No key of the set, or one that may not verify any more.
    #[error("the status list is signed by a key that may not: fetch the issuer's current keys")]
    Key,
    /// The header claims another algorithm than the key's.
    #[error("the status list claims another algorithm than its key's")]
    Algorithm,
    /// Altered or forged.
    #[error("the status list's signature does not verify: altered or forged")]
    Signature,
    /// A claim is missing, unknown, twice there or of another type.
    #[error("the status list's claims are not those of a status list")]
    Claims,
    /// Another issuer's, or another list of this one.
    #[error("the status list is not the one that the credential names")]
    Foreign,
    /// Signed in the future, or to live longer than it may.
    #[error("the status list's times are impossible: check the clocks")]
    Times,
    /// Its time is over.
    #[error("the status list has expired: fetch a fresh one")]
    Stale,
    /// Older than one that was seen before.
    #[error("the status list is older than one that was seen before: somebody plays an old one back")]
    Replayed,
    /// Not as long as it was.
    #[error("the status list has another size than before")]
    Resized,
    /// The values do not unpack, or there is no such entry.
    #[error(transparent)]
    List(#[from] ListError),
    /// A value that no credential of ours has.
    #[error("status {0} is unknown")]
    UnknownStatus(u8),
}

/// Reads the JWT form.
pub fn read_jwt(token: &str, expected: &Expected<'_>) -> Result<Read, ReadError> {
    bounded(token.len())?;
    accept(jwt::read(token, expected.keys)?, expected)
}

/// Reads the CWT form.
pub fn read_cwt(token: &[u8], expected: &Expected<'_>) -> Result<Read, ReadError> {
    bounded(token.len())?;
    accept(cwt::read(token, expected.keys)?, expected)
}

/// What a token says, once its signature was verified.
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) uri: String,
    pub(super) aggregation_uri: String,
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
    pub(super) ttl_s: u32,
    pub(super) list: Packed,
}

/// Whether a key of the set signed `message`. The key fixes the algorithm; the header may only agree.
pub(super) fn authentic(
    keys: &KeySet,
    key_id: &KeyId,
    agrees: impl Fn(&PublicKey) -> bool,
    message: &[u8],
    signature: &[u8],
) -> Result<(), ReadError> {
    let (key, state) = keys.get(key_id).ok_or(ReadError::Key)?;
    if !state.may_verify() {
        return Err(ReadError::Key);
    }
    if !agrees(key) {
        return Err(ReadError::Algorithm);
    }
    if key.verifies(message, signature) { Ok(()) } else { Err(ReadError::Signature) }
}

/// Whether claims of a known signer are of this list, and still true.
fn accept(claims: Claims, expected: &Expected<'_>) -> Result<Read, ReadError> {
    if (claims.issuer.as_str(), claims.uri.as_str()) != (expected.issuer, expected.uri) {
        return Err(ReadError::Foreign);
    }
    let lifetime = claims.expires_at.checked_sub(claims.issued_at).ok_or(ReadError::Times)?;
    let ahead = claims.issued_at > expected.at.saturating_add(CLOCK_SKEW_S);
    if ahead || claims.issued_at < 0 || !(1..=MAX_LIFETIME_S).contains(&lifetime) {
        return Err(ReadError::Times);
    }
    if expected.at >= claims.expires_at {
        return Err(ReadError::Stale);
    }
    if expected.seen.is_some_and(|seen| claims.issued_at < seen.issued_at) {
        return Err(ReadError::Replayed);
    }
    let list = claims.list.unpack()?;
    if expected.seen.is_some_and(|seen| list.entries() != seen.entries) {
        return Err(ReadError::Resized);
    }
    Ok(Read {
        list,
        issued_at: claims.issued_at,
        expires_at: claims.expires_at,
        ttl_s: claims.ttl_s,
        aggregation_uri: claims.aggregation_uri,
    })
}

fn bounded(length: usize) -> Result<(), ReadError> {
    if length > MAX_TOKEN { Err(ReadError::TooLong(length)) } else { Ok(()) }
}
