use sealwright_engine::Phase;
use sealwright_engine::explore::START;
use sealwright_workflows::application::{
    Answer, Applicant, Effect, Event, Kind, Notice, Refusal, Rejection, Reviewer, Verdict,
};
use sealwright_workflows::licence::{Ended, Portrait, PortraitKind};
use sealwright_workflows::policy::{Locale, Path, Policy, Severity};

use crate::support::*;

#[test]
fn the_camera_path_is_reviewed_and_then_issued() {
    let release_at = START + std::time::Duration::from_secs(30);
    given(asked(false))
        .by_performer()
        .when(answer(Answer::Reserved { failures: 0 }))
        .events([admitted(0)])
        .phase(Phase::Open("path"))
        .by(applicant())
        .when(by_applicant(Applicant::ChoosePath { path: Path::Camera }))
        .events([path_fixed(Path::Camera)])
        .phase(Phase::Open("information"));
    given(camera())
        .when(by_applicant(Applicant::ReadNotice))
        .events([Event::NoticeRead])
        .then_when(by_applicant(offer(PHOTO, Path::Camera)))
        .events([photo_offered(PHOTO)])
        .phase(Phase::Open("preview"))
        .then_when(by_applicant(Applicant::ConfirmPreview))
        .events([Event::PreviewConfirmed])
        .then_when(by_applicant(Applicant::Submit))
        .events([Event::Submitted, review_asked(1)])
        .effects([])
        .deadline_at(due())
        .by_holder("ann")
        .when(by_office(Reviewer::Approve))
        .events([Event::Decided { by: "ann".into(), verdict: Verdict::Approved, release_at }])
        .effects([])
        .no_task()
        .deadline_at(release_at)
        .then_when_due()
        .events([Event::PhotoApproved, Event::IssueOrdered { order: 1, alert_at: release_at + 15 * MINUTE }])
        .effects([Effect::OrderIssue {
            licence: LICENCE,
            order: 1,
            person: PERSON,
            revision: 7,
            portrait: Portrait::Reviewed(PHOTO),
            facts: facts(false),
        }])
        .by_performer()
        .when(answer(Answer::Issued { order: 1, version: 1, serial: "7K3M9Q2W".into() }))
        .phase(Phase::Closed("issued"));
}

#[test]
fn another_photo_and_another_path_can_be_chosen_until_it_is_submitted() {
    let notice_read = || [camera(), vec![Event::NoticeRead]].concat();
    given([notice_read(), vec![photo_offered(PHOTO), Event::PreviewConfirmed]].concat())
        .when(by_applicant(offer(PHOTO_2, Path::Camera)))
        .events([photo_offered(PHOTO_2)])
        .phase(Phase::Open("preview"))
        .then_when(by_applicant(Applicant::ChoosePath { path: Path::Album }))
        .events([path_fixed(Path::Album)])
        // What was confirmed and proven stays so; the notice is another one.
        .phase(Phase::Open("notice"))
        .then_when(by_applicant(Applicant::ReadNotice))
        .then_when(by_applicant(offer(PHOTO, Path::Camera)))
        .rejected(Rejection::WrongSource { chosen: Path::Album })
        .then_when(by_applicant(Applicant::ChoosePath { path: Path::Retained }))
        .rejected(Rejection::PathNotOffered);
    given(in_review())
        .when(by_applicant(offer(PHOTO_2, Path::Camera)))
        .rejected(Rejection::NotNow { step: "photo_review".into() })
        .then_when(by_applicant(Applicant::ChoosePath { path: Path::Album }))
        .rejected(Rejection::NotNow { step: "photo_review".into() });
}

#[test]
fn an_album_file_must_be_from_the_last_six_months() {
    let mut events = camera();
    events.extend([path_fixed(Path::Album), Event::NoticeRead]);
    let offer = |made_on: Option<&str>| {
        by_applicant(Applicant::OfferPhoto {
            photo: PHOTO,
            source: Path::Album,
            hints: codes(&["background-tint"]),
            made_on: made_on.map(|day| day.parse().unwrap()),
        })
    };
    let earliest = "2025-07-05".parse().unwrap();
    given(events.clone())
        .when(offer(Some("2025-07-04")))
        .rejected(Rejection::PhotoTooOld { made_on: "2025-07-04".parse().unwrap(), earliest })
        .then_when(offer(Some("2025-07-05")))
        .phase(Phase::Open("preview"));
    given(events.clone()).when(offer(None)).phase(Phase::Open("preview"));
    let strict = Policy::from_toml("[photo]\nalbum_date_required = true").unwrap();
    given_under(strict, events).when(offer(None)).rejected(Rejection::PhotoUndated);
}

