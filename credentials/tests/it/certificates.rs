//! Certificates beside the keys: made, renewed, refused, followed.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sealwright_credentials::x509::{MAX_DOCUMENT_SIGNER_S, Terms, check_chain};
use sealwright_credentials::{
    Algorithm, Certificates, Custody, KeyDirectory, KeyFileError, KeyWatch, SealingKey, Signer,
};

use crate::mdoc::sample::{DAY, contact_terms, root_subject};
use crate::sample::NOON;

fn sealed(dir: &Path) -> KeyDirectory {
    KeyDirectory::sealed(dir, SealingKey::from_bytes([1; 32].into()))
}

fn terms(subject: &sealwright_credentials::x509::Subject, until: i64) -> Terms<'_> {
    Terms { validity: KeyDirectory::validity(NOON, until), ..contact_terms(subject) }
}

#[test]
fn a_root_vouches_for_keys_of_both_algorithms_and_its_key_is_sealed_and_signs_no_document() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path());
    let subject = root_subject();
    let root = keys.make_root(&terms(&subject, NOON + 4_000 * DAY), NOON, false).expect("a root");
    let root_key = root.key().key_id();
    assert_eq!(keys.custody(&root_key), Custody::Sealed);
    for algorithm in Algorithm::ALL {
        let id = keys.generate(algorithm).expect("a key");
        let made = keys.certify(&id, &terms(&subject, NOON + 400 * DAY), NOON).expect("a certificate");
        assert_eq!(made.key().key_id(), id);
        let chain = check_chain(&[made.as_der()], std::slice::from_ref(&root), NOON);
        assert_eq!(chain.as_ref(), Ok(&made));
        let ring = keys.load().expect("loads");
        assert_eq!(ring.certificates().signer_of(&id, NOON), Some(&made));
        assert_eq!(ring.certificates().signer_of(&id, NOON + 401 * DAY), None, "it is over then");
        assert!(ring.signer_of(&root_key).is_none() && ring.key_set().get(&root_key).is_none());
    }
    let all = keys.certificates().expect("readable");
    assert_eq!((all.roots().count(), all.signers().count()), (1, 2));
    assert_eq!(Certificates::from_pem(&all.to_pem()).as_ref(), Ok(&all));
    assert!(!all.to_pem().contains("PRIVATE"));
}

#[test]
fn a_certificate_ends_with_its_root_and_a_renewed_one_follows_the_renewed_root() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path());
    let id = keys.generate(Algorithm::Ed25519).expect("a key");
    let subject = root_subject();
    let root = keys.make_root(&terms(&subject, NOON + 100 * DAY), NOON, false).expect("a root");
    let first = keys.certify(&id, &terms(&subject, NOON + 400 * DAY), NOON).expect("a certificate");
    assert_eq!(first.validity().not_after, NOON + 100 * DAY);

    let later = NOON + 90 * DAY;
    let renewed = keys.renew_root(NOON + 4_000 * DAY, later).expect("a root");
    assert_eq!((renewed.key(), renewed.subject()), (root.key(), root.subject()));
    let second = keys.renew_signer(&id, later + 400 * DAY, later).expect("a certificate");
    assert_eq!((second.key(), second.subject()), (first.key(), first.subject()));
    assert_eq!(second.validity().not_after, later + 400 * DAY);
    let all = keys.certificates().expect("readable");
    assert_eq!(all.root(later), Some(&renewed));
    assert_eq!(all.signer_of(&id, later), Some(&second));
    // Who trusts the first root alone believes the second certificate while that root lasts.
    assert!(check_chain(&[second.as_der()], &[root], later).is_ok());

    let over = NOON + 200 * DAY;
    keys.renew_signer(&id, over + 300 * DAY, over).expect("a certificate");
    let left = keys.certificates().expect("readable");
    assert!(left.iter().all(|certificate| certificate.validity().not_after >= over), "what is over goes");
}

