use serde::{Deserialize, Serialize};

/// A signature algorithm. A key has exactly one; nothing in a credential can choose another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8032); COSE `alg` -8 and JOSE `EdDSA`, which today's verifiers read.
    #[serde(rename = "EdDSA")]
    Ed25519,
    /// ECDSA on P-256 with SHA-256 (RFC 7518 3.4, RFC 9053 2.1); COSE `alg` -7 and JOSE `ES256`.
    #[serde(rename = "ES256")]
    Es256,
}

impl Algorithm {
    /// Every algorithm, the preferred one first.
    pub const ALL: [Self; 2] = [Self::Ed25519, Self::Es256];

    /// The number in a COSE header (IANA "COSE Algorithms").
    pub fn cose(self) -> i64 {
        match self {
            Self::Ed25519 => -8,
            Self::Es256 => -7,
        }
    }

    /// The algorithm of a number in a COSE header; `None` if it is none of ours.
    pub fn from_cose(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.cose() == number)
    }

    /// The name in a JOSE header or JWK.
    pub fn jose(self) -> &'static str {
        match self {
            Self::Ed25519 => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm of a name in a JOSE header or JWK; `None` if it is none of ours. `Ed25519` (RFC 9864) is
    /// another name of `EdDSA` with a key on that curve.
    pub fn from_jose(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::Ed25519);
        }
        Self::ALL.into_iter().find(|algorithm| algorithm.jose() == name)
    }

    /// Bytes in a signature.
    pub fn signature_len(self) -> usize {
        match self {
            Self::Ed25519 | Self::Es256 => 64,
        }
    }
}
