//! Tokens that are well made and well signed, and are not licence codes: built from inside, since nothing
//! outside can spell them.

use ciborium::Value;
use proptest::prelude::*;

use super::*;
use crate::cose::{TYPE, assemble, spell, to_be_signed};
use crate::{Algorithm, Ed25519Signer, Es256Signer, Signer};

#[path = "../../tests/it/sample.rs"]
mod sample;
use sample::{NOON, code, content, keys, signer};

/// The header of every code of the sample key.
fn ours() -> Vec<u8> {
    Header::of(Algorithm::Ed25519, signer().key_id()).write()
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("to memory");
    bytes
}

fn header(alg: Value, kid: &[u8], typ: &str) -> Vec<u8> {
    cbor(&Value::Map(vec![
        (1.into(), alg),
        (4.into(), Value::Bytes(kid.to_vec())),
        (16.into(), Value::Text(typ.into())),
    ]))
}

/// Signs any header and payload with the sample key.
fn signed(protected: &[u8], payload: &[u8]) -> String {
    let signature = signer().sign(&to_be_signed(protected, payload)).expect("signs");
    assemble(protected, payload, signature.as_bytes())
}

fn outcome(code: &str) -> (Verdict, &'static str) {
    let report = verify(code, &keys(), NOON, None);
    assert!(report.content.is_none() || report.verdict == Verdict::Valid);
    (report.verdict, report.checks.last().expect("at least one check").name)
}

#[test]
fn a_header_that_is_not_the_keys_own_is_refused() {
    let kid = *signer().key_id().as_bytes();
    let stranger = *Ed25519Signer::from_seed(&[1; 32]).key_id().as_bytes();
    let payload = content_cbor::encode(&content()).expect("in order");
    let ours = ours();
    assert_eq!(header((-8).into(), &kid, TYPE), ours);
    assert_eq!(signed(&ours, &payload), code(&content()).as_str());
    let entry = |key: i64, value: Value| (Value::from(key), value);
    let (alg, id, typ) =
        (entry(1, (-8).into()), entry(4, Value::Bytes(kid.to_vec())), entry(16, Value::Text(TYPE.into())));
    let map = |entries: &[&(Value, Value)]| cbor(&Value::Map(entries.iter().map(|e| (*e).clone()).collect()));

    let invalid = |check| (Verdict::Invalid, check);
    let table: Vec<(&str, Vec<u8>, (Verdict, &str))> = vec![
        ("ours", ours.clone(), (Verdict::Valid, "standing")),
        ("ES256", header((-7).into(), &kid, TYPE), invalid("algorithm")),
        ("Ed25519 of RFC 9864", header((-19).into(), &kid, TYPE), invalid("algorithm")),
        ("HMAC with the public key as secret", header(5.into(), &kid, TYPE), invalid("algorithm")),
        ("private algorithm", header((-70_000).into(), &kid, TYPE), invalid("algorithm")),
        ("algorithm by name", header(Value::Text("EdDSA".into()), &kid, TYPE), invalid("type")),
        ("algorithm none", map(&[&id, &typ]), invalid("type")),
        ("another key's id", header((-8).into(), &stranger, TYPE), (Verdict::Unknown, "key")),
        ("a longer id", header((-8).into(), &[&kid[..], &[0]].concat(), TYPE), (Verdict::Unknown, "key")),
        ("a shorter id", header((-8).into(), &kid[..7], TYPE), (Verdict::Unknown, "key")),
        ("no id", map(&[&alg, &typ]), invalid("type")),
        ("another type", header((-8).into(), &kid, "application/statuslist+cwt"), invalid("type")),
        ("the type in capitals", header((-8).into(), &kid, "application/vnd.SW1+cwt"), invalid("type")),
        ("no type", map(&[&alg, &id]), invalid("type")),
        ("type as content type", map(&[&alg, &entry(3, Value::Text(TYPE.into())), &id]), invalid("type")),
        ("something more", map(&[&alg, &id, &typ, &entry(-70_001, 1.into())]), invalid("type")),
        (
            "something critical",
            map(&[&alg, &entry(2, Value::Array(vec![16.into()])), &id, &typ]),
            invalid("type"),
        ),
        ("another order", map(&[&id, &alg, &typ]), invalid("type")),
        ("a header twice", map(&[&alg, &id, &id, &typ]), invalid("type")),
        ("trailing bytes in the header", [&ours[..], &[0]].concat(), invalid("type")),
        ("an indefinite map", [&[0xBF], &ours[1..], &[0xFF]].concat(), invalid("type")),
        ("no header", vec![], invalid("type")),
    ];
    for (case, protected, expected) in table {
        assert_eq!(outcome(&signed(&protected, &payload)), expected, "{case}");
    }
}

