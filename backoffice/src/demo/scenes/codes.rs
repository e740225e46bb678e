//! Every code that was issued: its drawn QR is read back, it is valid with nothing but the public keys and
//! by the issuer's word, and it says what it must.

use sealwright_credentials::Verdict;

use super::applicant::string;
use crate::cli::exit::Failure;
use crate::cli::qr;
use crate::demo::verifier::Verifier;
use crate::demo::wait::{hold, wrong};
use crate::demo::world::{Issued, World};

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let verifier = Verifier::equip(world.client(|dev| &dev.verifier_key)?).await?;
    let mut longest = 0;
    for issued in &world.issued {
        longest = check(&verifier, issued).await?.max(longest);
    }
    let count = world.issued.len();
    hold(count == 4, || format!("{count} licences were issued instead of 4"))?;
    Ok(format!(
        "{count} drawn QR codes read back and found on the cards, VALID offline and online (up to {longest} characters)"
    ))
}

async fn check(verifier: &Verifier, issued: &Issued) -> Result<usize, Failure> {
    let path = format!("/v1/licences/{}/code", issued.licence);
    let code = string(&issued.holder.get(&path).await?, "code")?;
    let svg = issued.holder.bytes(&format!("{path}.svg")).await?;
    let drawn =
        qr::in_svg(&String::from_utf8_lossy(&svg)).ok_or_else(|| wrong("the drawn QR cannot be read"))?;
    hold(drawn == code, || "the drawn QR says something else than the code".into())?;
    let card = issued.holder.bytes(&format!("/v1/licences/{}/card.svg", issued.licence)).await?;
    let (svg, card) = (String::from_utf8_lossy(&svg), String::from_utf8_lossy(&card));
    let modules =
        svg.rsplit_once(" d=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(modules, _)| modules);
    hold(modules.is_some_and(|modules| card.contains(modules)), || "the card shows another QR".into())?;
    hold(card.contains(&issued.serial) && card.contains("正常"), || {
        "the card is not the licence's".into()
    })?;

    let content = verifier.content(&code)?;
    hold(content.serial.as_str() == issued.serial, || format!("the code's serial is {}", content.serial))?;
    hold(content.licence_number == issued.number, || "the code is somebody else's".into())?;
    hold(content.version == 1, || format!("the code's version is {}", content.version))?;
    if let Some(photo) = &issued.photo {
        let signed = content.photo_digest.to_string();
        hold(signed == *photo, || {
            format!("the signed photo {signed} is not the one that was given, {photo}")
        })?;
    }
    let answer = verifier.expects(&code, Verdict::Valid).await?;
    hold(answer["standing"] == "active", || format!("its standing is {}", answer["standing"]))?;
    Ok(code.len())
}
