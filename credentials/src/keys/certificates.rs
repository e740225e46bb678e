use std::fmt;

use crate::x509::{Certificate, CertificateError};
use crate::{KeyId, KeySet};

/// The most certificates in one directory: twenty keys, each with a renewal or two, and roots.
pub const MAX_CERTIFICATES: usize = 64;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// The certificates of a key directory: roots (IACA), and those of document keys, which sign mdocs. All public.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Certificates(Vec<Certificate>);

/// Why a text holds no certificates of a key directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificatesError {
    /// One of them does not read.
    #[error("certificate {number}: {source}")]
    Certificate {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        source: CertificateError,
    },
    /// One is neither a root nor a document signer.
    #[error("certificate {0} is neither a root nor a document signer's")]
    Foreign(usize),
    /// More than [`MAX_CERTIFICATES`].
    #[error("there are more than {MAX_CERTIFICATES} certificates")]
    TooMany,
}

impl Certificates {
    /// Reads PEM blocks one after the other.
    pub fn from_pem(pem: &str) -> Result<Self, CertificatesError> {
        let mut all = Vec::new();
        for (at, block) in pem.split(BEGIN).skip(1).enumerate() {
            if at == MAX_CERTIFICATES {
                return Err(CertificatesError::TooMany);
            }
            let number = at + 1;
            let certificate = Certificate::from_pem(&format!("{BEGIN}{block}"))
                .map_err(|source| CertificatesError::Certificate { number, source })?;
            if !certificate.is_root() && !certificate.is_document_signer() {
                return Err(CertificatesError::Foreign(number));
            }
            all.push(certificate);
        }
        Ok(Self(all))
    }

    /// All of them, in the order they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Certificate> {
        self.0.iter()
    }

    /// The roots: what verifiers of mdocs trust.
    pub fn roots(&self) -> impl Iterator<Item = &Certificate> {
        self.iter().filter(|certificate| certificate.is_root())
    }

    /// The certificates of document keys.
    pub fn signers(&self) -> impl Iterator<Item = &Certificate> {
        self.iter().filter(|certificate| certificate.is_document_signer())
    }

    /// The root that is good at `at` (Unix seconds) and lasts longest.
    pub fn root(&self, at: i64) -> Option<&Certificate> {
        last(self.roots().filter(|root| root.validity().contains(at)))
    }

    /// The certificate of this document key that is good at `at` (Unix seconds) and lasts longest.
    pub fn signer_of(&self, key: &KeyId, at: i64) -> Option<&Certificate> {
        let own = self.signers().filter(|signer| signer.key().key_id() == *key);
        last(own.filter(|signer| signer.validity().contains(at)))
    }

    /// Those that verifiers may be given: the roots, and the certificates of keys that may verify.
    pub fn published(&self, keys: &KeySet) -> Self {
        let may = |certificate: &&Certificate| {
            let key = certificate.key().key_id();
            certificate.is_root() || keys.get(&key).is_some_and(|(_, state)| state.may_verify())
        };
        Self(self.iter().filter(may).cloned().collect())
    }

    /// PEM blocks, one after the other.
    pub fn to_pem(&self) -> String {
        self.iter().map(Certificate::to_pem).collect()
    }

    /// Adds one, and drops those that ended before `at`.
    pub(super) fn put(&mut self, certificate: Certificate, at: i64) -> Result<(), CertificatesError> {
        self.0.retain(|old| old.validity().not_after >= at);
        if self.0.len() >= MAX_CERTIFICATES {
            return Err(CertificatesError::TooMany);
        }
        self.0.push(certificate);
        Ok(())
    }
}

/// Of equally long ones the one that was made last.
fn last<'a>(certificates: impl Iterator<Item = &'a Certificate>) -> Option<&'a Certificate> {
    certificates.max_by_key(|certificate| certificate.validity().not_after)
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}
