//! What an inspector is told.

use sealwright_credentials::verify::CLOCK_SKEW_S;
use sealwright_credentials::{
    Content, Digest, Ed25519Signer, Evidence, KeySet, KeyState, NoEvidence, Report,
};
use sealwright_credentials::{SealError, Signature, Signed, Signer, Standing, Verdict};
use sealwright_credentials::{prepare, seal, verify, verify_with};

use crate::sample::{NOON, code, content, date, keys, signer};

fn ask(content: &Content, at: i64, standing: Option<Standing>) -> Verdict {
    verify(code(content).as_str(), &keys(), at, standing).verdict
}

fn failed(report: &Report) -> Vec<&'static str> {
    report.checks.iter().filter(|check| check.passed == Some(false)).map(|check| check.name).collect()
}

#[test]
fn a_good_code_passes_every_check() {
    let report = verify(code(&content()).as_str(), &keys(), NOON, Some(Standing::Active));
    assert_eq!(report.verdict, Verdict::Valid);
    let names: Vec<_> = report.checks.iter().map(|check| check.name).collect();
    let all = [
        "form",
        "type",
        "key",
        "algorithm",
        "signature",
        "content",
        "code_time",
        "licence_dates",
        "standing",
    ];
    assert_eq!(names, all);
    assert!(report.checks.iter().all(|check| check.passed == Some(true)));
}

#[test]
fn offline_the_report_says_that_nobody_was_asked() {
    let report = verify(code(&content()).as_str(), &keys(), NOON, None);
    assert_eq!(report.verdict, Verdict::Valid);
    let standing = report.checks.last().expect("a check");
    assert_eq!((standing.name, standing.passed), ("standing", None));
    assert!(standing.detail.contains("not consulted"));
}

#[test]
fn the_authority_has_the_last_word_on_standing() {
    for (standing, verdict) in [
        (Standing::Active, Verdict::Valid),
        (Standing::Suspended, Verdict::ShownRed),
        (Standing::Hidden, Verdict::Invalid),
        (Standing::Invalid, Verdict::Invalid),
        (Standing::Superseded, Verdict::Invalid),
    ] {
        assert_eq!(ask(&content(), NOON, Some(standing)), verdict, "{standing:?}");
    }
}

#[test]
fn offline_the_most_severe_status_at_issue_decides() {
    for (status, verdict) in [
        ("A", Verdict::Valid),
        ("HI", Verdict::Valid),
        ("BD", Verdict::ShownRed),
        ("AM", Verdict::ShownRed),
        ("BDJ", Verdict::Invalid),
        ("AG", Verdict::Invalid),
        ("Z", Verdict::Invalid),
        ("AO", Verdict::Invalid),
    ] {
        let content = Content { status_at_issue: status.into(), ..content() };
        assert_eq!(ask(&content, NOON, None), verdict, "{status}");
        assert_eq!(ask(&content, NOON, Some(Standing::Active)), Verdict::Valid, "{status} restored");
    }
}

#[test]
fn a_code_expires_on_the_second() {
    let content = Content { expires: Some(NOON), ..content() };
    assert_eq!(ask(&content, NOON - 1, None), Verdict::Valid);
    assert_eq!(ask(&content, NOON, None), Verdict::Expired);
    assert_eq!(ask(&content, NOON, Some(Standing::Suspended)), Verdict::Expired);
    assert_eq!(ask(&content, NOON, Some(Standing::Invalid)), Verdict::Invalid);
}

#[test]
fn a_code_from_the_future_is_refused_beyond_the_skew_of_clocks() {
    let content = Content { generated_at: NOON, ..content() };
    assert_eq!(ask(&content, NOON - CLOCK_SKEW_S, None), Verdict::Valid);
    assert_eq!(ask(&content, NOON - CLOCK_SKEW_S - 1, None), Verdict::Invalid);
}

#[test]
fn validity_begins_and_ends_at_midnight_in_beijing() {
    // 2026-11-22 00:00 in Beijing is 16:00 UTC of the day before.
    let midnight = NOON - 12 * 3600;
    let content = Content { generated_at: midnight - 3600, ..content() };
    let last_day_before = Content { valid_until: Some(date(2026, 11, 21)), ..content.clone() };
    assert_eq!(ask(&last_day_before, midnight - 1, None), Verdict::Valid);
    assert_eq!(ask(&last_day_before, midnight, None), Verdict::ShownRed);
    assert_eq!(ask(&last_day_before, midnight, Some(Standing::Active)), Verdict::ShownRed);

    let first_day = Content { valid_from: date(2026, 11, 22), ..content };
    assert_eq!(ask(&first_day, midnight - 1, None), Verdict::Invalid);
    assert_eq!(ask(&first_day, midnight, None), Verdict::Valid);
}

