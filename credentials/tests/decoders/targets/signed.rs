//! Puts a good signature to anything. Written apart from the crate's own encoders.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealwright_credentials::Signer;

/// A CBOR head (RFC 8949 3) in its shortest form.
pub(super) fn head(major: u8, argument: usize) -> Vec<u8> {
    let bytes = (argument as u64).to_be_bytes();
    let width = [1, 2, 4, 8].into_iter().find(|width| bytes[..8 - width].iter().all(|byte| *byte == 0));
    match width {
        _ if argument < 24 => vec![major << 5 | argument as u8],
        Some(1) => vec![major << 5 | 24, bytes[7]],
        Some(2) => [&[major << 5 | 25][..], &bytes[6..]].concat(),
        Some(4) => [&[major << 5 | 26][..], &bytes[4..]].concat(),
        _ => [&[major << 5 | 27][..], &bytes].concat(),
    }
}

/// A CBOR byte string.
pub(super) fn bstr(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len()), bytes.to_vec()].concat()
}

/// A CBOR text.
pub(super) fn tstr(text: &str) -> Vec<u8> {
    [head(3, text.len()), text.as_bytes().to_vec()].concat()
}

/// COSE's signature over this payload (RFC 9052 4.4).
pub(super) fn cose_signature(
    protected: &[u8],
    external: &[u8],
    payload: &[u8],
    signer: &dyn Signer,
) -> Vec<u8> {
    let message = [vec![0x84], tstr("Signature1"), bstr(protected), bstr(external), bstr(payload)].concat();
    signer.sign(&message).expect("a signer in memory signs").as_bytes().to_vec()
}

/// A tagged COSE_Sign1.
pub(super) fn sign1(protected: &[u8], external: &[u8], payload: &[u8], signer: &dyn Signer) -> Vec<u8> {
    let signature = cose_signature(protected, external, payload, signer);
    [vec![0xD2, 0x84], bstr(protected), vec![0xA0], bstr(payload), bstr(&signature)].concat()
}

/// A compact JWS.
pub(super) fn jws(typ: &str, payload: &[u8], signer: &dyn Signer) -> String {
    let header =
        format!(r#"{{"alg":"{}","kid":"{}","typ":"{typ}"}}"#, signer.algorithm().jose(), signer.key_id());
    let input = format!("{}.{}", base64url(header.as_bytes()), base64url(payload));
    let signature = signer.sign(input.as_bytes()).expect("a signer in memory signs");
    format!("{input}.{}", base64url(signature.as_bytes()))
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
