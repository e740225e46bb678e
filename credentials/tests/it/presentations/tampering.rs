//! The show code, changed, cut and made up.

use proptest::prelude::*;
use sealwright_credentials::presentation::{
    Asked, MAX_CHARS, Nonce, Presentation, ShowCode, reference, verify,
};
use sealwright_credentials::{CodeError, Digest, Es256Signer, KeySet, KeyState, Serial, Signer, Verdict};

use super::{GOLDEN, presentation, presenter, presenters, shown};
use crate::flips::{every_bit, random_bits};
use crate::sample::NOON;

#[test]
fn every_flipped_bit_is_refused() {
    let es256 = Es256Signer::from_scalar(&[0x30; 32]).expect("in range");
    for signer in [&presenter() as &dyn Signer, &es256] {
        let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
        let code = shown(&presentation(), signer);
        assert_eq!(verify(code.as_str(), &Asked::of(&keys, NOON + 1)).verdict, Verdict::Valid);
        let refused = |text: &str, bit| {
            let report = verify(text, &Asked::of(&keys, NOON + 1));
            assert!(report.verdict >= Verdict::Invalid && report.presentation.is_none(), "bit {bit}");
        };
        let cose = base45::decode(&code.as_str()[5..]).expect("base45");
        every_bit(&cose, |flipped, bit| refused(&format!("SW1P:{}", base45::encode(flipped)), bit));
        every_bit(code.as_str().as_bytes(), |flipped, bit| {
            if let Ok(text) = std::str::from_utf8(flipped) {
                refused(text, bit);
            }
        });
    }
}

/// 1,000 more codes, 20 flips each.
#[test]
fn random_flips_of_random_codes_are_refused() {
    let keys = presenters();
    for seed in 0..1_000u32 {
        let digest = Digest::of(&seed.to_be_bytes());
        let presentation = Presentation {
            serial: Serial::from_random(digest.as_bytes()[..10].try_into().expect("10 bytes")),
            nonce: Nonce::from_random(digest.as_bytes()[10..18].try_into().expect("8 bytes")),
            version: seed + 1,
            ..presentation()
        };
        let code = shown(&presentation, &presenter());
        let asked = Asked::of(&keys, NOON + 1);
        assert_eq!(verify(code.as_str(), &asked).verdict, Verdict::Valid);
        random_bits(&base45::decode(&code.as_str()[5..]).expect("base45"), seed, 20, |flipped, bit| {
            let text = format!("SW1P:{}", base45::encode(flipped));
            assert!(verify(&text, &asked).verdict >= Verdict::Invalid, "seed {seed}, bit {bit}");
        });
    }
}

#[test]
fn cut_continued_and_endless_texts_are_refused() {
    let text = GOLDEN.trim_end();
    for length in 0..text.len() {
        assert!(text[..length].parse::<ShowCode>().is_err(), "cut to {length}");
    }
    for wrong in
        [format!("{text}0"), format!("{text} "), format!("{text}\n"), format!("{text}{}", &text[5..])]
    {
        assert!(wrong.parse::<ShowCode>().is_err());
    }
    let endless = format!("SW1P:{}", "A".repeat(MAX_CHARS));
    assert_eq!(endless.parse::<ShowCode>(), Err(CodeError::TooLong));
    assert_eq!(text.to_lowercase().parse::<ShowCode>(), Err(CodeError::Foreign));
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(text in ".{0,300}", at: i64) {
        let keys = presenters();
        prop_assert_eq!(verify(&text, &Asked::of(&keys, at)).verdict, Verdict::Unknown);
        let prefixed = format!("SW1P:{text}");
        prop_assert_eq!(verify(&prefixed, &Asked::of(&keys, at)).verdict, Verdict::Invalid);
        prop_assert!(reference(&prefixed).is_err());
    }

    #[test]
    fn any_signed_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..160)) {
        let text = format!("SW1P:{}", base45::encode(bytes));
        prop_assert_eq!(verify(&text, &Asked::of(&presenters(), NOON)).verdict, Verdict::Invalid);
    }
}
