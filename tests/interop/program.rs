//! Runs a verifier's program. Each test binary of this folder takes this file in.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A program in another language, by its path from this file's folder.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "not every binary needs both languages")]
pub(crate) enum Program {
    Python(&'static str),
    Node(&'static str),
}

impl Program {
    /// Runs it with `task` as its only argument and `input` as JSON on its standard input; its answers are lines
    /// of JSON.
    pub(crate) fn run<A: DeserializeOwned>(self, task: &str, input: &impl Serialize) -> Vec<A> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
        let (interpreter, file) = match self {
            Self::Python(file) => (python(), file),
            Self::Node(file) => (node(&folder.join(file)), file),
        };
        let mut process = Command::new(interpreter)
            .arg(folder.join(file))
            .arg(task)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        // It reads all before it writes anything, so neither waits for the other.
        process.stdin.take().unwrap().write_all(&serde_json::to_vec(input).unwrap()).unwrap();
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{self:?} ended with {}", output.status);
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn python() -> String {
    std::env::var("SEALWRIGHT_TEST_PYTHON").expect(
        "SEALWRIGHT_TEST_PYTHON must name a Python with tests/requirements.lock; ./tests/run makes one and sets it",
    )
}

fn node(program: &Path) -> String {
    let folder = program.parent().unwrap();
    let installed = folder.join("node_modules").is_dir();
    assert!(installed, "run `npm ci` in {} with Node.js 20 or newer; ./tests/run does it", folder.display());
    "node".into()
}
