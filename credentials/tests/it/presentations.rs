//! The show code: who may show, for how long, to whom, and how often.

use proptest::prelude::*;
use sealwright_credentials::presentation::{
    Asked, Challenge, MAX_CHARS, Nonce, Presentation, PresentationError, Report, ShowCode, prepare,
    reference, seal, verify,
};
use sealwright_credentials::{
    Ed25519Signer, KeySet, KeyState, SealError, Serial, Signature, Signer, Verdict,
};

use crate::sample::NOON;

mod tampering;

pub(crate) fn presenter() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[0x30; 32])
}

fn device() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[0x40; 32])
}

fn presenters() -> KeySet {
    KeySet::of([(presenter().public_key().clone(), KeyState::Active)])
}

pub(crate) fn presentation() -> Presentation {
    Presentation {
        serial: Serial::from_random([0xA7; 10]),
        version: 3,
        issued_at: NOON,
        expires_at: NOON + 60,
        nonce: Nonce::from_random([1, 2, 3, 4, 5, 6, 7, 8]),
        device: None,
        challenge: None,
    }
}

fn challenge() -> Challenge {
    Challenge::new(&[0xC4; 8]).expect("8 bytes")
}

pub(crate) fn shown(presentation: &Presentation, signer: &dyn Signer) -> ShowCode {
    let prepared = prepare(presentation, signer.key_id(), signer.algorithm()).expect("in order");
    prepared.sign(signer).expect("signs")
}

fn failed(report: &Report) -> Vec<&'static str> {
    report.checks.iter().filter(|check| check.passed == Some(false)).map(|check| check.name).collect()
}

/// The verdict on the sample at `at`, shown by the issuer's key.
fn at(presentation: &Presentation, at: i64) -> Verdict {
    verify(shown(presentation, &presenter()).as_str(), &Asked::of(&presenters(), at)).verdict
}

#[test]
fn a_good_code_passes_every_check() {
    let keys = presenters();
    let (challenge, presented) =
        (challenge(), Presentation { challenge: Some(challenge()), ..presentation() });
    let code = shown(&presented, &presenter());
    let asked = Asked { challenge: Some(&challenge), first_use: Some(true), ..Asked::of(&keys, NOON + 30) };
    let report = verify(code.as_str(), &asked);
    assert_eq!(report.verdict, Verdict::Valid);
    let names: Vec<_> = report.checks.iter().map(|check| check.name).collect();
    let all =
        ["form", "type", "key", "algorithm", "signature", "content", "code_time", "audience", "first_use"];
    assert_eq!(names, all);
    assert!(report.checks.iter().all(|check| check.passed == Some(true)));
    assert_eq!(report.presentation, Some(presented.clone()));
    assert_eq!(reference(code.as_str()), Ok((presented.serial, 3)));
    assert_eq!(code.as_str().parse(), Ok(code));
}

#[test]
fn a_code_lives_a_minute_by_the_verifiers_clock_whatever_the_skew() {
    for (seconds, verdict) in [
        (-6, Verdict::Invalid),
        (-5, Verdict::Valid),
        (0, Verdict::Valid),
        (59, Verdict::Valid),
        (60, Verdict::Expired),
        (61, Verdict::Expired),
    ] {
        assert_eq!(at(&presentation(), NOON + seconds), verdict, "{seconds}");
    }
    let short = Presentation { expires_at: NOON + 30, ..presentation() };
    for (seconds, verdict) in [(34, Verdict::Valid), (35, Verdict::Expired)] {
        assert_eq!(at(&short, NOON + seconds), verdict, "{seconds}");
    }
    let keys = presenters();
    let code = shown(&presentation(), &presenter());
    for (skew_s, seconds, verdict) in [
        (i64::MAX, 60, Verdict::Expired),
        (i64::MAX, -10, Verdict::Valid),
        (i64::MAX, -11, Verdict::Invalid),
        (0, -1, Verdict::Invalid),
        (i64::MIN, 0, Verdict::Valid),
    ] {
        let asked = Asked { skew_s, ..Asked::of(&keys, NOON + seconds) };
        assert_eq!(verify(code.as_str(), &asked).verdict, verdict, "{skew_s} {seconds}");
    }
    for extreme in [i64::MIN, i64::MAX, 0] {
        assert!(at(&presentation(), extreme) > Verdict::Valid);
    }
}

