//! What applicants read: every notice, in both languages, as text and as HTML.

mod letter;

use sealwright_engine::Timestamp;

pub use letter::Rendered;

use crate::application::{Notice, Stalled};
use crate::policy::{Locale, Policy, Text};
use letter::{Letter, Part};

/// Writes a notice. The name is the only thing in it that the vault had to be asked for.
pub fn render(notice: &Notice, locale: Locale, name: &str, policy: &Policy) -> Rendered {
    let (subject, parts) = content(notice, locale, policy);
    Letter { locale, name, subject, parts }.render()
}

fn content(notice: &Notice, locale: Locale, policy: &Policy) -> (&'static str, Vec<Part>) {
    let say = |en: &'static str, zh: &'static str| pick(locale, en, zh);
    let line = |en: &'static str, zh: &'static str| Part::Line(say(en, zh).to_owned());
    match notice {
        Notice::Issued { version } => (
            say("Your electronic driving licence is ready", "您的电子驾驶证已生成"),
            vec![
                Part::Line(match locale {
                    Locale::En => format!(
                        "Your application succeeded. Your electronic driving licence (version {version}) is ready."
                    ),
                    Locale::Zh => format!("申请成功，您的机动车驾驶证电子版（第{version}版）已生成。"),
                }),
                line(
                    "Open the app to show it. It has the same legal force as the paper licence; screenshots do not count.",
                    "请打开应用出示，电子驾驶证与纸质驾驶证具有同等法律效力，截图无效。",
                ),
            ],
        ),
        Notice::PhotoRejected { reasons, tries_left } => (
            say("Please give another photo", "请重新提交照片"),
            std::iter::once(line("Your photo was not accepted:", "您提交的照片未通过审核："))
                .chain([Part::List(explained(reasons, locale, policy))])
                .chain([Part::Line(tries(*tries_left, locale))])
                .collect(),
        ),
        Notice::ConfirmAgain { revision: _ } => (
            say("Please confirm your information again", "请重新确认您的信息"),
            vec![
                line(
                    "The record of your licence changed after you confirmed it.",
                    "您的驾驶证信息在确认之后发生了变化。",
                ),
                line(
                    "Open the app, check what it shows now, and confirm it. Your application goes on then.",
                    "请打开应用核对最新信息并确认，之后将继续办理。",
                ),
            ],
        ),
        Notice::Refused { refusal } => (
            say("Your application was refused", "您的申请未通过"),
            vec![Part::Line(refusal.text().get(locale).to_owned())]
                .into_iter()
                .chain(reasons_of(refusal).map(|reasons| Part::List(explained(reasons, locale, policy))))
                .collect(),
        ),
        Notice::Barred { reasons } => (
            say("Your application was refused", "您的申请未通过"),
            vec![
                line(
                    "Your application ended, and this licence can no longer be applied for online:",
                    "您的申请已终止，该驾驶证今后不能网上申领：",
                ),
                Part::List(explained(reasons, locale, policy)),
            ],
        ),
        Notice::Reminder { phase, expires_at } => (
            say("Your application is waiting for you", "您的申请等待您继续办理"),
            vec![
                Part::Line(step(phase, locale)),
                Part::Line(match locale {
                    Locale::En => format!(
                        "Without this the application ends on {}.",
                        moment(*expires_at, locale, policy)
                    ),
                    Locale::Zh => {
                        format!("逾期未办理，申请将于{}终止。", moment(*expires_at, locale, policy))
                    }
                }),
            ],
        ),
        Notice::Delayed { about } => (
            say("Your application takes longer than usual", "您的申请办理时间延长"),
            vec![
                Part::Line(delay(*about).get(locale).to_owned()),
                line(
                    "You need not do anything. We have been told, and you will hear from us.",
                    "您无需操作，我们已知悉并将及时通知您。",
                ),
            ],
        ),
        Notice::Expired => (
            say("Your application has ended", "您的申请已终止"),
            vec![line(
                "Nothing was done for a long time, so the application ended. Begin a new one whenever you like.",
                "由于长时间未办理，您的申请已终止。您可以随时重新申领。",
            )],
        ),
        Notice::Withdrawn => (
            say("Your application was withdrawn", "您的申请已撤回"),
            vec![line(
                "You withdrew the application. Begin a new one whenever you like.",
                "您已撤回申请。您可以随时重新申领。",
            )],
        ),
        Notice::Abandoned => (
            say("Your application has ended", "您的申请已终止"),
            vec![line(
                "The office ended the application, because it could not be completed. Begin a new one, or ask the vehicle office.",
                "因无法完成办理，我们终止了您的申请。请重新申领，或咨询车辆管理所。",
            )],
        ),
    }
}

