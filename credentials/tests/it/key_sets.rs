//! Key sets: their two forms, what verifiers get to see, and what is refused of strangers.

use coset::CborSerializable as _;
use proptest::prelude::*;
use sealwright_credentials::key_set::{MAX_BYTES, MAX_KEYS, MAX_REASON};
use sealwright_credentials::{ChangeRefused, Ed25519Signer, Es256Signer, KeyId, KeySet, KeyState, PublicKey};
use sealwright_credentials::{Rotation, Signer};
use serde_json::{Value, json};

use crate::sample::{keys, signer};

const SINCE: i64 = 1_795_000_000;

fn ed25519(seed: u8) -> PublicKey {
    Ed25519Signer::from_seed(&[seed; 32]).public_key().clone()
}

fn es256(scalar: u8) -> PublicKey {
    Es256Signer::from_scalar(&[scalar; 32]).expect("in range").public_key().clone()
}

/// One key in each state, in the order in which a set has them.
fn every_state() -> KeySet {
    let mut set = KeySet::of([
        (ed25519(1), KeyState::Retired),
        (es256(2), KeyState::VerifyOnly),
        (ed25519(3), KeyState::VerifyOnly),
        (es256(4), KeyState::Active),
        (ed25519(5), KeyState::Pending),
    ]);
    let lost = ed25519(3).key_id();
    set.change(&lost, KeyState::Compromised { since: SINCE }, Some("a laptop\nwas stolen")).expect("allowed");
    set
}

fn names(set: &KeySet) -> Vec<&str> {
    set.iter().map(|(.., state)| state.name()).collect()
}

#[test]
fn the_json_form_never_changes() {
    let set = every_state();
    assert_eq!(set.to_json(), include_str!("golden/key_set.json").trim_end());
    assert_eq!(KeySet::from_json(&set.to_json()).expect("its own form"), set);
    assert_eq!(names(&set), ["retired", "compromised", "verify-only", "active", "pending"]);
    assert_eq!(set.reason(&ed25519(3).key_id()), Some("a laptopwas stolen"));
}

#[test]
fn a_reader_that_knows_no_states_never_sees_a_withdrawn_key() {
    let json: Value = serde_json::from_str(&every_state().to_json()).expect("JSON");
    let kids = |member: &str| -> Vec<String> {
        let members = json[member].as_array().expect("an array");
        members.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
    };
    let good = [es256(2), es256(4), ed25519(5)].map(|key| key.key_id().to_string());
    let withdrawn = [ed25519(1), ed25519(3)].map(|key| key.key_id().to_string());
    assert_eq!((kids("keys"), kids("withdrawn")), (good.to_vec(), withdrawn.to_vec()));

    let cose = KeySet::from_cose(&every_state().to_cose()).expect("its own form");
    assert_eq!(cose.iter().map(|(id, ..)| id.to_string()).collect::<Vec<_>>(), good);
}

#[test]
fn a_key_set_travels_as_a_jwk_set() {
    let json = serde_json::to_value(keys()).expect("JSON");
    let jwk = &json["keys"][0];
    assert_eq!((&jwk["kty"], &jwk["crv"], &jwk["alg"]), (&"OKP".into(), &"Ed25519".into(), &"EdDSA".into()));
    assert_eq!(jwk["kid"], signer().key_id().to_string());
    assert!(json.get("withdrawn").is_none());

    // A plain JWK Set of somebody else, with kinds and uses of keys that are not ours.
    let plain = json!({"keys": [
        {"kty": "OKP", "crv": "Ed25519", "x": jwk["x"], "x5t": "AA"},
        {"kty": "RSA", "n": "AQ"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "use": "enc", "x": "AA", "y": "AA"},
    ]});
    assert_eq!(KeySet::from_json(&plain.to_string()).expect("plain"), keys());
}

