//! The key above all data keys.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::seal::{self, Keys, random};

/// 32 random bytes that wrap the data keys and key the look-ups. Whoever has them and the database
/// has the data; without them the data is lost. Keep a copy away from the database's backups.
///
/// It is never printed: there is no `Debug`.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// From 32 bytes that some key service gave.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// From a file with the key as 64 hex digits or as base64. Only its owner may be able to read it.
    ///
    /// # Errors
    /// The file cannot be read, others may read it, or it holds something else.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, MasterKeyError> {
        let path = path.as_ref();
        let unreadable =
            |why: std::io::Error| MasterKeyError::File(path.display().to_string(), why.to_string());
        let file = File::open(path).map_err(unreadable)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(MasterKeyError::Open(path.display().to_string(), mode));
            }
        }
        // One byte more than a key can have, so that a wrong file is not read whole.
        let mut text = Zeroizing::new(String::with_capacity(129));
        file.take(128).read_to_string(&mut text).map_err(unreadable)?;
        Self::parse(&text).ok_or_else(|| MasterKeyError::Malformed(format!("the file {}", path.display())))
    }

    /// From an environment variable with the key as 64 hex digits or as base64.
    ///
    /// # Errors
    /// The variable is not set, or holds something else.
    pub fn from_env(name: &str) -> Result<Self, MasterKeyError> {
        let text = Zeroizing::new(std::env::var(name).map_err(|_| MasterKeyError::Unset(name.to_owned()))?);
        Self::parse(&text).ok_or_else(|| MasterKeyError::Malformed(format!("the variable {name}")))
    }

    /// Makes a new key and writes it to a new file that only its owner can read.
    ///
    /// # Errors
    /// The file is there already (a key is never overwritten), or cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, MasterKeyError> {
        let path = path.as_ref();
        let unwritable =
            |why: std::io::Error| MasterKeyError::File(path.display().to_string(), why.to_string());
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(unwritable)?;
        let key = Self(random().map_err(|why| unwritable(std::io::Error::other(why)))?);
        let mut text = Zeroizing::new(hex::encode(*key.0));
        text.push('\n');
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
        Ok(key)
    }

    /// A key for another purpose than the vault's, which `purpose` names: nobody learns this key or another
    /// purpose's from it. The same purpose gives the same key.
    pub fn derive_for(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        seal::derive(&self.0, purpose)
    }

    pub(super) fn derive(&self) -> Keys {
        Keys::derive(&self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut key = Zeroizing::new([0; 32]);
        if hex::decode_to_slice(text, &mut *key).is_ok() {
            return Some(Self(key));
        }
        let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        key.copy_from_slice((bytes.len() == 32).then_some(bytes.as_slice())?);
        Some(Self(key))
    }
}

/// Why there is no master key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("the master key file {0}: {1}")]
    File(String, String),
    /// Others may read the file.
    #[error("others may read the master key file {0} (its mode is {1:o}): run `chmod 600 {0}`")]
    Open(String, u32),
    /// The variable is not set.
    #[error("the environment variable {0} is not set: give it the master key, 32 bytes as hex or base64")]
    Unset(String),
    /// What is there is no key.
    #[error("{0} holds no master key: it must be 32 bytes, as 64 hex digits or 44 characters of base64")]
    Malformed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_hex_or_base64_and_nothing_else() {
        let hex = "0f".repeat(32);
        let base64 = STANDARD.encode([15; 32]);
        for text in [hex.clone(), hex.to_uppercase(), base64, format!(" {hex}\n")] {
            assert!(MasterKey::parse(&text).is_some_and(|key| *key.0 == [15; 32]), "{text}");
        }
        for text in ["", "secret", &hex[2..], &format!("{hex}0f"), &STANDARD.encode([15; 31])] {
            assert!(MasterKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_created_key_reads_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let made = MasterKey::create(&path).map_err(|error| error.to_string()).unwrap();
        let read = MasterKey::from_file(&path).map_err(|error| error.to_string()).unwrap();
        assert!(made.0 == read.0 && *made.0 != [0; 32]);
        assert!(matches!(MasterKey::create(&path), Err(MasterKeyError::File(..))));
    }

    #[test]
    fn every_purpose_has_a_key_of_its_own() {
        let master = MasterKey::from_bytes([7; 32]);
        let keys = ["one", "two", ""].map(|purpose| *master.derive_for(purpose));
        assert_eq!(*MasterKey::from_bytes([7; 32]).derive_for("one"), keys[0]);
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && !keys.contains(&[7; 32]));
        assert_ne!(*MasterKey::from_bytes([8; 32]).derive_for("one"), keys[0]);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        drop(MasterKey::create(&path));
        for mode in [0o640, 0o604, 0o644] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let refused = MasterKey::from_file(&path).err().unwrap();
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
        std::fs::write(&path, "not a key").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(MasterKey::from_file(&path), Err(MasterKeyError::Malformed(_))));
    }
}