#[test]
fn hints_are_bounded() {
    let hints = (0..17).map(|n| format!("hint-{n}")).collect();
    let offer = Applicant::OfferPhoto { photo: PHOTO, source: Path::Camera, hints, made_on: None };
    let bounds = "at most 16 codes of at most 40 bytes".to_owned();
    given([camera(), vec![Event::NoticeRead]].concat())
        .when(by_applicant(offer))
        .rejected(Rejection::OutOfBounds { what: "hints".into(), bounds });
}

#[test]
fn a_fixable_fault_is_told_and_another_photo_taken() {
    let reasons = codes(&["background", "frame"]);
    let notice = Notice::PhotoRejected { reasons: reasons.clone(), tries_left: 2 };
    let told = Effect::Notify { person: PERSON, locale: Locale::En, notice };
    given(in_review())
        .by_holder("ann")
        .when(reject(&["background", "frame"]))
        .effects([])
        .then_when_due()
        .events([Event::PhotoRejected { reasons, tries_left: 2 }])
        .effects([told.clone()])
        .phase(Phase::Open("photo"))
        .wanted(&told)
        .by(applicant())
        .when(by_applicant(offer(PHOTO_2, Path::Camera)))
        .moot(&told)
        .then_when(by_applicant(Applicant::ConfirmPreview))
        .then_when(by_applicant(Applicant::Submit))
        .events([Event::Submitted, review_asked(2)])
        .by_holder("ann")
        .when(by_office(Reviewer::Approve))
        .then_when_due()
        .phase(Phase::Open("issue"));
}

#[test]
fn the_worst_reason_decides() {
    let verdict = |reasons: &[&str], severity| Verdict::Rejected { reasons: codes(reasons), severity };
    let rows: [(&[&str], Severity); 3] = [
        (&["background"], Severity::Fixable),
        (&["another_person", "background"], Severity::Refused),
        (&["background", "malicious", "another_person"], Severity::Barred),
    ];
    for (reasons, severity) in rows {
        let release_at = START + std::time::Duration::from_secs(30);
        given(in_review()).by_holder("ann").when(reject(reasons)).events([Event::Decided {
            by: "ann".into(),
            verdict: verdict(reasons, severity),
            release_at,
        }]);
    }
    given(in_review()).by_holder("ann").when(reject(&[])).rejected(Rejection::NoReasons);
    given(in_review())
        .by_holder("ann")
        .when(reject(&["background", "ugly"]))
        .rejected(Rejection::UnknownReason { code: "ugly".into() });
}

#[test]
fn three_failures_are_the_counter_wherever_they_were_made() {
    let refusal = Refusal::TooManyFailures { reasons: codes(&["background"]) };
    // Two earlier applications failed once each: this one has one try.
    given(in_review_after(2))
        .by_holder("ann")
        .when(reject(&["background"]))
        .then_when_due()
        .events([Event::Refused { refusal: refusal.clone() }])
        .effects([
            Effect::Release { licence: LICENCE, how: Ended::Refused, failures: 1 },
            Effect::Notify { person: PERSON, locale: Locale::En, notice: Notice::Refused { refusal } },
        ]);
    // Withdrawing after a rejection does not make it undone.
    given([in_review(), vec![Event::PhotoRejected { reasons: codes(&["frame"]), tries_left: 2 }]].concat())
        .when(by_applicant(Applicant::Withdraw))
        .effects([
            Effect::Release { licence: LICENCE, how: Ended::Withdrawn, failures: 1 },
            Effect::Notify { person: PERSON, locale: Locale::En, notice: Notice::Withdrawn },
        ]);
}

#[test]
fn a_replacement_is_reviewed_even_if_the_register_keeps_a_good_photo() {
    let kind = Kind::PhotoReplacement;
    let begin = Applicant::Begin { person: PERSON, licence: LICENCE, locale: Locale::En, kind };
    given(vec![])
        .when(by_applicant(begin))
        .by_performer()
        .when(found(7, facts(true)))
        .effects([Effect::Reserve { licence: LICENCE, person: PERSON, portrait: PortraitKind::Reviewed }])
        .then_when(answer(Answer::Reserved { failures: 0 }))
        .phase(Phase::Open("path"))
        .by(applicant())
        .when(by_applicant(Applicant::ChoosePath { path: Path::Album }))
        .phase(Phase::Open("information"));
}
