//! An application as applicants and the office see it.

use std::collections::BTreeSet;

use sealwright_engine::journal::Body;
use sealwright_engine::{InstanceId, PhotoId, Timestamp, View, Workflow};
use sealwright_workflows::application::{Application, Event, Session as Face, Verdict, Waiting as At};
use sealwright_workflows::policy::{Locale, Path, Policy, Step};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An application.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Case {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub person: Option<Uuid>,
    /// The licence it is for.
    pub licence: Option<Uuid>,
    /// Where it stands.
    pub phase: &'static str,
    /// Whether it is over.
    pub closed: bool,
    /// How many decisions are behind it; the ETag.
    pub version: u64,
    /// The path, once it is chosen.
    #[schema(value_type = Option<String>)]
    pub path: Option<Path>,
    /// The path's steps, in order.
    #[schema(value_type = Vec<String>)]
    pub steps: Vec<Step>,
    /// What the applicant can do now.
    pub allowed_actions: Vec<String>,
    /// Who or what it waits for.
    pub waiting_on: Option<Waiting>,
    /// Why there is no licence, if that is so.
    pub refusal: Option<Refused>,
    /// The liveness session under way.
    pub liveness: Option<Session>,
    /// The photo as offered last.
    pub photo: Option<Offered>,
    /// Why the last photo was not taken.
    pub reasons: Vec<ReasonText>,
    /// How many more failures there may be before the counter.
    pub tries_left: Option<u8>,
    /// When the review has to be decided.
    #[schema(value_type = Option<String>)]
    pub due: Option<Timestamp>,
    /// Whether a day on the way to `due` has no official calendar yet.
    pub due_provisional: bool,
    /// The dossier's revision to confirm.
    pub revision: Option<u64>,
    /// The version of the licence document, once issued.
    pub licence_version: Option<u32>,
    /// Its serial.
    pub serial: Option<String>,
    /// Why it waits for an operator, if it does.
    pub parked: Option<String>,
    /// When it began.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
    /// Who gets to see it; not part of the answer.
    #[serde(skip)]
    pub locale: Locale,
    /// Photos that were not taken, with the reasons' codes; for reviewers.
    #[serde(skip)]
    pub earlier: Vec<(PhotoId, BTreeSet<String>)>,
}

/// Who or what a case waits for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Waiting {
    /// `applicant`, `reviewer`, or `system`.
    pub kind: &'static str,
    /// Since when.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// When something happens if nobody does anything.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
    /// What for.
    pub why: String,
}

/// Why there is no licence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Refused {
    /// A stable code.
    pub code: String,
    /// What and why, and what to do.
    pub text_en: String,
    /// 原因和办法。
    pub text_zh: String,
    /// The particulars.
    pub particulars: Value,
}

/// A liveness session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Session {
    /// Counts this application's sessions.
    pub session: u16,
    /// The vendor's reference.
    pub reference: Option<String>,
    /// Where the applicant's app goes on with it.
    pub url: Option<String>,
}

/// A photo as offered.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Offered {
    /// Its id.
    pub id: Uuid,
    /// Measured hints that are not met. They decide nothing.
    pub hints: BTreeSet<String>,
}

/// A reason for a rejection.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReasonText {
    /// Its code.
    pub code: String,
    /// `fixable`, `refused` or `barred`.
    pub severity: String,
    /// What is wrong.
    pub text_en: String,
    /// 问题。
    pub text_zh: String,
    /// What to do.
    pub fix_en: String,
    /// 办法。
    pub fix_zh: String,
}

/// The texts of a policy's reasons.
pub fn reasons(policy: &Policy, codes: impl IntoIterator<Item = String>) -> Vec<ReasonText> {
    let text = |code: String| {
        let reason = policy.reasons.get(&code)?;
        Some(ReasonText {
            severity: sealwright_engine::name_of(&reason.severity).outer.into(),
            text_en: reason.text.en.clone(),
            text_zh: reason.text.zh.clone(),
            fix_en: reason.fix.en.clone(),
            fix_zh: reason.fix.zh.clone(),
            code,
        })
    };
    codes.into_iter().filter_map(text).collect()
}

