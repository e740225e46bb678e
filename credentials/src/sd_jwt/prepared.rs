//! Between the two steps of issuing: what waits for its signature.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::jws::Jws;
use super::{SdJwt, TYPE, seal};
use crate::sealing::{SealError, sign_prepared};
use crate::{Algorithm, Digest, KeyId, Signer};

/// A credential whose bytes are fixed, before it is signed.
///
/// Store it (serde) with the order and sign what was stored, so that a newer program signs the same bytes and no
/// second set of salts is drawn; a stored form that was altered does not load. It holds personal data and
/// belongs into the vault. Its [`digest`](Self::digest) does not: random salts and a random serial are inside,
/// so it can be journaled.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Prepared {
    algorithm: Algorithm,
    key_id: KeyId,
    signing_input: String,
    /// Each followed by a tilde.
    disclosures: String,
    digest: Digest,
}

impl Prepared {
    pub(super) fn of(
        algorithm: Algorithm,
        key_id: KeyId,
        signing_input: String,
        disclosures: String,
    ) -> Self {
        let digest = Digest::of(signing_input.as_bytes());
        Self { algorithm, key_id, signing_input, disclosures, digest }
    }

    /// The algorithm it must be signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key it must be signed with.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The message to sign: header and payload in base64url with a dot between (RFC 7515 5.1).
    pub fn to_be_signed(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    /// SHA-256 of [`to_be_signed`](Self::to_be_signed), which in turn holds the digests of all disclosures.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Signs and seals. Refuses a signer with another key than the prepared one.
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<SdJwt, SealError> {
        seal(self, &sign_prepared(signer, &self.key_id, self.algorithm, self.to_be_signed())?)
    }

    pub(super) fn texts(&self) -> (&str, &str) {
        (&self.signing_input, &self.disclosures)
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    algorithm: Algorithm,
    signing_input: String,
    disclosures: String,
    digest: Digest,
    /// The other digest does not notice a lost disclosure.
    disclosures_digest: Digest,
}

impl From<Prepared> for Stored {
    fn from(prepared: Prepared) -> Self {
        Self {
            algorithm: prepared.algorithm,
            disclosures_digest: Digest::of(prepared.disclosures.as_bytes()),
            signing_input: prepared.signing_input,
            disclosures: prepared.disclosures,
            digest: prepared.digest,
        }
    }
}

impl TryFrom<Stored> for Prepared {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        // A JWS with nothing in the place of its signature.
        let unsigned = format!("{}.", stored.signing_input);
        let header =
            Jws::read(&unsigned).map_err(|_| "a prepared credential is a JWS without signature")?.header;
        let key_id = header.key_id.filter(|_| header.typ == TYPE && header.alg == stored.algorithm.jose());
        let Some(key_id) = key_id else {
            return Err("a prepared credential's header names another type or algorithm, or no key");
        };
        let whole = Digest::of(stored.disclosures.as_bytes()) == stored.disclosures_digest;
        let prepared = Self::of(stored.algorithm, key_id, stored.signing_input, stored.disclosures);
        if whole && prepared.digest == stored.digest {
            Ok(prepared)
        } else {
            Err("a prepared credential does not match its own digests: it was altered after it was stored")
        }
    }
}
