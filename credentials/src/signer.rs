//! Who signs: the [`Signer`] trait, and the Ed25519 signer that holds its key in memory.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes, spki::der::pem::LineEnding};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Digest;

/// Signs messages with one key. What holds the key (memory, a token, a service) is its own affair.
pub trait Signer: Send + Sync {
    /// The key's id, as it stands in what is signed.
    fn key_id(&self) -> &KeyId;

    /// The one algorithm of this key.
    fn algorithm(&self) -> Algorithm;

    /// The key that verifies.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message` as it is. May block on a device; safe to repeat.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignError>;
}

/// A signature algorithm. A key has exactly one; nothing in a credential can choose another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032); COSE `alg` -8 and JOSE `EdDSA`, which today's verifiers read.
    #[serde(rename = "EdDSA")]
    Ed25519,
}

impl Algorithm {
    /// The number in a COSE header (IANA "COSE Algorithms").
    pub fn cose(self) -> i64 {
        match self {
            Self::Ed25519 => -8,
        }
    }

    /// The algorithm of a number in a COSE header; `None` if it is none of ours.
    pub fn from_cose(number: i64) -> Option<Self> {
        [Self::Ed25519].into_iter().find(|algorithm| algorithm.cose() == number)
    }

    /// The name in a JOSE header or JWK.
    pub fn jose(self) -> &'static str {
        match self {
            Self::Ed25519 => "EdDSA",
        }
    }

    /// Bytes in a signature.
    pub fn signature_len(self) -> usize {
        match self {
            Self::Ed25519 => 64,
        }
    }
}

/// The first 8 bytes of the SHA-256 JWK thumbprint (RFC 7638) of a public key; in text 16 lower-case hex digits.
///
/// It follows from the key, so it cannot be given to another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// The bytes of a `kid` header; `None` unless there are exactly 8.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 8 bytes.
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// The text is not 16 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key id is 16 hex digits")]
pub struct NotAKeyId;

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAKeyId)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for KeyId {
    type Error = NotAKeyId;

    fn try_from(text: String) -> Result<Self, NotAKeyId> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A public key that may verify; weak and malformed ones cannot be made.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The bytes are no usable public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a usable Ed25519 public key: it must be 32 bytes of a point that is not of small order")]
pub struct NotAPublicKey;

impl PublicKey {
    /// An Ed25519 public key from its 32 bytes.
    pub fn ed25519(bytes: &[u8]) -> Result<Self, NotAPublicKey> {
        let key = VerifyingKey::try_from(bytes).map_err(|_| NotAPublicKey)?;
        if key.is_weak() { Err(NotAPublicKey) } else { Ok(Self(key)) }
    }

    /// The algorithm this key is for.
    pub fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Derives the id; see [`KeyId`].
    pub fn key_id(&self) -> KeyId {
        let x = crate::key_set::base64url(self.as_bytes());
        let thumbprint = Digest::of(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes());
        let mut id = [0; 8];
        id.copy_from_slice(&thumbprint.as_bytes()[..8]);
        KeyId(id)
    }

    /// Whether `signature` is this key's over `message`. Strict: no malleable or small-order signatures.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.as_bytes()))
    }
}

/// The raw bytes of a signature, in the form COSE and JOSE want.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// A signature made elsewhere. Nothing is checked here: [`crate::seal`] checks its length, verifying the rest.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
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
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut())
            .map_err(|e| SignError::Unavailable(format!("no random bytes from the system: {e}")))?;
        Ok(Self::from_seed(&seed))
    }

    /// The key that RFC 8032 derives from a 32-byte seed. Whoever knows the seed can sign: keep it sealed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = SigningKey::from_bytes(seed);
        let public = PublicKey(secret.verifying_key());
        Self { secret, key_id: public.key_id(), public }
    }

    /// Reads an unencrypted PKCS#8 PEM (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let secret = SigningKey::from_pkcs8_pem(pem).ok()?;
        Some(Self::from_seed(&Zeroizing::new(secret.to_bytes())))
    }

    /// The form without the public key: OpenSSL before 3.0 refuses the other.
    pub(crate) fn to_pem(&self) -> Zeroizing<String> {
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
        Ok(Signature(self.secret.sign(message).to_bytes().to_vec()))
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ed25519Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
