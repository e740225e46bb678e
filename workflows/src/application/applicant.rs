//! What the applicant does.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sealwright_engine::PhotoId;

use super::messages::{Applicant, Event, Rejection};
use super::refusal::Refusal;
use super::state::{Application, Case};
use super::waiting::{Session, Waiting};
use super::{Cx, Decision};
use crate::licence::is_derived;
use crate::policy::{Path, Step};

impl Application {
    pub(super) fn applicant(&self, command: Applicant, who: &str, cx: &Cx<'_>) -> Decision {
        let person = match (self, &command) {
            (Application::New, Applicant::Begin { person, .. }) => *person,
            (Application::New, _) => return Err(Rejection::NotBegun),
            (Application::Open(case, _), _) => case.person,
            (Application::Closed(ending), _) => ending.person,
        };
        if who != person.to_string() {
            return Err(Rejection::NotYours);
        }
        match (self, command) {
            (Application::New, Applicant::Begin { person, licence, locale, kind }) => {
                if is_derived(person.0) || is_derived(licence.0) {
                    return Err(Rejection::DerivedId);
                }
                let alert_at = cx.policy.first_alert(cx.now);
                Ok(vec![Event::Begun { person, licence, locale, kind, alert_at }])
            }
            (Application::New, _) => Err(Rejection::NotBegun),
            (Application::Open(..) | Application::Closed(_), Applicant::Begin { .. }) => {
                Err(Rejection::AlreadyBegun)
            }
            (Application::Closed(ending), Applicant::Withdraw) if ending.outcome.as_str() == "withdrawn" => {
                Ok(vec![])
            }
            (Application::Closed(ending), _) => {
                Err(Rejection::Over { outcome: ending.outcome.as_str().into() })
            }
            (Application::Open(case, waiting), command) => self.step(case, waiting, command, cx),
        }
    }

    fn step(&self, case: &Case, waiting: &Waiting, command: Applicant, cx: &Cx<'_>) -> Decision {
        let not_now = || Err(Rejection::NotNow { step: waiting.name().into() });
        match (command, waiting) {
            (Applicant::Begin { .. }, _) => Err(Rejection::AlreadyBegun),
            (Applicant::Withdraw, Waiting::Issue(_)) => Err(Rejection::IssueOrdered),
            // Otherwise a malicious applicant would escape the bar.
            (Applicant::Withdraw, Waiting::Review(review)) if review.somebody_bars() => {
                Err(Rejection::DecisionPending)
            }
            (Applicant::Withdraw, _) => Ok(vec![Event::Withdrawn]),
            (Applicant::ChoosePath { path: Path::Retained }, _) => Err(Rejection::PathNotOffered),
            (Applicant::ChoosePath { path }, _) if case.path() == Some(path) => Ok(vec![]),
            (Applicant::ChoosePath { .. }, _) if case.path() == Some(Path::Retained) => {
                Err(Rejection::PathNotOffered)
            }
            (Applicant::ChoosePath { path }, _) if case.chooses_path(waiting) => {
                Ok(self.carried_on(vec![path_fixed(path, cx)], cx))
            }
            (Applicant::ConfirmInformation { revision }, Waiting::Step(Step::Information, _)) => {
                let newest = case.record.as_ref().map_or(0, |seen| seen.revision);
                if revision != newest {
                    return Err(Rejection::StaleRevision { newest });
                }
                Ok(self.carried_on(vec![Event::InformationConfirmed { revision }], cx))
            }
            (Applicant::ConfirmInformation { revision }, _)
                if case.done.contains(&Step::Information) && revision == case.confirmed =>
            {
                Ok(vec![])
            }
            (Applicant::RetryLiveness, Waiting::Liveness(Session::Failed(..))) => {
                if case.sessions >= cx.policy.liveness.sessions {
                    return Ok(vec![Event::Refused { refusal: Refusal::LivenessExhausted }]);
                }
                let alert_at = cx.policy.first_alert(cx.now);
                Ok(vec![Event::LivenessAsked { session: case.sessions.saturating_add(1), alert_at }])
            }
            (Applicant::RetryLiveness, Waiting::Liveness(Session::Asked(..))) => Ok(vec![]),
            (Applicant::ReadNotice, Waiting::Step(Step::Notice, _)) => {
                Ok(self.carried_on(vec![Event::NoticeRead], cx))
            }
            (Applicant::ReadNotice, _) if case.done.contains(&Step::Notice) => Ok(vec![]),
            (
                Applicant::OfferPhoto { photo, source, hints, made_on },
                Waiting::Step(Step::Photo | Step::Preview | Step::Submit, _),
            ) if case.takes_photos() => {
                case.check_photo(source, &hints, made_on, cx)?;
                if case.photo == Some(photo) && case.done.contains(&Step::Photo) {
                    return Ok(vec![]);
                }
                Ok(self.carried_on(offered(photo, source, hints), cx))
            }
            (Applicant::ConfirmPreview, Waiting::Step(Step::Preview, _)) => {
                Ok(self.carried_on(vec![Event::PreviewConfirmed], cx))
            }
            (Applicant::ConfirmPreview, _) if case.done.contains(&Step::Preview) => Ok(vec![]),
            (Applicant::Submit, Waiting::Step(Step::Submit, _)) => {
                Ok(self.carried_on(vec![Event::Submitted], cx))
            }
            (Applicant::Submit, _) if case.done.contains(&Step::Submit) => Ok(vec![]),
            (
                Applicant::ChoosePath { .. }
                | Applicant::ConfirmInformation { .. }
                | Applicant::RetryLiveness
                | Applicant::ReadNotice
                | Applicant::OfferPhoto { .. }
                | Applicant::ConfirmPreview
                | Applicant::Submit,
                _,
            ) => not_now(),
        }
    }
}

impl Case {
    fn check_photo(
        &self,
        source: Path,
        hints: &BTreeSet<String>,
        made_on: Option<NaiveDate>,
        cx: &Cx<'_>,
    ) -> Result<(), Rejection> {
        let rules = &cx.policy.photo;
        if let Some(chosen) = self.path().filter(|chosen| *chosen != source) {
            return Err(Rejection::WrongSource { chosen });
        }
        if hints.len() > rules.hints_at_most as usize || hints.iter().any(|code| code.len() > 40) {
            let bounds = format!("at most {} codes of at most 40 bytes", rules.hints_at_most);
            return Err(Rejection::OutOfBounds { what: "hints".into(), bounds });
        }
        // What the camera of this session took is recent; only a file can be old.
        if source != Path::Album {
            return Ok(());
        }
        let earliest = cx.policy.album_from(cx.now);
        match made_on {
            Some(made_on) if made_on < earliest => Err(Rejection::PhotoTooOld { made_on, earliest }),
            None if rules.album_date_required => Err(Rejection::PhotoUndated),
            Some(_) | None => Ok(()),
        }
    }
}

pub(super) fn path_fixed(path: Path, cx: &Cx<'_>) -> Event {
    let rules = cx.policy.paths.of(path);
    Event::PathFixed { path, steps: rules.steps.clone(), review: rules.review }
}

fn offered(photo: PhotoId, source: Path, hints: BTreeSet<String>) -> Vec<Event> {
    vec![Event::PhotoOffered { photo, source, hints }]
}
