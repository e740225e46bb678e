//! Bytes that were issued once must verify for ever, and be made the same way.

use std::collections::BTreeMap;

use ciborium::Value;
use coset::{CborSerializable as _, CoseSign1, iana};
use sealwright_credentials::mdoc::verify;
use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{Signer as _, Verdict};
use sha2::{Digest as _, Sha256};

use super::sample::{PORTRAIT, Sample, document_signer, root};
use crate::sample::{NOON, signer};

const ED25519: &[u8] = include_bytes!("../golden/mdoc-ed25519.cbor");
const ES256: &[u8] = include_bytes!("../golden/mdoc-es256.cbor");
const ROOT: &str = include_str!("../golden/root.pem");
const DOCUMENT_SIGNER: &str = include_str!("../golden/document-signer.pem");

#[test]
fn the_mdocs_and_certificates_of_known_keys_never_change() {
    assert_eq!(root().to_pem(), ROOT, "a changed root no longer vouches for what was issued");
    assert_eq!(document_signer(signer().public_key()).to_pem(), DOCUMENT_SIGNER);
    let root = Certificate::from_pem(ROOT).expect("a certificate");
    for (sample, golden) in [(Sample::new(), ED25519), (Sample::es256(), ES256)] {
        assert!(sample.issue().as_bytes() == golden, "the bytes of an mdoc changed");
        assert_eq!(verify(golden, std::slice::from_ref(&root), NOON, None).verdict, Verdict::Valid);
    }
}

/// Takes the golden mdoc apart with other libraries only, as a verifier in another language would.
#[test]
fn a_reader_that_knows_only_the_standards_verifies_it() {
    let whole = by_text(ciborium::from_reader(ED25519).expect("CBOR"));
    assert_eq!(whole.keys().collect::<Vec<_>>(), ["issuerAuth", "nameSpaces"]);
    let mut auth = Vec::new();
    ciborium::into_writer(&whole["issuerAuth"], &mut auth).expect("to memory");
    let sign1 = CoseSign1::from_slice(&auth).expect("an untagged COSE_Sign1");
    assert_eq!(sign1.protected.header.alg, Some(coset::Algorithm::Assigned(iana::Algorithm::EdDSA)));
    let [(coset::Label::Int(33), Value::Bytes(certificate))] = &sign1.unprotected.rest[..] else {
        panic!("one certificate in x5chain")
    };
    let certificate = Certificate::from_der(certificate).expect("a certificate");
    let key = ed25519_dalek::VerifyingKey::try_from(certificate.key().as_bytes()).expect("a key");
    sign1
        .verify_signature(&[], |signature, message| {
            key.verify_strict(message, &ed25519_dalek::Signature::from_slice(signature)?)
        })
        .expect("the signature verifies");

    let Value::Tag(24, inner) = from(sign1.payload.as_deref().expect("a payload")) else { panic!("tag 24") };
    let mso = by_text(from(inner.as_bytes().expect("bytes")));
    assert_eq!(mso["version"], Value::from("1.0"));
    assert_eq!(mso["docType"], Value::from("org.iso.18013.5.1.mDL"));
    assert_eq!(mso["digestAlgorithm"], Value::from("SHA-256"));
    let validity = by_text(mso["validityInfo"].clone());
    assert_eq!(validity["signed"], Value::Tag(0, Box::new("2026-11-22T04:00:00Z".into())));
    let status = by_text(by_text(mso["status"].clone())["status_list"].clone());
    assert_eq!(status["idx"], Value::from(412));
    assert_eq!(status["uri"], Value::from("https://status.example/lists/7"));

    let digests = by_text(mso["valueDigests"].clone());
    let mut elements = BTreeMap::new();
    for (namespace, items) in by_text(whole["nameSpaces"].clone()) {
        let Value::Map(digests) = &digests[&namespace] else { panic!("a map of digests") };
        for item in items.as_array().expect("items") {
            let mut tagged = Vec::new();
            ciborium::into_writer(item, &mut tagged).expect("to memory");
            let Value::Tag(24, inner) = item else { panic!("tag 24") };
            let item = by_text(from(inner.as_bytes().expect("bytes")));
            let (_, digest) =
                digests.iter().find(|(id, _)| *id == item["digestID"]).expect("a digest of this id");
            assert_eq!(digest.as_bytes().expect("bytes")[..], Sha256::digest(&tagged)[..]);
            assert_eq!(item["random"].as_bytes().expect("bytes").len(), 32);
            let name = item["elementIdentifier"].as_text().expect("a text").to_owned();
            elements.insert((namespace.clone(), name), item["elementValue"].clone());
        }
        assert_eq!(digests.len(), items.as_array().expect("items").len());
    }
    let get = |name: &str| &elements[&("org.iso.18013.5.1".to_owned(), name.to_owned())];
    assert_eq!(get("birth_date"), &Value::Tag(1004, Box::new("1949-12-31".into())));
    assert_eq!(get("portrait"), &Value::Bytes(PORTRAIT.into()));
    assert_eq!(elements.len(), 36);
}

fn from(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).expect("CBOR")
}

fn by_text(map: Value) -> BTreeMap<String, Value> {
    let entries = map.into_map().expect("a map").into_iter();
    entries.map(|(key, value)| (key.into_text().expect("a text key"), value)).collect()
}