#[test]
fn a_key_set_that_lies_is_refused() {
    let jwk = &serde_json::to_value(keys()).expect("serialises")["keys"][0];
    let with = |member: &str, value: &str| {
        let mut jwk = jwk.clone();
        jwk[member] = value.into();
        KeySet::from_json(&serde_json::json!({ "keys": [jwk] }).to_string()).map_err(|e| e.to_string())
    };
    assert!(with("use", "sig").is_ok());
    for (member, value, why) in [
        ("d", "AAAA", "private key"),
        ("kid", "0011223344556677", "kid"),
        ("kid", "short", "16 hex"),
        ("alg", "ES256", "alg"),
        ("alg", "RS256", "alg"),
        ("x", "AAAA", "usable"),
        ("x", "+", "base64url"),
        ("state", "trusted", "trusted"),
        ("x", &"A".repeat(65), "base64url"),
    ] {
        let refused = with(member, value).expect_err(member);
        assert!(refused.contains(why), "{member}: {refused}");
    }
    let twice = serde_json::json!({ "keys": [jwk, jwk] }).to_string();
    assert!(KeySet::from_json(&twice).expect_err("twice").to_string().contains("twice"));
}

#[test]
fn an_es256_key_that_lies_is_refused() {
    let json = serde_json::to_value(KeySet::of([(es256(2), KeyState::Active)])).expect("JSON");
    let jwk = &json["keys"][0];
    for (member, value, why) in [
        ("alg", json!("EdDSA"), "alg"),
        ("alg", json!("ES384"), "alg"),
        ("y", Value::Null, "`y`"),
        ("y", jwk["x"].clone(), "usable"),
        ("kid", json!(signer().key_id().to_string()), "kid"),
        ("d", json!("AA"), "private key"),
    ] {
        let mut jwk = jwk.clone();
        jwk[member] = value;
        let refused = KeySet::from_json(&json!({ "keys": [jwk] }).to_string()).expect_err(member).to_string();
        assert!(refused.contains(why), "{member}: {refused}");
    }
    // A private key of a kind that would be skipped is noticed all the same.
    let rsa = json!({"keys": [{"kty": "RSA", "n": "AQ", "d": "AQ"}]}).to_string();
    assert!(KeySet::from_json(&rsa).expect_err("private").to_string().contains("private key"));
    let twice = r#"{"keys":[{"kty":"OKP","kty":"EC"}]}"#;
    assert!(KeySet::from_json(twice).expect_err("twice").to_string().contains("duplicate"));
}

#[test]
fn a_good_state_among_the_withdrawn_is_refused_and_a_bad_one_among_the_good_counts() {
    let json = serde_json::to_value(every_state()).expect("JSON");
    let mut lying = json.clone();
    lying["withdrawn"][0]["state"] = json!("active");
    assert!(KeySet::from_json(&lying.to_string()).is_err());

    // Earlier versions of this program wrote retired keys among the others.
    let mut old = json;
    let withdrawn = old["withdrawn"].take();
    old["keys"].as_array_mut().expect("an array").extend(withdrawn.as_array().expect("an array").clone());
    old.as_object_mut().expect("an object").remove("withdrawn");
    assert_eq!(KeySet::from_json(&old.to_string()).expect("readable"), every_state());
}

#[test]
fn a_compromised_key_without_a_time_was_always_compromised() {
    let mut json = serde_json::to_value(every_state()).expect("JSON");
    json["withdrawn"][1].as_object_mut().expect("an object").remove("compromised_since");
    let set = KeySet::from_json(&json.to_string()).expect("readable");
    let (_, state) = set.get(&ed25519(3).key_id()).expect("there");
    assert!(!state.accepts(Some(0)) && !state.accepts(Some(i64::MIN)));
}

