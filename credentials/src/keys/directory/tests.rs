//! The plug is pulled at every step of every change.

use std::cell::Cell;
use std::fs;

use zeroize::Zeroizing;

use super::*;
use crate::keys::SealingKey;

fn sealing() -> SealingKey {
    SealingKey::from_bytes(Zeroizing::new([7; 32]))
}

fn sealed(dir: &Path) -> KeyDirectory {
    KeyDirectory::sealed(dir, sealing())
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied, mode and all");
    }
}

fn files(dir: &Path, end: &str) -> usize {
    let names = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").file_name());
    names.filter(|name| name.to_string_lossy().ends_with(end)).count()
}

/// Whatever is loaded signs, and what it signs its own key set accepts.
fn signs(ring: &KeyRing) {
    for (id, key, state) in ring.key_set().iter() {
        if let Some(signer) = ring.signer_of(id) {
            let signature = signer.sign(b"message").expect("signs");
            assert!(state.may_verify() && key.verifies(b"message", signature.as_bytes()));
        } else {
            assert!(!state.may_sign(), "an active key without its private half");
        }
    }
}

/// Does `change` in copies of `before`, stopping at each of its steps in turn, and again to the end.
fn pull_the_plug(before: &Path, change: impl Fn(&KeyDirectory) -> Result<(), KeyFileError>) {
    let old = sealed(before).key_set().expect("readable");
    for steps in 0.. {
        let home = tempfile::tempdir().expect("a directory");
        copy(before, home.path());
        let mut directory = sealed(home.path());
        directory.disk.steps_left = Some(Cell::new(steps));
        let done = change(&directory);

        let after = sealed(home.path());
        let left = after.key_set().expect("never half written");
        match (after.load(), old.is_empty()) {
            (Ok(ring), _) => signs(&ring),
            (Err(KeyFileError::NoKeys { .. }), true) => {}
            (Err(error), _) => panic!("step {steps}: {error}"),
        }
        if done.is_ok() {
            assert!(steps > 3 && left != old, "nothing was tested");
            assert_eq!((files(home.path(), ".draft"), files(home.path(), ".pem")), (0, 0));
            return;
        }
        // A repetition ends where the change would have ended, and tidies up.
        match change(&after) {
            Ok(())
            | Err(KeyFileError::Change(ChangeRefused::NothingPending) | KeyFileError::Known { .. }) => {}
            Err(error) => panic!("step {steps}, again: {error}"),
        }
        after.generate(Algorithm::Ed25519).expect("any change tidies up");
        assert_eq!((files(home.path(), ".draft"), files(home.path(), ".pem")), (0, 0), "step {steps}");
        for (id, _, state) in after.key_set().expect("readable").iter() {
            let expected = if state.may_verify() { Custody::Sealed } else { Custody::Absent };
            assert_eq!(after.custody(id), expected, "step {steps}");
        }
        signs(&after.load().expect("loads"));
    }
}

/// An old key, the active one, a pending one, and one for ES256.
fn furnished(directory: &KeyDirectory) -> [KeyId; 4] {
    let old = directory.generate(Algorithm::Ed25519).expect("a key");
    let active = directory.generate_active(Algorithm::Ed25519).expect("a key");
    let pending = directory.generate(Algorithm::Ed25519).expect("a key");
    [old, active, pending, directory.generate(Algorithm::Es256).expect("a key")]
}

#[test]
fn a_crash_at_any_step_leaves_a_directory_that_loads() {
    let empty = tempfile::tempdir().expect("a directory");
    pull_the_plug(empty.path(), |keys| keys.generate(Algorithm::Es256).map(|_| ()));

    let home = tempfile::tempdir().expect("a directory");
    let [old, active, pending, es256] = furnished(&sealed(home.path()));
    let pem = MemorySigner::generate(Algorithm::Es256).expect("a key").to_pem();
    pull_the_plug(home.path(), |keys| keys.generate(Algorithm::Ed25519).map(|_| ()));
    pull_the_plug(home.path(), |keys| keys.generate_active(Algorithm::Es256).map(|_| ()));
    pull_the_plug(home.path(), |keys| keys.import(&pem, Path::new("a file")).map(|_| ()));
    pull_the_plug(home.path(), |keys| keys.rotate(None).map(|_| ()));
    pull_the_plug(home.path(), |keys| keys.rotate(Some(&pending)).map(|_| ()));
    pull_the_plug(home.path(), |keys| keys.retire(&old, Some("a reason")));
    pull_the_plug(home.path(), |keys| keys.retire(&pending, None));
    pull_the_plug(home.path(), |keys| keys.compromise(&es256, 5, None));
    // Ed25519 goes on with ES256 then: it is the other active key.
    pull_the_plug(home.path(), |keys| keys.compromise(&active, 5, Some("a reason")));
}

#[test]
fn a_crash_while_keys_are_sealed_loses_none() {
    let home = tempfile::tempdir().expect("a directory");
    let ids = furnished(&KeyDirectory::plain(home.path()));
    assert!(ids.iter().all(|id| sealed(home.path()).custody(id) == Custody::Plain));
    pull_the_plug(home.path(), |keys| keys.rotate(None).map(|_| ()));
}

/// Stops at each step of making a certificate: what is there afterwards loads, and a repetition ends well.
#[test]
fn a_crash_while_a_certificate_is_made_leaves_none_or_the_whole() {
    use crate::x509::{Subject, Terms};
    let at = 1_795_320_000;
    let subject =
        Subject { country: "CN".into(), common_name: "示例".into(), organisation: None, state: None };
    let terms = Terms {
        subject: &subject,
        validity: KeyDirectory::validity(at, at + 86_400 * 300),
        contact: "office@licences.example",
        crl: "https://licences.example/crl",
    };
    for steps in 0.. {
        let home = tempfile::tempdir().expect("a directory");
        let key = sealed(home.path()).generate(Algorithm::Ed25519).expect("a key");
        let mut directory = sealed(home.path());
        directory.disk.steps_left = Some(Cell::new(steps));
        let make = |directory: &KeyDirectory| {
            match directory.make_root(&terms, at, false) {
                Ok(_) | Err(KeyFileError::RootThere { .. }) => {}
                Err(error) => return Err(error),
            }
            directory.certify(&key, &terms, at).map(|_| ())
        };
        let done = make(&directory);
        let after = sealed(home.path());
        signs(&after.load().expect("loads, whatever there is"));
        if done.is_ok() {
            assert!(steps > 6, "nothing was tested");
            return;
        }
        make(&after).expect("again");
        assert!(after.load().expect("loads").certificates().signer_of(&key, at).is_some());
        assert_eq!(files(home.path(), ".draft"), 0, "step {steps}");
    }
}
