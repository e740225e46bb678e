//! Certificates of document keys, from the root to a renewal.

use std::path::Path;

use sealwright_credentials::Certificates;
use sealwright_credentials::x509::check_chain;
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::Value;

use crate::{done, exit, json, refused, run};

fn furnish(folder: &Path, more: &str) {
    let made = sealwright_storage::MasterKey::create(folder.join("master.key"));
    made.map_err(|error| error.to_string()).unwrap();
    let config = format!(
        "[keys]\ndir = \"keys\"\n[vault]\nmaster_key_file = \"master.key\"\n[office]\nissuer = \"https://licences.example/7\"\n{more}"
    );
    std::fs::write(folder.join("sealwright.toml"), config).unwrap();
}

fn lines(folder: &Path, line: &str) -> Vec<Value> {
    let output = run(folder, &format!("{line} --json"));
    assert_eq!(exit(&output), 0, "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(|line| json(line.as_bytes())).collect()
}

#[test]
fn a_root_and_certificates_are_made_listed_and_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    furnish(
        folder,
        "[certificates]\ncrl = \"https://licences.example/crl\"\nstate = \"CN-BJ\"\nsigner_days = 100\n",
    );
    let ed25519 = done(folder, "keys generate")["kid"].clone();
    let es256 = done(folder, "keys generate --algorithm es256")["kid"].clone();
    refused(folder, "keys certificates signer", 3, "keys certificates root");

    let root = done(
        folder,
        "keys certificates root --organisation Police --contact iaca@licences.example --days 4000",
    );
    assert_eq!((&root["kind"], &root["state"]), (&"root".into(), &"CN-BJ".into()), "{root}");
    assert_eq!(
        (&root["organisation"], &root["contact"]),
        (&"Police".into(), &"iaca@licences.example".into())
    );
    assert_eq!(root["common_name"], "licences.example IACA");
    refused(folder, "keys certificates root", 4, "--another");
    for entry in std::fs::read_dir(folder.join("keys")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("PRIVATE KEY"), "the root's key is sealed");
    }

    let made = lines(folder, "keys certificates signer");
    assert_eq!([&made[0]["kid"], &made[1]["kid"]], [&ed25519, &es256]);
    assert_eq!([&made[0]["alg"], &made[1]["alg"]], ["EdDSA", "ES256"]);
    assert!(lines(folder, "keys certificates signer").is_empty(), "none lacks one");
    let kid = ed25519.as_str().unwrap();
    refused(folder, &format!("keys certificates signer {kid} --days 458"), 2, "457 days");
    refused(folder, &format!("keys certificates signer {kid} --country cn"), 2, "two capital letters");
    refused(folder, &format!("keys certificates signer {kid} --country DE"), 2, "its root's country");
    refused(folder, &format!("keys certificates signer {kid} --crl ftp://x"), 2, "crl must be");
    refused(folder, "keys certificates signer 0011223344556677", 3, "no key 0011223344556677");

    let renewed = done(folder, &format!("keys certificates renew {kid} --days 300"));
    assert_eq!((&renewed["kid"], &renewed["common_name"]), (&ed25519, &made[0]["common_name"]));
    assert!(renewed["not_after"].as_str() > made[0]["not_after"].as_str());
    assert_eq!(lines(folder, "keys certificates renew").len(), 2);
    let again = done(folder, "keys certificates renew --root");
    assert_eq!((&again["kid"], &again["common_name"]), (&root["kid"], &root["common_name"]));
    let listed = lines(folder, "keys certificates list");
    assert_eq!(listed.iter().filter(|one| one["kind"] == "root").count(), 2);
    assert_eq!(listed.len(), 7);

    // What is printed is what verifiers need, and it holds together.
    let pem = run(folder, "keys certificates list --pem");
    let all = Certificates::from_pem(&String::from_utf8_lossy(&pem.stdout)).unwrap();
    let roots: Vec<_> = all.roots().cloned().collect();
    let now = SystemClock.now().secs();
    assert!(all.signers().all(|signer| check_chain(&[signer.as_der()], &roots, now).is_ok()));
    let out = run(folder, "keys certificates root --another --out root.pem");
    assert!(exit(&out) == 0 && out.stdout.is_empty(), "{out:?}");
    let pem = std::fs::read_to_string(folder.join("root.pem")).unwrap();
    assert_eq!(Certificates::from_pem(&pem).unwrap().roots().count(), 1);
}

#[test]
fn a_certificate_needs_what_the_standard_asks_for_and_the_doctor_misses_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    furnish(folder, "");
    assert!(lines(folder, "keys certificates list").is_empty());
    done(folder, "keys generate");
    refused(folder, "keys certificates root", 2, "--crl");
    refused(folder, "keys certificates renew", 3, "keys certificates signer");
    let told = |health: &str| {
        let output = run(folder, "doctor --json");
        let findings = String::from_utf8_lossy(&output.stdout).into_owned();
        let finding =
            findings.lines().map(|line| json(line.as_bytes())).find(|one| one["check"] == "certificates");
        let finding = finding.expect("the doctor looks at certificates");
        assert_eq!(finding["health"], health, "{finding}");
        finding
    };
    assert!(told("warning")["what_to_do"].as_str().unwrap().contains("keys certificates"));
    done(folder, "keys certificates root --crl https://licences.example/crl");
    done(folder, "keys certificates signer --crl https://licences.example/crl --days 30");
    assert!(told("warning")["detail"].as_str().unwrap().contains("ends in "));
    done(folder, "keys certificates renew --days 300");
    told("good");
}