#[test]
fn a_clock_out_of_range_is_no_reason_to_pass() {
    for at in [i64::MIN, i64::MAX, -1, 9_000_000_000_000_000] {
        assert!(ask(&content(), at, Some(Standing::Active)) > Verdict::Valid, "{at}");
    }
}

#[test]
fn a_key_that_is_not_in_the_set_is_unknown() {
    let stranger = Ed25519Signer::from_seed(&[1; 32]);
    let set = KeySet::of([(stranger.public_key().clone(), KeyState::Active)]);
    for set in [set, KeySet::default()] {
        let report = verify(code(&content()).as_str(), &set, NOON, None);
        assert_eq!((report.verdict, failed(&report)), (Verdict::Unknown, vec!["key"]));
        assert_eq!(report.content, None);
    }
}

#[test]
fn a_verify_only_key_verifies_and_a_retired_one_does_not() {
    let mut keys = keys();
    keys.put(signer().public_key().clone(), KeyState::VerifyOnly);
    assert_eq!(verify(code(&content()).as_str(), &keys, NOON, None).verdict, Verdict::Valid);
    keys.put(signer().public_key().clone(), KeyState::Retired);
    let report = verify(code(&content()).as_str(), &keys, NOON, None);
    assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["key"]));
    assert_eq!(report.content, None);
}

#[test]
fn a_pending_key_verifies_for_those_who_fetched_it_before_it_signed() {
    let keys = KeySet::of([(signer().public_key().clone(), KeyState::Pending)]);
    assert_eq!(verify(code(&content()).as_str(), &keys, NOON, None).verdict, Verdict::Valid);
}

/// A log that saw one message at one time.
struct Log(Digest, i64);

impl Evidence for Log {
    fn seen_at(&self, signed: &Signed<'_>) -> Option<i64> {
        (self.0 == *signed.digest).then_some(self.1)
    }
}

#[test]
fn nothing_of_a_compromised_key_passes_unless_a_log_saw_it_before() {
    const SINCE: i64 = NOON - 30;
    let mut keys = keys();
    keys.put(signer().public_key().clone(), KeyState::Compromised { since: SINCE });
    let code = code(&content());
    let prepared = prepare(&content(), signer().key_id(), signer().algorithm()).expect("in order");
    let ask = |evidence: &dyn Evidence| verify_with(code.as_str(), &keys, NOON, None, evidence);

    // The code says that it was generated before: so would a thief.
    for report in [
        verify(code.as_str(), &keys, NOON, None),
        ask(&NoEvidence),
        ask(&Log(*prepared.digest(), SINCE)),
        ask(&Log(*prepared.digest(), NOON)),
        ask(&Log(Digest::of(b"another"), SINCE - 1)),
    ] {
        assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["key"]));
        assert_eq!(report.content, None);
        assert!(report.checks.last().expect("a check").detail.contains("compromised"));
    }
    assert_eq!(ask(&Log(*prepared.digest(), SINCE - 1)).verdict, Verdict::Valid);
    assert_eq!(ask(&Log(*prepared.digest(), i64::MIN)).verdict, Verdict::Valid);

    // Evidence saves nothing that is not genuine.
    let other = Ed25519Signer::from_seed(&[1; 32]);
    let forged = seal(&prepared, &other.sign(prepared.to_be_signed()).expect("signs")).expect("right length");
    let report = verify_with(forged.as_str(), &keys, NOON, None, &Log(*prepared.digest(), SINCE - 1));
    assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["signature"]));
}

#[test]
fn another_keys_signature_is_refused() {
    let other = Ed25519Signer::from_seed(&[1; 32]);
    let prepared = prepare(&content(), signer().key_id(), signer().algorithm()).expect("in order");
    let wrong = prepared.sign(&other);
    assert_eq!(wrong, Err(SealError::WrongKey { prepared: *signer().key_id(), signer: *other.key_id() }));

    let forged = seal(&prepared, &other.sign(prepared.to_be_signed()).expect("signs")).expect("right length");
    let mut keys = keys();
    keys.put(other.public_key().clone(), KeyState::Active);
    let report = verify(forged.as_str(), &keys, NOON, None);
    assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["signature"]));
    assert_eq!(report.content, None);

    let short = seal(&prepared, &Signature::from_bytes([0; 63]));
    assert_eq!(short, Err(SealError::Length { got: 63, wanted: 64 }));
}

#[test]
fn verdicts_are_written_as_people_say_them() {
    for (verdict, text) in [
        (Verdict::Valid, "VALID"),
        (Verdict::ShownRed, "SHOWN RED"),
        (Verdict::Invalid, "INVALID"),
        (Verdict::Expired, "EXPIRED CODE"),
        (Verdict::Unknown, "UNKNOWN"),
    ] {
        assert_eq!(verdict.to_string(), text);
        assert_eq!(serde_json::to_value(verdict).expect("serialises"), text);
    }
}
