//! Identities. All are random or derived from engine facts, never from personal data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits;
use crate::time::Timestamp;

/// One run of a workflow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceId(pub Uuid);

impl InstanceId {
    /// A new id (UUIDv7): sorts by `at`, the rest is random.
    pub fn new(at: Timestamp) -> Self {
        Self(time_ordered(at))
    }

    /// The instance of one tick of a schedule: the same tick has the same id on every node. It sorts by `due`, as
    /// if it were new then.
    pub fn of_tick(schedule: &str, due: Timestamp) -> Self {
        // The namespace is a random constant; a schedule's name and a due time are not personal.
        const TICKS: Uuid = Uuid::from_u128(0x5f0c_3a1e_9d47_4b6a_8c52_e1d0_77aa_31b4);
        let hash = Uuid::new_v5(&TICKS, format!("{schedule}\n{}", due.micros()).as_bytes());
        let mut rest = [0; 10];
        rest.copy_from_slice(&hash.as_bytes()[6..]);
        let millis = u64::try_from(due.micros() / 1_000).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
    }
}

/// A UUIDv7 for `at`.
pub fn time_ordered(at: Timestamp) -> Uuid {
    let micros = u64::try_from(at.micros()).unwrap_or(0);
    let nanos = (micros % 1_000_000) as u32 * 1_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, nanos))
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for InstanceId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// How many decisions an instance has behind it; 0 before the first.
pub type Version = u64;

/// Names a command for the whole life of its instance: the same id is the same command.
///
/// Ids are namespaced by the door the command came through, so that no client can take the id
/// of an effect's answer by guessing it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(Box<str>);

impl CommandId {
    /// The id of a client's command, from the key the client chose.
    ///
    /// # Errors
    /// The key is empty, longer than [`limits::COMMAND_KEY_BYTES`], or has other than visible
    /// ASCII characters in it.
    pub fn client(key: &str) -> Result<Self, BadCommandKey> {
        let fits = !key.is_empty() && key.len() <= limits::COMMAND_KEY_BYTES;
        if !fits || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadCommandKey);
        }
        Ok(Self(format!("c:{key}").into()))
    }

    /// An id as a store reads it back; the text is one that [`as_str`](Self::as_str) gave.
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// As stored: door, colon, key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ids that the engine makes itself.
#[cfg(feature = "runtime")]
impl CommandId {
    /// The id of an effect's answer to its own instance.
    pub(crate) fn answer(effect: &EffectKey) -> Self {
        Self(format!("e:{effect}").into())
    }

    /// The id of a command that an effect sends to another instance.
    pub(crate) fn forwarded(effect: &EffectKey) -> Self {
        Self(format!("x:{effect}").into())
    }

    /// The id of the deadline that fires at `version` for `due`.
    pub(crate) fn timer(version: Version, due: Timestamp) -> Self {
        Self(format!("t:{version}:{}", due.micros()).into())
    }

    /// The id of a schedule's tick.
    pub(crate) fn tick(schedule: &str, due: Timestamp) -> Self {
        Self(format!("s:{schedule}:{}", due.micros()).into())
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client's command key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the command key must be 1 to {} visible ASCII characters: use a fresh UUID for each new command",
    limits::COMMAND_KEY_BYTES
)]
pub struct BadCommandKey;

/// Names an effect forever: the `n`th effect of the decision that made `version`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKey {
    /// The instance that decided it.
    pub instance: InstanceId,
    /// The version whose decision asked for it.
    pub version: Version,
    /// Its place among that decision's effects, from 0.
    pub n: u16,
}

impl EffectKey {
    /// The key in 32 digits and upper-case letters, for vendors whose order numbers are short.
    ///
    /// Different keys give different texts: 25 characters are the instance, 5 the version (up
    /// to 60 million), 2 the place (up to 1,296).
    pub fn short(&self) -> String {
        let mut text = [b'0'; 32];
        base36(self.instance.0.as_u128(), &mut text[..25]);
        base36(u128::from(self.version), &mut text[25..30]);
        base36(u128::from(self.n), &mut text[30..]);
        text.iter().map(|byte| char::from(*byte)).collect()
    }
}

fn base36(mut number: u128, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(number % 36) as usize];
        number /= 36;
    }
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.instance.0.as_simple(), self.version, self.n)
    }
}

impl fmt::Debug for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EffectKey {
    type Err = BadEffectKey;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(BadEffectKey);
        let instance = part()?.parse().map_err(|_| BadEffectKey)?;
        let version = part()?.parse().map_err(|_| BadEffectKey)?;
        let n = part()?.parse().map_err(|_| BadEffectKey)?;
        Ok(Self { instance, version, n })
    }
}

impl Serialize for EffectKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EffectKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that is no effect key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an effect key is `instance.version.place`, as `effect list` prints it")]
pub struct BadEffectKey;

/// One start of one engine process. A restarted node is another node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub Uuid);

impl NodeId {
    /// A new node.
    pub fn new(at: Timestamp) -> Self {
        Self(time_ordered(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_effect_keys_are_32_alphanumerics_and_tell_neighbours_apart() {
        let instance = InstanceId::new(Timestamp::from_secs(1_800_000_000));
        let key = |version, n| EffectKey { instance, version, n }.short();
        assert!(key(1, 0).len() == 32 && key(1, 0).bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(key(1, 0), key(1, 1));
        assert_ne!(key(1, 1), key(11, 0));
        let most = EffectKey { instance: InstanceId(Uuid::max()), version: 60_466_175, n: 1295 };
        assert!(most.short().ends_with("ZZZZZZZ"));
    }

    #[test]
    fn an_effect_key_reads_back_and_nonsense_does_not() {
        let key = EffectKey { instance: InstanceId::new(Timestamp::EPOCH), version: 7, n: 2 };
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!("nonsense".parse::<EffectKey>(), Err(BadEffectKey));
    }

    #[test]
    fn a_client_cannot_name_an_effects_answer() {
        let key = EffectKey { instance: InstanceId::new(Timestamp::EPOCH), version: 7, n: 2 };
        let stolen = CommandId::client(&format!("e:{key}")).unwrap();
        assert_ne!(stolen, CommandId::answer(&key));
        assert!(CommandId::client("").is_err() && CommandId::client("a b").is_err());
    }

    #[test]
    fn a_tick_has_one_id_and_neighbouring_ticks_have_others() {
        let tick = |second| InstanceId::of_tick("nightly", Timestamp::from_secs(second));
        assert_eq!(tick(60), tick(60));
        assert_ne!(tick(60), tick(61));
        assert_ne!(tick(60), InstanceId::of_tick("hourly", Timestamp::from_secs(60)));
        assert!(tick(60) < tick(61) && tick(61) < InstanceId::new(Timestamp::from_secs(62)));
    }
}