/// Two keys, two algorithms: what the header says of algorithm and key, and who signs, in every combination.
#[test]
fn only_the_keys_own_algorithm_and_signature_verify() {
    let es256 = Es256Signer::from_scalar(&[2; 32]).expect("in range");
    let ed25519 = signer();
    let both: [&dyn Signer; 2] = [&ed25519, &es256];
    let keys = KeySet::of(both.map(|signer| (signer.public_key().clone(), KeyState::Active)));
    let payload = content_cbor::encode(&content()).expect("in order");
    for claimed in both {
        for named in both {
            for signing in both {
                let protected = Header::of(claimed.algorithm(), named.key_id()).write();
                let signature = signing.sign(&to_be_signed(&protected, &payload)).expect("signs");
                let code = assemble(&protected, &payload, signature.as_bytes());
                let report = verify(&code, &keys, NOON, None);
                let check = report.checks.last().expect("at least one check").name;
                let expected =
                    match (claimed.algorithm() == named.algorithm(), named.key_id() == signing.key_id()) {
                        (true, true) => (Verdict::Valid, "standing"),
                        (true, false) => (Verdict::Invalid, "signature"),
                        (false, _) => (Verdict::Invalid, "algorithm"),
                    };
                let case =
                    format!("{:?} {:?} {:?}", claimed.algorithm(), named.algorithm(), signing.algorithm());
                assert_eq!((report.verdict, check), expected, "{case}");
            }
        }
    }
}

#[test]
fn the_unprotected_header_and_the_frame_are_fixed() {
    let protected = ours();
    let payload = content_cbor::encode(&content()).expect("in order");
    let signature = signer().sign(&to_be_signed(&protected, &payload)).expect("signs").as_bytes().to_vec();
    let frame = |unprotected: Value, payload: Value| {
        Value::Array(vec![
            Value::Bytes(protected.clone()),
            unprotected,
            payload,
            Value::Bytes(signature.clone()),
        ])
    };
    let tagged = |tag, value| cbor(&Value::Tag(tag, Box::new(value)));
    let (none, whole) = (Value::Map(vec![]), Value::Bytes(payload.clone()));
    let good = tagged(18, frame(none.clone(), whole.clone()));
    assert_eq!(outcome(&spell(&good)), (Verdict::Valid, "standing"));

    let kid = Value::Map(vec![(4.into(), Value::Bytes(vec![1; 8]))]);
    let mut long_form = good.clone();
    long_form.splice(1..2, [0x98, 4]);
    for (case, bytes) in [
        ("a key id outside the signature", tagged(18, frame(kid, whole.clone()))),
        ("a detached payload", tagged(18, frame(none.clone(), Value::Null))),
        ("untagged", cbor(&frame(none.clone(), whole.clone()))),
        ("tagged as COSE_Mac0", tagged(17, frame(none.clone(), whole.clone()))),
        ("tagged as CWT", tagged(61, Value::Tag(18, Box::new(frame(none, whole))))),
        ("trailing bytes", [&good[..], &[0]].concat()),
        ("a length that is longer than it need be", long_form),
        ("nothing", vec![]),
    ] {
        assert_eq!(outcome(&spell(&bytes)), (Verdict::Invalid, "form"), "{case}");
    }
}

/// The text-level test flips compressed bytes, which the checksum catches; this one goes behind it.
#[test]
fn every_flipped_bit_behind_the_compression_is_refused() {
    let protected = ours();
    let payload = content_cbor::encode(&content()).expect("in order");
    let signature = signer().sign(&to_be_signed(&protected, &payload)).expect("signs");
    let [p, c, s] = [&protected[..], &payload, signature.as_bytes()].map(|b| Value::Bytes(b.to_vec()));
    let cose = cbor(&Value::Tag(18, Box::new(Value::Array(vec![p, Value::Map(vec![]), c, s]))));
    assert_eq!(spell(&cose), assemble(&protected, &payload, signature.as_bytes()));
    for bit in 0..cose.len() * 8 {
        let mut flipped = cose.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let report = verify(&spell(&flipped), &keys(), NOON, None);
        assert!(report.verdict >= Verdict::Invalid && report.content.is_none(), "bit {bit}");
    }
}

