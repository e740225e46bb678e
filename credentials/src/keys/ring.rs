use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::{Certificates, KeyDirectory, KeyFileError};
use crate::{Algorithm, KeyId, KeySet, SignError, Signer};

/// The keys of one directory: active ones sign, all that are not withdrawn verify.
pub struct KeyRing {
    pub(super) set: KeySet,
    pub(super) signers: Vec<Arc<dyn Signer>>,
    pub(super) certificates: Arc<Certificates>,
}

impl KeyRing {
    /// Makes an Ed25519 key in `dir` (created if need be), in the clear, that signs from the next
    /// [`load`](Self::load) on; the one before it becomes verify-only. Where keys matter, seal them:
    /// [`KeyDirectory::sealed`].
    pub fn generate(dir: &Path) -> Result<KeyId, KeyFileError> {
        KeyDirectory::plain(dir).generate_active(Algorithm::Ed25519)
    }

    /// Loads the keys of `dir`, which are not sealed. See [`KeyDirectory::load`].
    pub fn load(dir: &Path) -> Result<Self, KeyFileError> {
        KeyDirectory::plain(dir).load()
    }

    /// The key that signs where nothing asks for an algorithm: the newest active one, Ed25519 before ES256. There
    /// was one when the keys were loaded; a [`KeyWatch`](super::KeyWatch) may find that the last one is withdrawn.
    pub fn signer(&self) -> Result<&dyn Signer, SignError> {
        let none =
            || SignError::Unavailable("no key is active: make one with `sealwright keys generate`".into());
        Algorithm::ALL.iter().find_map(|algorithm| self.signer_for(*algorithm)).ok_or_else(none)
    }

    /// The key that signs with `algorithm`: the newest active one; `None` if there is none.
    pub fn signer_for(&self, algorithm: Algorithm) -> Option<&dyn Signer> {
        self.signer_of(self.set.active(algorithm)?)
    }

    /// The private key with this id, if it is here and active or verify-only: what was prepared before a rotation
    /// is signed with the key it was prepared for.
    pub fn signer_of(&self, id: &KeyId) -> Option<&dyn Signer> {
        self.signers.iter().find(|signer| signer.key_id() == id).map(|signer| &**signer)
    }

    /// The public keys, for verifiers.
    pub fn key_set(&self) -> &KeySet {
        &self.set
    }

    /// The certificates beside the keys.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("active", &self.signer().ok().map(Signer::key_id))
            .finish_non_exhaustive()
    }
}
