use std::fs;
use std::sync::Arc;

use super::{Certificates, KeyDirectory, KeyFileError, KeyRing, disk};
use crate::{Digest, Signer};

/// Notices that a key directory changed, for a service that goes on signing while its keys are rotated.
///
/// Ask [`check`](Self::check) every few seconds; it reads two small files and the names beside them.
pub struct KeyWatch {
    directory: KeyDirectory,
    held: Vec<Arc<dyn Signer>>,
    certified: Arc<Certificates>,
    seen: Option<Digest>,
}

/// Keys that changed.
#[derive(Debug)]
pub struct Reloaded {
    /// The keys as they are now. Whatever else went wrong, a key that was withdrawn signs no more; if it was the
    /// last active one, nothing signs.
    pub ring: KeyRing,
    /// A private key that could not be read. If it was held already it goes on signing.
    pub trouble: Option<KeyFileError>,
}

impl KeyWatch {
    /// Loads the keys of `directory`, and watches it from then on.
    pub fn start(directory: KeyDirectory) -> Result<(Self, KeyRing), KeyFileError> {
        // The look comes first: a change while the keys are loaded is found by the next check.
        let seen = look(&directory);
        let ring = directory.load()?;
        let (held, certified) = (ring.signers.clone(), ring.certificates.clone());
        Ok((Self { directory, held, certified, seen }, ring))
    }

    /// The keys as they are now, if the directory changed since they were loaded.
    ///
    /// After an error (the list of keys cannot be read) go on with the keys you have; the next check tries again.
    pub fn check(&mut self) -> Result<Option<Reloaded>, KeyFileError> {
        let now = look(&self.directory);
        if now.is_some() && now == self.seen {
            return Ok(None);
        }
        let (ring, trouble) = self.directory.load_keeping(&self.held, &self.certified)?;
        if ring.key_set().is_empty() {
            return Err(KeyFileError::NoKeys { dir: self.directory.path().into() });
        }
        self.held.clone_from(&ring.signers);
        self.certified.clone_from(&ring.certificates);
        // Until all is well again it is looked at anew.
        self.seen = now.filter(|_| trouble.is_none());
        Ok(Some(Reloaded { ring, trouble }))
    }
}

/// What the directory looks like: its list of keys, its certificates, and which private keys are there. `None` if it cannot be seen;
/// loading will say why.
fn look(directory: &KeyDirectory) -> Option<Digest> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory.path()).ok()?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if [".key", ".pem", ".token"].iter().any(|end| name.ends_with(end)) {
            names.push(name);
        }
    }
    names.sort();
    let list = disk::read_guarded(&directory.list(), 0, "", "").ok()??;
    let certificates =
        disk::read_guarded(&directory.certificates_file(), 0, "", "").ok()?.unwrap_or_default();
    let names = names.join("/");
    let all = [names.as_bytes(), &[0], list.as_bytes(), &[0], certificates.as_bytes()];
    Some(Digest::of(&all.concat()))
}
