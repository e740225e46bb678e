//! SQLite files for many short runs.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use crate::town::Ground;

/// Fresh files, each a copy of one that has the tables. The one before is removed.
pub struct Files {
    folder: TempDir,
    next: AtomicU64,
}

impl Files {
    /// A folder with a template in it. In memory where the machine has a place for that: an aborted process
    /// loses nothing that the kernel has, so flushing to a disk would only cost time.
    pub async fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let files = Self { folder: folder.expect("a folder"), next: AtomicU64::new(0) };
        let url = format!("sqlite:{}", files.template().display());
        sealwright_storage::migrate(&url).await.expect("the template is made");
        files
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A fresh file.
    pub fn fresh(&self) -> Ground {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(before) = n.checked_sub(1) {
            let _ = std::fs::remove_dir_all(self.place(before));
        }
        Ground::Sqlite(self.make(n))
    }

    /// A fresh folder with a fresh file `town.db` in it.
    pub fn fresh_folder(&self) -> PathBuf {
        let Ground::Sqlite(file) = self.fresh() else { unreachable!("it is a file") };
        file.parent().expect("it is in a folder").to_owned()
    }

    fn make(&self, n: u64) -> PathBuf {
        let place = self.place(n);
        std::fs::create_dir(&place).expect("a folder");
        let file = place.join("town.db");
        std::fs::copy(self.template(), &file).expect("the template can be copied");
        file
    }

    fn place(&self, n: u64) -> PathBuf {
        self.folder.path().join(n.to_string())
    }

    fn template(&self) -> PathBuf {
        self.folder.path().join("template.db")
    }
}
