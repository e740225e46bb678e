//! What a verifier needs to know about a presentation: one verdict, and every check behind it.
//!
//! It fails closed, as [`crate::verify()`] does. Nothing of the content is reported before issuer's signature and
//! holder's binding were verified, and the algorithm is the key's, never the token's choice.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::binding::{self, Binding};
use super::compact::{FormError, Parts};
use super::holder_key::HolderKey;
use super::jws::Jws;
use super::unveil::unveil;
use super::{TYPE, status};
use crate::verify::{CLOCK_SKEW_S, Check, Checks, at_issue, day_in_china, judge_standing, may_verify};
use crate::{Date, Evidence, KeySet, NoEvidence, Serial, Signed, Standing, StatusReference, Verdict};

/// Verifies a credential or a presentation of one with the issuer's `keys` at `at` (Unix seconds).
///
/// A status list is not consulted: the report gives the reference, and what the list says about it comes on top.
pub fn verify(text: &str, keys: &KeySet, at: i64, request: &Request<'_>) -> Report {
    verify_with(text, keys, at, request, &NoEvidence)
}

/// As [`verify()`]; what a compromised key signed passes if `evidence` shows that it was signed before the
/// compromise.
pub fn verify_with(
    text: &str,
    keys: &KeySet,
    at: i64,
    request: &Request<'_>,
    evidence: &dyn Evidence,
) -> Report {
    judged(text, keys, at, request, None, evidence)
}

/// As [`verify()`], for whoever can ask the authority: `standing` is what it says now about the document with this
/// serial and version, and counts instead of the status at issue.
///
/// To learn the serial, call [`verify()`] first: it is cheap.
pub fn verify_standing(
    text: &str,
    keys: &KeySet,
    at: i64,
    request: &Request<'_>,
    standing: Standing,
) -> Report {
    judged(text, keys, at, request, Some(standing), &NoEvidence)
}

fn judged(
    text: &str,
    keys: &KeySet,
    at: i64,
    request: &Request<'_>,
    standing: Option<Standing>,
    evidence: &dyn Evidence,
) -> Report {
    let mut checks = Checks::default();
    match authenticate(text, keys, at, request, evidence, &mut checks) {
        Err(verdict) => Report { verdict, checks: checks.done, presented: None },
        Ok(presented) => {
            judge(&presented, at, standing, &mut checks);
            Report { verdict: checks.worst, checks: checks.done, presented: Some(presented) }
        }
    }
}

/// The type that an SD-JWT claims to have, for a verifier that takes any. Nothing is verified.
pub(crate) fn claimed_type(text: &str) -> Option<String> {
    let parts = Parts::of(text).ok()?;
    let payload = Jws::read(parts.jwt).ok()?.payload().ok()?;
    payload.get("vct")?.as_str().map(str::to_owned)
}

/// What a verifier wants to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The credential type, `vct`: the same issuer's library card is no licence.
    pub vct: &'a str,
    /// The issuer, `iss`. Needed where the key set holds keys of several.
    pub issuer: Option<&'a str>,
    /// What the holder has to prove. `None` believes whoever has the text.
    pub binding: Option<Binding<'a>>,
}

/// The outcome of [`verify()`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The answer.
    pub verdict: Verdict,
    /// Every check, in the order it was made: `form`, `type`, `key`, `algorithm`, `signature`, `disclosures`,
    /// `content`, `issuer`, `binding`, `token_time`, `licence_dates`, `standing`. A failed one of the first nine
    /// ends the list.
    pub checks: Vec<Check>,
    /// What was shown, once all of the first nine passed.
    pub presented: Option<Presented>,
}

/// A genuine presentation.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Presented {
    /// The issuer.
    pub issuer: String,
    /// The serial of the document.
    pub serial: Serial,
    /// Which version of it.
    pub version: u32,
    /// When it was generated, in Unix seconds.
    pub generated_at: i64,
    /// Before when it must not be accepted (`nbf`), in Unix seconds. Ours have no such time.
    pub not_before: Option<i64>,
    /// When it ends technically, in Unix seconds, exclusive.
    pub expires: Option<i64>,
    /// Where its status is published. Ask there: it may have been withdrawn.
    pub status: Option<StatusReference>,
    /// The key of its holder.
    #[serde(serialize_with = "jwk")]
    pub holder: Option<HolderKey>,
    /// Whether the holder proved, now and to this verifier, to have that key.
    pub bound: bool,
    /// The disclosed claims by name.
    pub claims: Map<String, Value>,
}

