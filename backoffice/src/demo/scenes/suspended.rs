//! The licence is suspended (暂扣): refused at the gate, with the reason.

use super::applicant::{Applicant, string};
use crate::cli::exit::Failure;
use crate::demo::wait::hold;
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let applicant = Applicant::begin(world, "suspended", "en").await?;
    let case = applicant.until(&["refused"]).await?;
    let refusal = &case["refusal"];
    let (code, text) = (string(refusal, "code")?, string(refusal, "text_en")?);
    hold(code == "status", || format!("refused as {code}: {case}"))?;
    hold(string(refusal, "text_zh")?.contains("暂扣"), || format!("the reason is not named: {refusal}"))?;
    world.mails.push((applicant.email.clone(), "Your application was refused"));
    Ok(format!("refused: {text}"))
}
