//! A status list, signed: what both forms of a token say.

use super::list::Packed;
use super::read::{MAX_LIFETIME_S, MAX_TOKEN};
use super::{cwt, jwt};
use crate::{SignError, Signer};

/// The media type of the JWT form; its `typ` is `statuslist+jwt`.
pub const JWT_MEDIA_TYPE: &str = "application/statuslist+jwt";

/// The media type of the CWT form, and its `typ` (COSE writes media types in full).
pub const CWT_MEDIA_TYPE: &str = "application/statuslist+cwt";

/// The longest issuer or URI in bytes.
pub(super) const MAX_URI: usize = 512;

/// What is signed beside the list itself (5.1 and 5.2 of the draft).
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    /// Who issues, as credentials name them.
    pub issuer: &'a str,
    /// Where this list is found, exactly as credentials refer to it.
    pub uri: &'a str,
    /// Where all lists of this issuer are found (part 9). Always included: some clients cannot read a token
    /// without it.
    pub aggregation_uri: &'a str,
    /// `iat` in Unix seconds. Must grow with every token of this list: see [`super::Publication::times`].
    pub issued_at: i64,
    /// `exp`, exclusive; at most a day after `issued_at`.
    pub expires_at: i64,
    /// How long a copy may be kept before a fresh one should be fetched, in seconds.
    pub ttl_s: u32,
    /// Certificates of the signing key in DER, its own first, for verifiers that ask for `x5c` or `x5chain`;
    /// may be empty.
    pub chain: &'a [Vec<u8>],
}

impl Token<'_> {
    /// Signs `list` as a JWT.
    pub fn jwt(&self, list: &Packed, signer: &(impl Signer + ?Sized)) -> Result<String, TokenError> {
        self.check()?;
        bounded(jwt::write(self, list, signer)?)
    }

    /// Signs `list` as a CWT: a tagged COSE_Sign1.
    pub fn cwt(&self, list: &Packed, signer: &(impl Signer + ?Sized)) -> Result<Vec<u8>, TokenError> {
        self.check()?;
        bounded(cwt::write(self, list, signer)?)
    }

    fn check(&self) -> Result<(), TokenError> {
        let must = |holds: bool, rule| if holds { Ok(()) } else { Err(TokenError::Refused(rule)) };
        let uris = [self.issuer, self.uri, self.aggregation_uri];
        must(
            uris.iter().all(|uri| (1..=MAX_URI).contains(&uri.len())),
            "issuer and URIs must have 1 to 512 bytes",
        )?;
        must(self.issued_at >= 0 && self.expires_at > self.issued_at, "expires_at must lie after issued_at")?;
        must(
            self.expires_at - self.issued_at <= MAX_LIFETIME_S,
            "a token lives a day at most, or a status outlives its truth",
        )?;
        must(self.ttl_s > 0, "ttl_s must be positive")
    }
}

/// Why no token was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// A field breaks a rule.
    #[error("no status list token: {0}")]
    Refused(&'static str),
    /// Readers would refuse a token of this size.
    #[error("the token has {0} bytes, readers take at most {MAX_TOKEN}: use shorter lists")]
    TooLong(usize),
    /// The signer made no signature.
    #[error(transparent)]
    Sign(#[from] SignError),
}

fn bounded<T: AsRef<[u8]>>(token: T) -> Result<T, TokenError> {
    let length = token.as_ref().len();
    if length > MAX_TOKEN { Err(TokenError::TooLong(length)) } else { Ok(token) }
}
