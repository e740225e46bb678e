//! The life of keys on disk: sealed, rotated while somebody signs, retired, compromised.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use sealwright_credentials::{
    Algorithm, ChangeRefused, Custody, Es256Signer, KeyDirectory, KeyFileError, KeyRing,
};
use sealwright_credentials::{KeyState, KeyWatch, Reloaded, SealingKey, Signer, Verdict, prepare, verify};

use crate::sample::{NOON, content};

fn sealed(dir: &Path, key: u8) -> KeyDirectory {
    KeyDirectory::sealed(dir, SealingKey::from_bytes([key; 32].into()))
}

#[test]
fn the_first_key_of_an_algorithm_signs_and_the_next_waits() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let [first, second, es256] = [Algorithm::Ed25519, Algorithm::Ed25519, Algorithm::Es256]
        .map(|algorithm| keys.generate(algorithm).expect("a key"));
    let ring = keys.load().expect("loads");
    let states = [(first, KeyState::Active), (second, KeyState::Pending), (es256, KeyState::Active)];
    assert!(ring.key_set().iter().map(|(id, _, state)| (*id, state)).eq(states));
    assert_eq!(ring.signer().expect("an active key").key_id(), &first);
    assert_eq!(ring.signer_for(Algorithm::Es256).map(Signer::key_id), Some(&es256));
    assert!(ring.signer_of(&second).is_none(), "a pending key signs nothing");

    let rotation = keys.rotate(None).expect("one is pending");
    assert_eq!((rotation.active, rotation.verify_only), (second, vec![first]));
    let ring = keys.load().expect("loads");
    assert_eq!(ring.signer().expect("an active key").key_id(), &second);
    assert_eq!(ring.signer_for(Algorithm::Es256).map(Signer::key_id), Some(&es256));
    assert!(ring.signer_of(&first).is_some(), "what was prepared for it is finished with it");
}

#[test]
fn where_there_is_only_es256_it_signs_codes() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    keys.generate(Algorithm::Es256).expect("a key");
    let ring = keys.load().expect("loads");
    let signer = ring.signer().expect("an active key");
    let prepared = prepare(&content(), signer.key_id(), signer.algorithm()).expect("in order");
    let code = prepared.sign(signer).expect("signs");
    assert_eq!(verify(code.as_str(), ring.key_set(), NOON, None).verdict, Verdict::Valid);
}

#[cfg(unix)]
#[test]
fn a_sealed_key_is_the_owners_and_opens_only_with_the_master_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let id = keys.generate(Algorithm::Ed25519).expect("a key");
    let file = home.path().join(format!("{id}.key"));
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).expect("text");
    assert!(text.starts_with("sealwright-sealed-key-1:") && !text.contains("PRIVATE KEY"));
    assert_eq!(keys.custody(&id), Custody::Sealed);

    let other = sealed(home.path(), 2);
    assert!(matches!(other.load(), Err(KeyFileError::DoesNotOpen { .. })));
    assert!(
        matches!(other.generate(Algorithm::Es256), Err(KeyFileError::DoesNotOpen { .. })),
        "a second master"
    );
    let plain = KeyDirectory::plain(home.path());
    let refused = plain.load().expect_err("sealed");
    assert!(refused.to_string().contains("give the master key"), "{refused}");
    assert!(matches!(plain.generate(Algorithm::Es256), Err(KeyFileError::WouldBePlain { .. })));
    assert_eq!(plain.key_set().expect("public").iter().count(), 1, "the public half needs no key");

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("ours");
    assert!(matches!(keys.load(), Err(KeyFileError::Exposed { .. })));
}

#[test]
fn a_sealed_key_under_another_ones_name_is_refused() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let [first, second] = [(); 2].map(|()| keys.generate(Algorithm::Ed25519).expect("a key"));
    let file = |id| home.path().join(format!("{id}.key"));
    fs::copy(file(second), file(first)).expect("copied");
    assert!(matches!(keys.load(), Err(KeyFileError::DoesNotOpen { .. })));
}

#[test]
fn keys_in_the_clear_load_and_are_sealed_by_the_next_change() {
    let home = tempfile::tempdir().expect("a directory");
    let [old, active] = [(); 2].map(|()| KeyRing::generate(home.path()).expect("a key"));
    let keys = sealed(home.path(), 1);
    assert_eq!(keys.load().expect("loads").signer().expect("an active key").key_id(), &active);
    assert_eq!((keys.custody(&old), keys.custody(&active)), (Custody::Plain, Custody::Plain));

    let pending = keys.generate(Algorithm::Ed25519).expect("a key");
    for id in [old, active, pending] {
        assert_eq!(keys.custody(&id), Custody::Sealed);
        assert!(!home.path().join(format!("{id}.pem")).exists());
    }
    let ring = keys.load().expect("loads");
    assert!(ring.signer().expect("an active key").key_id() == &active && ring.signer_of(&old).is_some());
    assert!(matches!(KeyRing::load(home.path()), Err(KeyFileError::Sealed { .. })));
}

