//! What applicants read, every notice in both languages.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sealwright_engine::Timestamp;
use sealwright_workflows::application::{self, Refusal, Stalled};
use sealwright_workflows::notice::LicenceNotice;
use sealwright_workflows::office::notices::{Notice, Rendered, Texts, samples};
use sealwright_workflows::policy::{Locale, Policy};
use sealwright_workflows::register::Outcome;

fn reasons(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

fn all() -> Vec<Notice> {
    let licence = [
        LicenceNotice::Suspended,
        LicenceNotice::Hidden,
        LicenceNotice::Restored,
        LicenceNotice::Reissued { version: 3 },
        LicenceNotice::Invalidated,
    ];
    to_applicants().into_iter().map(Notice::from).chain(licence.map(Notice::from)).collect()
}

fn to_applicants() -> Vec<application::Notice> {
    use application::Notice;
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
        Notice::Application(notice) => name_of_application(notice),
        Notice::Licence(LicenceNotice::Suspended) => "licence_suspended".into(),
        Notice::Licence(LicenceNotice::Hidden) => "licence_hidden".into(),
        Notice::Licence(LicenceNotice::Restored) => "licence_restored".into(),
        Notice::Licence(LicenceNotice::Reissued { .. }) => "licence_reissued".into(),
        Notice::Licence(LicenceNotice::Invalidated) => "licence_invalidated".into(),
    }
}

fn name_of_application(notice: &application::Notice) -> String {
    use application::Notice;
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
    let (policy, texts) = (Policy::default(), Texts::shipped());
    for (locale, who, tag) in [(Locale::En, "Test A", "en"), (Locale::Zh, "测试甲", "zh")] {
        let letters = all().into_iter().map(|notice| {
            let letter = texts.render(&notice, locale, who, &policy);
            let Rendered { subject, text, html, short } = letter;
            format!("=== {}: {subject}\n\n{text}\n{short}\n\n{html}", name(&notice))
        });
        insta::assert_snapshot!(format!("every_notice_{tag}"), letters.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn the_short_form_names_nobody_and_no_reason() {
    let (policy, texts) = (Policy::default(), Texts::shipped());
    let all: Vec<_> = all()
        .into_iter()
        .chain(samples(&policy, Timestamp::from_secs(0)).into_iter().map(|s| s.notice))
        .collect();
    for locale in [Locale::En, Locale::Zh] {
        let reasons: Vec<_> = policy.reasons.values().map(|reason| reason.text.get(locale)).collect();
        for notice in &all {
            let short = texts.render(notice, locale, "测试甲", &policy).short;
            assert!(!short.is_empty() && !short.contains('\n') && !short.contains("测试甲"), "{short}");
            assert!(!reasons.iter().any(|reason| short.contains(reason)), "{short}");
            if let Notice::Application(application::Notice::Refused { refusal }) = notice {
                assert!(!short.contains(refusal.text().get(locale)), "{short}");
            }
        }
    }
}

#[test]
fn a_name_is_text_and_no_more() {
    let (policy, texts) = (Policy::default(), Texts::shipped());
    let write =
        |locale, name: &str| texts.render(&application::Notice::Expired.into(), locale, name, &policy);
    let letter = write(Locale::En, "<script>alert('x')</script>{{content}}{ $name }\r\nDear \u{202E}boss");
    assert!(!letter.html.contains("<script>"), "{}", letter.html);
    assert!(letter.html.contains("&lt;script&gt;") && letter.html.contains("{{content}}{ $name }"));
    assert!(letter.text.lines().next().is_some_and(|line| line.ends_with("Dear  boss,")), "{}", letter.text);
    assert!(write(Locale::Zh, "").text.starts_with("您好："));
    assert!(write(Locale::En, " \r\n ").text.starts_with("Hello,"));
}
