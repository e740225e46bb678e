//! What the second step of issuing checks, whatever is issued: the key that was prepared for, and a signature that
//! fits.

use crate::{Algorithm, KeyId, SignError, Signature, Signer};

/// Why what was prepared was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The signature has not the length of the algorithm's.
    #[error("the signature has {got} bytes, the algorithm's have {wanted}")]
    Length {
        /// Bytes given.
        got: usize,
        /// Bytes the algorithm makes.
        wanted: usize,
    },
    /// Another key was to sign than the one inside the bytes.
    #[error("the credential was prepared for key {prepared} but the signer holds {signer}: use that key")]
    WrongKey {
        /// The key in the prepared bytes.
        prepared: KeyId,
        /// The key offered.
        signer: KeyId,
    },
    /// The signer made no signature.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Signs `message` with the key it was prepared for, and with no other.
pub(crate) fn sign_prepared(
    signer: &(impl Signer + ?Sized),
    key_id: &KeyId,
    algorithm: Algorithm,
    message: &[u8],
) -> Result<Signature, SealError> {
    if (signer.key_id(), signer.algorithm()) != (key_id, algorithm) {
        return Err(SealError::WrongKey { prepared: *key_id, signer: *signer.key_id() });
    }
    Ok(signer.sign(message)?)
}

/// The bytes of a signature, if they are as many as the algorithm makes.
pub(crate) fn fitting(signature: &Signature, algorithm: Algorithm) -> Result<&[u8], SealError> {
    let (bytes, wanted) = (signature.as_bytes(), algorithm.signature_len());
    if bytes.len() == wanted { Ok(bytes) } else { Err(SealError::Length { got: bytes.len(), wanted }) }
}
