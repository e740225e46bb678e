//! Two mdocs, changed in every way one bit can be.

use proptest::prelude::*;
use sealwright_credentials::Verdict;
use sealwright_credentials::mdoc::{IssuerSigned, MAX_DOCUMENT, MdocError, verify};

use super::sample::{Sample, root};
use crate::flips::{every_bit, random_bits};
use crate::sample::NOON;

/// Without portrait and most else: each flip costs a chain of signatures.
fn small(sample: &Sample) -> IssuerSigned {
    sample.issue().disclose(|_, identifier| matches!(identifier, "family_name" | "classes"))
}

fn refuses_every_flipped_bit(sample: &Sample) {
    let roots = [root()];
    let good = small(sample);
    assert_eq!(verify(good.as_bytes(), &roots, NOON, None).verdict, Verdict::Valid);
    every_bit(good.as_bytes(), |flipped, bit| {
        let report = verify(flipped, &roots, NOON, None);
        assert!(report.verdict >= Verdict::Invalid, "bit {bit}: {:?}", report.verdict);
        assert_eq!(report.document, None);
    });
}

#[test]
fn every_flipped_bit_of_an_ed25519_mdoc_is_refused() {
    refuses_every_flipped_bit(&Sample::new());
}

#[test]
fn every_flipped_bit_of_an_es256_mdoc_is_refused() {
    refuses_every_flipped_bit(&Sample::es256());
}

/// 1,000 more mdocs, each with another signature, 20 flips each.
#[test]
fn random_flips_of_random_mdocs_are_refused() {
    let roots = [root()];
    let mut sample = Sample { ages: vec![], status: None, ..Sample::new() };
    for seed in 1..=1_000 {
        sample.content.version = seed;
        let good = small(&sample);
        assert_eq!(verify(good.as_bytes(), &roots, NOON, None).verdict, Verdict::Valid);
        random_bits(good.as_bytes(), seed, 20, |flipped, bit| {
            let report = verify(flipped, &roots, NOON, None);
            assert!(report.verdict >= Verdict::Invalid && report.document.is_none(), "{seed}, bit {bit}");
        });
    }
}

#[test]
fn every_cut_and_every_addition_is_refused() {
    let roots = [root()];
    let good = small(&Sample::new());
    let bytes = good.as_bytes();
    for length in 0..bytes.len() {
        assert_eq!(verify(&bytes[..length], &roots, NOON, None).verdict, Verdict::Invalid, "cut to {length}");
    }
    for extra in [0x00, 0xA0, 0xF6, 0xFF] {
        assert_eq!(verify(&[bytes, &[extra]].concat(), &roots, NOON, None).verdict, Verdict::Invalid);
    }
    assert_eq!(IssuerSigned::from_bytes(bytes.to_vec()), Ok(good.clone()));
    assert_eq!(IssuerSigned::from_bytes(vec![0; MAX_DOCUMENT + 1]), Err(MdocError::TooLong));
    assert_eq!(IssuerSigned::from_bytes(bytes[..40].to_vec()), Err(MdocError::CutShort));
    assert_eq!(IssuerSigned::from_bytes(b"\x80".to_vec()), Err(MdocError::Form));
}

/// Elements of one mdoc do not fit under the signature of another, nor in another place.
#[test]
fn a_borrowed_element_is_refused() {
    let mut other = Sample::new();
    other.content.classes = "A1A2D".into();
    let (mine, theirs) = (Sample::new().issue(), other.issue());
    let body = |issued: &IssuerSigned| {
        let bytes = issued.as_bytes();
        let at = bytes.windows(10).position(|w| w == b"issuerAuth").expect("there");
        (bytes[..at].to_vec(), bytes[at..].to_vec())
    };
    let mixed = [body(&theirs).0, body(&mine).1].concat();
    let report = verify(&mixed, &[root()], NOON, None);
    assert_eq!(report.verdict, Verdict::Invalid);
    let last = report.checks.last().expect("checks");
    assert_eq!((last.name, last.passed), ("digests", Some(false)));
    assert_eq!(report.document, None);

    let mut renamed = mine.disclose(|_, identifier| identifier == "classes").as_bytes().to_vec();
    let at = renamed.windows(20).position(|w| w == b"org.iso.18013.5.1.CN").expect("there");
    renamed[at + 18..at + 20].copy_from_slice(b"XX");
    assert_eq!(verify(&renamed, &[root()], NOON, None).verdict, Verdict::Invalid);
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400), at: i64) {
        prop_assert_eq!(verify(&bytes, &[root()], at, None).verdict, Verdict::Invalid);
    }

    #[test]
    fn any_damage_gets_an_answer(at in 0..4_000usize, bytes in prop::collection::vec(any::<u8>(), 1..12)) {
        let good = small(&Sample::new());
        let mut damaged = good.as_bytes().to_vec();
        let at = at % (damaged.len() - bytes.len());
        damaged[at..at + bytes.len()].copy_from_slice(&bytes);
        let verdict = verify(&damaged, &[root()], NOON, None).verdict;
        prop_assert!(damaged == good.as_bytes() || verdict >= Verdict::Invalid);
    }
}
