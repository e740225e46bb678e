//! ES256 with the vectors of RFC 6979, RFC 7515 and RFC 9449, and what a strict verifier must refuse.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::elliptic_curve::PrimeField as _;
use sealwright_credentials::{Algorithm, Es256Signer, KeySet, KeyState, PublicKey, Signature, Signer};
use sealwright_credentials::{Verdict, prepare, verify};

use crate::sample::{NOON, content};

/// RFC 6979 A.2.5: the private key and its public key.
const RFC_6979: [&str; 3] = [
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
];

/// RFC 6979 A.2.5 with SHA-256: message, `r`, `s`, and whether `s` is in the upper half.
const SIGNATURES: [(&str, &str, &str, bool); 2] = [
    (
        "sample",
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        true,
    ),
    (
        "test",
        "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
        "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        false,
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).expect("hex")
}

fn signer() -> Es256Signer {
    Es256Signer::from_scalar(&bytes(RFC_6979[0]).try_into().expect("32 bytes")).expect("in range")
}

/// The other signature of the same nonce: `n - s`.
fn twin(signature: &[u8]) -> Vec<u8> {
    let s = p256::Scalar::from_repr(<[u8; 32]>::try_from(&signature[32..]).expect("32 bytes").into());
    let twin: [u8; 32] = (-s.expect("below the order")).to_repr().into();
    [&signature[..32], &twin].concat()
}

#[test]
fn rfc_6979_vectors_sign_and_verify_with_the_lower_half_of_s() {
    let [_, x, y] = RFC_6979.map(bytes);
    let key = PublicKey::es256_xy(&x, &y).expect("a key");
    assert_eq!(signer().public_key(), &key);
    for (message, r, s, high) in SIGNATURES {
        let published = bytes(&format!("{r}{s}"));
        let low = if high { twin(&published) } else { published.clone() };
        let message = message.as_bytes();
        assert_eq!(signer().sign(message).expect("signs").as_bytes(), low);
        assert!(key.verifies(message, &low));
        assert!(!key.verifies(message, &twin(&low)), "the twin of an issued signature");
        assert!(key.verifies_either_s(message, &low) && key.verifies_either_s(message, &twin(&low)));
        assert_eq!(Signature::es256(&published).expect("in range").as_bytes(), low);
        assert!(!key.verifies(b"another", &low) && !key.verifies_either_s(b"another", &low));
    }
}

/// RFC 7515 A.3, whose signature has its `s` in the upper half, as half of all strangers' have.
#[test]
fn a_strangers_jws_verifies_when_either_half_will_do() {
    let decode = |text| BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let key: PublicKey = serde_json::from_str(jwk).expect("a JWK");
    let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature =
        decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    assert!(key.verifies_either_s(message.as_bytes(), &signature));
    assert!(!key.verifies(message.as_bytes(), &signature));
    assert!(key.verifies(message.as_bytes(), Signature::es256(&signature).expect("in range").as_bytes()));
}

/// RFC 9449 6 publishes the thumbprint of this key.
#[test]
fn a_key_id_is_the_start_of_the_jwk_thumbprint() {
    let jwk = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
    let key: PublicKey = serde_json::from_str(jwk).expect("a JWK");
    let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(key.thumbprint().as_bytes());
    assert_eq!(thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(key.key_id().as_bytes()[..], key.thumbprint().as_bytes()[..8]);
    let back: PublicKey = serde_json::from_value(serde_json::to_value(&key).expect("a JWK")).expect("a JWK");
    assert_eq!(back, key);
}

#[test]
fn every_flipped_bit_and_every_other_length_is_refused() {
    let signer = signer();
    let key = signer.public_key();
    let signature = signer.sign(b"message").expect("signs");
    for bit in 0..512 {
        let mut flipped = signature.as_bytes().to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!key.verifies(b"message", &flipped), "bit {bit} does not matter");
        assert!(!key.verifies_either_s(b"message", &flipped), "bit {bit} does not matter");
    }
    for length in (0..64).chain([65, 70, 71, 72]) {
        let mut other = signature.as_bytes().to_vec();
        other.resize(length, 0);
        assert!(!key.verifies(b"message", &other) && !key.verifies_either_s(b"message", &other));
    }
    let der = p256::ecdsa::Signature::from_slice(signature.as_bytes()).expect("64 bytes").to_der();
    assert!(!key.verifies_either_s(b"message", der.as_bytes()), "DER is another form");
}