/// Each reason, and what to do about it. A reason that the policy has dropped since is left out.
fn explained<'a>(
    reasons: impl IntoIterator<Item = &'a String>,
    locale: Locale,
    policy: &Policy,
) -> Vec<(String, String)> {
    reasons
        .into_iter()
        .filter_map(|code| policy.reasons.get(code))
        .map(|reason| (reason.text.get(locale).to_owned(), reason.fix.get(locale).to_owned()))
        .collect()
}

fn reasons_of(refusal: &crate::application::Refusal) -> Option<&std::collections::BTreeSet<String>> {
    use crate::application::Refusal;
    match refusal {
        Refusal::PhotoRefused { reasons } | Refusal::TooManyFailures { reasons } => Some(reasons),
        Refusal::NotFound
        | Refusal::UnreadableRecord
        | Refusal::Erased
        | Refusal::NotInForce { .. }
        | Refusal::Status { .. }
        | Refusal::UnknownStatus { .. }
        | Refusal::NotRolledOut { .. }
        | Refusal::NotAdmitted(_)
        | Refusal::NotThePerson
        | Refusal::NoReferencePhoto
        | Refusal::LivenessExhausted
        | Refusal::NotIssued(_) => None,
    }
}

fn tries(left: u8, locale: Locale) -> String {
    match (locale, left) {
        (Locale::En, 1) => "Open the app and give another photo. If that one is not accepted either, only the counter of a vehicle office is left.".into(),
        (Locale::En, left) => format!("Open the app and give another photo. You have {left} tries left."),
        (Locale::Zh, 1) => "请打开应用重新提交照片。如再次未通过，只能到车辆管理所窗口办理。".into(),
        (Locale::Zh, left) => format!("请打开应用重新提交照片，您还有{left}次机会。"),
    }
}

fn step(phase: &str, locale: Locale) -> String {
    let (en, zh) = match phase {
        "path" => ("choose where the photo comes from", "选择照片来源"),
        "information" => ("confirm your information", "信息确认"),
        "liveness" => ("real-person authentication", "实人认证"),
        "notice" => ("read how the photo must be", "阅读须知"),
        "photo" => ("give a photo", "提交照片"),
        "preview" => ("look at the photo and confirm it", "预览确认"),
        "submit" => ("submit the application", "提交申请"),
        _ => ("go on in the app", "在应用中继续办理"),
    };
    match locale {
        Locale::En => {
            format!("Your application for the electronic driving licence waits for your next step: {en}.")
        }
        Locale::Zh => format!("您的电子驾驶证申请等待您的下一步操作：{zh}。"),
    }
}

fn delay(about: Stalled) -> Text {
    let (en, zh) = match about {
        Stalled::Register => {
            ("The authority's register does not answer at present.", "驾驶证登记系统暂时无法访问。")
        }
        Stalled::Admission => ("Your application could not be registered yet.", "您的申请暂时未能登记。"),
        Stalled::LivenessVendor => {
            ("Real-person authentication does not answer at present.", "实人认证服务暂时无法访问。")
        }
        Stalled::Issue => (
            "Your electronic driving licence is being made; that takes longer than usual.",
            "您的电子驾驶证正在生成，所需时间比平时长。",
        ),
        Stalled::Review => (
            "Your photo has not been looked at within the promised time.",
            "您的照片未能在承诺时限内完成审核。",
        ),
        Stalled::UnreadableRecord => {
            ("The record of your licence contains an error.", "您的驾驶证信息有误。")
        }
    };
    Text { en: en.into(), zh: zh.into() }
}

/// A moment in the policy's zone, to the minute: whoever reads it has a clock on the wall.
fn moment(at: Timestamp, locale: Locale, policy: &Policy) -> String {
    let format = match locale {
        Locale::En => "%-d %B %Y, %H:%M",
        Locale::Zh => "%Y年%-m月%-d日%H:%M",
    };
    at.to_utc().with_timezone(&policy.zone).format(format).to_string()
}

fn pick(locale: Locale, en: &'static str, zh: &'static str) -> &'static str {
    match locale {
        Locale::En => en,
        Locale::Zh => zh,
    }
}
