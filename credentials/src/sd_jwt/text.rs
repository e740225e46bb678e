//! The credential as text, in the holder's hands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::compact::{FormError, Parts};
use super::disclosure::{self, Disclosed, DisclosureError};
use super::jws::{Jws, JwsError};
use crate::Digest;

/// An issued SD-JWT with its disclosures and without key binding. Well formed, and no more than that: ask
/// [`super::verify()`].
///
/// Personal data throughout: whoever has the text can read it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SdJwt(String);

/// Why a text is not an issued SD-JWT.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtError {
    /// Not between tildes as it must be.
    #[error(transparent)]
    Form(#[from] FormError),
    /// Its first part is not a JWS.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// A part after it is not a disclosure.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// It was presented to somebody: it ends in a key binding.
    #[error("the SD-JWT is a presentation with key binding, not what was issued")]
    Presented,
}

impl SdJwt {
    pub(super) fn of_issued(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of what was signed: the [`Prepared::digest`](super::Prepared::digest) it was made from, whoever
    /// signed it.
    pub fn signed_digest(&self) -> Digest {
        let parts = Parts::of(&self.0).expect("only well-formed text becomes an SD-JWT");
        Jws::read(parts.jwt).expect("only well-formed text becomes an SD-JWT").digest()
    }

    /// The names of the claims that can be disclosed, in the order of the text.
    pub fn disclosable(&self) -> Vec<String> {
        let parts = Parts::of(&self.0).map(|parts| parts.disclosures).unwrap_or_default();
        let names = parts.into_iter().filter_map(|text| match disclosure::read(text) {
            Ok(Disclosed::Member(name, _)) => Some(name),
            _ => None,
        });
        names.collect()
    }
}

impl FromStr for SdJwt {
    type Err = SdJwtError;

    fn from_str(text: &str) -> Result<Self, SdJwtError> {
        let parts = Parts::of(text)?;
        if parts.key_binding.is_some() {
            return Err(SdJwtError::Presented);
        }
        Jws::read(parts.jwt)?;
        parts.disclosures.into_iter().try_for_each(|text| disclosure::read(text).map(drop))?;
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for SdJwt {
    type Error = SdJwtError;

    fn try_from(text: String) -> Result<Self, SdJwtError> {
        text.parse()
    }
}

impl From<SdJwt> for String {
    fn from(credential: SdJwt) -> Self {
        credential.0
    }
}

impl fmt::Display for SdJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SdJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SdJwt({} characters)", self.0.len())
    }
}
