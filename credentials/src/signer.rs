//! Who signs: the [`Signer`] trait, and the signers that hold their key in memory.

use std::fmt;

use crate::{Algorithm, KeyId, PublicKey};

pub(crate) mod ed25519;
pub(crate) mod es256;

mod memory;
#[cfg(feature = "pkcs11")]
pub mod token;

pub use ed25519::Ed25519Signer;
pub use es256::Es256Signer;
pub use memory::MemorySigner;

/// Signs messages with one key. What holds the key (memory, a token, a service) is its own affair.
pub trait Signer: Send + Sync {
    /// The key's id, as it stands in what is signed.
    fn key_id(&self) -> &KeyId;

    /// The one algorithm of this key.
    fn algorithm(&self) -> Algorithm;

    /// The key that verifies.
    fn public_key(&self) -> &PublicKey;

    /// Whether [`sign`](Self::sign) may wait for a device: then call it where nobody else is held up.
    fn may_block(&self) -> bool {
        false
    }

    /// Signs `message` as it is. May block on a device; safe to repeat.
    ///
    /// An ES256 signature has its `s` in the lower half; [`Signature::es256`] sees to it.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignError>;
}

/// The raw bytes of a signature, in the form COSE and JOSE want.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// A signature made elsewhere. Nothing is checked here: [`crate::seal`] checks its length, verifying the rest.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// An ES256 signature made elsewhere, 64 bytes `r || s`, with `s` brought into the lower half as
    /// [`PublicKey::verifies`] wants it. `None` if `r` or `s` is zero or not below the group order.
    pub fn es256(bytes: &[u8]) -> Option<Self> {
        let signature = p256::ecdsa::Signature::from_slice(bytes).ok()?;
        Some(Self(signature.normalize_s().to_bytes().to_vec()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(&self.0))
    }
}

/// Why no signature was made. Try again: signing is safe to repeat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key or the device that holds it does not answer now.
    #[error("the signer is unavailable: {0}")]
    Unavailable(String),
}

/// The text is no private key that this program can sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an unencrypted PKCS#8 PEM with an Ed25519 or P-256 private key")]
pub struct NotAPrivateKey;
