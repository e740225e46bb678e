use std::fmt;

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::scalar::IsHigh as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use zeroize::Zeroizing;

use super::{NotAPrivateKey, SignError, Signature, Signer};
use crate::{Algorithm, KeyId, PublicKey};

/// Signs with a P-256 key held in memory, which is overwritten on drop and never printed.
///
/// Deterministic (RFC 6979): the same message always gives the same signature, and no random number can betray
/// the key. Of the two signatures that ECDSA allows for one nonce it makes the one with `s` in the lower half.
pub struct Es256Signer {
    secret: SigningKey,
    public: PublicKey,
    key_id: KeyId,
}

impl Es256Signer {
    /// A new key from the operating system's random source.
    pub fn generate() -> Result<Self, SignError> {
        loop {
            // Out of range once in 2^32 times.
            if let Ok(signer) = Self::from_scalar(&*super::memory::random()?) {
                return Ok(signer);
            }
        }
    }

    /// The key with this private scalar, big endian. Whoever knows it can sign: keep it sealed.
    ///
    /// # Errors
    /// It is zero, or not below the group order.
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<Self, NotAPrivateKey> {
        SigningKey::from_slice(scalar).map(Self::of).map_err(|_| NotAPrivateKey)
    }

    /// Reads an unencrypted PKCS#8 PEM, as `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`
    /// writes it.
    pub fn from_pem(pem: &str) -> Result<Self, NotAPrivateKey> {
        SigningKey::from_pkcs8_pem(pem).map(Self::of).map_err(|_| NotAPrivateKey)
    }

    /// Writes the private key, in the clear, as [`from_pem`](Self::from_pem) reads it.
    pub fn to_pem(&self) -> Zeroizing<String> {
        self.secret.to_pkcs8_pem(LineEnding::LF).expect("a 32-byte key always fits PKCS#8")
    }

    fn of(secret: SigningKey) -> Self {
        let public = PublicKey::of_es256(*secret.verifying_key());
        Self { secret, key_id: public.key_id(), public }
    }
}

impl Signer for Es256Signer {
    fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::Es256
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        let signature: p256::ecdsa::Signature = self
            .secret
            .try_sign(message)
            .map_err(|_| SignError::Unavailable("the P-256 key made no signature".into()))?;
        Ok(Signature::from_bytes(signature.normalize_s().to_bytes().to_vec()))
    }
}

impl fmt::Debug for Es256Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Es256Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Whether `s` is in the upper half, where the twin of every signature is.
pub(crate) fn is_high(signature: &p256::ecdsa::Signature) -> bool {
    signature.s().is_high().into()
}