#[test]
fn a_copy_in_the_clear_stays_until_the_sealed_one_opens() {
    let home = tempfile::tempdir().expect("a directory");
    let id = KeyRing::generate(home.path()).expect("a key");
    let pem = home.path().join(format!("{id}.pem"));
    let copy = home.path().join("copy");
    fs::copy(&pem, &copy).expect("copied");
    sealed(home.path(), 1).generate(Algorithm::Es256).expect("seals");
    fs::rename(&copy, &pem).expect("ours");
    assert!(matches!(sealed(home.path(), 2).rotate(None), Err(KeyFileError::Change(_))));
    assert!(matches!(
        sealed(home.path(), 2).generate(Algorithm::Es256),
        Err(KeyFileError::DoesNotOpen { .. })
    ));
    assert!(pem.exists());
    sealed(home.path(), 1).generate(Algorithm::Es256).expect("opens");
    assert!(!pem.exists());
}

#[test]
fn retiring_destroys_the_private_half_and_is_refused_while_the_key_signs() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let old = keys.generate(Algorithm::Ed25519).expect("a key");
    let refused = keys.retire(&old, None).expect_err("it signs");
    assert!(refused.to_string().contains("rotate to another key first"), "{refused}");
    assert_eq!(keys.custody(&old), Custody::Sealed);

    keys.generate_active(Algorithm::Ed25519).expect("a key");
    for _ in 0..2 {
        keys.retire(&old, Some("its time was over")).expect("it signs nothing new");
        assert_eq!(keys.custody(&old), Custody::Absent);
    }
    let set = keys.key_set().expect("readable");
    assert_eq!(set.get(&old).map(|(_, state)| state), Some(KeyState::Retired));
    assert_eq!(set.reason(&old), Some("its time was over"));
    assert!(keys.load().expect("loads").signer_of(&old).is_none());
    assert!(keys.rotate(Some(&old)).is_err());
}

#[test]
fn a_compromised_key_signs_nothing_any_more_and_its_codes_are_refused() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let id = keys.generate(Algorithm::Ed25519).expect("a key");
    let ring = keys.load().expect("loads");
    let prepared =
        prepare(&content(), &id, ring.signer().expect("an active key").algorithm()).expect("in order");
    let code = prepared.sign(ring.signer().expect("an active key")).expect("signs");

    keys.compromise(&id, NOON, Some("a copy was found")).expect("always allowed");
    assert!(matches!(keys.load(), Err(KeyFileError::NoKeys { .. })), "nothing signs");
    assert_eq!(keys.custody(&id), Custody::Absent);
    let set = keys.key_set().expect("readable");
    assert_eq!(verify(code.as_str(), &set, NOON, None).verdict, Verdict::Invalid);

    keys.compromise(&id, NOON - 9, None).expect("it was earlier");
    assert!(matches!(keys.compromise(&id, NOON, None), Err(KeyFileError::Change(_))));
    let stranger = Es256Signer::generate().expect("a key");
    let unknown = keys.compromise(stranger.key_id(), NOON, None);
    assert!(matches!(unknown, Err(KeyFileError::Change(ChangeRefused::Unknown(_)))));
    assert_eq!(keys.key_set().expect("readable").reason(&id), Some("a copy was found"));
}

#[test]
fn a_key_from_elsewhere_is_taken_in_once() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let from = Path::new("openssl.pem");
    let id = keys.import(include_str!("golden/openssl-p256.pem"), from).expect("a key");
    assert_eq!(keys.load().expect("loads").signer_for(Algorithm::Es256).map(Signer::key_id), Some(&id));
    let again = keys.import(include_str!("golden/openssl-p256.pem"), from);
    assert!(matches!(again, Err(KeyFileError::Known { .. })));
    let refused = keys.import("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", from).expect_err("no key");
    assert!(refused.to_string().contains("openssl.pem") && refused.to_string().contains("unencrypted"));
    for pem in ["", include_str!("golden/openssl-p256.hex")] {
        assert!(matches!(keys.import(pem, from), Err(KeyFileError::NotAKey { .. })));
    }
}

#[test]
fn a_key_without_its_private_half_is_not_rotated_to() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let [active, pending] = [(); 2].map(|()| keys.generate(Algorithm::Ed25519).expect("a key"));
    fs::remove_file(home.path().join(format!("{pending}.key"))).expect("it was there");
    assert!(matches!(keys.rotate(None), Err(KeyFileError::NotHere { .. })));
    assert_eq!(keys.load().expect("loads").signer().expect("an active key").key_id(), &active);
}

