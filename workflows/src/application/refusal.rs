//! Why an application is refused for good, in words for the applicant.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sealwright_engine::Timestamp;
use serde::{Deserialize, Serialize};

use crate::licence::{Decline, NotIssued};
use crate::policy::Text;
use crate::register::{AuthorityCode, Outcome, StatusSet};

/// Why there is no document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The register knows no such licence.
    NotFound,
    /// The register's record cannot be read.
    UnreadableRecord,
    /// The person was erased.
    Erased,
    /// Before the first or after the last day of validity (`domain.md` 1.2).
    NotInForce {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        until: Option<NaiveDate>,
    },
    /// The status does not allow it (`domain.md` 2.2).
    Status {
        /// The letters that decide.
        letters: StatusSet,
        /// What they mean.
        outcome: Outcome,
    },
    /// Nobody has explained the status, so it is a no.
    UnknownStatus {
        /// All letters.
        letters: StatusSet,
    },
    /// The issuing authority does not take part yet (`domain.md` 1.1).
    NotRolledOut {
        /// Which.
        authority: AuthorityCode,
        /// From when, if that is known.
        from: Option<NaiveDate>,
    },
    /// The licence did not admit the application.
    NotAdmitted(Decline),
    /// Real-person authentication failed too often.
    NotThePerson,
    /// There is no reference photo to compare with.
    NoReferencePhoto,
    /// Too many liveness sessions came to nothing.
    LivenessExhausted,
    /// The photo cannot be made right by another try.
    PhotoRefused {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
    },
    /// Too many photos were not taken.
    TooManyFailures {
        /// The last one's reasons.
        reasons: BTreeSet<String>,
    },
    /// The licence could not make the document.
    NotIssued(NotIssued),
}

impl Refusal {
    /// Whether it is a failure that later applications are measured by.
    pub const fn counts(&self) -> bool {
        match self {
            Refusal::NotThePerson | Refusal::PhotoRefused { .. } | Refusal::TooManyFailures { .. } => true,
            Refusal::NotFound
            | Refusal::UnreadableRecord
            | Refusal::Erased
            | Refusal::NotInForce { .. }
            | Refusal::Status { .. }
            | Refusal::UnknownStatus { .. }
            | Refusal::NotRolledOut { .. }
            | Refusal::NotAdmitted(_)
            | Refusal::NoReferencePhoto
            | Refusal::LivenessExhausted
            | Refusal::NotIssued(_) => false,
        }
    }

