use std::fmt;

use p256::ecdsa::signature::Verifier as _;

use crate::key_set::base64url;
use crate::signer::es256;
use crate::{Algorithm, Digest, KeyId};

/// A public key that may verify; weak and malformed ones cannot be made.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Ed25519(ed25519_dalek::VerifyingKey),
    /// With its uncompressed SEC1 point.
    Es256(p256::ecdsa::VerifyingKey, [u8; 65]),
}

/// The bytes are no usable public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a usable {} public key: it must be {wanted}", algorithm.jose())]
pub struct NotAPublicKey {
    algorithm: Algorithm,
    wanted: &'static str,
}

impl PublicKey {
    /// An Ed25519 public key from its 32 bytes. Points of small order are refused.
    pub fn ed25519(bytes: &[u8]) -> Result<Self, NotAPublicKey> {
        let wanted = "32 bytes of a point that is not of small order";
        let refused = NotAPublicKey { algorithm: Algorithm::Ed25519, wanted };
        match ed25519_dalek::VerifyingKey::try_from(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(Kind::Ed25519(key))),
            _ => Err(refused),
        }
    }

    /// A P-256 public key from its SEC1 point: 65 bytes uncompressed (`04`) or 33 compressed (`02`, `03`).
    pub fn es256(sec1: &[u8]) -> Result<Self, NotAPublicKey> {
        let wanted = "a SEC1 point of P-256 in 65 or 33 bytes that is not the one at infinity";
        // The identity has one byte, and "compact" points another first byte: neither names a key here.
        let shaped = matches!((sec1.len(), sec1.first()), (65, Some(4)) | (33, Some(2 | 3)));
        let key = shaped.then(|| p256::ecdsa::VerifyingKey::from_sec1_bytes(sec1).ok()).flatten();
        key.map(Self::of_es256).ok_or(NotAPublicKey { algorithm: Algorithm::Es256, wanted })
    }

    /// A P-256 public key from its coordinates, 32 bytes each, as in a JWK (RFC 7518 6.2.1) or a COSE_Key
    /// (RFC 9053 7.1.1).
    pub fn es256_xy(x: &[u8], y: &[u8]) -> Result<Self, NotAPublicKey> {
        let wanted = "two coordinates of 32 bytes each of a point on P-256";
        let refused = NotAPublicKey { algorithm: Algorithm::Es256, wanted };
        if (x.len(), y.len()) != (32, 32) {
            return Err(refused);
        }
        Self::es256(&[&[4], x, y].concat()).map_err(|_| refused)
    }

    /// The algorithm this key is for.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Kind::Ed25519(_) => Algorithm::Ed25519,
            Kind::Es256(..) => Algorithm::Es256,
        }
    }

    /// The raw bytes: 32 of an Ed25519 key (RFC 8032), 65 of an uncompressed P-256 point (SEC1 2.3.3).
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Kind::Ed25519(key) => key.as_bytes(),
            Kind::Es256(_, sec1) => sec1,
        }
    }

    /// The 32 bytes of `x` in a JWK or COSE_Key.
    pub fn x(&self) -> &[u8] {
        match &self.0 {
            Kind::Ed25519(key) => key.as_bytes(),
            Kind::Es256(_, sec1) => &sec1[1..33],
        }
    }

    /// The 32 bytes of `y` in a JWK or COSE_Key; `None` for an Ed25519 key, which has none.
    pub fn y(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Ed25519(_) => None,
            Kind::Es256(_, sec1) => Some(&sec1[33..]),
        }
    }

    /// The SHA-256 JWK thumbprint (RFC 7638, RFC 8037 2).
    pub fn thumbprint(&self) -> Digest {
        let x = base64url(self.x());
        let members = match self.y() {
            None => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
            Some(y) => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{}"}}"#, base64url(y)),
        };
        Digest::of(members.as_bytes())
    }

    /// Derives the id; see [`KeyId`].
    pub fn key_id(&self) -> KeyId {
        KeyId::of_thumbprint(&self.thumbprint())
    }

    /// Whether `signature` is this key's over `message`, in the one form in which we issue it.
    ///
    /// Strict, so that nobody can make a second signature out of a first: Ed25519 refuses `s` beyond the group
    /// order and small-order points; ES256 is exactly 64 bytes `r || s` and refuses the upper half of `s`,
    /// since whoever sees `(r, s)` can write `(r, n - s)`. Strangers' ES256 signers mostly do not care about
    /// that: see [`verifies_either_s`](Self::verifies_either_s).
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Kind::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Kind::Es256(key, _) => p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                !es256::is_high(&signature) && key.verify(message, &signature).is_ok()
            }),
        }
    }

    /// As [`verifies`](Self::verifies), but of an ES256 signature either half of `s` will do, as in FIPS 186-5.
    ///
    /// For what others sign and nobody stores as a proof of uniqueness: a wallet's proof of possession, a
    /// device signature. Half of all wallets' signatures would fail the strict check.
    pub fn verifies_either_s(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Kind::Ed25519(_) => self.verifies(message, signature),
            Kind::Es256(key, _) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }
}

impl PublicKey {
    /// The public half of a private key, which is never weak.
    pub(crate) fn of_ed25519(key: ed25519_dalek::VerifyingKey) -> Self {
        Self(Kind::Ed25519(key))
    }

    /// A key that the curve's own crate has checked.
    pub(crate) fn of_es256(key: p256::ecdsa::VerifyingKey) -> Self {
        let mut sec1 = [0; 65];
        sec1.copy_from_slice(key.to_sec1_point(false).as_bytes());
        Self(Kind::Es256(key, sec1))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.algorithm().jose(), hex::encode(self.as_bytes()))
    }
}