#[test]
fn a_code_that_lives_longer_is_neither_made_nor_believed() {
    for (issued_at, expires_at) in
        [(NOON, NOON + 61), (NOON, NOON), (NOON, NOON - 1), (-1, 30), (0, i64::MAX)]
    {
        let wrong = Presentation { issued_at, expires_at, ..presentation() };
        let made = prepare(&wrong, presenter().key_id(), presenter().algorithm());
        assert!(matches!(made, Err(PresentationError::Refused(_))), "{issued_at} {expires_at}");
    }
    let wrong = Presentation { version: 0, ..presentation() };
    assert!(prepare(&wrong, presenter().key_id(), presenter().algorithm()).is_err());
}

#[test]
fn a_credential_that_is_bound_to_a_device_is_shown_by_that_device() {
    let keys = presenters();
    let (device, stranger) = (device(), Ed25519Signer::from_seed(&[0x41; 32]));
    let bound = Asked { device: Some(device.public_key()), ..Asked::of(&keys, NOON + 1) };
    let ask = |presentation: &Presentation, signer: &dyn Signer, asked: &Asked<'_>| {
        let report = verify(shown(presentation, signer).as_str(), asked);
        (report.verdict, failed(&report))
    };
    assert_eq!(ask(&presentation(), &device, &bound), (Verdict::Valid, vec![]));
    assert_eq!(ask(&presentation(), &stranger, &bound), (Verdict::Unknown, vec!["key"]));
    // The issuer's key must say for which device it speaks.
    assert_eq!(ask(&presentation(), &presenter(), &bound), (Verdict::Invalid, vec!["content"]));
    let vouched = Presentation { device: Some(*device.key_id()), ..presentation() };
    assert_eq!(ask(&vouched, &presenter(), &bound), (Verdict::Valid, vec![]));
    let other = Presentation { device: Some(*stranger.key_id()), ..presentation() };
    assert_eq!(ask(&other, &presenter(), &bound), (Verdict::Invalid, vec!["content"]));
    // A device that nobody knows of is nobody.
    let unbound = Asked::of(&keys, NOON + 1);
    assert_eq!(ask(&presentation(), &device, &unbound), (Verdict::Unknown, vec!["key"]));
}

#[test]
fn a_code_for_one_verifier_is_good_for_no_other() {
    let keys = presenters();
    let (mine, other) = (challenge(), Challenge::new(&[0xC5; 8]).expect("8 bytes"));
    let for_me = Presentation { challenge: Some(mine.clone()), ..presentation() };
    for (presentation, given, verdict) in [
        (&for_me, Some(&mine), Verdict::Valid),
        (&for_me, Some(&other), Verdict::Invalid),
        (&for_me, None, Verdict::Invalid),
        (&presentation(), Some(&mine), Verdict::Invalid),
        (&presentation(), None, Verdict::Valid),
    ] {
        let asked = Asked { challenge: given, ..Asked::of(&keys, NOON + 1) };
        assert_eq!(verify(shown(presentation, &presenter()).as_str(), &asked).verdict, verdict);
    }
    assert_eq!(Challenge::new(&[0; 7]), None);
    assert_eq!(Challenge::new(&[0; 17]), None);
    assert!(Challenge::new(&[0; 16]).is_some());
}

#[test]
fn a_code_is_used_once() {
    let keys = presenters();
    let code = shown(&presentation(), &presenter());
    let ask = |first_use| verify(code.as_str(), &Asked { first_use, ..Asked::of(&keys, NOON + 1) });
    assert_eq!(ask(Some(true)).verdict, Verdict::Valid);
    let used = ask(Some(false));
    assert_eq!((used.verdict, failed(&used)), (Verdict::Invalid, vec!["first_use"]));
    let offline = ask(None);
    let last = offline.checks.last().expect("a check");
    assert_eq!((offline.verdict, last.name, last.passed), (Verdict::Valid, "first_use", None));

    let burn = presentation().burn();
    assert!(burn.until > NOON + 60 + 10, "kept until every clock says expired");
    let later = Presentation { issued_at: NOON + 1, ..presentation() };
    assert_eq!(later.burn().id, burn.id, "one nonce, one use, whatever else it says");
    let fresh = Presentation { nonce: Nonce::from_random([9; 8]), ..presentation() };
    assert_ne!(fresh.burn().id, burn.id);
    let another = Presentation { serial: Serial::from_random([1; 10]), ..presentation() };
    assert_ne!(another.burn().id, burn.id);
    assert_ne!(Nonce::random().expect("random"), Nonce::random().expect("random"));
}