#[test]
fn what_cannot_be_certified_is_refused_with_what_to_do() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path());
    let id = keys.generate(Algorithm::Ed25519).expect("a key");
    let subject = root_subject();
    let signer = terms(&subject, NOON + 400 * DAY);
    assert!(matches!(keys.certify(&id, &signer, NOON), Err(KeyFileError::NoRoot { .. })));
    assert!(matches!(keys.renew_root(NOON + DAY, NOON), Err(KeyFileError::NoRoot { .. })));
    let root = terms(&subject, NOON + 1_000 * DAY);
    keys.make_root(&root, NOON, false).expect("a root");
    assert!(matches!(keys.make_root(&root, NOON, false), Err(KeyFileError::RootThere { .. })));
    assert!(matches!(keys.renew_signer(&id, NOON + DAY, NOON), Err(KeyFileError::NoCertificate { .. })));
    let long = terms(&subject, NOON + MAX_DOCUMENT_SIGNER_S);
    assert!(matches!(keys.certify(&id, &long, NOON), Err(KeyFileError::Certificate(_))));
    let stranger = *sealwright_credentials::Ed25519Signer::from_seed(&[3; 32]).key_id();
    assert!(matches!(keys.certify(&stranger, &signer, NOON), Err(KeyFileError::Change(_))));

    keys.generate_active(Algorithm::Ed25519).expect("a key");
    let refused = keys.certify(&id, &signer, NOON).expect_err("it gave way");
    assert!(refused.to_string().contains("verify-only"), "{refused}");

    keys.make_root(&root, NOON, true).expect("another one, asked for");
    assert_eq!(keys.certificates().expect("readable").roots().count(), 2);
    let other = KeyDirectory::sealed(home.path(), SealingKey::from_bytes([2; 32].into()));
    assert!(matches!(other.renew_root(NOON + DAY, NOON), Err(KeyFileError::DoesNotOpen { .. })));
}

#[test]
fn a_withdrawn_keys_certificate_is_not_published() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path());
    let id = keys.generate(Algorithm::Ed25519).expect("a key");
    let subject = root_subject();
    keys.make_root(&terms(&subject, NOON + 1_000 * DAY), NOON, false).expect("a root");
    keys.certify(&id, &terms(&subject, NOON + 400 * DAY), NOON).expect("a certificate");
    let published = || {
        let set = keys.key_set().expect("readable");
        keys.certificates().expect("readable").published(&set).signers().count()
    };
    assert_eq!(published(), 1);
    keys.compromise(&id, NOON, None).expect("always allowed");
    assert_eq!(published(), 0);
}

#[test]
fn a_roots_key_in_the_clear_is_sealed_by_the_next_change() {
    let home = tempfile::tempdir().expect("a directory");
    let subject = root_subject();
    let plain = KeyDirectory::plain(home.path());
    let root = plain.make_root(&terms(&subject, NOON + 1_000 * DAY), NOON, false).expect("a root");
    let root_key = root.key().key_id();
    assert_eq!(plain.custody(&root_key), Custody::Plain);
    let keys = sealed(home.path());
    let id = keys.generate(Algorithm::Ed25519).expect("a key");
    assert_eq!(keys.custody(&root_key), Custody::Sealed);
    assert!(!home.path().join(format!("{root_key}.pem")).exists());
    keys.certify(&id, &terms(&subject, NOON + 400 * DAY), NOON).expect("its root's key opens");
}

#[test]
fn a_server_follows_certificates_and_keeps_those_it_has_when_the_file_is_damaged() {
    let home = tempfile::tempdir().expect("a directory");
    let keys = sealed(home.path());
    let id = keys.generate(Algorithm::Ed25519).expect("a key");
    let (mut watch, ring) = KeyWatch::start(sealed(home.path())).expect("the key");
    assert_eq!(ring.certificates().iter().count(), 0);
    let subject = root_subject();
    keys.make_root(&terms(&subject, NOON + 1_000 * DAY), NOON, false).expect("a root");
    keys.certify(&id, &terms(&subject, NOON + 400 * DAY), NOON).expect("a certificate");
    let ring = watch.check().expect("readable").expect("it changed").ring;
    assert!(ring.certificates().signer_of(&id, NOON).is_some());

    let file = home.path().join("certificates.pem");
    let pem = fs::read_to_string(&file).expect("text");
    fs::write(&file, pem.replacen("MII", "MIJ", 1)).expect("ours");
    let found = watch.check().expect("the keys are readable").expect("it changed");
    assert!(matches!(found.trouble, Some(KeyFileError::Certificates { .. })));
    assert!(found.ring.certificates().signer_of(&id, NOON).is_some());
    let refused = keys.load().expect_err("damaged");
    assert!(refused.to_string().contains("certificate 1"), "{refused}");
    keys.compromise(&id, NOON, None).expect("a key is withdrawn all the same");
}

proptest! {
    #[test]
    fn any_text_is_refused_or_reads_as_it_is_written(text: String, cut in 0usize..1_000) {
        let pem = crate::mdoc::sample::root().to_pem();
        let cut = cut.min(pem.len());
        let damaged = format!("{}{text}{}", &pem[..cut], &pem[cut..]);
        for text in [format!("-----BEGIN CERTIFICATE-----{text}"), damaged, text] {
            if let Ok(read) = Certificates::from_pem(&text) {
                let pem = read.to_pem();
                prop_assert_eq!(Certificates::from_pem(&pem), Ok(read));
            }
        }
    }
}
