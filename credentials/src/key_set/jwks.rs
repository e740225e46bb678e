//! The JSON form.

use serde::{Deserialize, Serialize};

use super::{Entry, KeySet, KeySetError, KeyState, MAX_BYTES, MAX_KEYS, MAX_REASON};
use crate::jwk::{Jwk, PRIVATE};
use crate::{Algorithm, KeyId, PublicKey};

impl KeySet {
    /// Reads the JSON form, or anybody's JWK Set. Kinds of keys that this program does not know are skipped, as
    /// RFC 7517 5 asks. Refused are more than [`MAX_BYTES`] bytes or [`MAX_KEYS`] keys, private keys, and keys
    /// whose `kid` or `alg` is not their own.
    pub fn from_json(json: &str) -> Result<Self, KeySetError> {
        if json.len() > MAX_BYTES {
            return Err(KeySetError::TooLong);
        }
        Ok(serde_json::from_str(json)?)
    }

    /// Writes the JSON form, a line per member.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a key set is plain strings and numbers")
    }
}

impl Serialize for KeySet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        JwkSet::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeySet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(JwkSet::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
struct JwkSet {
    keys: Vec<Member>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withdrawn: Vec<Member>,
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
    #[serde(default)]
    state: State,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compromised_since: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Pending,
    #[default]
    Active,
    VerifyOnly,
    Retired,
    Compromised,
}

impl From<&KeySet> for JwkSet {
    fn from(set: &KeySet) -> Self {
        let (keys, withdrawn) = set.0.iter().partition::<Vec<_>, _>(|entry| entry.state.may_verify());
        let members = |entries: Vec<&Entry>| entries.into_iter().map(Member::of).collect();
        Self { keys: members(keys), withdrawn: members(withdrawn) }
    }
}

impl TryFrom<JwkSet> for KeySet {
    type Error = &'static str;

    fn try_from(jwks: JwkSet) -> Result<Self, Self::Error> {
        if jwks.keys.len() + jwks.withdrawn.len() > MAX_KEYS {
            return Err("it has more keys than anybody needs");
        }
        if jwks.withdrawn.iter().any(|member| member.state().may_verify()) {
            return Err("a withdrawn key whose `state` is neither retired nor compromised");
        }
        let mut set = Self::default();
        for member in jwks.withdrawn.into_iter().chain(jwks.keys) {
            let Some((key, id)) = member.read()? else { continue };
            if set.get(&id).is_some() {
                return Err("the same key twice");
            }
            let state = member.state();
            set.0.push(Entry { id, key, state, reason: member.reason });
        }
        set.order();
        Ok(set)
    }
}

impl Member {
    fn of(entry: &Entry) -> Self {
        let (state, compromised_since) = match entry.state {
            KeyState::Pending => (State::Pending, None),
            KeyState::Active => (State::Active, None),
            KeyState::VerifyOnly => (State::VerifyOnly, None),
            KeyState::Retired => (State::Retired, None),
            KeyState::Compromised { since } => (State::Compromised, Some(since)),
        };
        Self {
            jwk: (&entry.key).into(),
            alg: Some(entry.key.algorithm().jose().into()),
            usage: Some("sig".into()),
            kid: Some(entry.id),
            state,
            compromised_since,
            reason: entry.reason.clone(),
        }
    }

    fn state(&self) -> KeyState {
        match self.state {
            State::Pending => KeyState::Pending,
            State::Active => KeyState::Active,
            State::VerifyOnly => KeyState::VerifyOnly,
            State::Retired => KeyState::Retired,
            // Without a time: always was.
            State::Compromised => KeyState::Compromised { since: self.compromised_since.unwrap_or(i64::MIN) },
        }
    }

    /// The key and its id; `None` for a kind of key that this program does not know or cannot use.
    fn read(&self) -> Result<Option<(PublicKey, KeyId)>, &'static str> {
        if self.jwk.is_private() {
            return Err(PRIVATE);
        }
        // A key for encrypting (`use` enc) is none of ours either.
        if !self.jwk.is_known() || self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Ok(None);
        }
        let key = self.jwk.key()?;
        if self.alg.as_deref().is_some_and(|alg| Algorithm::from_jose(alg) != Some(key.algorithm())) {
            return Err("a key with the `alg` of another kind of key");
        }
        let id = key.key_id();
        if self.kid.is_some_and(|kid| kid != id) {
            return Err("a `kid` that does not follow from its key (first 8 bytes of the JWK thumbprint)");
        }
        if self.reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON * 4) {
            return Err("a `reason` that is too long");
        }
        Ok(Some((key, id)))
    }
}