    /// What the applicant reads: why, and what to do. The texts of photo reasons are the policy's.
    pub fn text(&self) -> Text {
        let (en, zh) = match self {
            Refusal::NotFound => (
                "No driving licence with this number was found. Check the number, or ask the vehicle office.".into(),
                "未查询到该证号的驾驶证。请核对证号，或咨询车辆管理所。".into(),
            ),
            Refusal::UnreadableRecord => (
                "The record of your licence contains an error. It has been reported; ask the vehicle office.".into(),
                "您的驾驶证信息有误，已上报处理，请咨询车辆管理所。".into(),
            ),
            Refusal::Erased => (
                "Your data was erased at your request, so the application ended.".into(),
                "您的数据已按要求删除，申请已结束。".into(),
            ),
            Refusal::NotInForce { from, until } => {
                let (until_en, until_zh) = match until {
                    Some(until) => (format!("{from} to {until}"), format!("{from}至{until}")),
                    None => (format!("{from} on"), format!("{from}起长期")),
                };
                (
                    format!("Your licence is not within its validity ({until_en}). Renew it, then apply again."),
                    format!("您的驾驶证不在有效期内（{until_zh}）。请换证后再申领。"),
                )
            }
            Refusal::Status { letters, outcome } => {
                let (names_en, names_zh) = names(*letters);
                match outcome {
                    Outcome::Normal | Outcome::Red => (
                        format!("The status of your licence does not allow it now: {names_en}. Settle that, then apply again."),
                        format!("您的驾驶证状态为{names_zh}，暂不能申领。请处理后再申领。"),
                    ),
                    Outcome::Hidden => (
                        format!("The status of your licence is abnormal: {names_en}. Contact the police office that issued it."),
                        format!("您的驾驶证状态异常（{names_zh}），请联系驾驶证发证地公安交管部门。"),
                    ),
                    Outcome::Void => (
                        format!("Your licence has ended: {names_en}. Ask the vehicle office how to get one again."),
                        format!("您的驾驶证已{names_zh}，不能申领。请咨询车辆管理所。"),
                    ),
                }
            }
            Refusal::UnknownStatus { letters } => (
                format!("The status of your licence ({letters}) could not be understood. Contact the police office that issued it."),
                format!("您的驾驶证状态（{letters}）无法识别，请联系驾驶证发证地公安交管部门。"),
            ),
            Refusal::NotRolledOut { from: Some(from), .. } => (
                format!("Your issuing authority takes part from {from} on. Apply then."),
                format!("您的发证机关自{from}起开通电子驾驶证，请届时申领。"),
            ),
            Refusal::NotRolledOut { from: None, .. } => (
                "Your issuing authority does not take part yet. Apply later.".into(),
                "您的发证机关尚未开通电子驾驶证，请稍后再申领。".into(),
            ),
            Refusal::NotAdmitted(decline) => declined(*decline),
            Refusal::NotThePerson => (
                "Real-person authentication did not succeed. Apply at the counter of a vehicle office.".into(),
                "实人认证未通过，请到车辆管理所窗口办理。".into(),
            ),
            Refusal::NoReferencePhoto => (
                "There is no photo of you to compare with. Apply at the counter of a vehicle office.".into(),
                "没有可供比对的照片，请到车辆管理所窗口办理。".into(),
            ),
            Refusal::LivenessExhausted => (
                "Real-person authentication was started too often without a result. Apply again later.".into(),
                "实人认证次数过多且未取得结果，请稍后重新申领。".into(),
            ),
            Refusal::PhotoRefused { .. } => (
                "Your photo does not meet the requirements, and another one cannot help here. Apply at the counter of a vehicle office.".into(),
                "您的照片不符合要求，不能通过重新提交解决，请到车辆管理所窗口办理。".into(),
            ),
            Refusal::TooManyFailures { .. } => (
                "Your photos did not meet the requirements too often. Apply at the counter of a vehicle office.".into(),
                "您的照片多次未通过审核，请到车辆管理所窗口办理。".into(),
            ),
            Refusal::NotIssued(_) => (
                "The licence changed while your application was under way, so no document was made. Look at its status and apply again.".into(),
                "办理期间您的驾驶证发生变化，未能生成电子驾驶证。请查看驾驶证状态后重新申领。".into(),
            ),
        };
        Text { en, zh }
    }
}

fn declined(decline: Decline) -> (String, String) {
    match decline {
        Decline::Barred => (
            "Online applications for this licence are barred. Apply at the counter of a vehicle office; an appeal is possible there.".into(),
            "该驾驶证已被限制网上申领，请到车辆管理所窗口办理，如有异议可在窗口申诉。".into(),
        ),
        Decline::PhotoLocked { until } => (
            format!("Your photo was replaced not long ago. Another one is possible after {}.", day(until)),
            format!("您的照片近期已更换，{}之后方可再次更换。", day(until)),
        ),
        Decline::TooManyFailures { .. } => (
            "Too many attempts failed. Apply at the counter of a vehicle office.".into(),
            "失败次数过多，请到车辆管理所窗口办理。".into(),
        ),
        Decline::TooManyApplications { until } => (
            format!("You began too many applications in a short time. Begin the next one after {}.", day(until)),
            format!("短时间内申请次数过多，请在{}之后再申请。", day(until)),
        ),
        Decline::OtherApplication { .. } => (
            "Another application for this licence is open. Go on with it, or withdraw it first.".into(),
            "该驾驶证已有正在办理的申请，请继续办理或先撤回。".into(),
        ),
    }
}

/// The day, on the calendar of the place where licences are issued: whole days are what people are told.
fn day(until: Timestamp) -> NaiveDate {
    until.to_utc().with_timezone(&chrono_tz::Asia::Shanghai).date_naive()
}

/// The letters' names, or the letters where there is no agreed name.
fn names(letters: StatusSet) -> (String, String) {
    let names: Vec<(String, String)> = letters
        .letters()
        .map(|letter| match letter.name() {
            Some((en, zh)) => (en.to_owned(), zh.to_owned()),
            None => (letter.as_char().to_string(), letter.as_char().to_string()),
        })
        .collect();
    let list = |pick: fn(&(String, String)) -> &str, between: &str| {
        names.iter().map(pick).collect::<Vec<_>>().join(between)
    };
    (list(|name| &name.0, ", "), list(|name| &name.1, "、"))
}
