//! What each change of the directory also sees to.

use std::fs;

use super::{Custody, KeyDirectory, disk};
use crate::keys::KeyFileError;
use crate::keys::error::at;
use crate::{KeyId, KeySet};

impl KeyDirectory {
    /// Destroys the private halves of withdrawn keys and what a crash left half written, and seals what lies in
    /// the clear.
    pub(super) fn tidy(&self, set: &KeySet) -> Result<(), KeyFileError> {
        for entry in fs::read_dir(&self.dir).map_err(at("list", &self.dir))?.flatten() {
            if entry.file_name().to_string_lossy().ends_with(disk::DRAFT) {
                self.disk.remove(&entry.path()).map_err(at("remove", &entry.path()))?;
            }
        }
        for (id, _, state) in set.iter() {
            let (sealed, plain) = (self.sealed_file(id), self.plain_file(id));
            if !state.may_verify() {
                for path in [&sealed, &plain, &self.token_file(id)] {
                    self.disk.remove(path).map_err(at("remove", path))?;
                }
            } else {
                self.seal(set, id)?;
            }
        }
        // A list of certificates that cannot be read must not keep a key from being withdrawn.
        for root in self.certificates().unwrap_or_default().roots() {
            self.seal(set, &root.key().key_id())?;
        }
        Ok(())
    }

    /// Seals a key that lies in the clear, if there is what to seal it with.
    fn seal(&self, set: &KeySet, id: &KeyId) -> Result<(), KeyFileError> {
        let plain = self.plain_file(id);
        if self.sealing.is_none() || !plain.exists() {
            return Ok(());
        }
        // A copy in the clear goes only when the sealed one opens.
        if self.custody(id) != Custody::Sealed
            && let Some(signer) = self.read_plain(id)?
        {
            self.write_private(set, &signer)?;
        }
        self.read_sealed(id)?;
        self.disk.remove(&plain).map_err(at("remove", &plain))
    }
}
