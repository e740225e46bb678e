//! The holder's public key, as it stands in `cnf` (RFC 7800 3.2): a credential with one is worth nothing to a
//! thief without the private half.

use std::fmt;

use serde_json::{Map, Value};

use crate::{KeySet, KeyState, PublicKey};

/// A holder's public key and its JWK.
#[derive(Clone, PartialEq, Eq)]
pub struct HolderKey {
    key: PublicKey,
    jwk: String,
}

/// Why a JWK is no holder key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a public JWK of a kind and curve that this program verifies with")]
pub struct NotAHolderKey;

impl HolderKey {
    /// Reads a public JWK; a private one is refused.
    pub fn from_jwk(json: &str) -> Result<Self, NotAHolderKey> {
        let members = super::json::read_object(json.as_bytes()).map_err(|_| NotAHolderKey)?;
        Self::from_members(&members)
    }

    pub(super) fn from_members(members: &Map<String, Value>) -> Result<Self, NotAHolderKey> {
        // Not only what makes the key: a `d` or a foreign `alg` must be noticed. Its `kid` is the wallet's affair.
        let of_the_key = ["kty", "crv", "x", "y", "alg", "use", "d"];
        let jwk: Map<_, _> = members
            .iter()
            .filter(|(name, _)| of_the_key.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let set: KeySet =
            serde_json::from_value(serde_json::json!({"keys": [jwk]})).map_err(|_| NotAHolderKey)?;
        set.iter().next().map(|(_, key, _)| Self::of(key)).ok_or(NotAHolderKey)
    }

    /// A known key.
    pub fn of(key: &PublicKey) -> Self {
        let set = serde_json::to_value(KeySet::of([(key.clone(), KeyState::Active)]))
            .expect("a key set is plain strings");
        // By hand: the order of a map's members depends on how serde_json was built.
        let members = ["kty", "crv", "x", "y"]
            .into_iter()
            .filter_map(|name| Some(format!("\"{name}\":{}", set["keys"][0].get(name)?)))
            .collect::<Vec<_>>();
        Self { key: key.clone(), jwk: format!("{{{}}}", members.join(",")) }
    }

    /// The key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The JWK: only the members that make the key.
    pub fn jwk(&self) -> &str {
        &self.jwk
    }
}

impl fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HolderKey({})", self.key.key_id())
    }
}
