//! What an inspector needs to know about a code: one verdict, and every check behind it.
//!
//! It fails closed: what cannot be shown to be good is not VALID. Nothing of a code's content is reported
//! before its signature was verified, and the algorithm is the key's, never the token's choice.

use std::fmt;

use chrono::Days;
use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::cose::{self, CodeError, Header};
use crate::{Date, Digest, KeyId, KeySet, KeyState, content_cbor};

mod evidence;

pub use evidence::{Evidence, NoEvidence, Signed};

/// How far a code's generation time may lie ahead of the verifier's clock, in seconds.
pub const CLOCK_SKEW_S: i64 = 300;

/// China has one time zone and no daylight saving; a licence's dates are days there (`domain.md` 2.11).
pub(crate) const CHINA_OFFSET_S: i64 = 8 * 3600;

/// Verifies `code` with `keys` at `at` (Unix seconds).
///
/// `standing` is what the authority says now about the document with this serial and version. Without it only
/// signature, dates and the status at issue are judged, and the report says so. To learn the serial, call it
/// once without, then again with the standing: it is cheap.
///
/// Nothing of a compromised key passes here: see [`verify_with`].
pub fn verify(code: &str, keys: &KeySet, at: i64, standing: Option<Standing>) -> Report {
    verify_with(code, keys, at, standing, &NoEvidence)
}

/// As [`verify()`]; what a compromised key signed passes if `evidence` shows that it was signed before the
/// compromise.
pub fn verify_with(
    code: &str,
    keys: &KeySet,
    at: i64,
    standing: Option<Standing>,
    evidence: &dyn Evidence,
) -> Report {
    let mut checks = Checks::default();
    match authenticate(code, keys, evidence, &mut checks) {
        Err(verdict) => Report { verdict, checks: checks.done, content: None },
        Ok(content) => {
            judge(&content, at, standing, &mut checks);
            Report { verdict: checks.worst, checks: checks.done, content: Some(content) }
        }
    }
}

/// The answer, from best to worst.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// A good licence.
    #[default]
    #[serde(rename = "VALID")]
    Valid,
    /// Genuine, still shown, and not to be driven with: the red code (`domain.md` 2.2).
    #[serde(rename = "SHOWN RED")]
    ShownRed,
    /// Genuine, but the code's own time is over: ask for a fresh one.
    #[serde(rename = "EXPIRED CODE")]
    Expired,
    /// Altered, forged, superseded or withdrawn.
    #[serde(rename = "INVALID")]
    Invalid,
    /// Not a code of ours, or of a key that is not in the key set: nothing is known about it.
    #[serde(rename = "UNKNOWN")]
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Valid => "VALID",
            Self::ShownRed => "SHOWN RED",
            Self::Expired => "EXPIRED CODE",
            Self::Invalid => "INVALID",
            Self::Unknown => "UNKNOWN",
        })
    }
}

/// What the authority says now about one version of a licence document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Shown green.
    Active,
    /// Shown red.
    Suspended,
    /// Not to be shown.
    Hidden,
    /// Withdrawn for good, or never issued.
    Invalid,
    /// Another version took its place.
    Superseded,
}

/// The outcome of [`verify()`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The answer.
    pub verdict: Verdict,
    /// Every check, in the order it was made; a failed one of the first six ends the list.
    pub checks: Vec<Check>,
    /// What is signed, once the signature is verified.
    pub content: Option<Content>,
}

/// One check of a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A stable name: `form`, `type`, `key`, `algorithm`, `signature`, `content`, `code_time`,
    /// `licence_dates`, `standing`.
    pub name: &'static str,
    /// Whether it passed; `None` if it could not be made.
    pub passed: Option<bool>,
    /// One sentence, without personal data.
    pub detail: String,
}

/// The checks made so far, and the worst verdict among them.
#[derive(Default)]
pub(crate) struct Checks {
    pub(crate) done: Vec<Check>,
    pub(crate) worst: Verdict,
}

impl Checks {
    pub(crate) fn note(&mut self, name: &'static str, passed: Option<bool>, detail: impl Into<String>) {
        self.done.push(Check { name, passed, detail: detail.into() });
    }

    pub(crate) fn pass(&mut self, name: &'static str, detail: impl Into<String>) {
        self.note(name, Some(true), detail);
    }

    pub(crate) fn fail(
        &mut self,
        name: &'static str,
        verdict: Verdict,
        detail: impl Into<String>,
    ) -> Verdict {
        self.note(name, Some(false), detail);
        self.worst = self.worst.max(verdict);
        verdict
    }
}