#[test]
fn more_than_anybody_needs_is_not_read() {
    let jwk = json!({"kty": "RSA", "n": "AQ"});
    let of = |count: usize| json!({ "keys": vec![jwk.clone(); count] }).to_string();
    assert!(KeySet::from_json(&of(MAX_KEYS)).expect("just so").is_empty());
    assert!(KeySet::from_json(&of(MAX_KEYS + 1)).is_err());
    let long = format!("{}{}", of(1), " ".repeat(MAX_BYTES));
    assert!(KeySet::from_json(&long).expect_err("long").to_string().contains("bytes"));
    assert!(KeySet::from_cose(&vec![0x80; MAX_BYTES + 1]).is_err());
    for hex in ["9b00000000ffffffff", "9bffffffffffffffff", "19ffff", "99ffff", "bbffffffffffffffff"] {
        assert!(KeySet::from_cose(&hex::decode(hex).expect("hex")).is_err(), "{hex}");
    }
    let deep = [&[0x81, 0xA2, 0x01, 0x01, 0x19, 0x03, 0xE8][..], &[0x81; 1_000], &[0x00]].concat();
    assert!(KeySet::from_cose(&deep).is_err());

    let mut set = keys();
    let reason = "陈".repeat(MAX_REASON + 1);
    set.change(signer().key_id(), KeyState::VerifyOnly, Some(&reason)).expect("allowed");
    assert_eq!(set.reason(signer().key_id()).expect("noted").chars().count(), MAX_REASON);
    assert_eq!(KeySet::from_json(&set.to_json()).expect("its own form"), set);
}

#[test]
fn the_cose_form_is_what_others_read() {
    let cose = every_state().to_cose();
    assert_eq!(hex::encode(&cose), include_str!("golden/key_set.cose.hex").trim());
    let set = coset::CoseKeySet::from_slice(&cose).expect("a COSE_KeySet").0;
    for (key, ours) in set.iter().zip([es256(2), es256(4), ed25519(5)]) {
        assert_eq!(key.key_id, ours.key_id().as_bytes());
        assert!(key.key_ops.contains(&coset::KeyOperation::Assigned(coset::iana::KeyOperation::Verify)));
        let alone = coset::CoseKey::from_slice(&ours.to_cose_key()).expect("a COSE_Key");
        assert_eq!((&alone.kty, &alone.params), (&key.kty, &key.params));
        assert_eq!(PublicKey::from_cose_key(&ours.to_cose_key()), Ok(ours));
    }
    assert_eq!(set.len(), 3);
    assert_eq!(KeySet::from_cose(&[0x80]).expect("none"), KeySet::default());
}

#[test]
fn a_point_with_the_sign_of_y_alone_and_unknown_members_are_read() {
    let key = es256(2);
    let sign = 0xF4 | (key.y().expect("a point")[31] & 1);
    // {1: 2, 5: h'00', -1: 1, -2: x, -3: sign, "a": [null]}
    let compressed =
        [&[0xA6, 0x01, 0x02, 0x05, 0x41, 0x00, 0x20, 0x01, 0x21, 0x58, 0x20][..], key.x(), &[0x22, sign]];
    let cose = [&compressed.concat()[..], &[0x61, b'a', 0x81, 0xF6]].concat();
    assert_eq!(PublicKey::from_cose_key(&cose), Ok(key));
}

#[test]
fn a_cose_key_that_lies_is_refused() {
    let set = KeySet::of([(es256(2), KeyState::Active)]);
    let cose = set.to_cose();
    // [{1: 2, 2: kid, 3: -7, 4: [2], -1: 1, -2: x, -3: y}]
    let lie = |at: usize, was: u8, is: u8| {
        let mut cose = cose.clone();
        assert_eq!(std::mem::replace(&mut cose[at], is), was, "the sample's layout");
        KeySet::from_cose(&cose)
    };
    assert!(KeySet::from_cose(&cose).is_ok());
    assert!(lie(15, 0x26, 0x27).is_err(), "alg EdDSA on P-256");
    assert!(lie(18, 0x02, 0x01).is_err(), "an operation other than verify");
    assert!(lie(20, 0x01, 0x06).is_ok_and(|set| set.is_empty()), "a curve that this type does not have");
    for bit in 0..64 {
        assert!(lie(6 + bit / 8, cose[6 + bit / 8], cose[6 + bit / 8] ^ 1 << (bit % 8)).is_err(), "kid");
    }
    let again = KeySet::from_cose(&[&[0x82], &cose[1..], &cose[1..]].concat());
    assert!(again.expect_err("twice").to_string().contains("twice"));
    assert!(KeySet::from_cose(&[&cose[..], &[0]].concat()).is_err());
    for length in 0..cose.len() {
        assert!(KeySet::from_cose(&cose[..length]).is_err(), "cut to {length}");
    }
    // {1: 1, -1: 6, -2: x, -4: d}
    let key = ed25519(1);
    let private = [&[0xA4, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20], key.x(), &[0x23, 0x41, 0x00]];
    assert!(
        PublicKey::from_cose_key(&private.concat()).expect_err("private").to_string().contains("private")
    );
    // The same members in another order, and one of them twice.
    let disordered = [&[0xA3, 0x20, 0x06, 0x01, 0x01, 0x21, 0x58, 0x20], ed25519(1).x()].concat();
    let doubled = [&[0xA4, 0x01, 0x01, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20], ed25519(1).x()].concat();
    assert!(PublicKey::from_cose_key(&disordered).is_err() && PublicKey::from_cose_key(&doubled).is_err());
}

