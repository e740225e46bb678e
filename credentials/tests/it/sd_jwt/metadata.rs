//! The documents beside the credentials: what a type is, and which keys an issuer has.

use std::collections::BTreeSet;

use sealwright_credentials::sd_jwt::issuer_metadata;
use sealwright_credentials::{Content, Digest, Ed25519Signer, KeySet, KeyState, Signer};
use serde_json::{Value, json};

use super::made::*;
use crate::sample::{content, signer};

#[test]
fn the_type_metadata_describes_what_is_issued() {
    let metadata: Value = serde_json::from_str(licence().metadata()).expect("JSON");
    assert_eq!(metadata["vct"], VCT);
    let locales = |display: &Value| -> Vec<String> {
        let display = display.as_array().expect("an array");
        display.iter().map(|one| one["locale"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(locales(&metadata["display"]), ["en", "zh-CN"]);
    let described: Vec<_> = metadata["claims"].as_array().expect("claims").iter().collect();
    assert!(described.iter().all(|claim| locales(&claim["display"]) == ["en", "zh-CN"]));
    let names = |sd: &str| -> BTreeSet<String> {
        let claims = described.iter().filter(|claim| claim["sd"] == sd);
        claims.map(|claim| claim["path"][0].as_str().expect("text").to_owned()).collect()
    };
    let disclosable = credential().disclosable().into_iter().chain(["portrait".into()]);
    assert_eq!(names("always"), disclosable.collect());

    let minimal = bare(&Content { record: None, archive_number: None, ..content() }).disclosable();
    let mandatory = described.iter().filter(|claim| claim["sd"] == "always" && claim["mandatory"] == true);
    let mandatory: BTreeSet<_> = mandatory.map(|claim| claim["path"][0].as_str().expect("text")).collect();
    assert_eq!(mandatory, minimal.iter().map(String::as_str).collect());

    use base64::Engine as _;
    let digest = Digest::of(licence().metadata().as_bytes());
    let digest = base64::prelude::BASE64_STANDARD.encode(digest.as_bytes());
    assert_eq!(licence().integrity(), format!("sha256-{digest}"));
}

#[test]
fn the_issuer_metadata_has_the_good_keys_alone() {
    let [retired, older, newer] = [1, 2, 3].map(|seed| Ed25519Signer::from_seed(&[seed; 32]));
    let key = |signer: &Ed25519Signer| signer.public_key().clone();
    let keys = KeySet::of([
        (key(&retired), KeyState::Retired),
        (key(&older), KeyState::VerifyOnly),
        (key(&newer), KeyState::Active),
    ]);
    let metadata: Value =
        serde_json::from_str(&issuer_metadata("https://licences.example", &keys)).expect("JSON");
    assert_eq!(metadata["issuer"], "https://licences.example");
    let ids = metadata["jwks"]["keys"].as_array().expect("keys").iter().map(|jwk| &jwk["kid"]);
    let expected = [&older, &newer].map(|signer| json!(signer.key_id().to_string()));
    assert_eq!(ids.collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    assert!(!metadata.to_string().contains("state"));

    let sample = KeySet::of([(key(&signer()), KeyState::Active)]);
    let metadata: Value =
        serde_json::from_str(&issuer_metadata("https://licences.example", &sample)).expect("JSON");
    let read = KeySet::from_json(&metadata["jwks"].to_string()).expect("a JWK Set");
    assert_eq!(read, sample);
}
