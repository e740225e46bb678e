//! A public key as a JWK (RFC 7517): Ed25519 as RFC 8037, P-256 as RFC 7518 6.2.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::PublicKey;
use crate::key_set::{base64url, from_base64url};

/// The members of a JWK that make up a public key. Others are not looked at.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Jwk {
    pub(crate) kty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// Only to notice a private key that was about to be handed out.
    #[serde(default, skip_serializing)]
    d: Option<serde::de::IgnoredAny>,
}

impl Jwk {
    /// Whether this is a kind of key that this program knows.
    pub(crate) fn is_known(&self) -> bool {
        matches!((self.kty.as_str(), self.crv.as_deref()), ("OKP", Some("Ed25519")) | ("EC", Some("P-256")))
    }

    /// Whether a private key is in it, of whatever kind.
    pub(crate) fn is_private(&self) -> bool {
        self.d.is_some()
    }

    /// The key inside.
    pub(crate) fn key(&self) -> Result<PublicKey, &'static str> {
        if self.is_private() {
            return Err(PRIVATE);
        }
        let x = coordinate(self.x.as_deref()).ok_or("`x` is missing or not base64url")?;
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => {
                PublicKey::ed25519(&x).map_err(|_| "`x` is not a usable Ed25519 public key")
            }
            ("EC", Some("P-256")) => {
                let y = coordinate(self.y.as_deref()).ok_or("`y` is missing or not base64url")?;
                PublicKey::es256_xy(&x, &y).map_err(|_| "`x` and `y` are not a usable P-256 public key")
            }
            _ => Err("neither an Ed25519 key (`kty` OKP) nor a P-256 key (`kty` EC)"),
        }
    }
}

pub(crate) const PRIVATE: &str =
    "it holds a private key (`d`): take it out, and replace that key if others saw it";

/// A coordinate has 32 bytes; what is much longer is not even decoded.
fn coordinate(text: Option<&str>) -> Option<Vec<u8>> {
    text.filter(|text| text.len() <= 64).and_then(from_base64url)
}

impl From<&PublicKey> for Jwk {
    fn from(key: &PublicKey) -> Self {
        let (kty, crv) = if key.y().is_some() { ("EC", "P-256") } else { ("OKP", "Ed25519") };
        Self {
            kty: kty.into(),
            crv: Some(crv.into()),
            x: Some(base64url(key.x())),
            y: key.y().map(base64url),
            d: None,
        }
    }
}

/// As a JWK with the members of its thumbprint alone (RFC 7638 3.2), as `cnf.jwk` wants it (RFC 7800 3.2).
impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Jwk::from(self).serialize(serializer)
    }
}

/// From anybody's JWK. Members that do not make up the key (`kid`, `alg`, `use`) are not looked at; a private
/// key is refused.
impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Jwk::deserialize(deserializer)?.key().map_err(serde::de::Error::custom)
    }
}
