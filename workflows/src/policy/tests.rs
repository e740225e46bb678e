#![allow(clippy::unwrap_used, reason = "a test may stop")]

use sealwright_engine::Timestamp;

use super::{HintRules, IntakeRules, Locale, Path, Policy, PolicyRefused, SHIPPED, Severity, Step};
use crate::register::Outcome;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an RFC 3339 time")
}

fn refused(toml: &str) -> String {
    Policy::from_toml(toml).expect_err(toml).to_string()
}

#[test]
fn the_shipped_policy_holds() {
    let policy = Policy::default();
    assert_eq!(policy.check(), Ok(()));
    assert_eq!(policy.paths.retained.steps, [Step::Information, Step::Liveness, Step::Submit]);
    assert!(!policy.paths.of(Path::Retained).review && policy.paths.of(Path::Album).review);
    assert_eq!(policy.reasons["malicious"].severity, Severity::Barred);
    for (code, reason) in &policy.reasons {
        for text in [&reason.text, &reason.fix] {
            assert!(text.get(Locale::En).ends_with('.') && text.get(Locale::Zh).ends_with('。'), "{code}");
        }
    }
}

#[test]
fn an_offices_own_policy_changes_what_it_names_and_nothing_else() {
    let shipped = Policy::default();
    let own = Policy::from_toml(
        r#"
        [review]
        undo_seconds = 0
        cut_off = "17:00:00"
        [status]
        P = "red"
        [reasons.cartoon]
        severity = "refused"
        text = { en = "A drawing.", zh = "绘画。" }
        fix = { en = "Give a photo.", zh = "请提供照片。" }
        "#,
    )
    .unwrap();
    assert_eq!(own.review.undo_seconds, 0);
    assert_eq!(own.review.working_days, shipped.review.working_days);
    assert_eq!(own.status.judge("P".parse().unwrap()).outcome, Outcome::Red);
    assert_eq!(own.status.judge("D".parse().unwrap()).outcome, Outcome::Red);
    assert_eq!(own.reasons.len(), shipped.reasons.len() + 1);
    assert_eq!(own.roll_out, shipped.roll_out);
    assert_ne!(own, shipped);
}

#[test]
fn a_typing_error_is_not_a_rule() {
    let text = refused("[review]\nundo_secconds = 30");
    assert!(text.contains("undo_secconds") && text.contains("undo_seconds"), "{text}");
    let text = refused("[liveness]\nthreshold = \"high\"");
    assert!(text.contains("threshold") || text.contains("invalid type"), "{text}");
    assert!(refused("[[[").contains("cannot be read"));
    assert!(refused("zone = \"Asia/Sanghai\"").contains("Sanghai"));
    assert!(refused("[reasons.blur]\nseverity = \"fixable\"").contains("missing field"));
    assert!(refused("[status]\nP = \"pink\"").contains("pink"));
    assert!(refused("calendar = []").contains("calendar"));
}

#[test]
fn every_number_has_bounds() {
    // Each key is found in the shipped text, set beyond any bound, and refused by its name.
    let numbers: Vec<(&str, &str)> = {
        let mut table = "";
        let lines = SHIPPED.lines().filter_map(|line| {
            if let Some(name) = line.strip_prefix('[') {
                table = name.trim_end_matches(']');
                return None;
            }
            let (key, value) = line.split_once(" = ")?;
            value.parse::<u32>().is_ok().then_some((table, key))
        });
        lines.collect()
    };
    assert!(numbers.len() >= 24, "{numbers:?}");
    for (table, key) in numbers {
        let text = refused(&format!("[{table}]\n{key} = 4000000000"));
        assert!(text.contains(key) || text.contains("4000000000"), "{table}.{key}: {text}");
        if !matches!(key, "undo_seconds" | "photo_lock_months" | "approved_per_mille" | "rejected_per_mille")
        {
            let text = refused(&format!("[{table}]\n{key} = 0"));
            assert!(text.contains(key), "{table}.{key}: {text}");
        }
    }
}

#[test]
fn rules_that_contradict_each_other_are_refused() {
    let rows = [
        ("[silence]\nremind_after_hours = 720", "silence"),
        ("[alerts]\nfirst_after_minutes = 2000", "alerts"),
        ("[notices]\nquiet = { from = \"07:00:00\", until = \"23:30:00\" }", "notices.quiet"),
        ("[notices]\nquiet = { from = \"20:00:00\", until = \"12:00:01\" }", "notices.quiet"),
        ("roll_out = []", "roll_out"),
        ("[paths.retained]\nsteps = [\"submit\", \"liveness\"]", "paths.retained"),
        ("[paths.retained]\nsteps = [\"photo\", \"preview\", \"submit\"]", "paths.retained"),
        ("[paths.retained]\nreview = true", "paths.retained"),
        ("[paths.camera]\nsteps = [\"preview\", \"photo\", \"submit\"]", "paths.camera"),
        ("[paths.album]\nsteps = [\"photo\", \"preview\", \"photo\", \"submit\"]", "paths.album"),
        ("[paths.album]\nsteps = [\"liveness\", \"submit\"]", "paths.album"),
        (
            "[reasons.Bad]\nseverity = \"fixable\"\ntext = { en = \"\", zh = \"\" }\nfix = { en = \"\", zh = \"\" }",
            "reasons.Bad",
        ),
    ];
    for (toml, key) in rows {
        match Policy::from_toml(toml) {
            Err(PolicyRefused::Contradiction { key: found, .. }) => assert_eq!(found, key, "{toml}"),
            other => panic!("{toml}: {other:?}"),
        }
    }
}