/// Folds an application's history for the screen.
///
/// # Errors
/// A row that this program cannot read.
pub fn case(
    id: InstanceId,
    view: &View<Application>,
    history: &[Body],
    policy: &Policy,
    now: Timestamp,
) -> serde_json::Result<Case> {
    let created_at = history.first().map_or(now, |body| body.at);
    let updated_at = history.last().map_or(now, |body| body.at);
    let mut case = Case {
        id: id.0,
        person: None,
        licence: None,
        phase: view.phase,
        closed: view.closed,
        version: view.version,
        path: None,
        steps: Vec::new(),
        allowed_actions: Vec::new(),
        waiting_on: None,
        refusal: None,
        liveness: None,
        photo: None,
        reasons: Vec::new(),
        tries_left: None,
        due: None,
        due_provisional: false,
        revision: None,
        licence_version: None,
        serial: None,
        parked: view.parked.clone(),
        created_at,
        updated_at,
        locale: Locale::default(),
        earlier: Vec::new(),
    };
    for body in history {
        for event in body.events::<Application>()? {
            case.show(event, policy);
        }
    }
    if !view.closed {
        let actions = view.state.allowed_actions().into_iter();
        case.allowed_actions = actions.map(|action| action.replace('_', "-")).collect();
        let kind = match view.state.waiting() {
            _ if view.state.task().is_some() => "reviewer",
            Some(At::Step(..) | At::Path(_) | At::Liveness(Face::Failed(..) | Face::Running { .. })) => {
                "applicant"
            }
            _ => "system",
        };
        let why = view.phase.replace('_', " ");
        case.waiting_on = Some(Waiting { kind, since: updated_at, until: view.wake_at, why });
    }
    Ok(case)
}

impl Case {
    fn show(&mut self, event: Event, policy: &Policy) {
        match event {
            Event::Begun { person, licence, locale, .. } => {
                (self.person, self.licence, self.locale) = (Some(person.0), Some(licence.0), locale);
            }
            Event::RecordFound { revision, .. } => self.revision = Some(revision),
            Event::PathFixed { path, steps, .. } => (self.path, self.steps) = (Some(path), steps),
            Event::LivenessAsked { session, .. } => {
                self.liveness = Some(Session { session, reference: None, url: None });
            }
            Event::LivenessStarted { session, reference, .. } => {
                self.liveness = Some(Session { session, reference: Some(reference), url: None });
            }
            Event::LivenessPassed { .. } | Event::LivenessFailed { .. } => self.liveness = None,
            Event::PhotoOffered { photo, hints, .. } => {
                self.photo = Some(Offered { id: photo.0, hints });
                self.reasons.clear();
            }
            Event::ReviewAsked { due, provisional, .. } | Event::DueMoved { due, provisional } => {
                (self.due, self.due_provisional) = (Some(due), provisional);
            }
            Event::Decided { verdict: Verdict::Rejected { reasons, .. }, .. } => {
                if let Some(photo) = &self.photo {
                    self.earlier.push((PhotoId(photo.id), reasons));
                }
            }
            Event::Undone { .. } => drop(self.earlier.pop()),
            Event::PhotoApproved => self.due = None,
            Event::PhotoRejected { reasons, tries_left } => {
                self.reasons = self::reasons(policy, reasons);
                (self.tries_left, self.due) = (Some(tries_left), None);
            }
            Event::Issued { version, serial } => {
                (self.licence_version, self.serial) = (Some(version), Some(serial));
            }
            Event::Refused { refusal } => {
                let text = refusal.text();
                self.refusal = Some(Refused {
                    code: sealwright_engine::name_of(&refusal).outer.into(),
                    text_en: text.en,
                    text_zh: text.zh,
                    particulars: serde_json::to_value(&refusal).unwrap_or_default(),
                });
            }
            Event::Barred { reasons } => {
                self.reasons = self::reasons(policy, reasons);
                self.refusal = Some(Refused {
                    code: "barred".into(),
                    text_en:
                        "Online applications are closed for this licence. Please go to the vehicle office."
                            .into(),
                    text_zh: "您已不能在线申领，请到车辆管理所窗口办理。".into(),
                    particulars: Value::Null,
                });
            }
            _ => {}
        }
    }
}
