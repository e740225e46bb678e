//! The public keys that may verify, and how they are handed to verifiers: a JWK Set (RFC 7517, RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::jwk::{Jwk, PRIVATE};
use crate::{Algorithm, KeyId, PublicKey};

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
    keys: Vec<Member>,
}

#[derive(Serialize, Deserialize)]
struct Member {
    #[serde(flatten)]
    jwk: Jwk,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<KeyId>,
    #[serde(default = "active")]
    state: KeyState,
}

fn active() -> KeyState {
    KeyState::Active
}

impl From<KeySet> for JwkSet {
    fn from(set: KeySet) -> Self {
        let member = |(id, key, state): (KeyId, PublicKey, KeyState)| Member {
            jwk: (&key).into(),
            alg: Some(key.algorithm().jose().into()),
            usage: Some("sig".into()),
            kid: Some(id),
            state,
        };
        Self { keys: set.0.into_iter().map(member).collect() }
    }
}

impl TryFrom<JwkSet> for KeySet {
    type Error = &'static str;

    fn try_from(jwks: JwkSet) -> Result<Self, Self::Error> {
        let mut set = Self::default();
        for member in jwks.keys {
            if member.jwk.is_private() {
                return Err(PRIVATE);
            }
            // Kinds of keys that this program does not know are skipped, as RFC 7517 5 asks: their codes are UNKNOWN.
            if !member.jwk.is_known() {
                continue;
            }
            let key = member.jwk.key()?;
            if member.alg.is_some_and(|alg| Algorithm::from_jose(&alg) != Some(key.algorithm())) {
                return Err("a key with the `alg` of another kind of key");
            }
            let id = key.key_id();
            if member.kid.is_some_and(|kid| kid != id) {
                return Err(
                    "a `kid` that does not follow from its key (first 8 bytes of the JWK thumbprint)",
                );
            }
            if set.get(&id).is_some() {
                return Err("the same key twice");
            }
            set.put(key, member.state);
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
