//! A suspended licence is shown in red at once, and the same code is valid again when that is over.

use sealwright_credentials::Verdict;
use serde_json::json;

use super::applicant::string;
use crate::cli::exit::Failure;
use crate::demo::verifier::Verifier;
use crate::demo::wait::{hold, wrong};
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let verifier = Verifier::equip(world.client(|dev| &dev.verifier_key)?).await?;
    let operator = world.client(|dev| &dev.operator_key)?;
    let issued = world.issued.first().ok_or_else(|| wrong("nothing was issued that could be suspended"))?;
    let path = format!("/v1/licences/{}", issued.licence);
    let code = string(&issued.holder.get(&format!("{path}/code")).await?, "code")?;

    operator.post(&format!("{path}/actions/suspend"), &json!({"reason": "demo"})).await?;
    verifier.expects(&code, Verdict::ShownRed).await?;
    let svg = issued.holder.bytes(&format!("{path}/code.svg")).await?;
    let red = String::from_utf8_lossy(&svg).into_owned();
    for page in ["main", "secondary"] {
        let card = issued.holder.bytes(&format!("{path}/card.svg?page={page}&form=print")).await?;
        let forbids = String::from_utf8_lossy(&card).contains("不得驾驶");
        hold(forbids, || format!("the {page} page of a suspended licence does not forbid driving"))?;
    }
    operator.post(&format!("{path}/actions/restore"), &json!({"reason": "demo"})).await?;
    verifier.expects(&code, Verdict::Valid).await?;
    let svg = issued.holder.bytes(&format!("{path}/code.svg")).await?;
    hold(red.as_bytes() != svg, || "the suspended code was drawn like the valid one".into())?;
    Ok("suspended: SHOWN RED, drawn in red; restored: VALID".into())
}
