//! What a show code is worth to whoever scans it: used up by being good, and answered with little about a person.

use std::net::IpAddr;

use sealwright_credentials::presentation::{
    Asked, Challenge, Presentation, TypedCode, reference, verify as verify_shown,
};
use sealwright_credentials::{Check, Content, PublicKey, Report, Serial, Standing, Verdict, verify};
use sealwright_engine::PersonId;
use sealwright_workflows::office::dossier::Credential;
use serde::Serialize;
use utoipa::ToSchema;

use super::licences::read;
use super::verifications::{Answered, standing, word};
use crate::desk::Desk;
use crate::problem::{NOT_FOUND, Problem};
use crate::throttle::too_often;

/// The least that an inspector compares: face and name with the person, class and end with the vehicle and the day.
#[derive(Clone, Serialize, ToSchema)]
pub struct Holder {
    /// The name, all but its first character hidden.
    pub name_masked: String,
    /// 准驾车型.
    pub classes: String,
    /// The last day of validity; none for 长期.
    pub valid_until: Option<String>,
    /// SHA-256 of the signed photo: compare it with the one on the card that is shown.
    pub photo_digest: String,
}

/// What a show code is worth at `at`. It is used up if it is good, whatever the licence is.
pub(super) async fn judge(
    desk: &Desk,
    code: &str,
    challenge: Option<&Challenge>,
    at: i64,
) -> Result<Answered, Problem> {
    let keys = desk.presenting.key_set(at);
    let asked = Asked { challenge, ..Asked::of(&keys, at) };
    let report = verify_shown(code, &asked);
    // No key of ours: perhaps the holder's own, that the document is bound to.
    let device = if report.verdict == Verdict::Unknown { bound_to(desk, code).await? } else { None };
    let asked = Asked { device: device.as_ref(), ..asked };
    let report = if device.is_some() { verify_shown(code, &asked) } else { report };
    let good = report.presentation.filter(|_| report.verdict == Verdict::Valid);
    let Some(shown) = good else {
        return Ok(Answered::bare(report.verdict, report.checks));
    };
    // The document first: if it cannot be had now, the code is still good for another try.
    let (document, standing) = document(desk, &shown, at).await?;
    let burn = shown.burn();
    let first = desk.presenting.kept.burn(*burn.id.as_bytes(), burn.until, at).await?;
    let report = verify_shown(code, &Asked { first_use: Some(first), ..asked });
    let mut answered = Answered::bare(report.verdict, report.checks);
    if report.verdict != Verdict::Valid {
        return Ok(answered);
    }
    let Some(Report { verdict, checks, content: Some(content) }) = document else {
        let detail = "the licence that it shows has no document any more".into();
        answered.checks.push(Check { name: "document", passed: Some(false), detail });
        answered.verdict = Verdict::Invalid;
        return Ok(answered);
    };
    // Of a document that verifies these two are left to tell.
    answered.checks.extend(checks.into_iter().filter(|check| TOLD.contains(&check.name)));
    answered.verdict = verdict;
    answered.standing = standing.map(word);
    answered.holder = matches!(verdict, Verdict::Valid | Verdict::ShownRed).then(|| Holder::of(&content));
    Ok(answered)
}

/// The device key that the document which a code claims to show is bound to.
async fn bound_to(desk: &Desk, code: &str) -> Result<Option<PublicKey>, Problem> {
    let Ok((serial, version)) = reference(code) else { return Ok(None) };
    let credential = credential(desk, &serial, version).await?;
    Ok(credential.and_then(|credential| credential.device_key))
}

const TOLD: [&str; 2] = ["licence_dates", "standing"];

/// As [`judge`], by the typed form. One that is unknown, over or used is answered alike, and counted.
pub(super) async fn judge_typed(
    desk: &Desk,
    typed: &str,
    challenge: Option<&Challenge>,
    from: IpAddr,
    at: i64,
) -> Result<Answered, Problem> {
    let guesses = &desk.presenting.guesses;
    guesses.check(&from, at).map_err(too_often)?;
    if let Ok(typed) = typed.parse::<TypedCode>()
        && let Some(kept) = desk.presenting.kept.find(typed.as_str(), at).await?
    {
        let answered = judge(desk, &kept.code, challenge, at).await?;
        let of_the_code = |check: &Check| check.passed == Some(false) && SPENT.contains(&check.name);
        if !answered.checks.iter().any(of_the_code) {
            return Ok(answered);
        }
    }
    guesses.count(&from, at).map_err(too_often)?;
    let detail =
        "no code that lives is typed like this: look again, or ask the holder for a fresh one".into();
    let checks = vec![Check { name: "typed", passed: Some(false), detail }];
    Ok(Answered::bare(Verdict::Unknown, checks))
}

/// Checks that fail when a code is over or was used.
const SPENT: [&str; 2] = ["code_time", "first_use"];

/// The document that is shown, verified, and its standing; none if there is no such document.
async fn document(
    desk: &Desk,
    shown: &Presentation,
    at: i64,
) -> Result<(Option<Report>, Option<Standing>), Problem> {
    let standing = standing(desk, &shown.serial, shown.version).await?;
    let Some(credential) = credential(desk, &shown.serial, shown.version).await? else {
        return Ok((None, standing));
    };
    let said = Some(standing.unwrap_or(Standing::Invalid));
    Ok((Some(verify(credential.code.as_str(), desk.office.keys().key_set(), at, said)), standing))
}

/// The document with this serial; none if there is no such, or its person was erased.
async fn credential(desk: &Desk, serial: &Serial, version: u32) -> Result<Option<Credential>, Problem> {
    let Some(licence) = desk.dossiers.licence_of(serial.as_str()).await? else { return Ok(None) };
    let Some(person) = read(desk, licence).await?.person else { return Ok(None) };
    let found = desk.dossiers.credential(PersonId(person), licence, version).await;
    match found.map_err(Problem::from) {
        Err(problem) if problem.is(NOT_FOUND) => Ok(None),
        found => found,
    }
}

impl Holder {
    fn of(content: &Content) -> Self {
        let mut name = content.name.chars();
        let first = name.next().into_iter();
        Self {
            name_masked: first.chain(name.map(|_| '*')).collect(),
            classes: content.classes.clone(),
            valid_until: content.valid_until.map(|day| day.to_string()),
            photo_digest: content.photo_digest.to_string(),
        }
    }
}
