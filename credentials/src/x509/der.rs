//! The pieces of DER that `x509-cert` reads but lets nobody put together, and keys in and out of it.

use x509_cert::der::asn1::{Any, BitString};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Encode, Error, Tag};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::{Algorithm, PublicKey};

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// A SEQUENCE of these.
pub(super) fn sequence<T: Encode>(parts: &[T]) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    for part in parts {
        part.encode(&mut content)?;
    }
    Any::new(Tag::Sequence, content)?.to_der()
}

/// The algorithm identifier of signatures by `algorithm`'s keys (RFC 8410 3, RFC 5758 3.2): no parameters.
pub(super) fn signature_algorithm(algorithm: Algorithm) -> AlgorithmIdentifierOwned {
    let oid = if algorithm == Algorithm::Ed25519 { ED25519 } else { ECDSA_WITH_SHA256 };
    AlgorithmIdentifierOwned { oid, parameters: None }
}

/// A key as certificates carry it (RFC 8410 4, RFC 5480 2).
pub(super) fn key_info(key: &PublicKey) -> Result<SubjectPublicKeyInfoOwned, Error> {
    let algorithm = if key.algorithm() == Algorithm::Ed25519 {
        AlgorithmIdentifierOwned { oid: ED25519, parameters: None }
    } else {
        AlgorithmIdentifierOwned { oid: EC_PUBLIC_KEY, parameters: Some(Any::encode_from(&P_256)?) }
    };
    Ok(SubjectPublicKeyInfoOwned { algorithm, subject_public_key: BitString::from_bytes(key.as_bytes())? })
}

/// The key in a certificate; `None` if it is of no algorithm of ours.
pub(super) fn key(info: &SubjectPublicKeyInfoOwned) -> Option<PublicKey> {
    let bytes = info.subject_public_key.as_bytes()?;
    match (info.algorithm.oid, &info.algorithm.parameters) {
        (ED25519, None) => PublicKey::ed25519(bytes).ok(),
        (EC_PUBLIC_KEY, Some(curve)) if curve.decode_as::<ObjectIdentifier>().ok()? == P_256 => {
            PublicKey::es256(bytes).ok()
        }
        _ => None,
    }
}

/// A signature as certificates carry it: ECDSA's is a SEQUENCE of two integers (RFC 5758 3.2).
pub(super) fn signature_to_der(algorithm: Algorithm, signature: &[u8]) -> Option<Vec<u8>> {
    if algorithm == Algorithm::Ed25519 {
        return (signature.len() == 64).then(|| signature.to_vec());
    }
    Some(p256::ecdsa::Signature::from_slice(signature).ok()?.to_der().as_bytes().to_vec())
}

/// Whether a certificate's signature is `key`'s over `message`. Others' ECDSA signers leave either half of `s`.
pub(super) fn verifies(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    if key.algorithm() == Algorithm::Ed25519 {
        return key.verifies(message, signature);
    }
    p256::ecdsa::Signature::from_der(signature)
        .is_ok_and(|signature| key.verifies_either_s(message, &signature.to_bytes()))
}
