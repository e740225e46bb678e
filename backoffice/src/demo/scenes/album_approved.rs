//! From the album: rejected by mistake, undone, approved.

use super::applicant::{Applicant, photos};
use crate::cli::exit::Failure;
use crate::demo::reviewer::Reviewer;
use crate::demo::wait::hold;
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let reviewer = Reviewer(world.client(|dev| &dev.reviewer_key)?);
    let mut applicant = Applicant::begin(world, "album-approved", "zh").await?;
    applicant.walk("album", photos::ALBUM).await?;
    applicant.submit().await?;
    let taken = reviewer.next(&applicant.application).await?;
    reviewer.decide(&taken, "reject", &["quality"]).await?;
    reviewer.undo(&taken).await?;
    let again = reviewer.next(&applicant.application).await?;
    reviewer.decide(&again, "approve", &[]).await?;
    let issued = applicant.receive(world).await?;
    let events = applicant.events().await?;
    let rejected = events.iter().any(|event| event == "photo_rejected");
    hold(!rejected, || format!("the decision that was undone had an effect: {events:?}"))?;
    Ok(format!(
        "a rejection undone in time, without a trace for the applicant; approved, serial {}",
        issued.serial
    ))
}
