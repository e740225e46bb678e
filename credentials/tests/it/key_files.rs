//! Key directories: what they hold, and which are refused.

use std::fs;
use std::path::Path;

use sealwright_credentials::{KeyFileError, KeyRing, KeySet, KeyState, Verdict, prepare, verify};

use crate::sample::{NOON, content};

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).expect("it exists").permissions().mode() & 0o777
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

fn states(set: &KeySet) -> Vec<KeyState> {
    set.iter().map(|(.., state)| state).collect()
}

#[test]
fn a_made_key_signs_after_loading() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("a/b/keys");
    let id = KeyRing::generate(&dir).expect("makes a key");
    let ring = KeyRing::load(&dir).expect("loads");
    assert_eq!(*ring.signer().expect("an active key").key_id(), id);

    let prepared =
        prepare(&content(), &id, ring.signer().expect("an active key").algorithm()).expect("in order");
    let code = prepared.sign(ring.signer().expect("an active key")).expect("signs");
    let handed_out = fs::read_to_string(dir.join("keys.json")).expect("the public list");
    let keys = KeySet::from_json(&handed_out).expect("a key set");
    assert_eq!(verify(code.as_str(), &keys, NOON, None).verdict, Verdict::Valid);
}

#[test]
fn the_newest_key_signs_and_the_older_ones_verify() {
    let dir = tempfile::tempdir().expect("a directory");
    let old = KeyRing::generate(dir.path()).expect("makes a key");
    let before = KeyRing::load(dir.path()).expect("loads");
    let prepared =
        prepare(&content(), &old, before.signer().expect("an active key").algorithm()).expect("in order");

    let new = KeyRing::generate(dir.path()).expect("makes another");
    assert_ne!(old, new);
    let ring = KeyRing::load(dir.path()).expect("loads");
    assert_eq!(*ring.signer().expect("an active key").key_id(), new);
    assert_eq!(states(ring.key_set()), [KeyState::VerifyOnly, KeyState::Active]);

    // What was prepared before the rotation becomes the same code after it.
    let signer = ring.signer_of(&old).expect("still here");
    let code = prepared.sign(signer).expect("signs");
    assert_eq!(Ok(&code), prepared.sign(before.signer().expect("an active key")).as_ref());
    assert_eq!(verify(code.as_str(), ring.key_set(), NOON, None).verdict, Verdict::Valid);
}

#[test]
fn an_old_private_key_may_be_destroyed_and_a_retired_one_is_not_loaded() {
    let dir = tempfile::tempdir().expect("a directory");
    let [first, second, third] = [(); 3].map(|()| KeyRing::generate(dir.path()).expect("makes a key"));
    fs::remove_file(dir.path().join(format!("{first}.pem"))).expect("it was there");
    let mut set = KeyRing::load(dir.path()).expect("loads").key_set().clone();
    let retired = set.get(&second).expect("known").0.clone();
    set.put(retired, KeyState::Retired);
    fs::write(dir.path().join("keys.json"), set.to_json()).expect("writes");

    let ring = KeyRing::load(dir.path()).expect("loads");
    assert_eq!(states(ring.key_set()), [KeyState::Retired, KeyState::VerifyOnly, KeyState::Active]);
    assert_eq!(*ring.signer().expect("an active key").key_id(), third);
    assert!(ring.signer_of(&first).is_none() && ring.signer_of(&second).is_none());
}

#[cfg(unix)]
#[test]
fn key_files_are_made_for_their_owner_alone() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("keys");
    let id = KeyRing::generate(&dir).expect("makes a key");
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join(format!("{id}.pem"))), 0o600);
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join(format!("{}.pem", KeyRing::generate(dir.path()).expect("makes a key")));
    for exposed in [0o640, 0o604, 0o620, 0o644, 0o666, 0o610] {
        chmod(&path, exposed);
        let refused = KeyRing::load(dir.path()).expect_err("exposed");
        assert!(matches!(refused, KeyFileError::Exposed { mode, .. } if mode == exposed), "{refused}");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
    chmod(&path, 0o400);
    KeyRing::load(dir.path()).expect("read-only for the owner is fine");
}

#[cfg(unix)]
#[test]
fn a_key_list_that_others_can_write_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    KeyRing::generate(dir.path()).expect("makes a key");
    chmod(&dir.path().join("keys.json"), 0o664);
    let refused = KeyRing::load(dir.path()).expect_err("a stranger could add a key");
    assert!(refused.to_string().contains("chmod 644"), "{refused}");
}

#[test]
fn a_directory_without_keys_says_how_to_make_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let refused = KeyRing::load(dir.path()).expect_err("empty").to_string();
    assert!(refused.contains("sealwright keys generate"), "{refused}");
}

#[test]
fn damaged_exchanged_and_missing_keys_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let old = dir.path().join(format!("{}.pem", KeyRing::generate(dir.path()).expect("makes a key")));
    let new = dir.path().join(format!("{}.pem", KeyRing::generate(dir.path()).expect("makes a key")));
    let pem = fs::read_to_string(&new).expect("readable");
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));

    fs::write(&new, fs::read(&old).expect("readable")).expect("writes");
    assert!(matches!(KeyRing::load(dir.path()), Err(KeyFileError::OtherKey { .. })));
    fs::write(&new, &pem[..pem.len() / 2]).expect("writes");
    assert!(matches!(KeyRing::load(dir.path()), Err(KeyFileError::NotAKey { .. })));
    fs::remove_file(&new).expect("it was there");
    assert!(matches!(KeyRing::load(dir.path()), Err(KeyFileError::NotHere { .. })));
    fs::write(&new, pem).expect("writes");
    fs::write(dir.path().join("keys.json"), "{").expect("writes");
    assert!(matches!(KeyRing::load(dir.path()), Err(KeyFileError::List { .. })));
}

#[test]
fn a_half_made_key_and_a_left_draft_do_no_harm() {
    let dir = tempfile::tempdir().expect("a directory");
    let id = KeyRing::generate(dir.path()).expect("makes a key");
    fs::write(dir.path().join("00112233aabbccdd.pem"), "cut by a cra").expect("writes");
    fs::write(dir.path().join("keys.json.draft"), "{\"ke").expect("writes");
    assert_eq!(*KeyRing::load(dir.path()).expect("loads").signer().expect("an active key").key_id(), id);
    let next = KeyRing::generate(dir.path()).expect("makes another");
    assert_eq!(*KeyRing::load(dir.path()).expect("loads").signer().expect("an active key").key_id(), next);
}

#[test]
fn keys_made_at_once_are_all_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| KeyRing::generate(dir.path()).expect("makes a key"));
        }
    });
    let ring = KeyRing::load(dir.path()).expect("loads");
    assert_eq!(ring.key_set().iter().count(), 4);
    assert_eq!(states(ring.key_set()).iter().filter(|state| **state == KeyState::Active).count(), 1);
}
