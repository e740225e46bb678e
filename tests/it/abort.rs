//! A real process on a real SQLite file, ended by `abort` at every point of its stories, and started again.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use sealwright_tests::files::Files;
use sealwright_tests::town::make_keys;

fn crasher(folder: &Path, keys: &Path, story: &str, point: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealwright-crasher"));
    command.args([folder.as_os_str(), keys.as_os_str(), story.as_ref()]).args(point);
    command.env_remove("RUST_LOG").output().unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}\n{out}\n{err}", output.status)
}

/// Ends the process at each point, starts it again, and lets it finish and audit.
pub(crate) async fn aborted_everywhere(story: &str) {
    const SIGABRT: i32 = 6;
    let files = Files::new().await;
    let keys = make_keys(files.folder());
    let mut aborts = 0;
    for when in ["before", "after"] {
        for n in 0.. {
            let folder = files.fresh_folder();
            let point = n.to_string();
            let first = crasher(&folder, &keys, story, &[&point, when]);
            if first.status.success() {
                assert!(n > 10, "{story}: only {n} points");
                break;
            }
            assert_eq!(first.status.signal(), Some(SIGABRT), "{story} {when} {n}: {}", said(&first));
            let second = crasher(&folder, &keys, story, &[]);
            assert!(second.status.success(), "{story}, aborted {when} {n}: {}", said(&second));
            aborts += 1;
        }
    }
    println!("{story}: aborted {aborts} times, each time finished and audited after a restart");
}
