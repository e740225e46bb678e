//! Certificates beside the keys: the root's private key in a file of its own, sealed as the others are, and
//! `certificates.pem` with all certificates.

use std::path::PathBuf;
use std::sync::Arc;

use super::{KeyDirectory, disk};
use crate::keys::error::at as failed;
use crate::keys::{Certificates, KeyFileError};
use crate::x509::{
    Certificate, Terms, Validity, make_document_signer, make_root, renew_document_signer, renew_root,
};
use crate::{Algorithm, KeyId, KeyState, MemorySigner, PublicKey, SignError, Signer};

/// How long before it is made a certificate begins: clocks differ.
const BACK_S: i64 = 3_600;

impl KeyDirectory {
    /// The certificates; none if nothing was made yet.
    pub fn certificates(&self) -> Result<Certificates, KeyFileError> {
        let path = self.certificates_file();
        let Some(pem) = disk::read_guarded(&path, 0o022, "write", "644")? else {
            return Ok(Certificates::default());
        };
        Certificates::from_pem(&pem).map_err(|source| KeyFileError::Certificates { path, source })
    }

    /// Makes a root (IACA) with a new P-256 key, good until `terms.validity.not_after`. Its private key signs
    /// certificates alone and is no document key.
    ///
    /// `at` is now, in Unix seconds. Refused while there is a root that is good, unless it shall be `another` one.
    pub fn make_root(&self, terms: &Terms<'_>, at: i64, another: bool) -> Result<Certificate, KeyFileError> {
        self.locked(|| {
            let mut certificates = self.certificates()?;
            if !another && certificates.root(at).is_some() {
                return Err(KeyFileError::RootThere { dir: self.path().into() });
            }
            let set = self.key_set()?;
            self.opens_others(&set)?;
            let signer = MemorySigner::generate(Algorithm::Es256)?;
            let root = make_root(terms, random()?, &signer)?;
            // A private key that no certificate names does no harm.
            self.write_private(&set, &signer)?;
            self.put(&mut certificates, root.clone(), at)?;
            Ok(root)
        })
    }

    /// Makes a document signer's certificate for a document key that may sign or is to, by the root that lasts
    /// longest. It ends with that root at the latest.
    pub fn certify(&self, key: &KeyId, terms: &Terms<'_>, at: i64) -> Result<Certificate, KeyFileError> {
        self.locked(|| {
            let mut certificates = self.certificates()?;
            let public = self.certifiable(key)?;
            let (root, signer) = self.root_signer(&certificates, at)?;
            let terms = Terms { validity: within(terms.validity, &root), ..*terms };
            let made = make_document_signer(&terms, &public, random()?, &root, &*signer)?;
            self.put(&mut certificates, made.clone(), at)?;
            Ok(made)
        })
    }

    /// Makes a root for the same subject and key as the one that lasts longest, good until `until` (Unix seconds).
    /// Whoever trusts the old one alone believes what both vouch for until the old one ends.
    pub fn renew_root(&self, until: i64, at: i64) -> Result<Certificate, KeyFileError> {
        self.locked(|| {
            let mut certificates = self.certificates()?;
            let (root, signer) = self.root_signer(&certificates, at)?;
            let renewed = renew_root(&root, from(at, until), random()?, &*signer)?;
            self.put(&mut certificates, renewed.clone(), at)?;
            Ok(renewed)
        })
    }

    /// Makes another certificate for the same subject and key as that key's last one, good until `until` (Unix
    /// seconds) or its root's end.
    pub fn renew_signer(&self, key: &KeyId, until: i64, at: i64) -> Result<Certificate, KeyFileError> {
        self.locked(|| {
            let mut certificates = self.certificates()?;
            self.certifiable(key)?;
            let own = certificates.signers().filter(|signer| signer.key().key_id() == *key);
            let old = own.max_by_key(|signer| signer.validity().not_after).cloned();
            let old = old.ok_or(KeyFileError::NoCertificate { id: *key })?;
            let (root, signer) = self.root_signer(&certificates, at)?;
            let validity = within(from(at, until), &root);
            let renewed = renew_document_signer(&old, validity, random()?, &root, &*signer)?;
            self.put(&mut certificates, renewed.clone(), at)?;
            Ok(renewed)
        })
    }

    /// The validity of a certificate that is made `at` and lasts until `until`, both in Unix seconds.
    pub fn validity(at: i64, until: i64) -> Validity {
        from(at, until)
    }

    pub(in crate::keys) fn certificates_file(&self) -> PathBuf {
        self.path().join("certificates.pem")
    }

    /// A document key that signs or will.
    fn certifiable(&self, key: &KeyId) -> Result<PublicKey, KeyFileError> {
        let set = self.key_set()?;
        match set.get(key) {
            Some((public, KeyState::Active | KeyState::Pending)) => Ok(public.clone()),
            Some((_, state)) => Err(KeyFileError::SignsNoMore { id: *key, state }),
            None => Err(crate::ChangeRefused::Unknown(*key).into()),
        }
    }

    /// The root that is good now and lasts longest, and its key.
    fn root_signer(
        &self,
        certificates: &Certificates,
        at: i64,
    ) -> Result<(Certificate, Arc<dyn Signer>), KeyFileError> {
        let none = || KeyFileError::NoRoot { dir: self.path().into() };
        let root = certificates.root(at).ok_or_else(none)?.clone();
        let id = root.key().key_id();
        let missing = KeyFileError::NotHere { dir: self.path().into(), id };
        Ok((root, self.private(&id)?.ok_or(missing)?))
    }

    fn put(&self, certificates: &mut Certificates, made: Certificate, at: i64) -> Result<(), KeyFileError> {
        let path = self.certificates_file();
        let put = certificates.put(made, at);
        put.map_err(|source| KeyFileError::Certificates { path: path.clone(), source })?;
        self.disk.replace(&path, certificates.to_pem().as_bytes(), 0o644).map_err(failed("write", &path))?;
        self.tidy(&self.key_set()?)
    }
}

fn from(at: i64, until: i64) -> Validity {
    Validity { not_before: (at - BACK_S).max(0), not_after: until }
}

/// As much of `validity` as `root` is good for.
fn within(validity: Validity, root: &Certificate) -> Validity {
    let outer = root.validity();
    Validity {
        not_before: validity.not_before.max(outer.not_before),
        not_after: validity.not_after.min(outer.not_after),
    }
}

fn random() -> Result<[u8; 16], SignError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|e| SignError::Unavailable(format!("no random bytes from the system: {e}")))?;
    Ok(bytes)
}
