//! The register pushes: points change, too many are shown in red, which is taken back; a revocation is final.

use sealwright_credentials::Verdict;
use serde_json::{Value, json};

use super::applicant::string;
use super::mail::told;
use crate::cli::client::Client;
use crate::cli::exit::Failure;
use crate::demo::verifier::Verifier;
use crate::demo::wait::{hold, wrong};
use crate::demo::world::{Issued, World};

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let verifier = Verifier::equip(world.client(|dev| &dev.verifier_key)?).await?;
    let register = Register {
        client: world.client(|dev| &dev.operator_key)?,
        admin: world.dev()?.sandbox.register_admin_url.clone(),
    };
    let nobody = || wrong("nothing was issued that the register could change");
    let first = world.issued.first().ok_or_else(nobody)?;
    let last = world.issued.last().ok_or_else(nobody)?;

    let path = format!("/v1/licences/{}", first.licence);
    let code = string(&first.holder.get(&format!("{path}/code")).await?, "code")?;
    let before = first.holder.get(&path).await?;
    register.pushes(first, &json!({"points": 9})).await?;
    verifier.expects(&code, Verdict::Valid).await?;
    let after = first.holder.get(&path).await?;
    hold(before["shown"] == after["shown"], || format!("points made another version: {after}"))?;
    register.pushes(first, &json!({"points": 12, "status": "B"})).await?;
    verifier.expects(&code, Verdict::ShownRed).await?;
    register.pushes(first, &json!({"points": 0, "status": "A"})).await?;
    verifier.expects(&code, Verdict::Valid).await?;

    let path = format!("/v1/licences/{}", last.licence);
    let code = string(&last.holder.get(&format!("{path}/code")).await?, "code")?;
    verifier.expects(&code, Verdict::Valid).await?;
    let mut over = None;
    for status in ["F", "A"] {
        let person = register.pushes(last, &json!({"status": status})).await?;
        over =
            Some(told(&person, "Your electronic driving licence is no longer valid", "您的电子驾驶证已失效"));
        verifier.expects(&code, Verdict::Invalid).await?;
    }
    world.mails.extend(over);
    Ok("12 points pushed: SHOWN RED; taken back: VALID; revoked: INVALID, for good".into())
}

/// The sandbox's register.
struct Register {
    client: Client,
    admin: String,
}

impl Register {
    /// Changes a holder's record and pushes it to the server, which has followed when this returns. Answers what the
    /// register knew of them before.
    async fn pushes(&self, issued: &Issued, fields: &Value) -> Result<Value, Failure> {
        let people = self.client.get(&format!("{}/people", self.admin)).await?;
        let is_theirs = |person: &&Value| person["record"]["number"]["value"] == issued.number.as_str();
        let person = people.as_array().into_iter().flatten().find(is_theirs);
        let person = person.ok_or_else(|| wrong("the register does not know the holder"))?;
        let key = string(person, "key")?;
        self.client.tell(&format!("{}/push/{key}", self.admin), fields).await?;
        Ok(person.clone())
    }
}
