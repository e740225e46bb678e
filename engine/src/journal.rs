//! One row of the journal: a decision, sealed to the one before it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::door::Actor;
use crate::id::{CommandId, InstanceId, Version};
use crate::time::Timestamp;
use crate::workflow::Workflow;

/// A SHA-256 digest. Text and JSON form: 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// What the first row is sealed to.
    pub const ZERO: Digest = Digest([0; 32]);

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of a row's stored bytes, sealed to `self`, the row before it.
    #[must_use]
    pub fn chain(self, body: &[u8]) -> Self {
        Self(Sha256::new().chain_update(self.0).chain_update(body).finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0u8; 64];
        // The buffer has exactly twice the digest's length.
        let _ = hex::encode_to_slice(self.0, &mut text);
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.as_ref(), &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// A row of the journal as it is stored. `body` is the text that was hashed, byte for byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The instance that decided.
    pub instance: InstanceId,
    /// Its version after this decision.
    pub version: Version,
    /// The command's id, unique within the instance.
    pub command_id: CommandId,
    /// A [`Body`] as JSON.
    pub body: String,
    /// `SHA-256(hash of the row before || body)`.
    pub hash: Digest,
}

/// What a row says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// The instance, so that a row cannot be moved to another.
    pub instance: InstanceId,
    /// The version, so that rows cannot be swapped.
    pub version: Version,
    /// The workflow's name.
    pub workflow: String,
    /// The schema of the events.
    pub schema: u16,
    /// When it was decided.
    pub at: Timestamp,
    /// Who asked.
    pub actor: Actor,
    /// The command's name.
    pub command: String,
    /// The command's id.
    pub id: CommandId,
    /// The digest of the command's JSON.
    pub digest: Digest,
    /// The digest of the rules it was decided under.
    pub policy: Digest,
    /// The events, an array.
    pub events: Box<RawValue>,
}

impl Body {
    /// The events, lifted to today's schema.
    ///
    /// # Errors
    /// They are another workflow's or newer code's, or an upcast is missing.
    pub fn events<W: Workflow>(&self) -> serde_json::Result<Vec<W::Event>> {
        read_events::<W>(self.schema, self.events.get())
    }
}

/// Reads the events of a row that was written at `schema`, lifted to today's.
pub(crate) fn read_events<W: Workflow>(schema: u16, events: &str) -> serde_json::Result<Vec<W::Event>> {
    if schema >= W::SCHEMA {
        return serde_json::from_str(events);
    }
    let stored: Vec<serde_json::Value> = serde_json::from_str(events)?;
    let lift = |event| (schema..W::SCHEMA).fold(event, |event, schema| W::upcast(schema, event));
    stored.into_iter().map(|event| serde_json::from_value(lift(event))).collect()
}

/// Why a chain of rows does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BrokenChain {
    /// A row is missing, doubled or out of place.
    #[error("instance {instance}: expected version {expected}, found {found}")]
    Gap {
        /// The instance.
        instance: InstanceId,
        /// The version that should come next.
        expected: Version,
        /// The version that came.
        found: Version,
    },
    /// A row's bytes are not those that were sealed.
    #[error("instance {instance}, version {version}: the row was altered after it was sealed")]
    Altered {
        /// The instance.
        instance: InstanceId,
        /// The row.
        version: Version,
    },
    /// The columns beside a row's body say something else than the body.
    #[error("instance {instance}, version {version}: the row's columns contradict its sealed body")]
    Contradicted {
        /// The instance.
        instance: InstanceId,
        /// The row.
        version: Version,
    },
}

/// Walks the chain of one instance's rows, in order, and returns its last hash.
///
/// # Errors
/// The first place where the chain does not hold. Rows cut off the end are not seen here; compare
/// the result and the number of rows with the instance's row.
pub fn verify_chain<'a>(
    instance: InstanceId,
    rows: impl IntoIterator<Item = &'a Row>,
) -> Result<Digest, BrokenChain> {
    let mut head = Digest::ZERO;
    for (expected, row) in (1..).zip(rows) {
        let version = row.version;
        if version != expected || row.instance != instance {
            return Err(BrokenChain::Gap { instance, expected, found: version });
        }
        head = head.chain(row.body.as_bytes());
        if head != row.hash {
            return Err(BrokenChain::Altered { instance, version });
        }
        let body: Body =
            serde_json::from_str(&row.body).map_err(|_| BrokenChain::Altered { instance, version })?;
        if body.instance != instance || body.version != version || body.id != row.command_id {
            return Err(BrokenChain::Contradicted { instance, version });
        }
    }
    Ok(head)
}
