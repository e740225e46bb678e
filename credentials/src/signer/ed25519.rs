use std::fmt;

use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes, spki::der::pem::LineEnding};
use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

use super::{NotAPrivateKey, SignError, Signature, Signer};
use crate::{Algorithm, KeyId, PublicKey};

/// Signs with an Ed25519 key held in memory, which is overwritten on drop and never printed.
///
/// Deterministic: the same message always gives the same signature.
pub struct Ed25519Signer {
    secret: SigningKey,
    public: PublicKey,
    key_id: KeyId,
}

impl Ed25519Signer {
    /// A new key from the operating system's random source.
    pub fn generate() -> Result<Self, SignError> {
        Ok(Self::from_seed(&*super::memory::random()?))
    }

    /// The key that RFC 8032 derives from a 32-byte seed. Whoever knows the seed can sign: keep it sealed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = SigningKey::from_bytes(seed);
        let public = PublicKey::of_ed25519(secret.verifying_key());
        Self { secret, key_id: public.key_id(), public }
    }

    /// Reads an unencrypted PKCS#8 PEM (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, NotAPrivateKey> {
        let secret = SigningKey::from_pkcs8_pem(pem).map_err(|_| NotAPrivateKey)?;
        Ok(Self::from_seed(&Zeroizing::new(secret.to_bytes())))
    }

    /// Writes the private key, in the clear, as [`from_pem`](Self::from_pem) reads it.
    pub fn to_pem(&self) -> Zeroizing<String> {
        // Without the public key: OpenSSL before 3.0 refuses the form that has it.
        let pair = KeypairBytes { secret_key: self.secret.to_bytes(), public_key: None };
        pair.to_pkcs8_pem(LineEnding::LF).expect("a 32-byte key always fits PKCS#8")
    }
}

impl Signer for Ed25519Signer {
    fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        Ok(Signature::from_bytes(self.secret.sign(message).to_bytes()))
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ed25519Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