#[test]
fn a_watch_sees_each_change_once_and_survives_a_broken_directory() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let first = keys.generate(Algorithm::Ed25519).expect("a key");
    let (mut watch, ring) = KeyWatch::start(sealed(home.path(), 1)).expect("loads");
    assert_eq!(ring.signer().expect("an active key").key_id(), &first);
    assert!(watch.check().expect("fine").is_none());

    let second = keys.generate_active(Algorithm::Ed25519).expect("a key");
    let ring = watch.check().expect("fine").expect("it changed").ring;
    assert_eq!(ring.signer().expect("an active key").key_id(), &second);
    assert!(watch.check().expect("fine").is_none());

    let list = home.path().join("keys.json");
    let good = fs::read(&list).expect("readable");
    fs::write(&list, "{").expect("ours");
    for _ in 0..2 {
        assert!(matches!(watch.check(), Err(KeyFileError::List { .. })), "told each time");
    }
    fs::write(&list, good).expect("ours");
    assert!(watch.check().expect("fine").is_none(), "as it was when it was loaded");

    // A private key that was away, and is put back.
    let (here, away) = (home.path().join(format!("{first}.key")), home.path().join("away"));
    fs::rename(&here, &away).expect("ours");
    assert!(watch.check().expect("fine").expect("it changed").ring.signer_of(&first).is_none());
    fs::rename(&away, &here).expect("ours");
    assert!(watch.check().expect("fine").expect("it changed").ring.signer_of(&first).is_some());
}

#[test]
fn a_watch_stops_a_compromised_key_whatever_else_is_wrong() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    let [lost, es256] = Algorithm::ALL.map(|algorithm| keys.generate(algorithm).expect("a key"));
    let (mut watch, _) = KeyWatch::start(sealed(home.path(), 1)).expect("loads");

    keys.compromise(&lost, NOON, None).expect("always allowed");
    fs::write(home.path().join(format!("{es256}.key")), "damaged").expect("ours");
    let Reloaded { ring, trouble } = watch.check().expect("the list is fine").expect("it changed");
    assert!(ring.signer_of(&lost).is_none());
    assert_eq!(ring.signer().expect("held already").key_id(), &es256);
    assert!(matches!(trouble, Some(KeyFileError::DoesNotOpen { .. })));

    keys.compromise(&es256, NOON, None).expect("always allowed");
    let Reloaded { ring, trouble } = watch.check().expect("the list is fine").expect("it changed");
    assert!(ring.signer_of(&es256).is_none() && trouble.is_none());
    assert!(ring.signer().err().expect("nothing signs").to_string().contains("no key is active"));
}

/// Four signers never stop, a fifth thread watches, and keys of both algorithms are rotated and retired. All that
/// was signed must verify with the keys that were published when the next rotation was over.
#[test]
fn rotation_under_load_issues_nothing_invalid() {
    const ROTATIONS: usize = 12;
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path(), 1);
    keys.generate(Algorithm::Ed25519).expect("a key");
    let (mut watch, ring) = KeyWatch::start(sealed(home.path(), 1)).expect("loads");
    let held = Mutex::new(Arc::new(ring));
    let current = || Arc::clone(&held.lock().expect("no signer panics"));
    let (over, signed) = (AtomicBool::new(false), Mutex::new(Vec::new()));

    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    // As an order does: prepared with the keys of one moment, signed with those of a later one.
                    let ring = current();
                    let signer = ring.signer().expect("an active key");
                    let prepared =
                        prepare(&content(), signer.key_id(), signer.algorithm()).expect("in order");
                    std::thread::yield_now();
                    let ring = current();
                    let signer = ring.signer_of(prepared.key_id()).expect("a prepared key can still finish");
                    let code = prepared.sign(signer).expect("signs");
                    let mut signed = signed.lock().expect("no signer panics");
                    if signed.last().is_none_or(|(id, _)| id != prepared.key_id()) {
                        signed.push((*prepared.key_id(), code));
                    }
                }
            });
        }
        for turn in 0..ROTATIONS {
            let id = if turn % 3 == 0 {
                keys.generate_active(Algorithm::Ed25519)
            } else {
                keys.generate(Algorithm::Ed25519)
            };
            id.expect("a key");
            if turn % 3 != 0 {
                keys.rotate(None).expect("one is pending");
            }
            *held.lock().expect("no signer panics") =
                Arc::new(watch.check().expect("fine").expect("it changed").ring);
            let active = *current().signer().expect("an active key").key_id();
            // Until somebody has signed with the new key.
            while signed.lock().expect("no signer panics").last().is_none_or(|(id, _)| *id != active) {
                std::thread::yield_now();
            }
        }
        over.store(true, Ordering::Relaxed);
    });

    let set = keys.key_set().expect("readable");
    let signed = signed.into_inner().expect("no signer panicked");
    assert!(signed.len() >= ROTATIONS);
    for (id, code) in signed {
        assert_eq!(verify(code.as_str(), &set, NOON, None).verdict, Verdict::Valid, "{id}");
    }
}
