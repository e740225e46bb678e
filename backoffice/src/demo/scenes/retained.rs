//! The register has a photo that meets the requirements: no person looks at anything.

use super::applicant::{Applicant, photos};
use crate::cli::exit::Failure;
use crate::demo::wait::hold;
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let mut applicant = Applicant::begin(world, "retained", "en").await?;
    let case = applicant.walk("", photos::GOOD).await?;
    hold(case["path"] == "retained", || {
        format!("the path is {} and not the retained photo's", case["path"])
    })?;
    applicant.submit().await?;
    let issued = applicant.receive(world).await?;
    let events = applicant.events().await?;
    hold(!events.iter().any(|event| event == "review_asked"), || {
        format!("somebody was asked for a review: {events:?}")
    })?;
    Ok(format!("confirmed, authenticated, submitted; issued with nobody's help, serial {}", issued.serial))
}
