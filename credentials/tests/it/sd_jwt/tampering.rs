//! A credential and a bound presentation, changed in every way one bit or one character can be.

use proptest::prelude::*;
use sealwright_credentials::sd_jwt::{Request, SdJwt, verify};
use sealwright_credentials::{Signer, Verdict};

use super::made::*;
use crate::flips::{every_bit, random_bits_of_text};
use crate::sample::{NOON, content, keys, signer};

const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn shown_by(issuer: &dyn Signer, holder: &dyn Signer) -> String {
    let credential = credential_of(&content(), issuer, holder);
    credential.present_to(&audience(), &["classes", "validity"], holder).expect("presents")
}

#[test]
fn every_flipped_bit_is_refused() {
    for (issuer, holder) in issuers().into_iter().zip(holders()) {
        let issued: String = credential_of(&content(), &*issuer, &*holder).into();
        for (text, request) in [(issued, request()), (shown_by(&*issuer, &*holder), bound_request())] {
            let keys = keys_of(&*issuer);
            assert_eq!(verify(&text, &keys, NOON, &request).verdict, Verdict::Valid);
            every_bit(text.as_bytes(), |flipped, bit| {
                // The highest bit of a byte makes it no text at all.
                let Ok(flipped) = std::str::from_utf8(flipped) else { return };
                refused(flipped, &keys, &request, bit);
            });
        }
    }
}

fn refused(text: &str, keys: &sealwright_credentials::KeySet, request: &Request<'_>, at: usize) {
    let report = verify(text, keys, NOON, request);
    assert!(report.verdict >= Verdict::Invalid, "{at}");
    assert_eq!(report.presented, None, "{at}");
}

/// 1,000 more credentials, each with other salts and another signature, 20 flips each.
#[test]
fn random_flips_over_a_thousand_credentials_are_refused() {
    let mut content = content();
    for version in 1..=1_000 {
        content.version = version;
        let text: String = prepared_with_other_salts(&content, version as u8).into();
        random_bits_of_text(&text, version, 20, |flipped, bit| refused(flipped, &keys(), &request(), bit));
    }
}

#[test]
fn every_cut_and_every_addition_is_refused() {
    let (issued, shown) = (credential().as_str().to_owned(), shown_by(&signer(), &holder()));
    let issued_first: String = credential().present(&["name"]).expect("presents");
    for length in 0..shown.len() {
        refused(&shown[..length], &keys(), &bound_request(), length);
    }
    for length in 0..issued_first.len() {
        // Cut at a tilde, a presentation is another one: of less.
        if !issued_first[..length].ends_with('~') {
            refused(&issued_first[..length], &keys(), &request(), length);
        }
    }
    for extra in BASE64URL.chars().chain(['~', '.', '=', '\n', ' ', '\0', '陈']) {
        for text in [&issued, &shown] {
            for changed in [format!("{text}{extra}"), format!("{extra}{text}")] {
                refused(&changed, &keys(), &bound_request(), 0);
                refused(&changed, &keys(), &request(), 0);
            }
        }
    }
}

/// Unused bits at the end of base64url must be zero, or one signature would have several texts.
#[test]
fn another_spelling_of_the_same_bytes_is_refused() {
    let text: String = credential().into();
    let mut respelled = 0;
    for (at, _) in text.match_indices(['.', '~']) {
        let (before, last) = (&text[..at - 1], &text[at - 1..at]);
        for other in BASE64URL.chars().filter(|other| !last.contains(*other)) {
            respelled += 1;
            refused(&format!("{before}{other}{}", &text[at..]), &keys(), &request(), at);
        }
        refused(&format!("{}={}", &text[..at], &text[at..]), &keys(), &request(), at);
        refused(&format!("{}=={}", &text[..at], &text[at..]), &keys(), &request(), at);
    }
    assert!(respelled > 1_000);
}

#[test]
fn parts_of_two_credentials_do_not_mix() {
    let mut second = content();
    second.version += 1;
    second.classes = "C1".into();
    let second = prepared_with_other_salts(&second, 0x77);
    let (one, two) = (credential().as_str().to_owned(), second.as_str().to_owned());
    let parts = |text: &str| -> Vec<String> { text.split('~').map(str::to_owned).collect() };
    for at in 1..=16 {
        let mut mixed = parts(&one);
        mixed[at] = parts(&two)[at].clone();
        refused(&mixed.join("~"), &keys(), &request(), at);
    }
    let jws = |text: &str| -> Vec<String> {
        text.split('~').next().expect("a JWT").split('.').map(str::to_owned).collect()
    };
    let mixed = format!("{}.{}.{}~", jws(&one)[0], jws(&one)[1], jws(&two)[2]);
    refused(&mixed, &keys(), &request(), 0);
}

fn prepared_with_other_salts(content: &sealwright_credentials::Content, salt: u8) -> SdJwt {
    use sealwright_credentials::sd_jwt::{Salts, Terms, prepare};
    let licence = licence();
    let salts = Salts::from_random([salt; Salts::LEN]);
    let prepared = prepare(content, &Terms::of(&licence), signer().key_id(), signer().algorithm(), salts);
    prepared.expect("in order").sign(&signer()).expect("signs")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn a_few_changed_characters_are_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6),
    ) {
        let text = shown_by(&signer(), &holder());
        let mut changed = text.clone().into_bytes();
        for (at, to) in changes {
            *at.get_mut(&mut changed[..]) = BASE64URL.as_bytes()[to.index(64)];
        }
        let changed = String::from_utf8(changed).expect("ASCII");
        if changed != text {
            refused(&changed, &keys(), &bound_request(), 0);
        }
    }
}
