//! Which verdict, and because of which check.

use sealwright_credentials::mdoc::{NAMESPACE, Report, verify};
use sealwright_credentials::x509::{Terms, make_root};
use sealwright_credentials::{Es256Signer, Signer as _, Standing, Verdict};

use super::sample::{DAY, Sample, contact_terms, document_signer, root, root_subject};
use crate::sample::{NOON, date, signer};

fn at(sample: &Sample, at: i64, standing: Option<Standing>) -> Report {
    verify(sample.issue().as_bytes(), &[root()], at, standing)
}

fn failed(report: &Report) -> Vec<&'static str> {
    report.checks.iter().filter(|check| check.passed == Some(false)).map(|check| check.name).collect()
}

#[test]
fn a_good_mdoc_passes_every_check() {
    for sample in [Sample::new(), Sample::es256()] {
        let report = at(&sample, NOON, Some(Standing::Active));
        assert_eq!(report.verdict, Verdict::Valid);
        let names: Vec<_> = report.checks.iter().map(|check| (check.name, check.passed)).collect();
        let expected = [
            "form",
            "chain",
            "algorithm",
            "signature",
            "mso",
            "digests",
            "country",
            "signing_time",
            "validity",
            "licence_dates",
            "standing",
        ];
        assert_eq!(names, expected.map(|name| (name, Some(true))));
    }
}

#[test]
fn time_decides() {
    let sample = Sample::new();
    for (time, verdict, check) in [
        (NOON - 300, Verdict::Valid, &[][..]),
        (NOON - 301, Verdict::Invalid, &["validity"]),
        (NOON + 90 * DAY, Verdict::Valid, &[]),
        (NOON + 90 * DAY + 1, Verdict::Expired, &["validity"]),
        (NOON + 400 * DAY + 1, Verdict::Invalid, &["chain"]),
        (NOON - DAY - 1, Verdict::Invalid, &["chain"]),
        (i64::MAX, Verdict::Invalid, &["chain"]),
        (i64::MIN, Verdict::Invalid, &["chain"]),
    ] {
        let report = at(&sample, time, None);
        assert_eq!((report.verdict, &failed(&report)[..]), (verdict, check), "{time}");
    }
    // A licence that begins later is not valid yet, and is not issued beyond its end.
    let mut sample = Sample::new();
    sample.content.valid_from = date(2026, 11, 23);
    assert_eq!(failed(&at(&sample, NOON, None)), ["licence_dates"]);
    assert_eq!(at(&sample, NOON + DAY, None).verdict, Verdict::Valid);
    let mut sample = Sample::new();
    sample.content.valid_until = Some(date(2026, 11, 24));
    sample.validity.valid_until = NOON + 2 * DAY;
    sample.validity.expected_update = None;
    let report = at(&sample, NOON + 3 * DAY, None);
    assert_eq!((report.verdict, failed(&report)), (Verdict::Expired, vec!["validity", "licence_dates"]));
}

#[test]
fn standing_decides() {
    for (standing, verdict) in [
        (Standing::Active, Verdict::Valid),
        (Standing::Suspended, Verdict::ShownRed),
        (Standing::Hidden, Verdict::Invalid),
        (Standing::Invalid, Verdict::Invalid),
        (Standing::Superseded, Verdict::Invalid),
    ] {
        assert_eq!(at(&Sample::new(), NOON, Some(standing)).verdict, verdict);
    }
    let mut sample = Sample::new();
    for (codes, verdict) in [("A", Verdict::Valid), ("BD", Verdict::ShownRed), ("E", Verdict::Invalid)] {
        sample.content.status_at_issue = codes.into();
        assert_eq!(at(&sample, NOON, None).verdict, verdict);
    }
}

#[test]
fn who_is_not_trusted_is_unknown() {
    let issued = Sample::new().issue();
    let stranger = Es256Signer::from_scalar(&[0x55; 32]).expect("in range");
    let other = make_root(&contact_terms(&root_subject()), [1; 16], &stranger).expect("in order");
    for roots in [&[][..], &[other], &[document_signer(signer().public_key())]] {
        let report = verify(issued.as_bytes(), roots, NOON, None);
        assert_eq!((report.verdict, failed(&report)), (Verdict::Unknown, vec!["chain"]));
        assert_eq!(report.document, None);
    }
}

#[test]
fn a_chain_may_end_in_its_trusted_root() {
    let mut sample = Sample::new();
    sample.chain.push(root());
    assert_eq!(at(&sample, NOON, None).verdict, Verdict::Valid);
    // The same authority's other certificate is not the trusted one.
    let subject = root_subject();
    let again = make_root(
        &Terms { crl: "https://other.example", ..contact_terms(&subject) },
        [9; 16],
        &super::sample::root_signer(),
    );
    let again = again.expect("in order");
    assert_eq!(verify(sample.issue().as_bytes(), &[again], NOON, None).verdict, Verdict::Unknown);
}

#[test]
fn what_is_not_disclosed_is_said_to_be_unknown() {
    let age = Sample::new().issue().disclose(|namespace, id| namespace == NAMESPACE && id == "age_over_18");
    let report = verify(age.as_bytes(), &[root()], NOON, None);
    assert_eq!(report.verdict, Verdict::Valid);
    let open: Vec<_> = report.checks.iter().filter(|check| check.passed.is_none()).map(|c| c.name).collect();
    assert_eq!(open, ["country", "licence_dates", "standing"]);
    assert_eq!(report.document.expect("valid").elements.len(), 1);
    assert!(age.as_bytes().len() < 4_500);
    let nothing = Sample::new().issue().disclose(|_, _| false);
    assert_eq!(verify(nothing.as_bytes(), &[root()], NOON, None).document.expect("valid").elements, []);
}
