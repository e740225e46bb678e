//! What a verifier is told about genuine credentials.

use sealwright_credentials::sd_jwt::{Report, Request, verify, verify_standing};
use sealwright_credentials::verify::CLOCK_SKEW_S;
use sealwright_credentials::{Content, Ed25519Signer, KeySet, KeyState, Signer, Standing, Verdict};

use super::made::*;
use crate::sample::{NOON, content, date, keys, signer};

fn report(content: &Content, at: i64) -> Report {
    verify(credential_of(content, &signer(), &holder()).as_str(), &keys(), at, &request())
}

fn verdict(content: &Content, at: i64) -> Verdict {
    report(content, at).verdict
}

#[test]
fn a_good_presentation_passes_every_check() {
    let shown = credential().present_to(&audience(), &["validity"], &holder()).expect("presents");
    let request = Request { issuer: Some("https://licences.example"), ..bound_request() };
    let report = verify(&shown, &keys(), NOON, &request);
    assert_eq!(report.verdict, Verdict::Valid);
    let names: Vec<_> = report.checks.iter().map(|check| (check.name, check.passed)).collect();
    let passed = [
        "form",
        "type",
        "key",
        "algorithm",
        "signature",
        "disclosures",
        "content",
        "issuer",
        "binding",
        "token_time",
        "licence_dates",
    ];
    let expected: Vec<_> =
        passed.map(|name| (name, Some(true))).into_iter().chain([("standing", None)]).collect();
    assert_eq!(names, expected);
}

#[test]
fn what_was_not_asked_or_shown_is_not_said_to_be_good() {
    let shown = credential().present(&["name"]).expect("presents");
    let report = verify(&shown, &keys(), NOON, &request());
    let open: Vec<_> =
        report.checks.iter().filter(|check| check.passed.is_none()).map(|check| check.name).collect();
    assert_eq!(open, ["issuer", "binding", "licence_dates", "standing"]);
}

#[test]
fn another_issuer_or_type_is_refused() {
    let text = credential();
    for (request, check) in [
        (Request { issuer: Some("https://other.example"), ..request() }, "issuer"),
        (Request { vct: "https://licences.example/types/library-card/1", ..request() }, "content"),
    ] {
        let report = verify(text.as_str(), &keys(), NOON, &request);
        assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec![check]));
        assert_eq!(report.presented, None);
    }
}

#[test]
fn a_credential_expires_on_the_second() {
    let content = Content { expires: Some(NOON), ..content() };
    assert_eq!(verdict(&content, NOON - 1), Verdict::Valid);
    assert_eq!(verdict(&content, NOON), Verdict::Expired);
    assert_eq!(verdict(&content, i64::MAX), Verdict::Invalid);
}

#[test]
fn a_credential_from_the_future_is_refused_beyond_the_skew_of_clocks() {
    let content = Content { generated_at: NOON, ..content() };
    assert_eq!(verdict(&content, NOON - CLOCK_SKEW_S), Verdict::Valid);
    assert_eq!(verdict(&content, NOON - CLOCK_SKEW_S - 1), Verdict::Invalid);
    assert_eq!(verdict(&content, i64::MIN), Verdict::Invalid);

    let (header, mut payload) = honest(&signer());
    payload["nbf"] = (NOON + CLOCK_SKEW_S).into();
    let text = format!("{}~", signed(&header.to_string(), &payload.to_string(), &signer()));
    assert_eq!(ask(&text).verdict, Verdict::Valid);
    assert_eq!(failed(&verify(&text, &keys(), NOON - 1, &request())), ["token_time"]);
}

#[test]
fn a_disclosed_validity_period_is_judged_by_the_day_in_beijing() {
    let midnight = NOON - 12 * 3600;
    let content = Content { generated_at: midnight - 3600, ..content() };
    let over = Content { valid_until: Some(date(2026, 11, 21)), ..content.clone() };
    assert_eq!(verdict(&over, midnight - 1), Verdict::Valid);
    assert_eq!(verdict(&over, midnight), Verdict::ShownRed);
    let first_day = Content { valid_from: date(2026, 11, 22), ..content.clone() };
    assert_eq!(verdict(&first_day, midnight - 1), Verdict::Invalid);
    assert_eq!(verdict(&first_day, midnight), Verdict::Valid);
    let long_term = Content { valid_until: None, ..content };
    assert_eq!(verdict(&long_term, 4_000_000_000), Verdict::Valid);
}

#[test]
fn a_disclosed_status_at_issue_is_judged() {
    for (status, expected) in
        [("A", Verdict::Valid), ("HI", Verdict::Valid), ("BD", Verdict::ShownRed), ("BDJ", Verdict::Invalid)]
    {
        assert_eq!(
            verdict(&Content { status_at_issue: status.into(), ..content() }, NOON),
            expected,
            "{status}"
        );
    }
}

#[test]
fn the_key_decides() {
    for issuer in issuers() {
        let text = credential_of(&content(), &*issuer, &holder());
        let mut keys = keys_of(&*issuer);
        let mut ask = |state| {
            keys.put(issuer.public_key().clone(), state);
            let report = verify(text.as_str(), &keys, NOON, &request());
            (report.verdict, failed(&report))
        };
        assert_eq!(ask(KeyState::VerifyOnly), (Verdict::Valid, vec![]));
        assert_eq!(ask(KeyState::Retired), (Verdict::Invalid, vec!["key"]));

        let stranger = Ed25519Signer::from_seed(&[1; 32]);
        let others = KeySet::of([(stranger.public_key().clone(), KeyState::Active)]);
        let report = verify(text.as_str(), &others, NOON, &request());
        assert_eq!((report.verdict, failed(&report)), (Verdict::Unknown, vec!["key"]));
        assert_eq!(report.presented, None);

        // The stranger signs in the issuer's name.
        let (header, payload) = honest(&*issuer);
        let forged = format!("{}~", signed(&header.to_string(), &payload.to_string(), &stranger));
        let both = KeySet::of([
            (stranger.public_key().clone(), KeyState::Active),
            (issuer.public_key().clone(), KeyState::Active),
        ]);
        let report = verify(&forged, &both, NOON, &request());
        assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["signature"]));
    }
}

#[test]
fn the_authoritys_word_counts_more_than_the_status_at_issue_and_less_than_the_rest() {
    let ask = |content: &Content, at, standing| {
        let text = credential_of(content, &signer(), &holder());
        verify_standing(text.as_str(), &keys(), at, &request(), standing).verdict
    };
    for (standing, verdict) in [
        (Standing::Active, Verdict::Valid),
        (Standing::Suspended, Verdict::ShownRed),
        (Standing::Hidden, Verdict::Invalid),
        (Standing::Invalid, Verdict::Invalid),
        (Standing::Superseded, Verdict::Invalid),
    ] {
        assert_eq!(ask(&content(), NOON, standing), verdict, "{standing:?}");
    }
    let red = Content { status_at_issue: "B".into(), ..content() };
    assert_eq!(verdict(&red, NOON), Verdict::ShownRed);
    assert_eq!(ask(&red, NOON, Standing::Active), Verdict::Valid);
    let over = Content { expires: Some(NOON), ..content() };
    assert_eq!(ask(&over, NOON, Standing::Active), Verdict::Expired);
    let report = verify_standing("nonsense", &keys(), NOON, &request(), Standing::Active);
    assert_eq!((report.verdict, report.presented), (Verdict::Unknown, None));
}