#[test]
fn only_a_key_that_may_verify_does() {
    let mut keys = presenters();
    let code = shown(&presentation(), &presenter());
    let ask = |keys: &KeySet| verify(code.as_str(), &Asked::of(keys, NOON + 1)).verdict;
    assert_eq!(ask(&KeySet::default()), Verdict::Unknown);
    keys.put(presenter().public_key().clone(), KeyState::VerifyOnly);
    assert_eq!(ask(&keys), Verdict::Valid);
    keys.put(presenter().public_key().clone(), KeyState::Retired);
    assert_eq!(ask(&keys), Verdict::Invalid);
}

#[test]
fn another_keys_signature_is_refused() {
    let prepared = prepare(&presentation(), presenter().key_id(), presenter().algorithm()).expect("in order");
    let wrong = SealError::WrongKey { prepared: *presenter().key_id(), signer: *device().key_id() };
    assert_eq!(prepared.sign(&device()), Err(wrong));
    let short = seal(&prepared, &Signature::from_bytes([0; 63]));
    assert_eq!(short, Err(SealError::Length { got: 63, wanted: 64 }));
    let forged = seal(&prepared, &device().sign(&prepared.to_be_signed()).expect("signs")).expect("64 bytes");
    let report = verify(forged.as_str(), &Asked::of(&presenters(), NOON + 1));
    assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["signature"]));
    assert_eq!(report.presentation, None);
}

const GOLDEN: &str = include_str!("golden/show_code.txt");

#[test]
fn the_show_code_of_a_known_key_never_changes() {
    assert_eq!(shown(&presentation(), &presenter()).as_str(), GOLDEN.trim_end());
    assert_eq!(at(&presentation(), NOON), Verdict::Valid);
}

/// The largest codes that phones make must fit a QR of version 8 (49 modules) at error correction M.
#[test]
fn a_show_code_fits_a_small_qr() {
    let modules = |presentation: &Presentation| {
        let code = shown(presentation, &presenter());
        qrcode::QrCode::with_error_correction_level(code.as_str(), qrcode::EcLevel::M).expect("fits").width()
    };
    assert!(GOLDEN.trim_end().len() <= 205);
    for fits in [
        presentation(),
        Presentation { version: u32::MAX, ..presentation() },
        Presentation { challenge: Some(challenge()), version: 23, ..presentation() },
        Presentation { device: Some(*device().key_id()), version: 255, ..presentation() },
    ] {
        assert!(modules(&fits) <= 49, "{fits:?}");
    }
}

fn any_presentation() -> impl Strategy<Value = Presentation> {
    let serial = "[0-9A-Z]{8,32}".prop_map(|serial| serial.parse().expect("a serial"));
    let key = prop::option::of(any::<[u8; 32]>())
        .prop_map(|seed| seed.map(|s| *Ed25519Signer::from_seed(&s).key_id()));
    let challenge = prop::option::of(prop::collection::vec(any::<u8>(), 8..=16));
    (serial, 1u32.., 0i64..1 << 40, 1i64..=60, any::<[u8; 8]>(), key, challenge).prop_map(
        |(serial, version, issued_at, lifetime, nonce, device, challenge)| Presentation {
            serial,
            version,
            issued_at,
            expires_at: issued_at + lifetime,
            nonce: Nonce::from_random(nonce),
            device,
            challenge: challenge.and_then(|bytes| Challenge::new(&bytes)),
        },
    )
}

proptest! {
    #[test]
    fn any_presentation_is_read_as_it_was_shown(presentation in any_presentation()) {
        let code = shown(&presentation, &presenter());
        prop_assert!(code.as_str().len() <= MAX_CHARS);
        let keys = presenters();
        let asked = Asked {
            challenge: presentation.challenge.as_ref(),
            ..Asked::of(&keys, presentation.issued_at)
        };
        let report = verify(code.as_str(), &asked);
        prop_assert_eq!(report.verdict, Verdict::Valid);
        prop_assert_eq!(report.presentation, Some(presentation));
    }
}
