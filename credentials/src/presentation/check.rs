//! What a verifier is told about a show code.
//!
//! VALID means: shown now, by whom it may be shown, for the first time. Whether the *credential* is good is
//! another question; ask it with the serial and version that the report carries.

use serde::Serialize;

use super::claims::{Challenge, MAX_LIFETIME_S, Presentation};
use super::show::{TYPE, message, open, read_header};
use crate::verify::Checks;
use crate::{Check, CodeError, KeyId, KeySet, PublicKey, Serial, Verdict};

/// How far the clocks of phone and verifier may differ, in seconds, unless said otherwise.
pub const DEFAULT_SKEW_S: i64 = 5;

/// The most that [`Asked::skew_s`] counts for. More would be a longer life by another name.
pub const MAX_SKEW_S: i64 = 10;

/// What a verifier knows and wants.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The issuer's presentation keys. Not the documents' keys.
    pub presenters: &'a KeySet,
    /// The device key that the credential is bound to, from the credential or the authority. If there is one,
    /// it must have signed, or an issuer's key that names it.
    pub device: Option<&'a PublicKey>,
    /// Now, in Unix seconds.
    pub at: i64,
    /// How far clocks may differ, up to [`MAX_SKEW_S`].
    pub skew_s: i64,
    /// What this verifier gave. A code that was made for another challenge, or for one where none was given,
    /// is not for this verifier.
    pub challenge: Option<&'a Challenge>,
    /// Whether [`Presentation::burn`] was stored for the first time; `None` offline. Burn only what a first
    /// call reported.
    pub first_use: Option<bool>,
}

impl<'a> Asked<'a> {
    /// A verifier with these keys at this time, and nothing more.
    pub fn of(presenters: &'a KeySet, at: i64) -> Self {
        Self { presenters, device: None, at, skew_s: DEFAULT_SKEW_S, challenge: None, first_use: None }
    }
}

/// The outcome of [`verify()`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// VALID, EXPIRED CODE, INVALID or UNKNOWN.
    pub verdict: Verdict,
    /// `form`, `type`, `key`, `algorithm`, `signature`, `content`, `code_time`, `audience`, `first_use`; a
    /// failed one of the first six ends the list.
    pub checks: Vec<Check>,
    /// What is signed, once the signature is verified.
    #[serde(skip)]
    pub presentation: Option<Presentation>,
}

/// Which credential a show code claims to show. Nothing is verified: it serves to look up the device key.
pub fn reference(code: &str) -> Result<(Serial, u32), CodeError> {
    let shown = Presentation::decode(&open(code)?.payload).ok_or(CodeError::Cose)?;
    Ok((shown.serial, shown.version))
}

/// Verifies a show code. Fails closed.
pub fn verify(code: &str, asked: &Asked<'_>) -> Report {
    let mut checks = Checks::default();
    match authenticate(code, asked, &mut checks) {
        Err(verdict) => Report { verdict, checks: checks.done, presentation: None },
        Ok(presentation) => {
            judge(&presentation, asked, &mut checks);
            Report { verdict: checks.worst, checks: checks.done, presentation: Some(presentation) }
        }
    }
}

fn authenticate(code: &str, asked: &Asked<'_>, checks: &mut Checks) -> Result<Presentation, Verdict> {
    use Verdict::{Invalid, Unknown};

    let opened = match open(code) {
        Ok(opened) => opened,
        Err(e @ CodeError::Foreign) => {
            return Err(checks.fail("form", Unknown, format!("no show code: {e}")));
        }
        Err(e) => return Err(checks.fail("form", Invalid, e.to_string())),
    };
    checks.pass("form", "a show code, spelled as it must be");

    let Ok((claimed, key_id)) = read_header(&opened.protected) else {
        return Err(checks.fail("type", Invalid, "signed as something else than a show code"));
    };
    checks.pass("type", TYPE);

    let device = asked.device.filter(|device| device.key_id().as_bytes() == key_id);
    let key = match device {
        Some(device) => {
            checks.pass("key", "the device that the credential is bound to");
            device
        }
        None => presenter(asked.presenters, key_id, checks)?,
    };

    if claimed != key.algorithm().cose() {
        return Err(checks.fail("algorithm", Invalid, "the code claims another algorithm than its key's"));
    }
    checks.pass("algorithm", key.algorithm().jose());

    let message = message(&opened.protected, &opened.payload);
    let genuine = match device {
        // Devices do not all choose the lower half of an ES256 signature.
        Some(device) => device.verifies_either_s(&message, &opened.signature),
        None => key.verifies(&message, &opened.signature),
    };
    if !genuine {
        return Err(checks.fail("signature", Invalid, "the signature does not verify: altered or forged"));
    }
    checks.pass("signature", "the signature verifies");

    let Some(presentation) = Presentation::decode(&opened.payload) else {
        return Err(checks.fail("content", Invalid, "the claims are not those of a show code"));
    };
    // An issuer's key may speak for a device that it names, and for no other.
    let bound = asked.device.map(PublicKey::key_id);
    if device.is_none() && bound.is_some() && presentation.device != bound {
        return Err(checks.fail(
            "content",
            Invalid,
            "not shown by the device that the credential is bound to",
        ));
    }
    checks.pass("content", "every claim is there and of the right form");
    Ok(presentation)
}

/// The issuer's presentation key with this id.
fn presenter<'k>(keys: &'k KeySet, id: &[u8], checks: &mut Checks) -> Result<&'k PublicKey, Verdict> {
    let id = KeyId::from_slice(id);
    match id.and_then(|id| Some((id, keys.get(&id)?))) {
        Some((id, (key, state))) if state.may_verify() => {
            checks.pass("key", format!("presentation key {id} may verify"));
            Ok(key)
        }
        Some((id, _)) => Err(checks.fail(
            "key",
            Verdict::Invalid,
            format!("presentation key {id} may not verify any more"),
        )),
        None => Err(checks.fail(
            "key",
            Verdict::Unknown,
            "neither a presentation key of the issuer nor the device that the credential is bound to",
        )),
    }
}

fn judge(shown: &Presentation, asked: &Asked<'_>, checks: &mut Checks) {
    use Verdict::{Expired, Invalid};

    let skew = asked.skew_s.clamp(0, MAX_SKEW_S);
    // The skew never makes a code live longer than it may.
    let end = shown.expires_at.saturating_add(skew).min(shown.issued_at.saturating_add(MAX_LIFETIME_S));
    if shown.issued_at > asked.at.saturating_add(skew) {
        checks.fail("code_time", Invalid, "the code was made in the future: check the clocks");
    } else if asked.at >= end {
        checks.fail("code_time", Expired, "the code's time is over: ask the holder to show a fresh one");
    } else {
        checks.pass("code_time", "made just now");
    }

    match (asked.challenge, &shown.challenge) {
        (None, None) => checks.note("audience", None, "made for whoever scans it"),
        (Some(given), Some(answered)) if given == answered => {
            checks.pass("audience", "made for this verifier");
        }
        (Some(_), _) => {
            checks.fail("audience", Invalid, "not made in answer to this verifier's challenge");
        }
        (None, Some(_)) => {
            checks.fail("audience", Invalid, "made for another verifier");
        }
    }

    match asked.first_use {
        Some(true) => checks.pass("first_use", "shown for the first time"),
        Some(false) => {
            checks.fail("first_use", Invalid, "shown before: a copy, or the same code scanned twice");
        }
        None => checks.note("first_use", None, "not consulted: offline nobody knows if it was shown before"),
    }
}