/// Whether one of `keys` signed this text as a code; its content if so.
fn authenticate(
    text: &str,
    keys: &KeySet,
    evidence: &dyn Evidence,
    checks: &mut Checks,
) -> Result<Content, Verdict> {
    let opened = match cose::open(text) {
        Ok(opened) => opened,
        Err(e @ CodeError::Foreign) => {
            return Err(checks.fail("form", Verdict::Unknown, e.to_string()));
        }
        Err(e) => return Err(checks.fail("form", Verdict::Invalid, e.to_string())),
    };
    checks.pass("form", "a Sealwright code, spelled as it must be");

    let Some(header) = Header::read(&opened.protected).filter(|header| header.typ == cose::TYPE) else {
        return Err(checks.fail("type", Verdict::Invalid, "signed as something else than a licence code"));
    };
    checks.pass("type", cose::TYPE);

    let id = KeyId::from_slice(header.key_id);
    let Some((id, (key, state))) = id.and_then(|id| Some((id, keys.get(&id)?))) else {
        let detail = match id {
            Some(id) => format!("key {id} is not in the key set: fetch the issuer's current keys"),
            None => "the code names no key".into(),
        };
        return Err(checks.fail("key", Verdict::Unknown, detail));
    };
    let message = cose::to_be_signed(&opened.protected, &opened.payload);
    let digest = Digest::of(&message);
    let signed = Signed { key_id: &id, digest: &digest, signature: &opened.signature };
    match may_verify(state, &signed, evidence) {
        Ok(detail) => checks.pass("key", format!("key {id} {detail}")),
        Err(why) => return Err(checks.fail("key", Verdict::Invalid, format!("key {id} is {state}{why}"))),
    }

    let algorithm = key.algorithm();
    if header.algorithm != algorithm.cose() {
        return Err(checks.fail(
            "algorithm",
            Verdict::Invalid,
            "the code claims another algorithm than its key's",
        ));
    }
    checks.pass("algorithm", algorithm.jose());

    if !key.verifies(&message, &opened.signature) {
        return Err(checks.fail(
            "signature",
            Verdict::Invalid,
            "the signature does not verify: altered or forged",
        ));
    }
    checks.pass("signature", "the signature verifies");

    match content_cbor::decode(&opened.payload) {
        Ok(content) => {
            checks.pass("content", "every claim is there and of the right form");
            Ok(content)
        }
        Err(e) => Err(checks.fail("content", Verdict::Invalid, e.to_string())),
    }
}

/// Whether a key in this state may verify; how so, or why not.
pub(crate) fn may_verify(
    state: KeyState,
    signed: &Signed<'_>,
    evidence: &dyn Evidence,
) -> Result<&'static str, &'static str> {
    match state {
        KeyState::Compromised { .. } if state.accepts(evidence.seen_at(signed)) => {
            Ok("is compromised, but this was seen signed before")
        }
        KeyState::Compromised { .. } => Err(", and nothing shows that this was signed before"),
        _ if state.may_verify() => Ok("may verify"),
        _ => Err(""),
    }
}

/// Whether genuine content is good now.
fn judge(content: &Content, at: i64, standing: Option<Standing>, checks: &mut Checks) {
    use Verdict::{Expired, Invalid, ShownRed};

    if content.generated_at > at.saturating_add(CLOCK_SKEW_S) {
        checks.fail("code_time", Invalid, "the code was generated in the future: check the clocks");
    } else if content.expires.is_some_and(|end| at >= end) {
        checks.fail("code_time", Expired, "the code's time is over: ask the holder for a fresh one");
    } else {
        checks.pass("code_time", "within the code's time");
    }

    match day_in_china(at) {
        None => checks.fail("licence_dates", Invalid, "the time of this check is out of range"),
        Some(today) if today < content.valid_from => {
            checks.fail("licence_dates", Invalid, "the licence is not valid yet")
        }
        // An overdue renewal is shown red (status M); whether a year has gone by, only the register knows.
        Some(today) if content.valid_until.is_some_and(|last| today > last) => {
            checks.fail("licence_dates", ShownRed, "the licence's validity period is over")
        }
        Some(_) => {
            checks.pass("licence_dates", "within the licence's validity period");
            Verdict::Valid
        }
    };

    judge_standing(standing, Some(&content.status_at_issue), checks);
}

/// What the authority says now, or else what it said at issue, where that is known.
pub(crate) fn judge_standing(standing: Option<Standing>, at_issue_codes: Option<&str>, checks: &mut Checks) {
    use Verdict::{Invalid, ShownRed};

    match standing {
        Some(Standing::Active) => checks.pass("standing", "the authority says: active"),
        Some(Standing::Suspended) => {
            checks.fail("standing", ShownRed, "the authority says: suspended");
        }
        Some(Standing::Hidden) => {
            checks.fail("standing", Invalid, "the authority says: not to be shown");
        }
        Some(Standing::Invalid) => {
            checks.fail("standing", Invalid, "the authority says: invalid");
        }
        Some(Standing::Superseded) => {
            checks.fail("standing", Invalid, "the authority says: replaced by another version");
        }
        None => match at_issue_codes.map_or(Verdict::Valid, at_issue) {
            Verdict::Valid => checks.note(
                "standing",
                None,
                "not consulted: offline, only signature, dates and the status at issue count",
            ),
            verdict => {
                checks.fail("standing", verdict, "not consulted, and the status at issue was not in order");
            }
        },
    }
}

/// What the status codes at issue allow, where nobody can be asked: the most severe decides (`domain.md` 2.2).
/// Codes whose meaning differs between registers are read as the harder one, unknown ones as not to be shown.
pub(crate) fn at_issue(status: &str) -> Verdict {
    let of = |code: char| match code {
        'A' | 'H' | 'I' => Verdict::Valid,
        'B' | 'C' | 'D' | 'K' | 'M' | 'N' | 'P' | 'S' | 'T' | 'U' => Verdict::ShownRed,
        _ => Verdict::Invalid,
    };
    status.chars().map(of).max().unwrap_or(Verdict::Invalid)
}

pub(crate) fn day_in_china(at: i64) -> Option<Date> {
    let days = at.checked_add(CHINA_OFFSET_S)?.div_euclid(86_400);
    let (epoch, distance) = (Date::default(), Days::new(days.unsigned_abs()));
    if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) }
}

#[cfg(test)]
mod tests;