#[test]
fn signed_claims_of_another_shape_are_refused() {
    let protected = ours();
    let good = content_cbor::encode(&content()).expect("in order");
    let claims = || ciborium::from_reader::<Value, _>(&good[..]).expect("CBOR").into_map().expect("a map");
    type Change = fn(&mut Vec<(Value, Value)>);
    fn licence(claims: &mut [(Value, Value)]) -> &mut Vec<(Value, Value)> {
        claims.last_mut().and_then(|(_, value)| value.as_map_mut()).expect("the licence is last")
    }
    let changes: [(&str, Change); 14] = [
        ("missing issuer", |c| drop(c.remove(0))),
        ("missing name", |c| drop(licence(c).remove(1))),
        ("unknown standard claim", |c| c.insert(3, (5.into(), 0.into()))),
        ("unknown private claim", |c| c.push(((-65538).into(), 0.into()))),
        ("unknown licence claim", |c| licence(c).push((16.into(), 0.into()))),
        ("claim by name", |c| c.push((Value::Text("iss".into()), 0.into()))),
        ("claim twice", |c| c.insert(0, c[0].clone())),
        ("licence claim twice", |c| {
            let name = licence(c)[1].clone();
            licence(c).insert(1, name);
        }),
        ("another order", |c| c.swap(0, 1)),
        ("another order inside", |c| licence(c).swap(3, 4)),
        ("a null for an absent claim", |c| c.insert(2, (4.into(), Value::Null))),
        ("a date without its tag", |c| licence(c)[3].1 = 5.into()),
        ("a date of another tag", |c| licence(c)[3].1 = Value::Tag(1, Box::new(5.into()))),
        ("a sex nobody has", |c| licence(c)[2].1 = 3.into()),
    ];
    for (case, change) in changes {
        let mut changed = claims();
        change(&mut changed);
        let code = signed(&protected, &cbor(&Value::Map(changed)));
        assert_eq!(outcome(&code), (Verdict::Invalid, "content"), "{case}");
    }
    let mut padded_integer = good.clone();
    assert_eq!(padded_integer[1], 1, "the first key is iss");
    padded_integer.splice(1..2, [0x18, 1]);
    for (case, bytes) in [
        ("trailing bytes", [&good[..], &[0xF6]].concat()),
        ("cut short", good[..good.len() - 1].to_vec()),
        ("an integer that is longer than it need be", padded_integer),
        ("an indefinite map", [&[0xBF], &good[1..], &[0xFF]].concat()),
        ("no map", cbor(&Value::Array(vec![]))),
        ("nothing", vec![]),
        ("nesting without end", vec![0x81; 1_300]),
    ] {
        assert_eq!(outcome(&signed(&protected, &bytes)), (Verdict::Invalid, "content"), "{case}");
    }
    assert_eq!(outcome(&signed(&protected, &good)), (Verdict::Valid, "standing"));
}

#[test]
fn content_errors_say_which_claim() {
    let good = content_cbor::encode(&content()).expect("in order");
    let claims = ciborium::from_reader::<Value, _>(&good[..]).expect("CBOR").into_map().expect("a map");
    use crate::ContentError as E;
    let read = |claims: Vec<(Value, Value)>| content_cbor::decode(&cbor(&Value::Map(claims)));
    let with = |at: usize, key: i64, value: Value| {
        let mut claims = claims.clone();
        claims.insert(at, (key.into(), value));
        claims
    };
    assert_eq!(read(with(2, 5, 0.into())), Err(E::Unknown(5)));
    assert_eq!(read(with(5, -65538, 0.into())), Err(E::Unknown(-65538)));
    assert_eq!(read(with(1, 1, 0.into())), Err(E::Duplicate(1)));
    assert_eq!(read(claims[1..].to_vec()), Err(E::Missing("issuer")));
    assert_eq!(read(with(2, 4, Value::Null)), Err(E::WrongType("expires")));
    assert_eq!(read(with(4, 4, 0.into())), Err(E::NotCanonical));
    assert_eq!(content_cbor::decode(&[&good[..], &[0, 0]].concat()), Err(E::TrailingBytes(2)));
    assert_eq!(content_cbor::decode(&[0xFF]), Err(E::NotCanonical));
    assert_eq!(content_cbor::decode(&good[..good.len() - 1]), Err(E::CutShort));
}

proptest! {
    #[test]
    fn any_signed_bytes_get_an_answer(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let protected = ours();
        prop_assert_eq!(outcome(&signed(&protected, &payload)), (Verdict::Invalid, "content"));
    }

    #[test]
    fn any_header_gets_an_answer(protected in prop::collection::vec(any::<u8>(), 0..60)) {
        let payload = content_cbor::encode(&content()).expect("in order");
        let report = verify(&signed(&protected, &payload), &keys(), NOON, None);
        prop_assert!(report.verdict >= Verdict::Invalid && report.content.is_none());
    }
}
