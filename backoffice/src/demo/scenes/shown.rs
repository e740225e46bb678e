//! A licence is shown: a fresh code, good offline for 60 seconds and online for one verification.

use sealwright_credentials::presentation::{Asked, verify};
use sealwright_credentials::{KeySet, Verdict};
use sealwright_engine::Timestamp;
use serde_json::{Value, json};

use super::applicant::string;
use crate::cli::exit::Failure;
use crate::cli::qr;
use crate::demo::verifier::Verifier;
use crate::demo::wait::{hold, wrong};
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let client = world.client(|dev| &dev.verifier_key)?;
    let keys = client.get("/v1/presentation-keys").await?;
    let keys = KeySet::from_json(&keys.to_string()).map_err(|error| wrong(error.to_string()))?;
    let verifier = Verifier::equip(client).await?;
    let issued = world.issued.first().ok_or_else(|| wrong("nothing was issued that could be shown"))?;
    let path = format!("/v1/licences/{}", issued.licence);

    let shown = issued.holder.post(&format!("{path}/presentations"), &json!({})).await?;
    let (code, typed) = (string(&shown, "code")?, string(&shown, "typed")?);
    let scanned = qr::in_svg(&string(&shown, "qr_svg")?).ok_or_else(|| wrong("the QR cannot be read"))?;
    hold(scanned == code, || "the QR says something else than the code".into())?;
    let card = issued.holder.bytes(&format!("{path}/card.svg?live={typed}")).await?;
    hold(String::from_utf8_lossy(&card).contains(&issued.serial), || "the card is not drawn live".into())?;

    let ends = time(&shown, "ends_at")?;
    for (at, verdict) in [(ends - 1, Verdict::Valid), (ends, Verdict::Expired)] {
        let found = verify(&code, &Asked::of(&keys, at)).verdict;
        hold(found == verdict, || {
            format!("offline it is {found}, not {verdict}, {} s before its end", ends - at)
        })?;
    }
    let lives = ends - time(&shown, "made_at")?;

    let first = verifier.expects(&code, Verdict::Valid).await?;
    let said = first["holder"].to_string();
    hold(!said.contains(&issued.number) && said.contains('*'), || format!("too much is told: {said}"))?;
    let second = verifier.expects(&code, Verdict::Invalid).await?;
    let used = second["checks"].as_array().into_iter().flatten();
    let used = used.filter(|check| check["passed"] == false).any(|check| check["name"] == "first_use");
    hold(used && second["holder"].is_null(), || format!("the second use is not told: {second}"))?;
    verifier.expects(&typed, Verdict::Unknown).await?;
    Ok(format!("scanned: VALID; scanned again: INVALID, used; after {lives} s: EXPIRED CODE"))
}

fn time(answer: &Value, field: &str) -> Result<i64, Failure> {
    let time = string(answer, field)?.parse::<Timestamp>();
    time.map(Timestamp::secs).map_err(|error| wrong(format!("`{field}`: {error}")))
}
