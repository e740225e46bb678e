//! What a verifier needs to know about an mdoc: one verdict, and every check behind it.
//!
//! It fails closed, and reports nothing of an mdoc's content before the signature and every digest were verified.

use std::fmt;

use serde::Serialize;

use super::issuer_signed::Parts;
use super::mso::{Mso, SHA_256, VERSION};
use super::{DOC_TYPE, MsoValidity, NAMESPACE, NAMESPACE_CN, Value};
use crate::cose::to_be_signed;
use crate::verify::{CLOCK_SKEW_S, Checks, day_in_china, judge_standing};
use crate::x509::{Certificate, ChainError, Subject, check_chain};
use crate::{Check, PublicKey, Standing, StatusReference, Verdict};

/// Verifies an `IssuerSigned` against the `roots` that the caller trusts, at `at` (Unix seconds).
///
/// `standing` is what the authority says now about the document; without it only signatures, dates and the status
/// at issue (where that is disclosed) are judged, and the report says so. [`Document::status`] says where to
/// ask. Who presents the mdoc is not asked here: see [`super::verify_device`].
pub fn verify(issuer_signed: &[u8], roots: &[Certificate], at: i64, standing: Option<Standing>) -> Report {
    let mut checks = Checks::default();
    match authenticate(issuer_signed, roots, at, &mut checks) {
        Err(verdict) => Report { verdict, checks: checks.done, document: None },
        Ok(document) => {
            judge(&document, at, standing, &mut checks);
            Report { verdict: checks.worst, checks: checks.done, document: Some(document) }
        }
    }
}

/// The outcome of [`verify()`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The answer. `UNKNOWN` means that no trusted root vouches for the signer.
    pub verdict: Verdict,
    /// Every check, in the order it was made: `form`, `chain`, `algorithm`, `signature`, `mso`, `digests`, `country`,
    /// `signing_time`, `validity`, `licence_dates`, `standing` (and `device`, if that was asked). A failed one of
    /// the first eight ends the list.
    pub checks: Vec<Check>,
    /// What is signed and disclosed, once the signature and every digest are verified.
    pub document: Option<Document>,
}

/// What an issuer signed, so far as it is disclosed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// The disclosed elements, in their order.
    pub elements: Vec<Element>,
    /// When it was signed and how long it is good.
    pub validity: MsoValidity,
    /// Where its status is published, if it is in a status list.
    pub status: Option<StatusReference>,
    /// Whom the document signer's certificate names.
    pub signer: Subject,
    /// The holder's key; `None` if of a kind that this program does not know.
    #[serde(skip)]
    pub device_key: Option<PublicKey>,
}

impl Document {
    /// The value of a disclosed element.
    pub fn get(&self, namespace: &str, identifier: &str) -> Option<&Value> {
        let mut all = self.elements.iter();
        all.find(|e| (&*e.namespace, &*e.identifier) == (namespace, identifier)).map(|e| &e.value)
    }
}

/// One disclosed element.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Element {
    /// The namespace that defines it.
    pub namespace: String,
    /// Its name there.
    pub identifier: String,
    /// Its value.
    pub value: Value,
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.identifier)
    }
}

