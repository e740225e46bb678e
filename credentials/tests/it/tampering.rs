//! One credential, changed in every way one bit or one character can be.

use proptest::prelude::*;
use sealwright_credentials::code::MAX_CHARS;
use sealwright_credentials::{
    Code, CodeError, Content, Digest, Es256Signer, KeySet, KeyState, Serial, Signer, Verdict, prepare, verify,
};

use crate::flips::{every_bit, random_bits};
use crate::sample::{NOON, code, content, keys, signer};

const BASE45: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

#[test]
fn every_flipped_bit_of_the_decoded_bytes_is_refused() {
    let es256 = Es256Signer::from_scalar(&[2; 32]).expect("in range");
    for signer in [&signer() as &dyn Signer, &es256] {
        let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
        let prepared = prepare(&content(), signer.key_id(), signer.algorithm()).expect("in order");
        let bytes = base45::decode(&prepared.sign(signer).expect("signs").as_str()[4..]).expect("base45");
        every_bit(&bytes, |flipped, bit| refused(flipped, &keys, bit));
    }
}

/// 1,000 more codes, 20 flips each.
#[test]
fn random_flips_of_random_codes_are_refused() {
    let keys = keys();
    for seed in 1..=1_000u32 {
        let serial =
            Serial::from_random(Digest::of(&seed.to_be_bytes()).as_bytes()[..10].try_into().expect("10"));
        let code = code(&Content { serial, version: seed, ..content() });
        assert_eq!(verify(code.as_str(), &keys, NOON, None).verdict, Verdict::Valid);
        let bytes = base45::decode(&code.as_str()[4..]).expect("base45");
        random_bits(&bytes, seed, 20, |flipped, bit| refused(flipped, &keys, bit));
    }
}

/// A flip within the frame is found by its checksum; so the flipped inside is framed anew, too.
fn refused(flipped: &[u8], keys: &KeySet, bit: usize) {
    let check = |bytes: &[u8]| {
        let report = verify(&format!("SW1:{}", base45::encode(bytes)), keys, NOON, None);
        assert!(report.verdict >= Verdict::Invalid, "bit {bit}");
        assert_eq!(report.content, None);
    };
    check(flipped);
    let inside = &flipped[7..flipped.len() - 4];
    let flip_is_inside = (56..(flipped.len() - 4) * 8).contains(&bit);
    if flip_is_inside {
        check(&[&flipped[..7], inside, &adler32(inside).to_be_bytes()].concat());
    }
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

#[test]
fn every_changed_character_is_refused() {
    let keys = keys();
    let code = code(&content());
    assert_eq!(verify(code.as_str(), &keys, NOON, None).verdict, Verdict::Valid);
    for (at, original) in code.as_str().char_indices() {
        for other in BASE45.chars().filter(|c| *c != original).chain(['a', '陈', '\0', '\n']) {
            let mut changed = code.as_str().to_owned();
            changed.replace_range(at..at + 1, &other.to_string());
            let verdict = verify(&changed, &keys, NOON, None).verdict;
            let expected = if at < 4 { Verdict::Unknown } else { Verdict::Invalid };
            assert_eq!(verdict, expected, "{original} at {at} became {other}");
        }
    }
}

#[test]
fn every_cut_and_every_addition_is_refused() {
    let keys = keys();
    let code = code(&content());
    let text = code.as_str();
    for length in 0..text.len() {
        assert!(verify(&text[..length], &keys, NOON, None).verdict >= Verdict::Invalid, "cut to {length}");
    }
    for extra in BASE45.chars().chain(['\n']) {
        assert_eq!(verify(&format!("{text}{extra}"), &keys, NOON, None).verdict, Verdict::Invalid);
        assert_eq!(verify(&format!("{extra}{text}"), &keys, NOON, None).verdict, Verdict::Unknown);
    }
    assert_eq!(verify(&text.to_lowercase(), &keys, NOON, None).verdict, Verdict::Unknown);
    assert_eq!(verify(&format!("{text}{}", &text[4..]), &keys, NOON, None).verdict, Verdict::Invalid);
}

/// The same bytes through a compressor are another text, and there must be only one.
#[test]
fn another_spelling_of_the_same_bytes_is_refused() {
    use std::io::{Read as _, Write as _};
    let code = code(&content());
    let framed = base45::decode(&code.as_str()[4..]).expect("base45");
    let mut cose = Vec::new();
    flate2::read::ZlibDecoder::new(&framed[..]).read_to_end(&mut cose).expect("zlib");
    let mut others = 0;
    for level in 0..=9 {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(&cose).expect("to memory");
        let respelled = encoder.finish().expect("to memory");
        // Some levels give up and store, as we do: the same spelling, then.
        if respelled != framed {
            others += 1;
            let respelled = format!("SW1:{}", base45::encode(respelled));
            assert_eq!(respelled.parse::<Code>(), Err(CodeError::Zlib), "level {level}");
        }
    }
    assert!(others > 0, "no level spelled it in another way: nothing was tested");
}

#[test]
fn an_overflowing_last_pair_of_base45_is_refused() {
    // A last pair stands for one byte; 45 * 44 + 44 is more than a byte holds.
    assert_eq!("SW1:::".parse::<Code>(), Err(CodeError::Base45));
    let code = code(&content());
    let bytes = base45::decode(&code.as_str()[4..]).expect("base45");
    assert_eq!(bytes.len() % 2, 1, "the sample must end in a pair to show this");
    let (start, last) = code.as_str().split_at(code.as_str().len() - 2);
    let value = |c: u8| BASE45.bytes().position(|known| known == c).expect("base45");
    let overflowing = value(last.as_bytes()[0]) + 45 * value(last.as_bytes()[1]) + 256;
    let pair = [overflowing % 45, overflowing / 45].map(|i| char::from(BASE45.as_bytes()[i]));
    let respelled = format!("{start}{}{}", pair[0], pair[1]);
    assert_eq!(base45::decode(&respelled[4..]).expect("the decoder lets it through"), bytes);
    assert_eq!(respelled.parse::<Code>(), Err(CodeError::Base45));
}

#[test]
fn an_endless_text_is_refused() {
    assert_eq!(format!("SW1:{}", "A".repeat(MAX_CHARS)).parse::<Code>(), Err(CodeError::TooLong));
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(text in ".{0,600}", at: i64) {
        prop_assert_eq!(verify(&text, &keys(), at, None).verdict, Verdict::Unknown);
        let prefixed = verify(&format!("SW1:{text}"), &keys(), at, None);
        prop_assert_eq!(prefixed.verdict, Verdict::Invalid);
        prop_assert_eq!(prefixed.content, None);
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..600), at: i64) {
        let text = format!("SW1:{}", base45::encode(bytes));
        prop_assert_eq!(verify(&text, &keys(), at, None).verdict, Verdict::Invalid);
    }
}
