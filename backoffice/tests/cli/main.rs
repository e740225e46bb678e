//! The program itself: exit codes, and what goes to stdout and what to stderr.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod certificates;
mod roadside;
mod verifying;

use std::path::Path;
use std::process::{Command, Output};

use sealwright::sandbox::people::{PEOPLE, record};
use serde_json::Value;

/// Runs the program in `folder`, away from what the environment says about other servers.
pub(crate) fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealwright"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEALWRIGHT")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(line.split_whitespace()).output().expect("the program starts")
}

pub(crate) fn exit(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {output:?}"))
}

pub(crate) fn json(bytes: &[u8]) -> Value {
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

/// Runs a command that must succeed and returns its JSON.
pub(crate) fn done(folder: &Path, line: &str) -> Value {
    let output = run(folder, &format!("{line} --json"));
    assert_eq!(exit(&output), 0, "{line}: {}", String::from_utf8_lossy(&output.stderr));
    json(&output.stdout)
}

/// Runs a command that must fail with this exit code, and says why.
pub(crate) fn refused(folder: &Path, line: &str, code: i32, why: &str) {
    let output = run(folder, line);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(exit(&output), code, "{line}: {said}");
    assert!(said.contains(why) && output.stdout.is_empty(), "{line}: {said}");
}

#[test]
fn notices_are_looked_at_before_anybody_gets_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let list = run(folder, "notice list --locale en --json");
    let lines: Vec<Value> =
        list.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(json).collect();
    assert_eq!(lines.len(), 15);
    for line in &lines {
        let name = line["name"].as_str().unwrap();
        assert_eq!(&done(folder, &format!("notice preview {name} --locale en")), line);
    }
    let html = run(folder, "notice preview photo_rejected --html");
    assert!(
        html.stdout.starts_with(b"<!doctype html>") && html.stdout.windows(4).any(|part| part == b"<ul>")
    );
    refused(folder, "notice preview nothing", 3, "there is no notice `nothing`");
    refused(folder, "notice preview issued --locale fr", 2, "fr");

    std::fs::create_dir(folder.join("texts")).unwrap();
    std::fs::write(folder.join("sealwright.toml"), "[notices]\ntexts = \"texts\"\n").unwrap();
    std::fs::write(folder.join("texts/en.ftl"), "closing = Yours, the office.\n").unwrap();
    let own = done(folder, "notice preview expired --locale en");
    assert!(own["text"].as_str().unwrap().ends_with("Yours, the office.\n"), "{own}");
    std::fs::write(folder.join("texts/en.ftl"), "closing = Yours, { $office }.\n").unwrap();
    refused(folder, "notice preview expired", 2, "no variable `$office`");
    refused(folder, "config check", 2, "no variable `$office`");
}

