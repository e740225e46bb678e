//! Roots and document signers: what is made, what is read back, and what is believed.

use sealwright_credentials::x509::{
    Certificate, CertificateError, ChainError, IssueError, MAX_CERTIFICATE, MAX_DOCUMENT_SIGNER_S,
    MAX_ROOT_S, Subject, Terms, Validity, check_chain, make_document_signer, make_root,
    renew_document_signer, renew_root,
};
use sealwright_credentials::{Ed25519Signer, Es256Signer, Signer};

use crate::flips::{every_bit, random_bits};
use crate::mdoc::sample::{DAY, contact_terms, document_signer, root, root_signer, root_subject};
use crate::sample::{NOON, signer};

#[test]
fn a_root_and_its_document_signers_say_what_iso_18013_5_asks() {
    let root = root();
    assert!(root.is_root() && !root.is_document_signer());
    assert_eq!(root.subject(), &root_subject());
    assert_eq!(root.key(), root_signer().public_key());
    assert_eq!(
        (root.contact(), root.crl()),
        (Some("https://iaca.example"), Some("https://iaca.example/crl"))
    );
    for key in
        [signer().public_key().clone(), Es256Signer::from_scalar(&[9; 32]).unwrap().public_key().clone()]
    {
        let signer = document_signer(&key);
        assert!(signer.is_document_signer() && !signer.is_root());
        assert!(signer.is_issued_by(&root) && !root.is_issued_by(&signer));
        assert_eq!(signer.key(), &key);
        assert_eq!(signer.serial().len(), 16);
        assert_eq!(Certificate::from_pem(&signer.to_pem()).as_ref(), Ok(&signer));
        let found = check_chain(&[signer.as_der()], std::slice::from_ref(&root), NOON);
        assert_eq!(found.as_ref(), Ok(&signer));
        let with_root = [signer.as_der(), root.as_der()];
        assert_eq!(check_chain(&with_root, std::slice::from_ref(&root), NOON).as_ref(), Ok(&signer));
    }
}

#[test]
fn serials_are_positive_random_and_of_one_length() {
    let subject = root_subject();
    for random in [[0; 16], [0xFF; 16], [0x80; 16]] {
        let root = make_root(&contact_terms(&subject), random, &root_signer()).unwrap();
        assert_eq!(root.serial().len(), 16);
        assert_eq!(root.serial()[0] & 0xC0, 0x40);
        assert_eq!(root.serial()[1..], random[1..]);
    }
}

#[test]
fn renewal_keeps_subject_and_key_and_old_chains_hold() {
    let (old_root, old) = (root(), document_signer(signer().public_key()));
    let later = Validity { not_before: NOON + DAY, not_after: NOON + 400 * DAY };
    let root = renew_root(&old_root, later, [3; 16], &root_signer()).unwrap();
    assert_eq!((root.subject(), root.key()), (old_root.subject(), old_root.key()));
    assert_ne!(root.serial(), old_root.serial());
    let new = renew_document_signer(&old, later, [4; 16], &root, &root_signer()).unwrap();
    assert_eq!((new.subject(), new.key(), new.validity()), (old.subject(), old.key(), later));

    let roots = [old_root.clone(), root.clone()];
    let soon = later.not_before;
    assert_eq!(check_chain(&[new.as_der()], &roots, soon), Ok(new.clone()));
    assert_eq!(check_chain(&[old.as_der()], &roots, soon), Ok(old.clone()));
    assert_eq!(check_chain(&[old.as_der()], &roots[1..], soon), Ok(old.clone()));
    assert_eq!(check_chain(&[old.as_der()], &roots[1..], NOON), Err(ChainError::RootTime));
    assert_eq!(check_chain(&[new.as_der()], &roots, NOON), Err(ChainError::SignerTime));

    assert_eq!(renew_root(&old, later, [3; 16], &root_signer()), Err(IssueError::Issuer));
    assert_eq!(renew_root(&old_root, later, [3; 16], &signer()), Err(IssueError::Issuer));
    assert_eq!(
        renew_document_signer(&old_root, later, [4; 16], &root, &root_signer()),
        Err(IssueError::Issuer)
    );
}

