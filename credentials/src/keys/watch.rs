use std::fs;

use super::{KeyDirectory, KeyFileError, KeyRing, disk};
use crate::Digest;

/// Notices that a key directory changed, for a service that goes on signing while its keys are rotated.
///
/// Ask [`check`](Self::check) every few seconds; it reads one small file and the names beside it.
pub struct KeyWatch {
    directory: KeyDirectory,
    seen: Option<Digest>,
}

impl KeyWatch {
    /// Loads the keys of `directory`, and watches it from then on.
    pub fn start(directory: KeyDirectory) -> Result<(Self, KeyRing), KeyFileError> {
        let mut watch = Self { directory, seen: None };
        // The look comes first: a change while the keys are loaded is found by the next check.
        let seen = watch.look();
        let ring = watch.directory.load()?;
        watch.seen = seen;
        Ok((watch, ring))
    }

    /// The keys as they are now, if the directory changed since they were loaded.
    ///
    /// After an error go on with the keys you have; the next check tries again.
    pub fn check(&mut self) -> Result<Option<KeyRing>, KeyFileError> {
        let now = self.look();
        if now.is_some() && now == self.seen {
            return Ok(None);
        }
        let ring = self.directory.load()?;
        self.seen = now;
        Ok(Some(ring))
    }

    /// What is watched.
    pub fn directory(&self) -> &KeyDirectory {
        &self.directory
    }

    /// What the directory looks like: its list of keys, and which private ones are there. `None` if it cannot be
    /// seen; loading will say why.
    fn look(&self) -> Option<Digest> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.directory.path()).ok()?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".key") || name.ends_with(".pem") {
                names.push(name);
            }
        }
        names.sort();
        let list = disk::read_guarded(&self.directory.list(), 0, "", "").ok()??;
        Some(Digest::of(&[names.join("/").as_bytes(), &[0], list.as_bytes()].concat()))
    }
}
