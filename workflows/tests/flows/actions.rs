use sealwright_engine::explore::{INSTANCE, START};
use sealwright_engine::{Context, Workflow, name_of};
use sealwright_workflows::application::{Applicant, Application, Command, Event, Failure, Verdict};
use sealwright_workflows::policy::{Path, Policy, Severity};

use crate::support::*;

/// Histories that end in every kind of waiting, and at every end.
fn histories() -> Vec<Vec<Event>> {
    let failed = Event::LivenessFailed { session: 1, failure: Failure::Vendor, serial: None };
    let decided = |severity| Event::Decided {
        by: "ann".into(),
        verdict: Verdict::Rejected { reasons: codes(&["malicious"]), severity },
        release_at: START + MINUTE,
    };
    let alert_at = START + 15 * MINUTE;
    let again = vec![
        Event::PhotoApproved,
        Event::RecheckAsked { alert_at },
        Event::RecordFound { revision: 8, facts: facts(false) },
        Event::ConfirmationAsked,
    ];
    let notice = [camera(), vec![Event::NoticeRead]].concat();
    let photo = [notice.clone(), vec![photo_offered(PHOTO)]].concat();
    let confirmed = vec![Event::InformationConfirmed { revision: 7 }];
    let asked_session = vec![Event::LivenessAsked { session: 1, alert_at }];
    vec![
        vec![],
        vec![begun()],
        asked(true),
        [asked(false), vec![admitted(0)]].concat(),
        retained(),
        [retained(), confirmed, asked_session].concat(),
        in_session(),
        [in_session(), vec![failed]].concat(),
        ready(),
        camera(),
        notice,
        photo.clone(),
        [photo, vec![Event::PreviewConfirmed]].concat(),
        in_review(),
        [in_review(), vec![decided(Severity::Fixable)]].concat(),
        [in_review(), vec![decided(Severity::Barred)]].concat(),
        [in_review(), again[..2].to_vec()].concat(),
        [in_review(), again].concat(),
        ordered(),
        [retained(), vec![Event::Withdrawn]].concat(),
    ]
}

#[test]
fn what_is_allowed_is_exactly_what_would_change_something() {
    let policy = Policy::default();
    for events in histories() {
        let state = events.iter().fold(Application::default(), |state, event| state.evolve(event, START));
        let revision = if events.contains(&Event::ConfirmationAsked) { 8 } else { 7 };
        let mut allowed = Vec::new();
        for command in [
            begin(),
            Applicant::ChoosePath { path: Path::Album },
            Applicant::ConfirmInformation { revision },
            Applicant::RetryLiveness,
            Applicant::ReadNotice,
            offer(PHOTO_2, Path::Camera),
            Applicant::ConfirmPreview,
            Applicant::Submit,
            Applicant::Withdraw,
        ] {
            let name = name_of(&command).outer;
            let cx = Context { now: START, policy: &policy, instance: INSTANCE, actor: &applicant() };
            if state.decide(Command::Applicant(command), &cx).is_ok_and(|events| !events.is_empty()) {
                allowed.push(name);
            }
        }
        let mut offered = state.allowed_actions();
        offered.sort_unstable();
        allowed.sort_unstable();
        assert_eq!(offered, allowed, "after {events:#?}");
    }
}