#[test]
fn every_flipped_bit_of_the_cose_form_is_another_set_or_none() {
    let set = KeySet::of([(es256(2), KeyState::Active)]);
    let cose = set.to_cose();
    for bit in (0..cose.len() * 8).filter(|bit| bit / 8 != KEY_OPS) {
        let mut flipped = cose.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!KeySet::from_cose(&flipped).is_ok_and(|read| read == set), "bit {bit}");
    }
}

/// Where the label `key_ops` stands: with another label the key may do anything, as it may without one.
const KEY_OPS: usize = 16;

#[test]
fn a_rotation_leaves_the_other_algorithm_alone() {
    let mut set = KeySet::of([
        (ed25519(1), KeyState::Active),
        (es256(2), KeyState::Active),
        (ed25519(3), KeyState::Pending),
        (ed25519(4), KeyState::Pending),
    ]);
    let id = |key: PublicKey| key.key_id();
    let rotation = set.rotate(None).expect("a key is pending");
    let newest = Rotation { active: id(ed25519(4)), verify_only: vec![id(ed25519(1))] };
    assert_eq!(rotation, newest);
    assert_eq!(names(&set), ["verify-only", "active", "pending", "active"]);
    assert_eq!(set.active(sealwright_credentials::Algorithm::Es256), Some(&id(es256(2))));

    // The same again changes nothing; a key can be named; a key that gave way cannot come back.
    let again = set.rotate(Some(&id(ed25519(4)))).expect("active");
    assert_eq!(again, Rotation { active: id(ed25519(4)), verify_only: vec![] });
    set.rotate(Some(&id(ed25519(3)))).expect("pending");
    assert_eq!(set.rotate(None), Err(ChangeRefused::NothingPending));
    let back = set.rotate(Some(&id(ed25519(1)))).expect_err("it gave way");
    assert!(back.to_string().contains("verify-only cannot become active"), "{back}");
    let stranger = KeyId::from_slice(&[0; 8]).expect("8 bytes");
    assert_eq!(set.rotate(Some(&stranger)), Err(ChangeRefused::Unknown(stranger)));
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300), text in ".{0,300}") {
        prop_assert!(KeySet::from_json(&text).is_err());
        if let Ok(set) = KeySet::from_cose(&bytes) {
            prop_assert!(set.iter().count() <= MAX_KEYS);
        }
        if let Ok(key) = PublicKey::from_cose_key(&bytes) {
            prop_assert_eq!(PublicKey::from_cose_key(&key.to_cose_key()), Ok(key));
        }
    }

    #[test]
    fn both_forms_round_trip(scalars in prop::collection::hash_set(1..200u8, 0..12), states in any::<u64>()) {
        let state = |n: usize| match states >> (n * 2) & 3 {
            0 => KeyState::Pending,
            1 => KeyState::Active,
            2 => KeyState::Retired,
            _ => KeyState::Compromised { since: n as i64 },
        };
        let key = |scalar: u8| if scalar.is_multiple_of(2) { es256(scalar) } else { ed25519(scalar) };
        let set = KeySet::of(scalars.into_iter().enumerate().map(|(n, scalar)| (key(scalar), state(n))));
        prop_assert_eq!(&KeySet::from_json(&set.to_json()).expect("its own form"), &set);
        let good = set.iter().filter(|(.., state)| state.may_verify()).map(|(_, key, _)| (key.clone(), KeyState::Active));
        prop_assert_eq!(KeySet::from_cose(&set.to_cose()).expect("its own form"), KeySet::of(good));
    }
}