fn authenticate(
    bytes: &[u8],
    roots: &[Certificate],
    at: i64,
    checks: &mut Checks,
) -> Result<Document, Verdict> {
    use Verdict::{Invalid, Unknown};

    let parts = Parts::read(bytes).map_err(|e| checks.fail("form", Invalid, e.to_string()))?;
    checks.pass("form", "an IssuerSigned in plain CBOR");

    let signer = match check_chain(&parts.chain, roots, at) {
        Ok(signer) => signer,
        Err(e @ ChainError::Untrusted) => return Err(checks.fail("chain", Unknown, e.to_string())),
        Err(e) => return Err(checks.fail("chain", Invalid, e.to_string())),
    };
    checks.pass("chain", "a trusted root issued the document signer's certificate");

    let key = signer.key();
    if parts.algorithm != key.algorithm().cose() {
        return Err(checks.fail("algorithm", Invalid, "the mdoc claims another algorithm than its key's"));
    }
    checks.pass("algorithm", key.algorithm().jose());

    // Others' ES256 signers leave either half of `s`.
    if !key.verifies_either_s(&to_be_signed(parts.protected, parts.payload), parts.signature) {
        return Err(checks.fail("signature", Invalid, "the signature does not verify: altered or forged"));
    }
    checks.pass("signature", "the document signer's signature verifies");

    let mso = Mso::read(parts.payload).ok().filter(|mso| mso.version == VERSION && mso.doc_type == DOC_TYPE);
    let Some(mso) = mso else {
        return Err(checks.fail(
            "mso",
            Invalid,
            "what is signed is no licence of ISO/IEC 18013-5 version 1.0",
        ));
    };
    checks.pass("mso", DOC_TYPE);

    if mso.digest_algorithm != SHA_256 {
        return Err(checks.fail("digests", Invalid, "the digests are made with something else than SHA-256"));
    }
    if let Some((namespace, item)) = parts.unknown_item(&mso) {
        let detail = if mso.digest(namespace, item.digest_id).is_some() {
            "an element's digest is not the signed one: it was altered"
        } else {
            "an element was never signed: it was added"
        };
        return Err(checks.fail("digests", Invalid, detail));
    }
    let elements = parts.namespaces.iter().flat_map(|(namespace, items)| {
        items.iter().map(|item| {
            Ok(Element {
                namespace: (*namespace).into(),
                identifier: item.identifier.into(),
                value: Value::read(item.value)?,
            })
        })
    });
    let Ok(elements) = elements.collect::<Result<Vec<_>, crate::cbor::CborError>>() else {
        return Err(checks.fail("digests", Invalid, "an element's value repeats a key"));
    };
    checks.pass("digests", format!("all {} elements are the signed ones", elements.len()));

    let Mso { device_key, validity, status, .. } = mso;
    let document = Document { elements, validity, status, signer: signer.subject().clone(), device_key };
    let country = document.get(NAMESPACE, "issuing_country").map(Value::as_text);
    if country.is_some_and(|country| country != Some(&*document.signer.country)) {
        return Err(checks.fail("country", Invalid, "the issuing country is not its signer's"));
    }
    let place = document.get(NAMESPACE, "issuing_jurisdiction").map(Value::as_text);
    if place.is_some_and(|place| document.signer.state.is_some() && place != document.signer.state.as_deref())
    {
        return Err(checks.fail("country", Invalid, "the issuing jurisdiction is not its signer's state"));
    }
    match country {
        Some(_) => checks.pass("country", "the issuing country is its signer's"),
        None => checks.note("country", None, "the issuing country is not disclosed"),
    }

    if !signer.validity().contains(validity.signed) {
        return Err(checks.fail(
            "signing_time",
            Invalid,
            "signed when the signer's certificate was not valid",
        ));
    }
    checks.pass("signing_time", "signed within the signer's certificate's validity");
    Ok(document)
}

/// Whether a genuine mdoc is good now.
fn judge(document: &Document, at: i64, standing: Option<Standing>, checks: &mut Checks) {
    use Verdict::{Expired, Invalid, ShownRed};

    let validity = &document.validity;
    let early = at.saturating_add(CLOCK_SKEW_S);
    if validity.signed > early || validity.valid_from > early || validity.valid_until < validity.valid_from {
        checks.fail("validity", Invalid, "the mdoc is not valid yet: check the clocks");
    } else if at > validity.valid_until {
        checks.fail("validity", Expired, "the mdoc's time is over: ask the holder for a fresh one");
    } else {
        checks.pass("validity", "within the mdoc's own validity");
    }

    let from = document.get(NAMESPACE_CN, "valid_from");
    let last = document.get(NAMESPACE_CN, "valid_until").or_else(|| {
        // The international date of a 长期 licence is technical, but no less a limit of this mdoc.
        document.get(NAMESPACE, "expiry_date")
    });
    let malformed = |value: &&Value| value.as_date().is_none();
    match day_in_china(at) {
        _ if from.as_ref().is_some_and(malformed) => {
            checks.fail("licence_dates", Invalid, "the licence's first day is no date");
        }
        None => _ = checks.fail("licence_dates", Invalid, "the time of this check is out of range"),
        Some(today) if from.and_then(Value::as_date).is_some_and(|from| today < from) => {
            checks.fail("licence_dates", Invalid, "the licence is not valid yet");
        }
        Some(today) => match last.map(last_day) {
            None => checks.note("licence_dates", None, "the licence's last day is not disclosed"),
            Some(None) => _ = checks.fail("licence_dates", Invalid, "the licence's last day is no date"),
            Some(Some(last)) if today > last => {
                checks.fail("licence_dates", ShownRed, "the licence's validity period is over");
            }
            Some(Some(_)) => checks.pass("licence_dates", "within the licence's validity period"),
        },
    }

    let codes =
        document.get(NAMESPACE_CN, "status_at_issue").map(|value| value.as_text().unwrap_or_default());
    judge_standing(standing, codes, checks);
}

/// A full date, or the day in China of a moment: ISO/IEC 18013-5 lets the issuer choose.
fn last_day(value: &Value) -> Option<crate::Date> {
    value.as_date().or_else(|| {
        let time = chrono::NaiveDateTime::parse_from_str(value.as_text()?, "%Y-%m-%dT%H:%M:%SZ").ok()?;
        day_in_china(time.and_utc().timestamp())
    })
}
