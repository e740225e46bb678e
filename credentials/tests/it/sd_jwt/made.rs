//! Credentials that look like real ones, and forgeries with the issuer's own signature.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sealwright_credentials::sd_jwt::{
    Audience, Binding, CredentialType, HolderKey, Prepared, Report, Request, Salts, SdJwt, Terms, prepare,
    verify,
};
use sealwright_credentials::{
    Content, Digest, Ed25519Signer, Es256Signer, KeySet, KeyState, Signer, StatusReference,
};
use serde_json::{Value, json};

use crate::sample;
use crate::sample::NOON;

pub(crate) const VCT: &str = "https://licences.example/types/driving-licence/1";
pub(crate) const VERIFIER: &str = "https://rental.example";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj";

/// An issuer of every algorithm.
pub(crate) fn issuers() -> Vec<Box<dyn Signer>> {
    vec![Box::new(sample::signer()), Box::new(es256(0x5E))]
}

/// A holder of every algorithm.
pub(crate) fn holders() -> Vec<Box<dyn Signer>> {
    vec![Box::new(holder()), Box::new(es256(0x40))]
}

fn es256(seed: u8) -> Es256Signer {
    Es256Signer::from_scalar(&[seed; 32]).expect("a scalar in range")
}

pub(crate) fn holder() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[0x40; 32])
}

pub(crate) fn keys_of(issuer: &dyn Signer) -> KeySet {
    KeySet::of([(issuer.public_key().clone(), KeyState::Active)])
}

pub(crate) fn licence() -> CredentialType {
    CredentialType::licence(VCT).expect("the name is in order")
}

pub(crate) fn status() -> StatusReference {
    StatusReference { uri: "https://licences.example/status/7".into(), index: 412_907 }
}

/// The same in every run; different for each claim.
pub(crate) fn salts() -> Salts {
    Salts::from_random(std::array::from_fn(|i| Digest::of(&[i as u8, (i >> 8) as u8]).as_bytes()[0]))
}

pub(crate) fn prepared(content: &Content, terms: &Terms<'_>, issuer: &dyn Signer) -> Prepared {
    prepare(content, terms, issuer.key_id(), issuer.algorithm(), salts()).expect("the sample is in order")
}

/// With holder key, status and decoys.
pub(crate) fn credential_of(content: &Content, issuer: &dyn Signer, holder: &dyn Signer) -> SdJwt {
    let (licence, status, holder) = (licence(), status(), HolderKey::of(holder.public_key()));
    let terms = Terms { holder: Some(&holder), status: Some(&status), decoys: true, ..Terms::of(&licence) };
    prepared(content, &terms, issuer).sign(issuer).expect("the sample signer signs")
}

pub(crate) fn credential() -> SdJwt {
    credential_of(&sample::content(), &sample::signer(), &holder())
}

/// Without holder key, status or decoys.
pub(crate) fn bare(content: &Content) -> SdJwt {
    prepared(content, &Terms::of(&licence()), &sample::signer()).sign(&sample::signer()).expect("signs")
}

pub(crate) fn audience() -> Audience<'static> {
    Audience { verifier: VERIFIER, nonce: NONCE, at: NOON }
}

pub(crate) fn bound_request() -> Request<'static> {
    Request { binding: Some(Binding::to(VERIFIER, NONCE)), ..request() }
}

pub(crate) fn request() -> Request<'static> {
    Request { vct: VCT, issuer: None, binding: None }
}

pub(crate) fn ask(text: &str) -> Report {
    verify(text, &sample::keys(), NOON, &request())
}

pub(crate) fn failed(report: &Report) -> Vec<&'static str> {
    report.checks.iter().filter(|check| check.passed == Some(false)).map(|check| check.name).collect()
}

/// The header and the visible claims of an honest credential without disclosures.
pub(crate) fn honest(issuer: &dyn Signer) -> (Value, Value) {
    let header =
        json!({"alg": issuer.algorithm().jose(), "kid": issuer.key_id().to_string(), "typ": "dc+sd-jwt"});
    let payload = json!({
        "iss": "https://licences.example", "vct": VCT, "iat": NOON - 60, "jti": "A1B2C3D4E5F6G7H8", "version": 1,
    });
    (header, payload)
}

/// Signs whatever it is given, as a careless issuer would.
pub(crate) fn signed(header: &str, payload: &str, signer: &dyn Signer) -> String {
    let input = format!("{}.{}", encoded(header), encoded(payload));
    let signature = signer.sign(input.as_bytes()).expect("signs");
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_bytes()))
}

pub(crate) fn encoded(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

pub(crate) fn decoded(text: &str) -> Value {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The text of a disclosure and its digest.
pub(crate) fn hidden(parts: Value) -> (String, String) {
    let text = encoded(&parts.to_string());
    let digest = BASE64_URL_SAFE_NO_PAD.encode(Digest::of(text.as_bytes()).as_bytes());
    (text, digest)
}
