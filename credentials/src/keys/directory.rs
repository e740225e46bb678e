mod certifying;
mod tidying;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{self, Disk};
use super::error::at;
use super::{Certificates, KeyFileError, KeyRing, Keychain, SealingKey};
use crate::{Algorithm, ChangeRefused, KeyId, KeySet, KeyState, MemorySigner, Rotation, Signer};

/// A key directory, to be changed and loaded.
///
/// Changes of several processes take turns (`keys.lock`). Each becomes true in one step, when `keys.json` is
/// replaced; whatever a crash left unfinished beside it, the next change tidies up. A change under a sealing key
/// also seals the keys that still lie in the clear.
pub struct KeyDirectory {
    dir: PathBuf,
    sealing: Option<SealingKey>,
    keychain: Option<Arc<dyn Keychain>>,
    pub(super) disk: Disk,
}

/// In which form the directory has a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// Sealed.
    Sealed,
    /// In the clear.
    Plain,
    /// By its name in a keychain.
    Token,
    /// Not at all.
    Absent,
}

impl KeyDirectory {
    /// A directory whose private keys are sealed under `key`.
    pub fn sealed(dir: impl Into<PathBuf>, key: SealingKey) -> Self {
        Self { dir: dir.into(), sealing: Some(key), keychain: None, disk: Disk::default() }
    }

