//! From the album: sent back for something that could be put right, and then withdrawn.

use serde_json::json;

use super::applicant::{Applicant, photos, string};
use crate::cli::exit::Failure;
use crate::demo::reviewer::Reviewer;
use crate::demo::wait::hold;
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let reviewer = Reviewer(world.client(|dev| &dev.reviewer_key)?);
    let mut applicant = Applicant::begin(world, "album-withdrawn", "en").await?;
    applicant.walk("album", photos::ALBUM).await?;
    applicant.submit().await?;
    let taken = reviewer.next(&applicant.application).await?;
    reviewer.decide(&taken, "reject", &["outdated"]).await?;
    let case = applicant.until(&["notice", "photo"]).await?;
    let fix = string(&case["reasons"][0], "fix_en")?;
    world.mails.push((applicant.email.clone(), "Please give another photo"));

    applicant.act("withdraw", json!({})).await?;
    applicant.until(&["withdrawn"]).await?;
    world.mails.push((applicant.email.clone(), "Your application was withdrawn"));
    let document = applicant.document().await?;
    hold(document["standing"] == "none", || format!("the licence has a document: {document}"))?;
    Ok(format!("told \"{fix}\"; withdrawn, no document"))
}
