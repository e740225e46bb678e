//! The file system, one step at a time, so that tests can stop at each.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::KeyFileError;
use super::error::at;

/// Bounds what is read of a file that somebody else may have put there.
pub(super) const MAX_FILE: u64 = crate::key_set::MAX_BYTES as u64;

/// What the name of a file ends in while it is written.
pub(super) const DRAFT: &str = ".draft";

/// Changes files. A crash between two steps leaves what the earlier ones made.
#[derive(Default)]
pub(super) struct Disk {
    /// How many steps there are before it stops as in a crash, for tests.
    #[cfg(test)]
    pub(super) steps_left: Option<std::cell::Cell<usize>>,
}

impl Disk {
    /// Writes a file that must not exist yet, and waits until it is on disk.
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        self.step()?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        set_mode(&mut options, mode);
        let mut file = options.open(path)?;
        let (half, rest) = bytes.split_at(bytes.len() / 2);
        file.write_all(half)?;
        self.step()?;
        file.write_all(rest)?;
        file.sync_all()
    }

    /// Puts `bytes` in the place of a file or of none, so that a crash leaves the one or the other.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        let mut draft = path.as_os_str().to_owned();
        draft.push(DRAFT);
        let draft = Path::new(&draft);
        self.remove(draft)?;
        self.write_new(draft, bytes, mode)?;
        self.step()?;
        fs::rename(draft, path)?;
        self.sync(path)
    }

    /// Removes a file if it is there, for good.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        match fs::remove_file(path) {
            Ok(()) => self.sync(path),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
        }
    }

    /// Waits until the directory of `path` is on disk.
    fn sync(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    }

    #[cfg(not(test))]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        let Some(left) = &self.steps_left else { return Ok(()) };
        let next = left.get().checked_sub(1).ok_or_else(|| io::Error::other("the plug was pulled"))?;
        left.set(next);
        Ok(())
    }
}

/// Reads a file on which nobody but its owner has any of the rights in `forbidden`; `None` if it is not there.
/// Asks the open file, not the path, so that it cannot be exchanged in between.
pub(super) fn read_guarded(
    path: &Path,
    forbidden: u32,
    verb: &'static str,
    fix: &'static str,
) -> Result<Option<Zeroizing<String>>, KeyFileError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(at("open", path)(e)),
    };
    let metadata = file.metadata().map_err(at("read", path))?;
    let mode = mode(&metadata);
    if mode & forbidden != 0 {
        return Err(KeyFileError::Exposed { path: path.into(), mode, verb, fix });
    }
    let length = metadata.len().min(MAX_FILE);
    // Room for all of it at once: a buffer that grows leaves copies of the key behind.
    let mut text = Zeroizing::new(String::with_capacity(length as usize + 1));
    (&mut file).take(MAX_FILE).read_to_string(&mut text).map_err(at("read", path))?;
    Ok(Some(text))
}

#[cfg(unix)]
pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
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
pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}

#[cfg(not(unix))]
fn set_mode(_: &mut OpenOptions, _: u32) {}
