//! Signed webhooks in the form of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sealwright_engine::Timestamp;
use sha2::Sha256;
use zeroize::Zeroizing;

/// How far a webhook's time may be from ours, in seconds, either way: a copy is of no use for longer.
pub const TOLERANCE_SECS: i64 = 300;

/// Shortest and longest secret, in bytes, as the standard has them.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret shared with who sends or receives: `whsec_` and base64 of 24 to 64 random bytes.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// A text that is no secret. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is `whsec_` and the base64 of 24 to 64 random bytes")]
pub struct SecretRefused;

/// The three headers of a webhook, as they came.
#[derive(Clone, Copy, Debug)]
pub struct WebhookHeaders<'a> {
    /// `webhook-id`: the same delivery tried again has the same one.
    pub id: &'a str,
    /// `webhook-timestamp`: Unix seconds.
    pub timestamp: &'a str,
    /// `webhook-signature`: `v1,<base64>`, several with spaces between.
    pub signature: &'a str,
}

/// Why a webhook is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefused {
    /// The id is empty, too long or unprintable.
    #[error("`webhook-id` must be 1 to 100 visible ASCII characters")]
    Id,
    /// No time.
    #[error("`webhook-timestamp` must be Unix seconds")]
    Timestamp,
    /// Too far from now.
    #[error(
        "`webhook-timestamp` is {0} s away from our clock and may be {TOLERANCE_SECS} s; send it again with the time of sending"
    )]
    TooFar(i64),
    /// Nobody we know signed this.
    #[error(
        "none of the signatures in `webhook-signature` is right; sign `id.timestamp.body`, byte for byte, with the present secret"
    )]
    Signature,
    /// Signed, and not what we expect.
    #[error("the body is signed and cannot be read ({0})")]
    Body(String),
}

impl WebhookSecret {
    /// Reads a secret.
    ///
    /// # Errors
    /// Not of the form.
    pub fn parse(text: &str) -> Result<Self, SecretRefused> {
        let encoded = text.trim().strip_prefix("whsec_").ok_or(SecretRefused)?;
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(encoded).map_err(|_| SecretRefused)?);
        SECRET_BYTES.contains(&bytes.len()).then_some(Self(bytes)).ok_or(SecretRefused)
    }

    /// The value of `webhook-signature` for a webhook.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let code = self.code(id, &timestamp.to_string(), body).finalize().into_bytes();
        format!("v1,{}", BASE64_STANDARD.encode(code))
    }

    /// The value of `webhook-signature` with one signature for each secret in force, so that whoever receives it
    /// may know the old one or the new one.
    pub fn sign_all(secrets: &[Self], id: &str, timestamp: i64, body: &[u8]) -> String {
        let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect();
        signatures.join(" ")
    }

    fn code(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.0)
            .expect("HMAC takes keys of any length")
            .chain_update(id)
            .chain_update(".")
            .chain_update(timestamp)
            .chain_update(".")
            .chain_update(body)
    }
}

/// Checks a webhook against the secrets in force (two while they change). Comparison takes the same time
/// whatever differs.
///
/// # Errors
/// It is malformed, too old, from the future, or not signed with any of them.
pub fn verify(
    secrets: &[WebhookSecret],
    headers: WebhookHeaders<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), WebhookRefused> {
    let WebhookHeaders { id, timestamp, signature } = headers;
    if !(1..=100).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(WebhookRefused::Id);
    }
    let sent: i64 = timestamp.parse().map_err(|_| WebhookRefused::Timestamp)?;
    let away = now.secs().saturating_sub(sent);
    if away.unsigned_abs() > TOLERANCE_SECS.unsigned_abs() {
        return Err(WebhookRefused::TooFar(away));
    }
    let is_right = |signature: &str| {
        let code = signature.strip_prefix("v1,").and_then(|code| BASE64_STANDARD.decode(code).ok());
        code.is_some_and(|code| {
            secrets.iter().any(|secret| secret.code(id, timestamp, body).verify_slice(&code).is_ok())
        })
    };
    // A header may hold signatures of several versions; more than a few is somebody trying.
    if signature.split(' ').take(8).any(is_right) { Ok(()) } else { Err(WebhookRefused::Signature) }
}
