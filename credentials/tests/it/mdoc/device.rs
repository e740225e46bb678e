//! The holder signs a session, and nobody else can.

use sealwright_credentials::mdoc::{
    DeviceError, DeviceSignature, device_authentication, device_response, verify_device,
};
use sealwright_credentials::{Ed25519Signer, Signature, Signer, Verdict};

use super::sample::{Sample, holder, root};
use crate::sample::NOON;

/// `SessionTranscript` with nothing of engagement, and a handover of one text.
const SESSION: &[u8] = b"\x83\xF6\xF6\x81\x67session";
const OTHER_SESSION: &[u8] = b"\x83\xF6\xF6\x81\x67another";

fn respond(sample: &Sample, signer: &dyn Signer, session: &[u8]) -> Vec<u8> {
    let message = device_authentication(session, signer.algorithm()).expect("a transcript");
    let signature = signer.sign(&message).expect("signs");
    let part = sample.issue().disclose(|_, identifier| identifier == "age_over_18");
    device_response(&part, &DeviceSignature { algorithm: signer.algorithm(), signature })
}

#[test]
fn only_the_holder_presents_and_only_once() {
    let ed25519 = Ed25519Signer::from_seed(&[0x41; 32]);
    let holders: [&dyn Signer; 2] = [&holder(), &ed25519];
    for device in holders {
        let sample = Sample { device_key: device.public_key().clone(), ..Sample::new() };
        let response = respond(&sample, device, SESSION);
        let report = verify_device(&response, SESSION, &[root()], NOON, None);
        assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
        assert_eq!(report.document.expect("valid").elements.len(), 1);

        for session in [OTHER_SESSION, b"", b"\xA0", b"\x83\xF6\xF6", &[SESSION, SESSION].concat()] {
            let report = verify_device(&response, session, &[root()], NOON, None);
            assert_eq!((report.verdict, report.document), (Verdict::Invalid, None));
            let last = report.checks.last().expect("checks");
            assert_eq!((last.name, last.passed), ("device", Some(false)));
        }
        let thief = Ed25519Signer::from_seed(&[0x66; 32]);
        let report = verify_device(&respond(&sample, &thief, SESSION), SESSION, &[root()], NOON, None);
        assert_eq!(report.verdict, Verdict::Invalid);
    }
    assert_eq!(device_authentication(b"\xA0", holder().algorithm()), Err(DeviceError::SessionTranscript));
}

/// Phones do not care which half of `s` they sign with.
#[test]
fn either_half_of_a_holders_signature_verifies() {
    let message = device_authentication(SESSION, holder().algorithm()).expect("a transcript");
    let low = holder().sign(&message).expect("signs");
    let low = p256::ecdsa::Signature::from_slice(low.as_bytes()).expect("a signature");
    let high = p256::ecdsa::Signature::from_scalars(low.r(), -*low.s()).expect("a signature");
    assert_ne!(low, high);
    let device = DeviceSignature {
        algorithm: holder().algorithm(),
        signature: Signature::from_bytes(high.to_bytes().to_vec()),
    };
    let response = device_response(&Sample::new().issue(), &device);
    assert_eq!(verify_device(&response, SESSION, &[root()], NOON, None).verdict, Verdict::Valid);
}

#[test]
fn every_flipped_bit_of_a_response_is_refused() {
    let good = respond(&Sample::new(), &holder(), SESSION);
    let roots = [root()];
    // What the issuer signed is flipped in the tests of tampering, and inside it every hundredth byte is here.
    let inside = |part: &[u8]| good.windows(part.len()).position(|window| window == part).expect("there");
    let (start, end) = (inside(b"issuerSigned"), inside(b"deviceSigned"));
    for bit in (0..good.len() * 8).filter(|bit| !(start..end).contains(&(bit / 8)) || bit / 8 % 100 == 0) {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let report = verify_device(&flipped, SESSION, &roots, NOON, None);
        assert!(report.verdict >= Verdict::Invalid, "bit {bit}");
    }
    for length in (0..start).chain(end - 20..good.len()) {
        assert_eq!(verify_device(&good[..length], SESSION, &roots, NOON, None).verdict, Verdict::Invalid);
    }
}
