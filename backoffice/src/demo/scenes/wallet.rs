//! The licence that the crash interrupted is an mdoc, too, bound to its holder's wallet: verified offline with the root
//! that the issuer publishes, shown in part by the wallet alone, and refused when anything of it is changed.

use sealwright_credentials::mdoc::{
    DeviceSignature, IssuerSigned, NAMESPACE, NAMESPACE_CN, Report, device_authentication, device_response,
    verify, verify_device,
};
use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{Certificates, Es256Signer, Signer, Verdict};
use sealwright_engine::clock::{Clock, SystemClock};

use crate::cli::exit::Failure;
use crate::demo::wait::{hold, wrong};
use crate::demo::world::World;

/// What a reader and a wallet agree on; here it stands for a session.
const SESSION: &[u8] = b"\x83\xF6\xF6\xF6";

/// One byte of this many is changed, for the portrait alone has tens of thousands.
const FLIPPED: usize = 97;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let (wallet, issued) = world
        .wallet
        .as_ref()
        .and_then(|(wallet, licence)| Some((wallet, world.issued.iter().find(|it| it.licence == *licence)?)))
        .ok_or_else(|| wrong("no licence was issued to somebody with a wallet"))?;
    let anybody = world.client(|dev| &dev.verifier_key)?;
    let pem = anybody.bytes("/v1/certificates?kind=root").await?;
    let pem = String::from_utf8_lossy(&pem);
    let roots: Vec<Certificate> =
        Certificates::from_pem(&pem).map_err(|error| wrong(error.to_string()))?.iter().cloned().collect();
    let path = format!("/v1/licences/{}/credential?form=mdoc", issued.licence);
    let whole = IssuerSigned::from_bytes(issued.holder.bytes(&path).await?);
    let whole = whole.map_err(|error| wrong(error.to_string()))?;

    let now = SystemClock.now().secs();
    let report = verify(whole.as_bytes(), &roots, now, None);
    good(&report, "offline")?;
    let document = report.document.as_ref().ok_or_else(|| wrong("a valid mdoc says nothing"))?;
    let serial = document.get(NAMESPACE_CN, "serial").and_then(|value| value.as_text());
    hold(serial == Some(&issued.serial), || format!("its serial is {serial:?}"))?;
    hold(document.device_key.as_ref() == Some(wallet.public_key()), || "it is bound to another key".into())?;
    let name = document.get(NAMESPACE, "family_name").and_then(|value| value.as_text()).unwrap_or_default();

    let part = whole.disclose(|_, element| matches!(element, "age_over_18" | "driving_privileges"));
    let respond = |signer: &Es256Signer| {
        let algorithm = signer.algorithm();
        let message = device_authentication(SESSION, algorithm).map_err(|error| wrong(error.to_string()))?;
        let signature = signer.sign(&message).map_err(|error| wrong(error.to_string()))?;
        let response = device_response(&part, &DeviceSignature { algorithm, signature });
        Ok::<_, Failure>(verify_device(&response, SESSION, &roots, now, None))
    };
    let shown = respond(wallet)?;
    good(&shown, "shown by its wallet")?;
    let elements = shown.document.map_or(0, |document| document.elements.len());
    let thief = Es256Signer::generate().map_err(|error| wrong(error.to_string()))?;
    let stolen = respond(&thief)?.verdict;
    hold(stolen == Verdict::Invalid, || format!("shown by another wallet it is {stolen}"))?;

    let mut forged = whole.as_bytes().to_vec();
    let mut flips = 0;
    for at in (0..forged.len()).step_by(FLIPPED) {
        forged[at] ^= 1;
        let report = verify(&forged, &roots, now, None);
        hold(report.verdict > Verdict::Expired && report.document.is_none(), || {
            format!("with byte {at} changed it is {}", report.verdict)
        })?;
        forged[at] ^= 1;
        flips += 1;
    }
    Ok(format!(
        "{} bytes of {name}'s mdoc VALID with the published root; {elements} elements shown by the wallet; by another \
         one INVALID; {flips} bytes changed alone: none passes",
        whole.as_bytes().len()
    ))
}

fn good(report: &Report, how: &str) -> Result<(), Failure> {
    hold(report.verdict == Verdict::Valid, || format!("{how} it is {}: {:?}", report.verdict, report.checks))
}
