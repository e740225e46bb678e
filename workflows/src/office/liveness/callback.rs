//! The vendor's signed callback.

use sealwright_engine::id::BadCommandKey;
use sealwright_engine::{Actor, CommandId, EffectKey, Envelope, InstanceId, Timestamp};
use serde::Deserialize;

use super::Comparison;
use crate::application::{Answer, Command, Liveness};
use crate::office::http::place_of;
use crate::office::webhook::{self, WebhookHeaders, WebhookRefused, WebhookSecret};

/// A callback that the vendor did sign: which session it is about, and what that came to.
///
/// ```text
/// POST {callback}   webhook-id, webhook-timestamp, webhook-signature
///   {"type": "liveness.finished", "order": "..", "state": "2", "result": {"outcome": "passed", ..}}
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// The delivery's id: tried again, it is the same.
    pub id: String,
    /// The effect that made the session.
    pub effect: EffectKey,
    /// Which of the application's sessions.
    pub session: u16,
    /// What it came to.
    pub result: Liveness,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    kind: String,
    order: String,
    state: String,
    result: Comparison,
}

impl Callback {
    /// Verifies a callback against the secrets in force.
    ///
    /// # Errors
    /// It is not signed, too old, or not about a session of ours.
    pub fn verify(
        secrets: &[WebhookSecret],
        headers: WebhookHeaders<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Self, WebhookRefused> {
        webhook::verify(secrets, headers, body, now)?;
        let body: Body =
            serde_json::from_slice(body).map_err(|error| WebhookRefused::Body(place_of(&error)))?;
        let refused = |what: &str| WebhookRefused::Body(what.into());
        if body.kind != "liveness.finished" {
            return Err(refused("its `type` is not liveness.finished"));
        }
        Ok(Self {
            id: headers.id.to_owned(),
            effect: effect_of(&body.order).ok_or_else(|| refused("its `order` is none of ours"))?,
            session: body.state.parse().map_err(|_| refused("its `state` is not what we gave"))?,
            result: body.result.into(),
        })
    }

    /// The application it is about.
    pub fn application(&self) -> InstanceId {
        self.effect.instance
    }

    /// The command for [`application`](Self::application). A delivery tried again is the same command.
    ///
    /// # Errors
    /// None for a verified callback: its id fits.
    pub fn envelope(&self) -> Result<Envelope<Command>, BadCommandKey> {
        let command =
            Command::Answer(Answer::Liveness { session: self.session, result: self.result.clone() });
        let id = CommandId::client(&format!("liveness:{}", self.id))?;
        Ok(Envelope::new(id, Actor::Performer(self.effect), command))
    }
}

/// The effect behind [`EffectKey::short`].
fn effect_of(order: &str) -> Option<EffectKey> {
    let fits =
        order.len() == 32 && order.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if !fits {
        return None;
    }
    let number = |digits: &str| {
        digits.chars().try_fold(0u128, |number, digit| {
            number.checked_mul(36)?.checked_add(u128::from(digit.to_digit(36)?))
        })
    };
    let key = EffectKey {
        instance: InstanceId(uuid::Uuid::from_u128(number(&order[..25])?)),
        version: number(&order[25..30])?.try_into().ok()?,
        n: number(&order[30..])?.try_into().ok()?,
    };
    (key.short() == order).then_some(key)
}
