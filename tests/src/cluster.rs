//! PostgreSQL servers for tests.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::town::Ground;

/// A server of one test alone, which may be killed. It is gone when this is dropped.
pub struct Cluster {
    url: String,
}

impl Cluster {
    /// Makes one.
    pub fn start() -> Self {
        Self { url: script(&["start"]) }
    }

    /// A fresh schema on it.
    pub fn ground(&self) -> Ground {
        Ground::Postgres { url: self.url.clone(), schema: schema() }
    }

    /// Ends the server and all its children by SIGKILL.
    pub fn kill(&self) {
        script(&["kill", &self.url]);
    }

    /// Starts it again on what is on its disk.
    pub fn resume(&self) {
        script(&["resume", &self.url]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script(&["stop", &self.url]);
    }
}

/// A fresh schema on the server that all tests share.
pub fn shared_ground() -> Ground {
    let url = std::env::var("SEALWRIGHT_TEST_POSTGRES").expect(
        "SEALWRIGHT_TEST_POSTGRES names no server: run `export SEALWRIGHT_TEST_POSTGRES=$(tests/postgres start)`",
    );
    Ground::Postgres { url, schema: schema() }
}

fn schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("town_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn script(words: &[&str]) -> String {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("postgres");
    let output = Command::new(script).args(words).output().expect("the script runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tests/postgres {words:?}: {told}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