#[test]
fn a_chain_is_refused_with_its_reason() {
    let (root, ds) = (root(), document_signer(signer().public_key()));
    let roots = [root.clone()];
    let check = |chain: &[&[u8]], at| check_chain(chain, &roots, at).map(drop);
    let der = ds.as_der();
    assert_eq!(check(&[], NOON), Err(ChainError::Length));
    assert_eq!(check(&[der, root.as_der(), root.as_der()], NOON), Err(ChainError::Length));
    assert_eq!(check(&[der, der], NOON), Err(ChainError::Untrusted));
    assert_eq!(check(&[root.as_der()], NOON), Err(ChainError::Usage));
    assert_eq!(check(&[b"no DER"], NOON), Err(ChainError::Certificate(CertificateError::Der)));
    assert_eq!(check_chain(&[der], &[], NOON).map(drop), Err(ChainError::Untrusted));
    assert_eq!(check_chain(&[der], std::slice::from_ref(&ds), NOON).map(drop), Err(ChainError::Untrusted));
    let Validity { not_before, not_after } = ds.validity();
    assert_eq!(check(&[der], not_before), Ok(()));
    assert_eq!(check(&[der], not_before - 1), Err(ChainError::SignerTime));
    assert_eq!(check(&[der], not_after), Ok(()));
    assert_eq!(check(&[der], not_after + 1), Err(ChainError::SignerTime));
    assert_eq!(check(&[der], root.validity().not_after + 1), Err(ChainError::RootTime));

    // Another authority with the same name and another key.
    let other_signer = Es256Signer::from_scalar(&[0x55; 32]).unwrap();
    let subject = root_subject();
    let other = make_root(&contact_terms(&subject), [1; 16], &other_signer).unwrap();
    assert_eq!(check_chain(&[der], &[other], NOON).map(drop), Err(ChainError::Untrusted));
}

#[test]
fn what_no_certificate_may_say_is_refused() {
    let good = root_subject();
    let terms = contact_terms(&good);
    let make = |terms: &Terms<'_>| make_root(terms, [1; 16], &root_signer()).map(drop);
    assert_eq!(make(&terms), Ok(()));
    assert_eq!(make_root(&terms, [1; 16], &signer()), Err(IssueError::RootAlgorithm));

    let with = |change: fn(&mut Subject)| {
        let mut subject = good.clone();
        change(&mut subject);
        make(&Terms { subject: &subject, ..terms })
    };
    assert!(with(|s| s.common_name = "京".repeat(64)).is_ok());
    for change in [
        (|s| s.country = "CHN".into()) as fn(&mut Subject),
        |s| s.country = "cn".into(),
        |s| s.common_name = " ".into(),
        |s| s.common_name = "京".repeat(65),
        |s| s.organisation = Some("a\nb".into()),
        |s| s.state = Some(String::new()),
    ] {
        assert!(matches!(with(change), Err(IssueError::Subject(_))));
    }
    for (not_before, not_after) in
        [(-1, 5), (NOON, NOON), (NOON, NOON - 1), (NOON, i64::MAX), (NOON, NOON + MAX_ROOT_S), (i64::MIN, 1)]
    {
        let validity = Validity { not_before, not_after };
        assert!(matches!(make(&Terms { validity, ..terms }), Err(IssueError::Validity(_))), "{validity:?}");
    }
    let validity = Validity { not_before: NOON, not_after: NOON + MAX_ROOT_S - 1 };
    assert_eq!(make(&Terms { validity, ..terms }), Ok(()));
    for contact in ["", "iaca", "@", "a@", "https://", "ftp://x", "https://京", "https://a b"] {
        assert!(matches!(make(&Terms { contact, ..terms }), Err(IssueError::Address { .. })), "{contact}");
    }
    assert_eq!(make(&Terms { contact: "iaca@office.example", ..terms }), Ok(()));
    assert!(matches!(make(&Terms { crl: "iaca@office.example", ..terms }), Err(IssueError::Address { .. })));
}

