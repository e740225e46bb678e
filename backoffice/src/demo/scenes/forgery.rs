//! One bit flipped, anywhere in what is signed, with every checksum around it put right: never valid.

use sealwright_credentials::Verdict;

use super::applicant::string;
use crate::cli::exit::Failure;
use crate::demo::verifier::{Verifier, wrapping};
use crate::demo::wait::{hold, wrong};
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let verifier = Verifier::equip(world.client(|dev| &dev.verifier_key)?).await?;
    let issued = world.issued.first().ok_or_else(|| wrong("nothing was issued that could be forged"))?;
    let code = string(&issued.holder.get(&format!("/v1/licences/{}/code", issued.licence)).await?, "code")?;
    let bytes = wrapping::open(&code).ok_or_else(|| wrong("the code cannot be opened"))?;
    hold(wrapping::close(&bytes) == code, || "the forger cannot even make the true code".into())?;

    for bit in 0..bytes.len() * 8 {
        let forged = verifier.offline(&flipped(&bytes, bit));
        let refused = forged.verdict > Verdict::Expired && forged.content.is_none();
        hold(refused, || format!("with bit {bit} flipped it is {}", forged.verdict))?;
    }
    // In the middle is the payload; only the signature can tell.
    let forged = flipped(&bytes, bytes.len() * 4);
    let answer = verifier.expects(&forged, Verdict::Invalid).await?;
    let failed = answer["checks"].as_array().into_iter().flatten().find(|check| check["passed"] == false);
    let failed = failed.map(|check| string(check, "name")).transpose()?.unwrap_or_default();
    hold(failed == "signature", || format!("it was refused for its {failed}: {}", answer["checks"]))?;
    hold(answer["content"].is_null(), || "the content of a forged code was shown".into())?;
    Ok(format!(
        "each of {} bits flipped alone: none passes; online: INVALID, the signature does not verify",
        bytes.len() * 8
    ))
}

fn flipped(bytes: &[u8], bit: usize) -> String {
    let mut bytes = bytes.to_vec();
    if let Some(byte) = bytes.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
    wrapping::close(&bytes)
}
