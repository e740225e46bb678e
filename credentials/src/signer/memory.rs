use zeroize::Zeroizing;

use super::{Ed25519Signer, Es256Signer, NotAPrivateKey, SignError, Signature, Signer};
use crate::{Algorithm, KeyId, PublicKey};

/// Signs with a key of either algorithm held in memory.
#[derive(Debug)]
#[non_exhaustive]
pub enum MemorySigner {
    /// With an Ed25519 key.
    Ed25519(Ed25519Signer),
    /// With a P-256 key.
    Es256(Es256Signer),
}

impl MemorySigner {
    /// A new key for `algorithm` from the operating system's random source.
    pub fn generate(algorithm: Algorithm) -> Result<Self, SignError> {
        match algorithm {
            Algorithm::Ed25519 => Ed25519Signer::generate().map(Self::Ed25519),
            Algorithm::Es256 => Es256Signer::generate().map(Self::Es256),
        }
    }

    /// Reads an unencrypted PKCS#8 PEM with a key of either algorithm.
    pub fn from_pem(pem: &str) -> Result<Self, NotAPrivateKey> {
        Ed25519Signer::from_pem(pem)
            .map(Self::Ed25519)
            .or_else(|_| Es256Signer::from_pem(pem).map(Self::Es256))
    }

    /// Writes the private key, in the clear, as [`from_pem`](Self::from_pem) reads it.
    pub fn to_pem(&self) -> Zeroizing<String> {
        match self {
            Self::Ed25519(signer) => signer.to_pem(),
            Self::Es256(signer) => signer.to_pem(),
        }
    }

    fn held(&self) -> &dyn Signer {
        match self {
            Self::Ed25519(signer) => signer,
            Self::Es256(signer) => signer,
        }
    }
}

impl Signer for MemorySigner {
    fn key_id(&self) -> &KeyId {
        self.held().key_id()
    }

    fn algorithm(&self) -> Algorithm {
        self.held().algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.held().public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        self.held().sign(message)
    }
}

/// 32 bytes that nobody can guess.
pub(super) fn random() -> Result<Zeroizing<[u8; 32]>, SignError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut())
        .map_err(|e| SignError::Unavailable(format!("no random bytes from the system: {e}")))?;
    Ok(bytes)
}
