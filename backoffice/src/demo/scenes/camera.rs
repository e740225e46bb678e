//! The phone's camera: what is too small is refused at once, a flag behind the face by a person, and
//! the second try is taken.

use super::applicant::{Applicant, photos};
use crate::cli::exit::{Exit, Failure};
use crate::demo::reviewer::Reviewer;
use crate::demo::wait::{hold, wrong};
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let reviewer = Reviewer(world.client(|dev| &dev.reviewer_key)?);
    let mut applicant = Applicant::begin(world, "camera", "en").await?;
    applicant.walk("camera", photos::FLAG).await?;
    let small = match applicant.offer("camera", photos::SMALL).await {
        Err(failure) if failure.exit == Exit::Refused => failure.code,
        Err(failure) => return Err(failure),
        Ok(_) => return Err(wrong("a photo of 260 x 378 pixels was taken in")),
    };
    let case = applicant.submit().await?;
    let due = case["due"].as_str().unwrap_or_default().to_owned();
    hold(!due.is_empty(), || format!("the review has no due time: {case}"))?;

    let first = reviewer.next(&applicant.application).await?;
    reviewer.decide(&first, "reject", &["background"]).await?;
    let case = applicant.until(&["notice", "photo"]).await?;
    let reason = &case["reasons"][0];
    hold(reason["code"] == "background", || format!("the applicant is not told of the background: {case}"))?;
    world.mails.push((applicant.email.clone(), "Please give another photo"));

    if case["phase"] == "notice" {
        applicant.walk("camera", photos::GOOD).await?;
    } else {
        applicant.offer("camera", photos::GOOD).await?;
        applicant.walk("camera", photos::GOOD).await?;
    }
    applicant.submit().await?;
    let second = reviewer.next(&applicant.application).await?;
    hold(second.earlier == 1, || "the reviewer does not see the photo that came before".into())?;
    hold(second.photo != first.photo, || "the reviewer sees the old photo".into())?;
    reviewer.decide(&second, "approve", &[]).await?;
    let issued = applicant.receive(world).await?;
    Ok(format!(
        "too small: {small}; rejected for its background (due {}); second try approved, serial {}",
        &due[..due.len().min(16)],
        issued.serial
    ))
}