#[test]
fn a_document_signer_stays_within_its_root() {
    let (root, key) = (root(), signer().public_key().clone());
    let subject = root_subject();
    let of = root.validity();
    let make = |subject: &Subject, not_before, not_after| {
        let terms = Terms { validity: Validity { not_before, not_after }, ..contact_terms(subject) };
        make_document_signer(&terms, &key, [2; 16], &root, &root_signer()).map(drop)
    };
    assert_eq!(make(&subject, of.not_before, of.not_before + DAY), Ok(()));
    assert_eq!(make(&subject, of.not_after - DAY, of.not_after), Ok(()));
    assert!(matches!(make(&subject, of.not_before - 1, NOON), Err(IssueError::Validity(_))));
    assert!(matches!(make(&subject, of.not_after - DAY, of.not_after + 1), Err(IssueError::Validity(_))));
    assert!(matches!(make(&subject, NOON, NOON + MAX_DOCUMENT_SIGNER_S), Err(IssueError::Validity(_))));
    assert_eq!(make(&subject, NOON, NOON + MAX_DOCUMENT_SIGNER_S - 1), Ok(()));
    let elsewhere = Subject { country: "DE".into(), ..subject.clone() };
    assert_eq!(make(&elsewhere, NOON, NOON + DAY), Err(IssueError::Jurisdiction));
    let nowhere = Subject { state: None, ..subject.clone() };
    assert_eq!(make(&nowhere, NOON, NOON + DAY), Err(IssueError::Jurisdiction));

    let terms =
        Terms { validity: Validity { not_before: NOON, not_after: NOON + DAY }, ..contact_terms(&subject) };
    let ds = document_signer(&key);
    let other = Ed25519Signer::from_seed(&[1; 32]);
    for (issuer, issuer_signer, key) in
        [(&root, &other as &dyn Signer, &key), (&ds, &signer(), &key), (&root, &root_signer(), root.key())]
    {
        let refused = make_document_signer(&terms, key, [2; 16], issuer, issuer_signer);
        assert_eq!(refused, Err(IssueError::Issuer));
    }
}

#[test]
fn every_flipped_bit_of_a_certificate_is_refused() {
    let roots = [root()];
    for key in
        [signer().public_key().clone(), Es256Signer::from_scalar(&[9; 32]).unwrap().public_key().clone()]
    {
        let good = document_signer(&key).as_der().to_vec();
        every_bit(&good, |flipped, bit| {
            assert!(check_chain(&[flipped], &roots, NOON).is_err(), "bit {bit}");
        });
        for length in 0..good.len() {
            assert!(Certificate::from_der(&good[..length]).is_err(), "cut to {length}");
        }
        assert_eq!(Certificate::from_der(&[&good[..], &[0]].concat()), Err(CertificateError::Der));
    }
    assert_eq!(Certificate::from_der(&vec![0x30; MAX_CERTIFICATE + 1]), Err(CertificateError::TooLong));
    assert_eq!(Certificate::from_pem(&"-".repeat(3 * MAX_CERTIFICATE)), Err(CertificateError::TooLong));
    assert_eq!(Certificate::from_pem("no PEM"), Err(CertificateError::Pem));
}

/// 1,000 more certificates, 20 flips each.
#[test]
fn random_flips_of_random_certificates_are_refused() {
    let (roots, subject) = ([root()], root_subject());
    let validity = Validity { not_before: NOON - DAY, not_after: NOON + 400 * DAY };
    let terms = Terms { validity, ..contact_terms(&subject) };
    for seed in 0..1_000u32 {
        let random = [seed.to_be_bytes(); 4].concat().try_into().expect("16 bytes");
        let good =
            make_document_signer(&terms, signer().public_key(), random, &roots[0], &root_signer()).unwrap();
        assert!(check_chain(&[good.as_der()], &roots, NOON).is_ok());
        random_bits(good.as_der(), seed, 20, |flipped, bit| {
            assert!(check_chain(&[flipped], &roots, NOON).is_err(), "{seed}, bit {bit}");
        });
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        proptest::prop_assert!(Certificate::from_der(&bytes).is_err());
    }

    #[test]
    fn any_damage_gets_an_answer(at in 0..500usize, bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..8)) {
        let mut der = root().as_der().to_vec();
        let at = at % (der.len() - bytes.len());
        der[at..at + bytes.len()].copy_from_slice(&bytes);
        let read = Certificate::from_der(&der);
        proptest::prop_assert!(der == root().as_der() || read.is_err() || !read.unwrap().is_root());
    }
}