/// Says which document this is and nothing about the person.
impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("serial", &self.serial)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

fn jwk<S: Serializer>(holder: &Option<HolderKey>, serializer: S) -> Result<S::Ok, S::Error> {
    holder.as_ref().map(HolderKey::jwk).serialize(serializer)
}

/// Whether one of `keys` signed this as a licence and, if asked for, its holder shows it.
fn authenticate(
    text: &str,
    keys: &KeySet,
    at: i64,
    request: &Request<'_>,
    evidence: &dyn Evidence,
    checks: &mut Checks,
) -> Result<Presented, Verdict> {
    use Verdict::{Invalid, Unknown};

    let parts = match Parts::of(text) {
        Ok(parts) => parts,
        Err(e @ FormError::Foreign) => return Err(checks.fail("form", Unknown, e.to_string())),
        Err(e) => return Err(checks.fail("form", Invalid, e.to_string())),
    };
    let jws = Jws::read(parts.jwt).map_err(|e| checks.fail("form", Invalid, e.to_string()))?;
    checks.pass("form", "an SD-JWT, spelled as it must be");

    if jws.header.typ != TYPE {
        return Err(checks.fail("type", Invalid, "signed as something else than a digital credential"));
    }
    checks.pass("type", TYPE);

    let Some((id, (key, state))) = jws.header.key_id.and_then(|id| Some((id, keys.get(&id)?))) else {
        let detail = match jws.header.key_id {
            Some(id) => format!("key {id} is not in the key set: fetch the issuer's current keys"),
            None => "the credential names no key of this issuer's kind".into(),
        };
        return Err(checks.fail("key", Unknown, detail));
    };
    let digest = jws.digest();
    let signed = Signed { key_id: &id, digest: &digest, signature: jws.signature() };
    match may_verify(state, &signed, evidence) {
        Ok(detail) => checks.pass("key", format!("key {id} {detail}")),
        Err(why) => return Err(checks.fail("key", Invalid, format!("key {id} is {state}{why}"))),
    }

    let algorithm = key.algorithm().jose();
    if jws.header.alg != algorithm {
        let detail = "the credential claims another algorithm than its key's";
        return Err(checks.fail("algorithm", Invalid, detail));
    }
    checks.pass("algorithm", algorithm);

    if !jws.is_signed_by(key) {
        let detail = "the signature does not verify: altered or forged";
        return Err(checks.fail("signature", Invalid, detail));
    }
    checks.pass("signature", "the signature verifies");

    let payload = jws.payload().map_err(|e| checks.fail("content", Invalid, format!("the payload: {e}")))?;
    let claims = unveil(payload, &parts.disclosures)
        .map_err(|e| checks.fail("disclosures", Invalid, e.to_string()))?;
    checks.pass("disclosures", format!("{} disclosed, each signed for", parts.disclosures.len()));

    let mut presented = structure(claims, request.vct).map_err(|e| checks.fail("content", Invalid, e))?;
    checks.pass("content", "every claim that must be visible is there and of the right form");

    if request.issuer.is_some_and(|issuer| issuer != presented.issuer) {
        return Err(checks.fail("issuer", Invalid, "another issuer than the one asked for"));
    }
    checks.note("issuer", request.issuer.map(|_| true), "the issuer is whoever holds the key");

    if request.binding.is_some() || parts.key_binding.is_some() {
        binding::check(&parts, presented.holder.as_ref(), request.binding.as_ref(), at)
            .map_err(|e| checks.fail("binding", Invalid, e))?;
    }
    presented.bound = request.binding.is_some();
    if presented.bound {
        checks.pass("binding", "its holder shows it, now and to this verifier");
    } else {
        checks.note("binding", None, "not asked for: whoever shows it may have it from somebody else");
    }
    Ok(presented)
}

