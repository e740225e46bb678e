//! Whether it is the holder who presents (RFC 9901 7.3).

use super::compact::Parts;
use super::holder_key::HolderKey;
use super::jws::Jws;
use super::present::BINDING_TYPE;
use crate::Digest;
use crate::key_set::base64url;

/// How old a key binding may be by default, and how far ahead of the verifier's clock, in seconds.
pub const MAX_BINDING_AGE_S: i64 = 60;

/// What a verifier asks of the holder.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The verifier, as it called itself to the holder.
    pub verifier: &'a str,
    /// The nonce it gave, unguessable and used once.
    pub nonce: &'a str,
    /// How many seconds the binding's time may lie before or after the verifier's.
    pub max_age_s: i64,
}

impl<'a> Binding<'a> {
    /// With the default age.
    pub fn to(verifier: &'a str, nonce: &'a str) -> Self {
        Self { verifier, nonce, max_age_s: MAX_BINDING_AGE_S }
    }
}

/// Whether the presentation is bound by `holder` to exactly these disclosures, and to whom it must be.
/// Without `wanted` only what needs no question is judged: whose signature it is, and over what.
pub(super) fn check(
    parts: &Parts<'_>,
    holder: Option<&HolderKey>,
    wanted: Option<&Binding<'_>>,
    at: i64,
) -> Result<(), &'static str> {
    let text = parts.key_binding.ok_or("the presentation has no key binding: ask the holder for one")?;
    let holder = holder.ok_or("the credential names no holder key, so nobody can prove to be its holder")?;
    let jws = Jws::read(text).map_err(|_| "the key binding is not a JWS")?;
    must(jws.header.typ == BINDING_TYPE, "the key binding is signed as something else")?;
    let right_algorithm = jws.header.alg == holder.key().algorithm().jose();
    must(right_algorithm, "the key binding claims another algorithm than the holder key's")?;
    must(jws.is_signed_by_wallet(holder.key()), "the key binding is not the holder's signature")?;

    let payload = jws.payload().map_err(|_| "the key binding holds no JSON object")?;
    let text = |name: &str| payload.get(name).and_then(|value| value.as_str());
    let digest = base64url(Digest::of(parts.bound.as_bytes()).as_bytes());
    must(text("sd_hash") == Some(&digest), "the key binding belongs to another presentation")?;
    let (Some(verifier), Some(nonce)) = (text("aud"), text("nonce")) else {
        return Err("the key binding names no audience or nonce");
    };
    let made_at = payload.get("iat").and_then(|value| value.as_i64());
    let made_at = made_at.ok_or("the key binding has no time in whole seconds")?;
    let Some(wanted) = wanted else {
        return Ok(());
    };
    must(verifier == wanted.verifier, "the key binding is for another verifier")?;
    must(nonce == wanted.nonce, "the key binding has another nonce than the one asked with")?;
    let age = i128::from(at) - i128::from(made_at);
    must(
        age.unsigned_abs() <= wanted.max_age_s.max(0).unsigned_abs().into(),
        "the key binding is too old, or the clocks differ",
    )
}

fn must(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