#[test]
fn a_review_is_due_at_the_end_of_the_next_working_day() {
    let policy = Policy::default();
    let rows = [
        ("2026-01-05T08:00:00Z", "2026-01-06T16:00:00Z", false),
        // A Friday before the weekend, and the eve of National Day.
        ("2026-01-09T08:00:00Z", "2026-01-12T16:00:00Z", false),
        ("2026-09-30T08:00:00Z", "2026-10-08T16:00:00Z", false),
        // The next year's paper is not out yet.
        ("2026-12-31T02:00:00Z", "2027-01-01T16:00:00Z", true),
    ];
    for (submitted, due, provisional) in rows {
        assert_eq!(policy.review_due(at(submitted)), (at(due), provisional), "{submitted}");
    }
}

#[test]
fn a_photo_lock_ends_at_midnight_six_months_on() {
    let policy = Policy::default();
    let rows = [
        ("2026-01-05T08:00:00Z", "2026-07-04T16:00:00Z"),
        // 16:00 UTC is the next day in Shanghai.
        ("2026-01-05T16:00:00Z", "2026-07-05T16:00:00Z"),
        // There is no 31 February.
        ("2025-08-31T08:00:00Z", "2026-02-27T16:00:00Z"),
    ];
    for (from, end) in rows {
        assert_eq!(policy.photo_lock_end(at(from)), at(end), "{from}");
    }
    // Where midnight does not exist, the lock ends with the jump: 00:00 became 01:00.
    let cairo = Policy::from_toml("zone = \"Africa/Cairo\"").unwrap();
    assert_eq!(cairo.photo_lock_end(at("2023-10-28T10:00:00Z")), at("2024-04-27T21:00:00Z"));
    assert_eq!(cairo.photo_lock_end(at("2023-10-26T10:00:00Z")), at("2024-04-25T22:00:00Z"));
}

#[test]
fn quiet_hours_are_those_of_the_zone_and_end_when_they_say() {
    let policy = Policy::default();
    let rows = [
        // 21:59:59, 22:00, midnight, 07:59:59 and 08:00 in Shanghai.
        ("2026-01-05T13:59:59Z", None),
        ("2026-01-05T14:00:00Z", Some("2026-01-06T00:00:00Z")),
        ("2026-01-05T16:00:00Z", Some("2026-01-06T00:00:00Z")),
        ("2026-01-05T23:59:59Z", Some("2026-01-06T00:00:00Z")),
        ("2026-01-06T00:00:00Z", None),
        ("2026-01-06T04:00:00Z", None),
    ];
    for (now, end) in rows {
        assert_eq!(policy.quiet_until(at(now)), end.map(at), "{now}");
    }
    let quiet = |from: &str, until: &str, zone: &str| {
        let rules = format!("zone = {zone:?}\n[notices]\nquiet = {{ from = {from:?}, until = {until:?} }}");
        Policy::from_toml(&rules).unwrap()
    };
    let noon = quiet("12:00:00", "14:00:00", "Asia/Shanghai");
    assert_eq!(noon.quiet_until(at("2026-01-05T04:30:00Z")), Some(at("2026-01-05T06:00:00Z")));
    assert_eq!(noon.quiet_until(at("2026-01-05T15:00:00Z")), None);
    let never = quiet("22:00:00", "22:00:00", "Asia/Shanghai");
    assert_eq!(never.quiet_until(at("2026-01-05T14:00:00Z")), None);
    // Berlin, 29 March 2026: 02:00 became 03:00. 25 October: 03:00 became 02:00, and 02:30 was there twice.
    let berlin = quiet("22:00:00", "02:30:00", "Europe/Berlin");
    assert_eq!(berlin.quiet_until(at("2026-03-29T00:30:00Z")), Some(at("2026-03-29T01:30:00Z")));
    assert_eq!(berlin.quiet_until(at("2026-10-25T00:00:00Z")), Some(at("2026-10-25T00:30:00Z")));
    assert_eq!(berlin.quiet_until(at("2026-10-25T01:10:00Z")), None, "it has ended once already");
}

#[test]
fn alerts_grow_with_the_waiting_up_to_a_day() {
    let policy = Policy::default();
    let since = at("2026-01-05T08:00:00Z");
    let rows = [
        ("2026-01-05T08:15:00Z", "2026-01-05T08:30:00Z"),
        ("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"),
        ("2026-01-10T08:00:00Z", "2026-01-11T08:00:00Z"),
    ];
    for (now, next) in rows {
        assert_eq!(policy.next_alert(since, at(now)), at(next), "{now}");
    }
}

#[test]
fn a_language_is_found_by_its_tag() {
    for (tag, locale) in
        [("en", Locale::En), ("en-GB", Locale::En), ("zh-CN", Locale::Zh), ("fr", Locale::Zh)]
    {
        assert_eq!(Locale::of_tag(tag), locale, "{tag}");
    }
}

#[test]
fn the_shipped_file_says_what_intake_does_where_nobody_says() {
    assert_eq!(Policy::default().photo.intake, IntakeRules::default());
}

#[test]
fn an_office_changes_one_limit_of_intake_and_keeps_the_others() {
    let changed = "[photo.intake]\nmin_width = 600\n[photo.intake.hints.border]\npass = { at_most = 9 }\nwarn = { at_most = 30 }";
    let rules = Policy::from_toml(changed).unwrap().photo.intake;
    assert_eq!((rules.min_width, rules.keep_width), (600, 1_040));
    assert_eq!(rules.hints.sharpness, HintRules::default().sharpness);
    for bad in ["ratio_above = [3, 4]", "jpeg_quality = 60", "keep_width = 500", "max_bytes = 1"] {
        let refused = Policy::from_toml(&format!("[photo.intake]\n{bad}")).unwrap_err();
        assert!(refused.to_string().contains("photo.intake"), "{bad}: {refused}");
    }
}
