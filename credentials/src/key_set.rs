//! The public keys that may verify, and how they are handed to verifiers: a JWK Set (RFC 7517, RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::signer::{Algorithm, KeyId, PublicKey};

/// What a key may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// Signs and verifies.
    Active,
    /// Signs nothing new; what it signed stays good.
    VerifyOnly,
    /// Verifies nothing any more.
    Retired,
}

/// Public keys by id, oldest first.
///
/// In JSON a JWK Set in which each key has one more member, `state` (an absent one means `active`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "JwkSet", try_from = "JwkSet")]
pub struct KeySet(Vec<(KeyId, PublicKey, KeyState)>);

impl KeySet {
    /// A set of these keys, oldest first.
    pub fn of(keys: impl IntoIterator<Item = (PublicKey, KeyState)>) -> Self {
        let mut set = Self::default();
        for (key, state) in keys {
            set.put(key, state);
        }
        set
    }

    /// Adds a key as the newest, or changes the state of a known one. Returns its id.
    pub fn put(&mut self, key: PublicKey, state: KeyState) -> KeyId {
        let id = key.key_id();
        match self.0.iter_mut().find(|(known, ..)| *known == id) {
            Some(entry) => entry.2 = state,
            None => self.0.push((id, key, state)),
        }
        id
    }

    /// The key with this id.
    pub fn get(&self, id: &KeyId) -> Option<(&PublicKey, KeyState)> {
        self.0.iter().find(|(known, ..)| known == id).map(|(_, key, state)| (key, *state))
    }

    /// All keys, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&KeyId, &PublicKey, KeyState)> {
        self.0.iter().map(|(id, key, state)| (id, key, *state))
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the JSON form.
    pub fn from_json(json: &str) -> Result<Self, KeySetError> {
        Ok(serde_json::from_str(json)?)
    }

    /// Writes the JSON form, a line per member.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a key set is plain strings")
    }
}

/// Why JSON is no key set.
#[derive(Debug, thiserror::Error)]
#[error("not a JWK Set of public keys: {0}")]
pub struct KeySetError(#[from] serde_json::Error);

#[derive(Serialize, Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<KeyId>,
    #[serde(default = "active")]
    state: KeyState,
    /// Only to notice a private key that was about to be handed out.
    #[serde(default, skip_serializing)]
    d: Option<serde::de::IgnoredAny>,
}

fn active() -> KeyState {
    KeyState::Active
}

impl From<KeySet> for JwkSet {
    fn from(set: KeySet) -> Self {
        let jwk = |(id, key, state): (KeyId, PublicKey, KeyState)| Jwk {
            kty: "OKP".into(),
            crv: Some("Ed25519".into()),
            x: Some(base64url(key.as_bytes())),
            alg: Some(key.algorithm().jose().into()),
            usage: Some("sig".into()),
            kid: Some(id),
            state,
            d: None,
        };
        Self { keys: set.0.into_iter().map(jwk).collect() }
    }
}

impl TryFrom<JwkSet> for KeySet {
    type Error = &'static str;

    fn try_from(jwks: JwkSet) -> Result<Self, Self::Error> {
        let mut set = Self::default();
        for jwk in jwks.keys {
            if jwk.d.is_some() {
                return Err(
                    "it holds a private key (`d`): take it out, and replace that key if others saw it",
                );
            }
            // Kinds of keys that this program does not know are skipped, as RFC 7517 5 asks: their codes are UNKNOWN.
            if (jwk.kty.as_str(), jwk.crv.as_deref()) != ("OKP", Some("Ed25519")) {
                continue;
            }
            if jwk.alg.is_some_and(|alg| alg != Algorithm::Ed25519.jose() && alg != "Ed25519") {
                return Err("an Ed25519 key with another `alg` than EdDSA");
            }
            let bytes = jwk.x.as_deref().and_then(from_base64url).ok_or("`x` is missing or not base64url")?;
            let key = PublicKey::ed25519(&bytes).map_err(|_| "`x` is not a usable Ed25519 public key")?;
            let id = key.key_id();
            if jwk.kid.is_some_and(|kid| kid != id) {
                return Err(
                    "a `kid` that does not follow from its key (first 8 bytes of the JWK thumbprint)",
                );
            }
            if set.get(&id).is_some() {
                return Err("the same key twice");
            }
            set.put(key, jwk.state);
        }
        Ok(set)
    }
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
