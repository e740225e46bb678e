//! Keys on disk, the only I/O of this crate.
//!
//! A key directory (mode 0700) holds `keys.json`, the public [`KeySet`] with the state of each key, oldest
//! first, which may be handed to verifiers as it is; and `<key id>.pem`, one unencrypted PKCS#8 private key
//! each, mode 0600. The newest active key signs. A `.pem` that `keys.json` does not list is ignored: a crash
//! while it was made leaves one behind, and nothing was signed with it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::key_set::{KeySet, KeySetError, KeyState};
use crate::{Algorithm, KeyId, MemorySigner, SignError, Signer};

/// Bounds what is read of a file that somebody else may have put there.
const MAX_FILE: u64 = 256 * 1024;

/// The keys of one directory: one signs, all that are not retired verify.
pub struct KeyRing {
    set: KeySet,
    signers: Vec<MemorySigner>,
    active: usize,
}

impl KeyRing {
    /// Makes a key in `dir` (created if need be) that signs from the next [`load`](Self::load) on; the keys
    /// before it become verify-only. Processes take turns; a crash leaves the directory as it was.
    pub fn generate(dir: &Path) -> Result<KeyId, KeyFileError> {
        create_dir(dir).map_err(at("create", dir))?;
        let lock = dir.join("keys.lock");
        let lock_file = File::create(&lock).map_err(at("create", &lock))?;
        lock_file.lock().map_err(at("lock", &lock))?;

        let list = dir.join("keys.json");
        let mut set = if list.exists() { read_set(&list)? } else { KeySet::default() };
        let older: Vec<_> = set.iter().filter(|(.., state)| *state == KeyState::Active).collect();
        let older: Vec<_> = older.into_iter().map(|(_, key, _)| key.clone()).collect();
        for key in older {
            set.put(key, KeyState::VerifyOnly);
        }
        let signer = MemorySigner::generate(Algorithm::Ed25519)?;
        let id = set.put(signer.public_key().clone(), KeyState::Active);

        let key_file = dir.join(format!("{id}.pem"));
        write_new(&key_file, signer.to_pem().as_bytes(), 0o600).map_err(at("write", &key_file))?;
        replace(dir, &list, set.to_json().as_bytes()).map_err(at("write", &list))?;
        Ok(id)
    }

    /// Loads the keys of `dir`. Refuses a private key that others than its owner can read, one that does not
    /// belong to its name, and a directory without an active key.
    pub fn load(dir: &Path) -> Result<Self, KeyFileError> {
        let list = dir.join("keys.json");
        if !list.exists() {
            return Err(KeyFileError::NoKeys { dir: dir.into() });
        }
        let set = read_set(&list)?;
        let mut signers = Vec::new();
        let mut active = None;
        for (id, _, state) in set.iter() {
            let path = dir.join(format!("{id}.pem"));
            // The private half of a key that signs nothing new may have been destroyed.
            if state == KeyState::Retired || (state == KeyState::VerifyOnly && !path.exists()) {
                continue;
            }
            if state == KeyState::Active {
                active = Some(signers.len());
            }
            signers.push(read_key(&path, id)?);
        }
        let active = active.ok_or_else(|| KeyFileError::NoKeys { dir: dir.into() })?;
        Ok(Self { set, signers, active })
    }

    /// The newest active key.
    pub fn signer(&self) -> &dyn Signer {
        &self.signers[self.active]
    }

    /// The private key with this id, if it is here and not retired: what was prepared before a rotation is
    /// signed with the key it was prepared for.
    pub fn signer_of(&self, id: &KeyId) -> Option<&dyn Signer> {
        self.signers.iter().find(|signer| signer.key_id() == id).map(|signer| signer as &dyn Signer)
    }

    /// The public keys, for verifiers.
    pub fn key_set(&self) -> &KeySet {
        &self.set
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("active", self.signer().key_id()).finish_non_exhaustive()
    }
}

/// Why keys were not made or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// No `keys.json`, or no active key in it.
    #[error("no active signing key in {}: make one with `sealwright keys generate`", dir.display())]
    NoKeys {
        /// The key directory.
        dir: PathBuf,
    },
    /// Others than the owner have rights on a file that must be the owner's.
    #[error(
        "{} has mode {mode:04o}, so others can {verb} it: `chmod {fix} {}`; \
         if somebody else may have had the chance, make a new key instead", path.display(), path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What others can do with it.
        verb: &'static str,
        /// The mode it should have.
        fix: &'static str,
    },
    /// Not a PKCS#8 PEM with an Ed25519 or P-256 key.
    #[error("{} is not an Ed25519 or P-256 private key in PKCS#8 PEM: restore it from your backup", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The key in the file is another one than its name says.
    #[error("{} holds key {found}: it was renamed or replaced; restore it from your backup", path.display())]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The key inside.
        found: KeyId,
    },
    /// `keys.json` cannot be read as a key set.
    #[error("{}: {source}; restore it from your backup", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeySetError,
    },
    /// The file system refused.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No random bytes for a new key.
    #[error(transparent)]
    Random(#[from] SignError),
}

fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    move |source| KeyFileError::Io { what, path: path.into(), source }
}

fn read_set(path: &Path) -> Result<KeySet, KeyFileError> {
    let json = read_guarded(path, 0o022, "write", "644")?;
    KeySet::from_json(&json).map_err(|source| KeyFileError::List { path: path.into(), source })
}

fn read_key(path: &Path, id: &KeyId) -> Result<MemorySigner, KeyFileError> {
    let pem = read_guarded(path, 0o077, "read", "600")?;
    let signer = MemorySigner::from_pem(&pem).map_err(|_| KeyFileError::NotAKey { path: path.into() })?;
    if signer.key_id() == id {
        Ok(signer)
    } else {
        Err(KeyFileError::OtherKey { path: path.into(), found: *signer.key_id() })
    }
}

/// Reads a file on which nobody but its owner has any of the rights in `forbidden`. Asks the open file, not the
/// path, so that it cannot be exchanged in between.
fn read_guarded(
    path: &Path,
    forbidden: u32,
    verb: &'static str,
    fix: &'static str,
) -> Result<Zeroizing<String>, KeyFileError> {
    let mut file = File::open(path).map_err(at("open", path))?;
    let metadata = file.metadata().map_err(at("read", path))?;
    let mode = mode(&metadata);
    if mode & forbidden != 0 {
        return Err(KeyFileError::Exposed { path: path.into(), mode, verb, fix });
    }
    let length = metadata.len().min(MAX_FILE);
    // Room for all of it at once: a buffer that grows leaves copies of the key behind.
    let mut text = Zeroizing::new(String::with_capacity(length as usize + 1));
    (&mut file).take(MAX_FILE).read_to_string(&mut text).map_err(at("read", path))?;
    Ok(text)
}

/// Writes a file that must not exist yet, and waits until it is on disk.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    set_mode(&mut options, mode);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Replaces a file so that a crash leaves the old or the new one.
fn replace(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = dir.join("keys.json.draft");
    match fs::remove_file(&draft) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => write_new(&draft, bytes, 0o644)?,
    }
    fs::rename(&draft, path)?;
    File::open(dir)?.sync_all()
}

#[cfg(unix)]
fn create_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777
}

#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, mode: u32) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(mode);
}

// Elsewhere there are no permission bits: the directory's own access list is all that guards the keys.

#[cfg(not(unix))]
fn create_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}

#[cfg(not(unix))]
fn set_mode(_: &mut OpenOptions, _: u32) {}
