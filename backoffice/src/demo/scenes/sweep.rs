//! The register changes the classes of a licence and tells nobody: the next sweep finds it, and issues it anew.

use sealwright_credentials::Verdict;
use serde_json::{Value, json};

use super::applicant::string;
use super::mail::told;
use crate::cli::exit::Failure;
use crate::demo::verifier::Verifier;
use crate::demo::wait::{Look, STEP, hold, until, wrong};
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let verifier = Verifier::equip(world.client(|dev| &dev.verifier_key)?).await?;
    let operator = world.client(|dev| &dev.operator_key)?;
    let issued = world.issued.get(1).ok_or_else(|| wrong("nothing was issued that could change"))?;
    let path = format!("/v1/licences/{}", issued.licence);
    let before = issued.holder.get(&path).await?;
    let old = string(&issued.holder.get(&format!("{path}/code")).await?, "code")?;
    verifier.expects(&old, Verdict::Valid).await?;

    let admin = format!("{}/people", world.dev()?.sandbox.register_admin_url);
    let people = operator.get(&admin).await?;
    let is_theirs = |person: &&Value| person["record"]["number"]["value"] == issued.number.as_str();
    let person = people.as_array().into_iter().flatten().find(is_theirs);
    let person = person.ok_or_else(|| wrong("the register does not know the holder"))?;
    let key = string(person, "key")?;
    let told = told(person, "Your electronic driving licence was made anew", "您的电子驾驶证已重新生成");
    operator.change(&format!("{admin}/{key}"), &json!({"classes": "A2"})).await?;

    let begun = operator.post("/v1/sweeps", &json!({"kind": "changes"})).await?;
    let sweep = format!("/v1/sweeps/{}", string(&begun, "id")?);
    let ended = until("the sweep to end", STEP, async || {
        let sweep = operator.get(&sweep).await?;
        Ok(if sweep["closed"] == true { Look::Yes(sweep) } else { Look::NotYet(sweep["phase"].to_string()) })
    });
    let ended = ended.await?;
    // A tick of the schedule may have been faster.
    hold(ended["phase"] == "finished" || ended["phase"] == "skipped", || format!("the sweep: {ended}"))?;
    let after = until("the new version", STEP, async || {
        let document = issued.holder.get(&path).await?;
        let there = document["shown"].as_u64() > before["shown"].as_u64();
        Ok(if there { Look::Yes(document) } else { Look::NotYet(document["shown"].to_string()) })
    });
    let after = after.await?;
    let new = string(&issued.holder.get(&format!("{path}/code")).await?, "code")?;
    verifier.expects(&new, Verdict::Valid).await?;
    verifier.expects(&old, Verdict::Invalid).await?;
    world.mails.push(told);
    Ok(format!(
        "a class changed, and a sweep found it among {} changes: version {} issued, version {} INVALID",
        ended["counts"]["seen"], after["shown"], before["shown"]
    ))
}