/// Takes the visible claims out of `claims`; what is left was disclosed.
fn structure(mut claims: Map<String, Value>, vct: &str) -> Result<Presented, &'static str> {
    let text = |claim: Option<Value>| match claim {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    if text(claims.remove("vct")).as_deref() != Some(vct) {
        return Err("the credential is of another type than the one asked for");
    }
    // A fraction of a second is no reason to guess, so times are whole seconds or nothing.
    let time =
        |claim: Option<Value>| claim.map(|value| value.as_i64().ok_or("a time is not in whole seconds"));
    let status = claims.remove("status");
    let cnf = claims.remove("cnf");
    let status = status.map(|value| status::read(&value).ok_or("`status` is of an unknown kind"));
    let holder = cnf.map(|cnf| {
        let jwk = cnf.get("jwk").and_then(Value::as_object).ok_or("`cnf` holds no JWK")?;
        HolderKey::from_members(jwk).map_err(|_| "`cnf` holds a key of an unknown kind")
    });
    let presented = Presented {
        issuer: text(claims.remove("iss")).ok_or("`iss` is missing or no text")?,
        serial: text(claims.remove("jti"))
            .and_then(|serial| serial.parse().ok())
            .ok_or("`jti` is missing or no serial")?,
        version: claims
            .remove("version")
            .and_then(|version| version.as_u64()?.try_into().ok())
            .ok_or("`version` is missing or no version")?,
        generated_at: time(claims.remove("iat")).transpose()?.ok_or("`iat` is missing")?,
        not_before: time(claims.remove("nbf")).transpose()?,
        expires: time(claims.remove("exp")).transpose()?,
        status: status.transpose()?,
        holder: holder.transpose()?,
        bound: false,
        claims: {
            claims.remove("vct#integrity");
            claims
        },
    };
    Ok(presented)
}

/// Whether a genuine presentation is good now, as far as it was disclosed.
fn judge(presented: &Presented, at: i64, standing: Option<Standing>, checks: &mut Checks) {
    use Verdict::{Expired, Invalid, ShownRed, Valid};

    let begin = presented.not_before.map_or(presented.generated_at, |time| time.max(presented.generated_at));
    if begin > at.saturating_add(CLOCK_SKEW_S) {
        checks.fail("token_time", Invalid, "the credential begins in the future: check the clocks");
    } else if presented.expires.is_some_and(|end| at >= end) {
        checks.fail("token_time", Expired, "the credential's time is over: it has to be issued again");
    } else {
        checks.pass("token_time", "within the credential's time");
    }

    match (presented.claims.get("validity"), day_in_china(at)) {
        (None, _) => checks.note("licence_dates", None, "the validity period was not disclosed"),
        (Some(validity), Some(today)) => match dates(validity) {
            None => {
                checks.fail("licence_dates", Invalid, "the validity period is malformed");
            }
            Some((from, _)) if today < from => {
                checks.fail("licence_dates", Invalid, "the licence is not valid yet");
            }
            Some((_, Some(last))) if today > last => {
                checks.fail("licence_dates", ShownRed, "the licence's validity period is over");
            }
            Some(_) => checks.pass("licence_dates", "within the licence's validity period"),
        },
        (Some(_), None) => {
            checks.fail("licence_dates", Invalid, "the time of this check is out of range");
        }
    }

    if standing.is_some() {
        return judge_standing(standing, None, checks);
    }
    let at_issue =
        presented.claims.get("status_at_issue").map(|codes| codes.as_str().map_or(Invalid, at_issue));
    match at_issue {
        None | Some(Valid) => checks.note("standing", None, "not consulted here: ask the status list"),
        Some(verdict) => {
            checks.fail("standing", verdict, "the status at issue was not in order");
        }
    }
}

/// First and last day; no last day is 长期.
fn dates(validity: &Value) -> Option<(Date, Option<Date>)> {
    let day = |value: &Value| value.as_str()?.parse::<Date>().ok();
    let until = match validity.get("until") {
        Some(until) => Some(day(until)?),
        None => None,
    };
    Some((day(validity.get("from")?)?, until))
}
