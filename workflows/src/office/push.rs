//! What the register pushes: a CloudEvent, signed as a Standard Webhook.
//!
//! ```text
//! POST /v1/registry-events   webhook-id, webhook-timestamp, webhook-signature
//!   {"specversion": "1.0", "id": "..", "source": "..", "type": "dev.sealwright.record.changed.v1",
//!    "data": {"record": {..}} or {"number": {"kind": .., "value": ..}}}
//! ```
//! With a record that the register counts (`revision`), that record is followed. Without one, the number is a hint to
//! ask the register. The order in which events arrive does not matter, nor how often.

use sealwright_engine::{Actor, Engine, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::http::place_of;
use super::webhook::{self, WebhookHeaders, WebhookRefused, WebhookSecret};
use super::{Followed, NotFollowed, Office};
use crate::register::{LicenceNumber, LicenceRecord};

/// The one type of event that is understood.
pub const RECORD_CHANGED: &str = "dev.sealwright.record.changed.v1";

/// Bytes of an event's `id` and of its `source`, at most.
const NAME_BYTES: usize = 512;

/// An event that the register did sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// Of source and id: the same event sent again has the same one.
    key: String,
    change: Pushed,
}

#[derive(Clone, Debug, PartialEq)]
enum Pushed {
    Record(Box<LicenceRecord>),
    Number(LicenceNumber),
}

#[derive(Deserialize)]
struct CloudEvent<'e> {
    specversion: &'e str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    data: Option<&'e RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Data {
    Record(Box<LicenceRecord>),
    Number(LicenceNumber),
}

impl Push {
    /// Verifies an event against the secrets in force (several while they change).
    ///
    /// # Errors
    /// It is not signed, too old, or not an event about a record.
    pub fn verify(
        secrets: &[WebhookSecret],
        headers: WebhookHeaders<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Self, WebhookRefused> {
        webhook::verify(secrets, headers, body, now)?;
        let refused = |what: &str| WebhookRefused::Body(what.into());
        let event: CloudEvent<'_> =
            serde_json::from_slice(body).map_err(|error| WebhookRefused::Body(place_of(&error)))?;
        if event.specversion != "1.0" {
            return Err(refused("its `specversion` is not 1.0"));
        }
        if event.kind != RECORD_CHANGED {
            return Err(refused("its `type` is not dev.sealwright.record.changed.v1"));
        }
        if [&event.id, &event.source].iter().any(|name| !(1..=NAME_BYTES).contains(&name.len())) {
            return Err(refused("`id` and `source` must have 1 to 512 bytes each"));
        }
        let data = event.data.ok_or_else(|| refused("it has no `data`"))?;
        let change = match serde_json::from_str(data.get()) {
            Ok(Data::Record(record)) => Pushed::Record(record),
            Ok(Data::Number(number)) => Pushed::Number(number),
            Err(error) => return Err(WebhookRefused::Body(format!("`data`: {}", place_of(&error)))),
        };
        // Hashed, because nobody promises that a source or an id names nobody; with lengths, so that no two pairs
        // run into each other.
        let digest = Sha256::new()
            .chain_update((event.source.len() as u64).to_be_bytes())
            .chain_update(&event.source)
            .chain_update(&event.id)
            .finalize();
        Ok(Self { key: hex::encode(&digest[..16]), change })
    }

    /// Who brings it: the same event sent again is the same errand, and does nothing more.
    pub fn actor(&self) -> Actor {
        Actor::Operator(format!("register-push:{}", self.key))
    }
}

impl Office {
    /// Follows a push. When this returns, what was learnt is durable.
    ///
    /// # Errors
    /// As [`follow`](Self::follow).
    pub async fn take_push(&self, engine: &Engine, push: Push) -> Result<Followed, NotFollowed> {
        let actor = push.actor();
        let came = match push.change {
            Pushed::Record(record) => self.follow(engine, *record, actor).await,
            Pushed::Number(number) => self.follow_number(engine, &number, actor).await,
        };
        let name = came.as_ref().map_or("failed", |came| came.as_str());
        metrics::counter!("sealwright_register_pushes_total", "outcome" => name).increment(1);
        came
    }
}