    /// A directory whose private keys lie in the clear, guarded by their mode alone. It opens no sealed key, and
    /// makes none in the clear beside sealed ones.
    pub fn plain(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), sealing: None, keychain: None, disk: Disk::default() }
    }

    /// The same with keys that are in no file.
    #[must_use]
    pub fn with_keychain(self, keychain: Arc<dyn Keychain>) -> Self {
        Self { keychain: Some(keychain), ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Makes a key: active if it is the first one for `algorithm`, else pending, to be handed out to verifiers
    /// for a while before [`rotate`](Self::rotate) lets it sign.
    pub fn generate(&self, algorithm: Algorithm) -> Result<KeyId, KeyFileError> {
        self.change(|set| self.add(set, &MemorySigner::generate(algorithm)?))
    }

    /// Makes a key that signs at once; the active one of `algorithm` becomes verify-only. Verifiers that have not
    /// fetched their keys since do not know it.
    pub fn generate_active(&self, algorithm: Algorithm) -> Result<KeyId, KeyFileError> {
        self.change(|set| {
            let id = self.add(set, &MemorySigner::generate(algorithm)?)?;
            set.rotate(Some(&id))?;
            Ok(id)
        })
    }

    /// Takes in a key that was made elsewhere, from an unencrypted PKCS#8 PEM; it begins as
    /// [`generate`](Self::generate)d ones do. `from` names it in errors.
    pub fn import(&self, pem: &str, from: &Path) -> Result<KeyId, KeyFileError> {
        let signer = MemorySigner::from_pem(pem).map_err(|_| KeyFileError::NotAKey { path: from.into() })?;
        self.change(|set| self.add(set, &signer))
    }

    /// Takes in a key of the keychain under its name there; it begins as [`generate`](Self::generate)d ones do. The
    /// private half stays where it is, also when the key is withdrawn.
    pub fn adopt(&self, name: &str) -> Result<KeyId, KeyFileError> {
        let signer = self.in_keychain(name)?;
        self.change(|set| {
            self.enter(set, &*signer, |_| {
                let path = self.token_file(signer.key_id());
                self.disk.replace(&path, name.as_bytes(), 0o644).map_err(at("write", &path))
            })
        })
    }

    /// Lets `to`, or without it the newest pending key, sign; see [`KeySet::rotate`]. Refused unless its private
    /// half is here and opens.
    pub fn rotate(&self, to: Option<&KeyId>) -> Result<Rotation, KeyFileError> {
        self.change(|set| {
            let rotation = set.rotate(to)?;
            let id = rotation.active;
            match self.private(&id)? {
                Some(_) => Ok(rotation),
                None => Err(KeyFileError::NotHere { dir: self.dir.clone(), id }),
            }
        })
    }

    /// Retires a verify-only or pending key and destroys its private half: what it signed verifies no more, and
    /// what was prepared for it can never be signed.
    pub fn retire(&self, id: &KeyId, reason: Option<&str>) -> Result<(), KeyFileError> {
        self.change(|set| Ok(set.change(id, KeyState::Retired, reason)?))
    }

    /// Declares a key compromised from `since` (Unix seconds) on and destroys its private half. If it was the last
    /// active one of its algorithm, nothing signs until there is another.
    pub fn compromise(&self, id: &KeyId, since: i64, reason: Option<&str>) -> Result<(), KeyFileError> {
        self.change(|set| Ok(set.change(id, KeyState::Compromised { since }, reason)?))
    }

    /// The public keys with their states; none if nothing was made yet.
    pub fn key_set(&self) -> Result<KeySet, KeyFileError> {
        let path = self.list();
        let Some(json) = disk::read_guarded(&path, 0o022, "write", "644")? else {
            return Ok(KeySet::default());
        };
        KeySet::from_json(&json).map_err(|source| KeyFileError::List { path, source })
    }

    /// In which form the private key is here.
    pub fn custody(&self, id: &KeyId) -> Custody {
        if self.sealed_file(id).exists() {
            Custody::Sealed
        } else if self.plain_file(id).exists() {
            Custody::Plain
        } else if self.token_file(id).exists() {
            Custody::Token
        } else {
            Custody::Absent
        }
    }

    /// Loads the keys. Refuses a private key that others than its owner can read, one that does not open or does
    /// not belong to its name, and a directory without an active key.
    ///
    /// Private keys in the clear are loaded with a sealing key, too: see [`custody`](Self::custody).
    pub fn load(&self) -> Result<KeyRing, KeyFileError> {
        let (ring, trouble) = self.load_keeping(&[], &Arc::default())?;
        match trouble {
            Some(trouble) => Err(trouble),
            None if ring.signer().is_err() => Err(KeyFileError::NoKeys { dir: self.dir.clone() }),
            None => Ok(ring),
        }
    }

    /// Loads the keys as their states allow, taking from `held` and `certified` what cannot be read; with the first
    /// trouble there was.
    pub(super) fn load_keeping(
        &self,
        held: &[Arc<dyn Signer>],
        certified: &Arc<Certificates>,
    ) -> Result<(KeyRing, Option<KeyFileError>), KeyFileError> {
        let set = self.key_set()?;
        let (mut signers, mut trouble) = (Vec::new(), None);
        for (id, _, state) in set.iter().filter(|(.., state)| state.may_finish()) {
            let read = match self.private(id) {
                Ok(Some(signer)) => Ok(Some(signer)),
                // The private half of a key that signs nothing new may have been destroyed.
                Ok(None) if !state.may_sign() => Ok(None),
                Ok(None) => Err(KeyFileError::NotHere { dir: self.dir.clone(), id: *id }),
                Err(error) => Err(error),
            };
            signers.extend(read.unwrap_or_else(|error| {
                trouble.get_or_insert(error);
                held.iter().find(|signer| signer.key_id() == id).cloned()
            }));
        }
        let certificates = match self.certificates() {
            Ok(certificates) => Arc::new(certificates),
            Err(error) => {
                trouble.get_or_insert(error);
                certified.clone()
            }
        };
        Ok((KeyRing { set, signers, certificates }, trouble))
    }

    /// The file with the public keys.
    pub(super) fn list(&self) -> PathBuf {
        self.dir.join("keys.json")
    }

    fn sealed_file(&self, id: &KeyId) -> PathBuf {
        self.dir.join(format!("{id}.key"))
    }

    fn plain_file(&self, id: &KeyId) -> PathBuf {
        self.dir.join(format!("{id}.pem"))
    }

    fn token_file(&self, id: &KeyId) -> PathBuf {
        self.dir.join(format!("{id}.token"))
    }

    /// Changes the key set under the lock. What `change` writes beside it must do no harm if this goes no further.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut KeySet) -> Result<T, KeyFileError>,
    ) -> Result<T, KeyFileError> {
        self.locked(|| {
            let before = self.key_set()?;
            let mut set = before.clone();
            let changed = change(&mut set)?;
            if set != before {
                let list = self.list();
                self.disk.replace(&list, set.to_json().as_bytes(), 0o644).map_err(at("write", &list))?;
            }
            self.tidy(&set)?;
            Ok(changed)
        })
    }

    /// Takes its turn.
    fn locked<T>(&self, change: impl FnOnce() -> Result<T, KeyFileError>) -> Result<T, KeyFileError> {
        disk::create_dir(&self.dir).map_err(at("create", &self.dir))?;
        let lock = self.dir.join("keys.lock");
        let lock_file = File::create(&lock).map_err(at("create", &lock))?;
        lock_file.lock().map_err(at("lock", &lock))?;
        change()
    }

    /// Adds a new key to the set, its private half to the directory first.
    fn add(&self, set: &mut KeySet, signer: &MemorySigner) -> Result<KeyId, KeyFileError> {
        self.enter(set, signer, |set| {
            self.opens_others(set)?;
            self.write_private(set, signer)
        })
    }

    /// Adds a new key to the set after its private half was kept.
    fn enter(
        &self,
        set: &mut KeySet,
        signer: &dyn Signer,
        keep: impl FnOnce(&KeySet) -> Result<(), KeyFileError>,
    ) -> Result<KeyId, KeyFileError> {
        let id = *signer.key_id();
        if set.get(&id).is_some() {
            return Err(KeyFileError::Known { dir: self.dir.clone(), id });
        }
        if set.iter().count() >= crate::key_set::MAX_KEYS {
            return Err(ChangeRefused::Full.into());
        }
        keep(set)?;
        let first = set.active(signer.algorithm()).is_none();
        set.put(signer.public_key().clone(), if first { KeyState::Active } else { KeyState::Pending });
        Ok(id)
    }

    /// Refuses a sealing key that opens none of the sealed keys: a new one under it would lie beside them under
    /// another master key.
    fn opens_others(&self, set: &KeySet) -> Result<(), KeyFileError> {
        let mut trouble = None;
        for (id, ..) in set.iter().filter(|(id, _, state)| {
            self.sealing.is_some() && state.may_verify() && self.custody(id) == Custody::Sealed
        }) {
            match self.read_sealed(id) {
                Ok(_) => return Ok(()),
                Err(error) => trouble = Some(error),
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    fn write_private(&self, set: &KeySet, signer: &MemorySigner) -> Result<(), KeyFileError> {
        let id = signer.key_id();
        let (path, written) = match &self.sealing {
            Some(key) => {
                let path = self.sealed_file(id);
                let written = self.disk.replace(&path, key.seal(signer)?.as_bytes(), 0o600);
                (path, written)
            }
            None if set.iter().any(|(id, ..)| self.custody(id) == Custody::Sealed) => {
                return Err(KeyFileError::WouldBePlain { dir: self.dir.clone() });
            }
            None => {
                let path = self.plain_file(id);
                let written = self.disk.replace(&path, signer.to_pem().as_bytes(), 0o600);
                (path, written)
            }
        };
        written.map_err(at("write", &path))
    }

    /// The private half of a key; `None` if it is not here.
    fn private(&self, id: &KeyId) -> Result<Option<Arc<dyn Signer>>, KeyFileError> {
        // Another process may be sealing it right now: then the second look finds what the first did not.
        for _ in 0..2 {
            if let Some(signer) = self.read_sealed(id)? {
                return Ok(Some(Arc::new(signer)));
            }
            if let Some(signer) = self.read_plain(id)? {
                return Ok(Some(Arc::new(signer)));
            }
        }
        let path = self.token_file(id);
        let Some(name) = disk::read_guarded(&path, 0o022, "write", "644")? else { return Ok(None) };
        let signer = self.in_keychain(name.trim())?;
        if signer.key_id() != id {
            return Err(KeyFileError::OtherKey { path, found: *signer.key_id() });
        }
        Ok(Some(signer))
    }

    fn in_keychain(&self, name: &str) -> Result<Arc<dyn Signer>, KeyFileError> {
        let Some(keychain) = &self.keychain else {
            return Err(KeyFileError::NoKeychain { name: name.into() });
        };
        keychain.signer(name).map_err(|source| KeyFileError::Keychain { name: name.into(), source })
    }

    fn read_sealed(&self, id: &KeyId) -> Result<Option<MemorySigner>, KeyFileError> {
        let path = self.sealed_file(id);
        let Some(text) = disk::read_guarded(&path, 0o077, "read", "600")? else { return Ok(None) };
        let Some(key) = &self.sealing else { return Err(KeyFileError::Sealed { path }) };
        let signer = key.open(id, &text).ok_or_else(|| KeyFileError::DoesNotOpen { path: path.clone() })?;
        Self::named(signer, id, path).map(Some)
    }

    fn read_plain(&self, id: &KeyId) -> Result<Option<MemorySigner>, KeyFileError> {
        let path = self.plain_file(id);
        let Some(pem) = disk::read_guarded(&path, 0o077, "read", "600")? else { return Ok(None) };
        let signer =
            MemorySigner::from_pem(&pem).map_err(|_| KeyFileError::NotAKey { path: path.clone() })?;
        Self::named(signer, id, path).map(Some)
    }

    fn named(signer: MemorySigner, id: &KeyId, path: PathBuf) -> Result<MemorySigner, KeyFileError> {
        if signer.key_id() == id {
            Ok(signer)
        } else {
            Err(KeyFileError::OtherKey { path, found: *signer.key_id() })
        }
    }
}

#[cfg(test)]
mod tests;
