//! The holder shows the permitted classes and nothing else: the licence as SD-JWT VC, verified with what the issuer
//! publishes, and refused with any character of it changed.

use sealwright_credentials::KeySet;
use sealwright_credentials::Verdict;
use sealwright_credentials::sd_jwt::{Report, Request, SdJwt, verify};
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::Value;

use super::applicant::string;
use crate::cli::exit::Failure;
use crate::demo::verifier::Verifier;
use crate::demo::wait::{hold, wrong};
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let issued = world.issued.first().ok_or_else(|| wrong("nothing was issued that could be shown"))?;
    let path = format!("/v1/licences/{}/credential?form=sd-jwt-vc", issued.licence);
    let text = String::from_utf8_lossy(&issued.holder.bytes(&path).await?).into_owned();
    let credential: SdJwt = text.parse().map_err(|error| wrong(format!("it is no SD-JWT: {error}")))?;
    let shown = credential.present(&["classes"]).map_err(|error| wrong(error.to_string()))?;

    let verifier = world.client(|dev| &dev.verifier_key)?;
    let issuer = verifier.get("/.well-known/jwt-vc-issuer").await?;
    let keys = KeySet::from_json(&issuer["jwks"].to_string()).map_err(|error| wrong(error.to_string()))?;
    let vct = string(&verifier.get("/types/driving-licence/1").await?, "vct")?;
    let issuer = string(&issuer, "issuer")?;
    let judge = |text: &str| {
        let request = Request { vct: &vct, issuer: Some(&issuer), binding: None };
        verify(text, &keys, SystemClock.now().secs(), &request)
    };
    let report = judge(&shown);
    let classes = alone(&report, &issued.serial)?;
    let flips = flipped(&shown).map(|forged| judge(&forged));
    let mut count = 0;
    for forged in flips {
        let refused = forged.verdict > Verdict::Expired && forged.presented.is_none();
        hold(refused, || format!("with character {count} changed it is {}", forged.verdict))?;
        count += 1;
    }
    let hidden = hold_back(&text, &shown);
    hold(hidden >= 10, || format!("only {hidden} claims were held back"))?;

    let online = Verifier::equip(verifier).await?;
    let answer = online.expects(&shown, Verdict::Valid).await?;
    hold(answer["standing"] == "active", || format!("its standing is {}", answer["standing"]))?;
    let forged = flipped(&shown).next().unwrap_or_default();
    hold(online.online(&forged).await?["content"].is_null(), || "the content of a forgery was shown".into())?;
    Ok(format!(
        "shown: classes {classes}; held back: {hidden} claims; VALID offline and online; {count} characters changed \
         alone: none passes"
    ))
}

/// The classes, if they and nothing else were shown.
fn alone(report: &Report, serial: &str) -> Result<Value, Failure> {
    hold(report.verdict == Verdict::Valid, || {
        format!("offline it is {}: {:?}", report.verdict, report.checks)
    })?;
    let shown = report.presented.as_ref().ok_or_else(|| wrong("a valid presentation shows nothing"))?;
    hold(shown.serial.as_str() == serial, || format!("its serial is {}", shown.serial))?;
    let names: Vec<_> = shown.claims.keys().collect();
    hold(names == ["classes"], || format!("it shows {names:?}"))?;
    Ok(shown.claims["classes"].clone())
}

/// How many disclosures the holder kept; what a verifier has of them is a digest.
fn hold_back(whole: &str, shown: &str) -> usize {
    let disclosures = |text: &str| text.matches('~').count().saturating_sub(1);
    disclosures(whole).saturating_sub(disclosures(shown))
}

/// The text with the lowest bit of one character changed, for each character.
fn flipped(text: &str) -> impl Iterator<Item = String> {
    (0..text.len()).map(move |nth| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[nth] ^= 1;
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
