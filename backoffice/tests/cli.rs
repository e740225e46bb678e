//! The program itself: exit codes, and what goes to stdout and what to stderr.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::{Command, Output};

use sealwright::sandbox::people::{PEOPLE, record};
use serde_json::Value;

/// Runs the program in `folder`, away from what the environment says about other servers.
fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealwright"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEALWRIGHT")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(line.split_whitespace()).output().expect("the program starts")
}

fn exit(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {output:?}"))
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

#[test]
fn exit_codes_tell_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.json"), r#"{"keys":[]}"#).unwrap();
    std::fs::write(folder.path().join("wrong.toml"), "[http]\nprot = 1\n").unwrap();
    let expected = [
        ("--version", 0),
        ("completions bash", 0),
        ("nonsense", 2),
        ("app show no-id", 2),
        ("config check --config wrong.toml", 2),
        ("verify no-such-file", 3),
        ("keys list --dir no-such-folder", 3),
        ("verify SW1:NONSENSE --keys empty.json", 6),
        ("app list", 7),
        ("app list --url http://127.0.0.1:1 --key k", 7),
        ("app list --url http://127.0.0.1:1", 2),
        ("migrate status --store sqlite:none.db", 7),
    ];
    for (line, code) in expected {
        let output = run(folder.path(), line);
        assert_eq!(exit(&output), code, "{line}: {output:?}");
    }
    assert!(!folder.path().join("none.db").exists(), "looking made a database");
}

#[test]
fn failures_go_to_stderr_and_data_to_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), "app list --json --url http://127.0.0.1:1 --key k");
    assert!(output.stdout.is_empty(), "{output:?}");
    let error = &json(&output.stderr)["error"];
    assert_eq!((error["code"].as_str(), error["exit"].as_i64()), (Some("no-answer"), Some(7)));
    assert!(error["what_to_do"].as_str().unwrap().contains("sealwright dev"));

    let output = run(folder.path(), "keys generate --json --dir keys");
    assert_eq!(exit(&output), 0, "{output:?}");
    let kid = json(&output.stdout)["kid"].as_str().unwrap().to_owned();
    let output = run(folder.path(), "keys list --json --dir keys");
    let key = json(&output.stdout);
    assert_eq!((key["kid"].as_str(), key["state"].as_str()), (Some(kid.as_str()), Some("active")));

    let output = run(folder.path(), "verify SW1:NONSENSE --json --keys keys/keys.json");
    assert_eq!(json(&output.stdout)["verdict"], "INVALID");
}

#[test]
fn a_key_that_was_meant_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sealwright.toml"), "[http]\nprot = 1\n").unwrap();
    let output = run(folder.path(), "config check");
    assert_eq!(exit(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("Did you mean `port`?"), "{output:?}");
}

#[test]
fn migrations_are_applied_once_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    for line in ["migrate up --store sqlite:x.db", "migrate up --store sqlite:x.db"] {
        assert_eq!(exit(&run(folder.path(), line)), 0, "{line}");
    }
    let output = run(folder.path(), "migrate status --json --store sqlite:x.db");
    assert_eq!(exit(&output), 0);
    let steps: Vec<Value> =
        output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(json).collect();
    assert!(!steps.is_empty() && steps.iter().all(|step| step["applied"] == true), "{steps:?}");
}

#[test]
fn the_doctor_names_what_a_bare_folder_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), "doctor --json");
    assert_eq!(exit(&output), 1);
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let findings: Vec<Value> = lines.map(json).collect();
    for check in ["data folder", "master key", "document keys", "store", "mail"] {
        let finding = findings.iter().find(|finding| finding["check"] == check);
        let finding = finding.unwrap_or_else(|| panic!("nothing about the {check}"));
        assert_eq!(finding["health"], "bad", "{finding}");
        assert!(finding["what_to_do"].as_str().is_some_and(|todo| !todo.is_empty()), "{finding}");
    }
}

#[test]
fn the_demo_holds() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), "demo --json --folder demo");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(exit(&output), 0, "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> = text.lines().map(|line| json(line.as_bytes())).collect();
    let (last, scenes) = lines.split_last().unwrap();
    assert_eq!(
        (last["passed"].as_u64(), last["total"].as_u64()),
        (Some(scenes.len() as u64), Some(scenes.len() as u64))
    );
    assert!(scenes.iter().all(|scene| scene["ok"] == true), "{text}");
    assert!(!folder.path().join("demo").exists(), "the demo leaves nothing behind");
}

/// A real server that logs everything it can, killed once on the way: what it leaves behind outside its mailbox
/// names nobody.
#[test]
fn nothing_personal_lies_outside_the_vault() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealwright"));
    command.current_dir(folder.path()).env("SEALWRIGHT_LOG", "trace");
    let output = command.args(["demo", "--json", "--keep", "--folder", "demo"]).output().unwrap();
    assert_eq!(exit(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
    let (demo, data) = (folder.path().join("demo"), folder.path().join("demo/data"));
    let files: Vec<_> = [&demo, &data]
        .into_iter()
        .flat_map(|place| std::fs::read_dir(place).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    let latin1 = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
    let found =
        |text: &str, place: &Path| latin1(&std::fs::read(place).unwrap()).contains(&latin1(text.as_bytes()));
    for (nth, person) in PEOPLE.iter().enumerate() {
        let record = record(nth, person).unwrap();
        let email = record.contacts.email.unwrap();
        for text in [record.number.as_str(), person.name, &record.address, &email] {
            for file in &files {
                assert!(!found(text, file), "{text} is in {}", file.display());
            }
        }
    }
    // The search would have found something.
    assert!(
        found("actix_http", &demo.join("server.log")) && found("sealwright::audit", &demo.join("server.log"))
    );
    assert!(found("look_up_record", &data.join("dev.db")));
    assert!(found("retained@applicant.example", &data.join("mail/000001.eml")));
}
