//! From the album, somebody else's face: refused for good, which takes two people.

use super::applicant::{Applicant, photos, string};
use crate::cli::exit::Failure;
use crate::demo::reviewer::Reviewer;
use crate::demo::wait::{Look, STEP, hold, until};
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let first = Reviewer(world.client(|dev| &dev.reviewer_key)?);
    let second = Reviewer(world.client(|dev| &dev.second_reviewer_key)?);
    let mut applicant = Applicant::begin(world, "album-refused", "en").await?;
    applicant.walk("album", photos::ALBUM).await?;
    applicant.submit().await?;
    let taken = first.next(&applicant.application).await?;
    first.decide(&taken, "reject", &["another_person"]).await?;
    until("the second look to be asked for", STEP, async || {
        let events = applicant.events().await?;
        let asked = events.iter().any(|event| event == "second_look_asked");
        Ok(if asked { Look::Yes(()) } else { Look::NotYet(events.join(", ")) })
    })
    .await?;
    first.is_turned_away(&applicant.application).await?;
    let taken = second.next(&applicant.application).await?;
    second.decide(&taken, "reject", &["another_person"]).await?;
    let case = applicant.until(&["refused"]).await?;
    let code = string(&case["refusal"], "code")?;
    hold(code == "photo_refused", || format!("refused as {code}: {case}"))?;
    world.mails.push((applicant.email.clone(), "Your application was refused"));
    Ok(format!("two reviewers agreed, the first was kept out of the second look; refused: {code}"))
}
