//! Examples of the specifications, read by what reads ours. Their keys are P-256.
//!
//! `structured.txt` is "Handling Structured Claims" (RFC 9901 A.1, in the salts and key of draft 06) as the crate
//! sd-jwt-payload 0.5.1 carries it; `bound.txt` the first presentation of the SD-JWT VC draft (its `typ` then was
//! `vc+sd-jwt`) as the npm package @sd-jwt/core 0.19.0 carries it. The keys are those of both specifications.

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::json;

use super::compact::Parts;
use super::disclosure::{self, Disclosed};
use super::jws::Jws;
use super::unveil::unveil;
use crate::Digest;
use crate::key_set::{base64url, from_base64url};

const STRUCTURED: &str = include_str!("specification/structured.txt");
const BOUND: &str = include_str!("specification/bound.txt");

const ISSUER: [&str; 2] =
    ["b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"];
const HOLDER: [&str; 2] =
    ["TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc", "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ"];

fn is_signed_by(jws: &Jws<'_>, [x, y]: [&str; 2]) -> bool {
    let coordinate = |text| from_base64url(text).expect("base64url");
    let point = [vec![4], coordinate(x), coordinate(y)].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).expect("a point");
    let signature = Signature::from_slice(&jws.signature).expect("a signature");
    key.verify(jws.signing_input.as_bytes(), &signature).is_ok()
}

/// A member (RFC 9901 4.2.1), an element (4.2.2), and a claim of the example in 5.1.
#[test]
fn disclosures_have_the_published_digests() {
    let member = |name: &str, value| Disclosed::Member(name.into(), value);
    for (text, digest, disclosed) in [
        (
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
            "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
            member("family_name", json!("Möbius")),
        ),
        (
            "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0",
            "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs",
            Disclosed::Element(json!("FR")),
        ),
        (
            "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd",
            "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4",
            member("given_name", json!("John")),
        ),
    ] {
        assert_eq!(base64url(Digest::of(text.as_bytes()).as_bytes()), digest);
        assert_eq!(disclosure::read(text), Ok(disclosed));
    }
}

#[test]
fn the_example_of_structured_claims_is_read() {
    let parts = Parts::of(STRUCTURED.trim_end()).expect("an SD-JWT");
    let jws = Jws::read(parts.jwt).expect("a JWS");
    assert!(is_signed_by(&jws, ISSUER) && !is_signed_by(&jws, HOLDER));
    assert_eq!((jws.header.alg.as_str(), jws.header.typ.as_str()), ("ES256", "example+sd-jwt"));

    let claims = unveil(jws.payload().expect("JSON"), &parts.disclosures).expect("unveiled");
    let expected = json!({
        "iss": "https://issuer.example.com", "iat": 1_683_000_000, "exp": 1_883_000_000,
        "address": {"region": "港区", "country": "JP"},
    });
    assert_eq!(serde_json::Value::Object(claims), expected);

    let other = Parts::of(BOUND.trim_end()).expect("an SD-JWT");
    let foreign = [parts.disclosures[0], other.disclosures[0]];
    assert!(unveil(jws.payload().expect("JSON"), &foreign).is_err());
}

#[test]
fn the_example_of_a_bound_presentation_is_read() {
    let parts = Parts::of(BOUND.trim_end()).expect("an SD-JWT");
    let jws = Jws::read(parts.jwt).expect("a JWS");
    assert!(is_signed_by(&jws, ISSUER));
    let claims = unveil(jws.payload().expect("JSON"), &parts.disclosures).expect("unveiled");
    assert_eq!(claims["vct"], "https://credentials.example.com/identity_credential");
    assert_eq!(claims["address"]["locality"], "Anytown");
    assert_eq!((&claims["given_name"], &claims["family_name"]), (&json!("John"), &json!("Doe")));
    assert_eq!(claims["cnf"]["jwk"]["x"], HOLDER[0]);

    let binding = Jws::read(parts.key_binding.expect("bound")).expect("a JWS");
    assert!(is_signed_by(&binding, HOLDER) && !is_signed_by(&binding, ISSUER));
    assert_eq!(binding.header.typ, super::BINDING_TYPE);
    let payload = binding.payload().expect("JSON");
    assert_eq!(payload["sd_hash"], base64url(Digest::of(parts.bound.as_bytes()).as_bytes()));
}