#[test]
fn a_document_key_lives_from_generate_to_retire() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    sealwright_storage::MasterKey::create(folder.join("master.key"))
        .map_err(|error| error.to_string())
        .unwrap();
    std::fs::write(
        folder.join("sealwright.toml"),
        "[keys]\ndir = \"keys\"\n[vault]\nmaster_key_file = \"master.key\"\n",
    )
    .unwrap();
    let kid = |made: &Value| made["kid"].as_str().unwrap().to_owned();

    let first = done(folder, "keys generate");
    assert_eq!((&first["state"], &first["private_key"]), (&"active".into(), &"sealed".into()), "{first}");
    let first = kid(&first);
    refused(folder, &format!("keys retire {first} --yes"), 6, "rotate to another key first");
    refused(folder, "keys rotate", 6, "no key is pending");
    let second = done(folder, "keys generate --algorithm ed25519");
    assert_eq!(second["state"], "pending");
    let second = kid(&second);
    let es256 = done(folder, "keys generate --algorithm es256");
    assert_eq!((&es256["alg"], &es256["state"]), (&"ES256".into(), &"active".into()));
    let es256 = kid(&es256);

    let rotated = done(folder, "keys rotate");
    assert_eq!(rotated, serde_json::json!({"active": second, "verify_only": [first]}));
    refused(folder, &format!("keys retire {first}"), 2, "--yes");
    assert_eq!(done(folder, &format!("keys retire {first} --yes"))["private_key"], "not here");
    refused(folder, &format!("keys rotate {first}"), 6, "never comes back");
    refused(folder, "keys retire 0011223344556677 --yes", 3, "no key 0011223344556677");
    refused(folder, "keys retire nonsense --yes", 2, "16 hex digits");

    refused(folder, &format!("keys compromise {es256} --yes"), 2, "--reason");
    let future = format!("keys compromise {es256} --reason x --since 2999-01-01T00:00:00Z --yes");
    refused(folder, &future, 2, "future");
    let since = "--since 2026-01-01T00:00:00Z";
    let lost = done(folder, &format!("keys compromise {es256} --reason stolen {since} --yes"));
    assert_eq!((&lost["state"], &lost["reason"]), (&"compromised".into(), &"stolen".into()));
    assert_eq!(lost["compromised_since"], 1_767_225_600);

    let listed = run(folder, "keys list --json");
    let listed: Vec<Value> =
        String::from_utf8_lossy(&listed.stdout).lines().map(|line| json(line.as_bytes())).collect();
    let states: Vec<_> = listed.iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["retired", "compromised", "active"]);

    let jwks = run(folder, "keys export");
    let set = sealwright_credentials::KeySet::from_json(&String::from_utf8_lossy(&jwks.stdout)).unwrap();
    assert_eq!(set.iter().count(), 3);
    assert_eq!(done(folder, "keys export --format cose --out keys.cbor")["file"], "keys.cbor");
    let cose = std::fs::read(folder.join("keys.cbor")).unwrap();
    let set = sealwright_credentials::KeySet::from_cose(&cose).unwrap();
    assert!(set.iter().map(|(id, ..)| id.to_string()).eq([second]), "only what may verify");
}

#[test]
fn a_key_made_elsewhere_is_imported_once_and_never_lies_in_the_clear_beside_sealed_ones() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    sealwright_storage::MasterKey::create(folder.join("master.key"))
        .map_err(|error| error.to_string())
        .unwrap();
    let pem = sealwright_credentials::Es256Signer::generate().unwrap().to_pem();
    std::fs::write(folder.join("made.pem"), &*pem).unwrap();
    std::fs::write(folder.join("no.pem"), "nothing").unwrap();

    let import = "keys import made.pem --dir keys --master-key master.key";
    assert_eq!(done(folder, import)["alg"], "ES256");
    refused(folder, import, 4, "already");
    refused(folder, "keys import no.pem --dir keys --master-key master.key", 2, "PKCS#8");
    refused(folder, "keys import absent.pem --dir keys --master-key master.key", 3, "absent.pem");
    refused(folder, "keys generate --dir keys", 2, "--master-key");
    refused(folder, "keys generate --dir keys --master-key absent.key", 1, "absent.key");
    for entry in std::fs::read_dir(folder.join("keys")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("PRIVATE KEY"));
    }

    // In the clear, as an earlier version wrote it: sealed by the first change under a master key.
    assert_eq!(done(folder, "keys generate --dir old")["private_key"], "in the clear");
    done(folder, "keys generate --dir old --master-key master.key");
    let listed = run(folder, "keys list --json --dir old");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.lines().count() == 2 && listed.lines().all(|line| line.contains("\"sealed\"")),
        "{listed}"
    );
}

#[test]
fn wrong_arguments_are_told_in_the_form_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for line in ["app list --json --nonsense", "nonsense --json", "app --json act"] {
        let output = run(folder.path(), line);
        assert_eq!(exit(&output), 2, "{line}: {output:?}");
        let error = &json(&output.stderr)["error"];
        assert_eq!((error["code"].as_str(), error["exit"].as_i64()), (Some("usage"), Some(2)), "{line}");
    }
    let output = run(folder.path(), "app list --nonsense");
    assert!(String::from_utf8_lossy(&output.stderr).contains("--nonsense"), "{output:?}");
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
