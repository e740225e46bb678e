//! The public keys that may verify, and how they are handed to verifiers: a JWK Set (RFC 7517) with states, and
//! a COSE_KeySet (RFC 9052 7).

mod cose;
mod jwks;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use crate::key_state::{KeyState, TransitionRefused};
use crate::{Algorithm, KeyId, PublicKey};

/// Keys in a set: a key a month for forty years. Bounds what a stranger's set costs.
pub const MAX_KEYS: usize = 512;

/// Bytes of a key set in either form.
pub const MAX_BYTES: usize = 256 * 1024;

/// Characters of the reason that goes with a state.
pub const MAX_REASON: usize = 200;

/// Public keys by id: the withdrawn ones (retired, compromised), then the others; among each, oldest first.
///
/// In JSON a JWK Set in which each key has one more member, `state` (an absent one means `active`). Withdrawn
/// keys stand beside `keys` in a member `withdrawn` of their own: RFC 7517 5 has readers ignore what they do not
/// know, so a verifier that never heard of states cannot take a withdrawn key for a good one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    id: KeyId,
    key: PublicKey,
    state: KeyState,
    reason: Option<String>,
}

impl KeySet {
    /// A set of these keys, oldest first.
    pub fn of(keys: impl IntoIterator<Item = (PublicKey, KeyState)>) -> Self {
        let mut set = Self::default();
        for (key, state) in keys {
            set.put(key, state);
        }
        set
    }

    /// Adds a key as the newest, or sets the state of a known one, whatever it was. Returns its id.
    pub fn put(&mut self, key: PublicKey, state: KeyState) -> KeyId {
        let id = key.key_id();
        match self.0.iter_mut().find(|entry| entry.id == id) {
            Some(entry) => entry.state = state,
            None => self.0.push(Entry { id, key, state, reason: None }),
        }
        self.order();
        id
    }

    /// Changes the state of a key, if [`KeyState::then`] allows it, and notes why. The reason is public: whoever
    /// gets the key set can read it. At most [`MAX_REASON`] characters of it are kept.
    pub fn change(&mut self, id: &KeyId, next: KeyState, reason: Option<&str>) -> Result<(), ChangeRefused> {
        let entry = self.0.iter_mut().find(|entry| entry.id == *id).ok_or(ChangeRefused::Unknown(*id))?;
        entry.state =
            entry.state.then(next).map_err(|refused| ChangeRefused::Transition { id: *id, refused })?;
        if let Some(reason) = reason {
            entry.reason = Some(reason.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect());
        }
        self.order();
        Ok(())
    }

    /// Makes `to`, or without it the newest pending key, active. Active keys of the same algorithm become
    /// verify-only; those of another one stay. To a key that is active already it changes nothing.
    pub fn rotate(&mut self, to: Option<&KeyId>) -> Result<Rotation, ChangeRefused> {
        let newest =
            || self.0.iter().rev().find(|entry| entry.state == KeyState::Pending).map(|entry| entry.id);
        let to = to.copied().or_else(newest).ok_or(ChangeRefused::NothingPending)?;
        let algorithm = self.get(&to).ok_or(ChangeRefused::Unknown(to))?.0.algorithm();
        self.change(&to, KeyState::Active, None)?;
        let mut rotation = Rotation { active: to, verify_only: Vec::new() };
        for entry in &mut self.0 {
            if entry.id != to && entry.state.may_sign() && entry.key.algorithm() == algorithm {
                entry.state = KeyState::VerifyOnly;
                rotation.verify_only.push(entry.id);
            }
        }
        Ok(rotation)
    }

    /// The key with this id.
    pub fn get(&self, id: &KeyId) -> Option<(&PublicKey, KeyState)> {
        self.0.iter().find(|entry| entry.id == *id).map(|entry| (&entry.key, entry.state))
    }

    /// Why the key with this id is in its state, if that was noted.
    pub fn reason(&self, id: &KeyId) -> Option<&str> {
        self.0.iter().find(|entry| entry.id == *id)?.reason.as_deref()
    }

    /// The key that signs with `algorithm`: the newest active one.
    pub fn active(&self, algorithm: Algorithm) -> Option<&KeyId> {
        let signs = |entry: &&Entry| entry.state.may_sign() && entry.key.algorithm() == algorithm;
        self.0.iter().rev().find(signs).map(|entry| &entry.id)
    }

    /// All keys: withdrawn ones, then the others, each oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&KeyId, &PublicKey, KeyState)> {
        self.0.iter().map(|entry| (&entry.id, &entry.key, entry.state))
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn order(&mut self) {
        self.0.sort_by_key(|entry| entry.state.may_verify());
    }
}

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The key that signs from now on.
    pub active: KeyId,
    /// The keys that gave way to it.
    pub verify_only: Vec<KeyId>,
}

/// Why a key's state was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefused {
    /// There is no such key.
    #[error("there is no key {0} in the key set")]
    Unknown(KeyId),
    /// There is no key to rotate to.
    #[error("no key is pending: make one first")]
    NothingPending,
    /// [`MAX_KEYS`] is reached.
    #[error("the key set has {MAX_KEYS} keys: no reader would take more")]
    Full,
    /// The state machine says no.
    #[error("{id}: {refused}")]
    Transition {
        /// The key.
        id: KeyId,
        /// Why.
        refused: TransitionRefused,
    },
}

/// Why bytes are no key set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Not JSON, or not of that shape.
    #[error("not a JWK Set of public keys: {0}")]
    Json(#[from] serde_json::Error),
    /// Not a COSE_KeySet in deterministic CBOR with usable keys.
    #[error("not a COSE_KeySet of public keys: {0}")]
    Cose(&'static str),
    /// More than anybody needs.
    #[error("a key set of more than {MAX_BYTES} bytes is not read")]
    TooLong,
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