#[test]
fn scalars_out_of_range_are_refused() {
    let order = bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    for scalar in [vec![0; 32], order.clone(), vec![0xFF; 32]] {
        assert!(Es256Signer::from_scalar(&scalar.clone().try_into().expect("32 bytes")).is_err());
        for signature in [[&scalar[..], &[1; 32]].concat(), [&[1; 32], &scalar[..]].concat()] {
            assert_eq!(Signature::es256(&signature), None);
            assert!(!signer().public_key().verifies_either_s(b"", &signature));
        }
    }
}

#[test]
fn malformed_public_keys_cannot_be_made() {
    let key = signer().public_key().clone();
    let sec1 = key.as_bytes();
    let compressed = [&[2 | (sec1[64] & 1)], &sec1[1..33]].concat();
    assert_eq!(PublicKey::es256(sec1).as_ref(), Ok(&key));
    assert_eq!(PublicKey::es256(&compressed).as_ref(), Ok(&key));

    let mut off_the_curve = sec1.to_vec();
    off_the_curve[64] ^= 1;
    let hybrid = [&[6 | (sec1[64] & 1)], &sec1[1..]].concat();
    let compact = [&[5], &sec1[1..33]].concat();
    let field = bytes("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let beyond_the_field = [&[4], &field[..], &sec1[33..]].concat();
    let no_points = [
        &[][..],
        &[0],
        &[0; 65],
        &[4; 65],
        &sec1[..64],
        &off_the_curve,
        &hybrid,
        &compact,
        &beyond_the_field,
    ];
    for no_point in no_points {
        assert!(PublicKey::es256(no_point).is_err(), "{}", hex::encode(no_point));
    }
    // Coordinates have 32 bytes, leading zeros included (RFC 7518 6.2.1.2).
    assert!(PublicKey::es256_xy(&sec1[1..32], &sec1[32..]).is_err());
    assert!(PublicKey::es256_xy(&[&[0], &sec1[1..33]].concat(), &sec1[33..]).is_err());
}

#[test]
fn a_code_signed_with_es256_verifies_and_its_twin_does_not() {
    let signer = signer();
    let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
    let prepared = prepare(&content(), signer.key_id(), Algorithm::Es256).expect("in order");
    let code = prepared.sign(&signer).expect("signs");
    assert_eq!(Ok(&code), prepared.sign(&signer).as_ref(), "deterministic");
    assert_eq!(verify(code.as_str(), &keys, NOON, None).verdict, Verdict::Valid);

    let signature = signer.sign(prepared.to_be_signed()).expect("signs");
    let twin = Signature::from_bytes(twin(signature.as_bytes()));
    let twin = sealwright_credentials::seal(&prepared, &twin).expect("right length");
    assert_eq!(verify(twin.as_str(), &keys, NOON, None).verdict, Verdict::Invalid);
}

#[test]
fn a_private_key_travels_as_pem_and_is_never_printed() {
    let signer = signer();
    let pem = signer.to_pem();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(Es256Signer::from_pem(&pem).expect("its own form").key_id(), signer.key_id());
    let printed = format!("{signer:?}");
    assert!(printed.contains(&signer.key_id().to_string()));
    assert!(!printed.to_lowercase().contains("c9af"), "{printed}");
    assert!(sealwright_credentials::Ed25519Signer::from_pem(&pem).is_err());
    assert_ne!(Es256Signer::generate().expect("a key").key_id(), signer.key_id());
}

/// Written by OpenSSL 3: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
#[test]
fn a_key_that_openssl_wrote_is_read() {
    let signer = Es256Signer::from_pem(include_str!("golden/openssl-p256.pem")).expect("a key");
    let public = include_str!("golden/openssl-p256.hex").trim();
    assert_eq!(hex::encode(signer.public_key().as_bytes()), public);
}
