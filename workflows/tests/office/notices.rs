//! What applicants read, every notice in both languages.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sealwright_engine::Timestamp;
use sealwright_workflows::application::{Notice, Refusal, Stalled};
use sealwright_workflows::office::notices::render;
use sealwright_workflows::policy::{Locale, Policy};
use sealwright_workflows::register::Outcome;

fn reasons(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

fn all() -> Vec<Notice> {
    let expires_at = Timestamp::from_secs(1_772_452_800);
    let day = |year| NaiveDate::from_ymd_opt(year, 6, 1).expect("a day");
    let steps = ["path", "information", "liveness", "notice", "photo", "preview", "submit", "else"];
    let delays = [
        Stalled::Register,
        Stalled::Admission,
        Stalled::LivenessVendor,
        Stalled::Issue,
        Stalled::Review,
        Stalled::UnreadableRecord,
    ];
    let suspended = Refusal::Status { letters: "BD".parse().expect("letters"), outcome: Outcome::Red };
    [
        Notice::Issued { version: 2 },
        Notice::PhotoRejected { reasons: reasons(&["background", "clothes"]), tries_left: 2 },
        Notice::PhotoRejected { reasons: reasons(&["selfie", "dropped_from_the_policy"]), tries_left: 1 },
        Notice::ConfirmAgain { revision: 3 },
        Notice::Refused { refusal: suspended },
        Notice::Refused { refusal: Refusal::NotInForce { from: day(2014), until: Some(day(2020)) } },
        Notice::Refused { refusal: Refusal::PhotoRefused { reasons: reasons(&["another_person"]) } },
        Notice::Barred { reasons: reasons(&["malicious"]) },
        Notice::Expired,
        Notice::Withdrawn,
        Notice::Abandoned,
    ]
    .into_iter()
    .chain(steps.map(|phase| Notice::Reminder { phase: phase.into(), expires_at }))
    .chain(delays.map(|about| Notice::Delayed { about }))
    .collect()
}

/// A new notice does not compile until it has a name here, and then the list above is next.
fn name(notice: &Notice) -> String {
    match notice {
        Notice::Issued { .. } => "issued".into(),
        Notice::PhotoRejected { tries_left, .. } => format!("photo_rejected_{tries_left}"),
        Notice::ConfirmAgain { .. } => "confirm_again".into(),
        Notice::Refused { refusal: Refusal::Status { .. } } => "refused_status".into(),
        Notice::Refused { refusal: Refusal::PhotoRefused { .. } } => "refused_photo".into(),
        Notice::Refused { .. } => "refused".into(),
        Notice::Barred { .. } => "barred".into(),
        Notice::Reminder { phase, .. } => format!("reminder_{phase}"),
        Notice::Delayed { about } => format!("delayed_{about:?}"),
        Notice::Expired => "expired".into(),
        Notice::Withdrawn => "withdrawn".into(),
        Notice::Abandoned => "abandoned".into(),
    }
}

#[test]
fn every_notice_reads_well_in_both_languages() {
    let policy = Policy::default();
    for (locale, who, tag) in [(Locale::En, "Test A", "en"), (Locale::Zh, "测试甲", "zh")] {
        let letters = all().into_iter().map(|notice| {
            let letter = render(&notice, locale, who, &policy);
            format!("=== {}: {}\n\n{}\n{}", name(&notice), letter.subject, letter.text, letter.html)
        });
        insta::assert_snapshot!(format!("every_notice_{tag}"), letters.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn a_name_is_text_and_no_more() {
    let letter =
        render(&Notice::Expired, Locale::En, "<script>alert('x')</script>\r\nDear boss", &Policy::default());
    assert!(!letter.html.contains("<script>"), "{}", letter.html);
    assert!(letter.html.contains("&lt;script&gt;"));
    assert!(letter.text.lines().next().is_some_and(|line| line.ends_with("Dear boss,")), "{}", letter.text);
    let unknown = render(&Notice::Expired, Locale::Zh, "", &Policy::default());
    assert!(unknown.text.starts_with("您好："));
}
