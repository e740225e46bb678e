//! Bytes that were issued once must verify for ever, and be made the same way.

use std::collections::BTreeMap;
use std::io::Read as _;

use ciborium::Value;
use coset::{CborSerializable as _, CoseSign1, TaggedCborSerializable as _, iana};
use sealwright_credentials::{Ed25519Signer, Es256Signer, KeySet, KeyState, Signer, Verdict};
use sealwright_credentials::{code::TYPE, prepare, verify};

use crate::sample::{NOON, code, content, keys, signer};

const GOLDEN: &str = include_str!("golden/code.txt");
const GOLDEN_ES256: &str = include_str!("golden/code-es256.txt");

#[test]
fn the_code_of_a_known_key_and_content_never_changes() {
    assert_eq!(code(&content()).as_str(), GOLDEN.trim_end(), "a changed byte makes older codes unreadable");
    assert_eq!(verify(GOLDEN.trim_end(), &keys(), NOON, None).verdict, Verdict::Valid);
}

#[test]
fn the_es256_code_of_a_known_key_and_content_never_changes() {
    let signer = Es256Signer::from_scalar(&[2; 32]).expect("in range");
    let prepared = prepare(&content(), signer.key_id(), signer.algorithm()).expect("in order");
    assert_eq!(prepared.sign(&signer).expect("signs").as_str(), GOLDEN_ES256.trim_end());
    let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
    assert_eq!(verify(GOLDEN_ES256.trim_end(), &keys, NOON, None).verdict, Verdict::Valid);
}

/// Takes the golden code apart with other libraries only, as a verifier in another language would.
#[test]
fn a_reader_that_knows_only_the_standards_verifies_it() {
    let packed = base45::decode(&GOLDEN.trim_end()[4..]).expect("base45");
    let mut cose = Vec::new();
    flate2::read::ZlibDecoder::new(&packed[..]).read_to_end(&mut cose).expect("zlib");
    let sign1 = CoseSign1::from_tagged_slice(&cose).expect("a tagged COSE_Sign1");

    let header = &sign1.protected.header;
    assert_eq!(header.alg, Some(coset::Algorithm::Assigned(iana::Algorithm::EdDSA)));
    assert_eq!(header.key_id, signer().key_id().as_bytes());
    assert_eq!(header.rest, [(coset::Label::Int(16), Value::Text(TYPE.into()))]);
    assert!(sign1.unprotected.is_empty());

    let key = ed25519_dalek::VerifyingKey::try_from(signer().public_key().as_bytes()).expect("a key");
    sign1
        .verify_signature(&[], |signature, message| {
            let signature = ed25519_dalek::Signature::from_slice(signature)?;
            key.verify_strict(message, &signature)
        })
        .expect("the signature verifies");

    let claims = by_key(Value::from_slice(sign1.payload.as_ref().expect("a payload")).expect("CBOR"));
    assert_eq!(claims.keys().copied().collect::<Vec<_>>(), [-65537, 1, 2, 6, 7]);
    assert_eq!(claims[&1], Value::Text(content().issuer));
    assert_eq!(claims[&2], Value::Text(content().licence_number));
    assert_eq!(claims[&6], Value::from(content().generated_at));
    assert_eq!(claims[&7], Value::Bytes(content().serial.as_str().into()));
    let licence = by_key(claims[&-65537].clone());
    assert_eq!(licence.keys().copied().collect::<Vec<_>>(), (1..=15).collect::<Vec<_>>());
    assert_eq!(licence[&2], Value::Text(content().name));
    // RFC 8943: 2031-09-01 is day 22523 after 1970-01-01.
    assert_eq!(licence[&8], Value::Tag(100, Box::new(22_523.into())));
}

#[test]
fn the_known_seed_is_the_known_key() {
    assert_eq!(Ed25519Signer::from_seed(&[0x5E; 32]).key_id().to_string(), "bbb9a0ac8843c19f");
}

fn by_key(map: Value) -> BTreeMap<i64, Value> {
    let entries = map.into_map().expect("a map").into_iter();
    entries
        .map(|(key, value)| {
            let key = i128::from(key.into_integer().expect("an integer key"));
            (key.try_into().expect("a small key"), value)
        })
        .collect()
}
