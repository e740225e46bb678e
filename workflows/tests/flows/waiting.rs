use sealwright_engine::explore::START;
use sealwright_engine::{Actor, Phase};
use sealwright_workflows::application::{
    Answer, Applicant, Command, Effect, Event, Notice, Refusal, Stalled, Timer,
};
use sealwright_workflows::licence::Ended;
use sealwright_workflows::policy::{Locale, Path, Policy};

use crate::support::*;

fn notify(notice: Notice) -> Effect {
    Effect::Notify { person: PERSON, locale: Locale::En, notice }
}

/// Everything that can be waited for without a person, and what had happened until then.
fn systems() -> [(Stalled, Vec<Event>); 5] {
    let asked_for_session = [
        retained(),
        vec![
            Event::InformationConfirmed { revision: 7 },
            Event::LivenessAsked { session: 1, alert_at: START + 15 * MINUTE },
        ],
    ];
    let recheck = vec![Event::PhotoApproved, Event::RecheckAsked { alert_at: START + 15 * MINUTE }];
    [
        (Stalled::Register, vec![begun()]),
        (Stalled::Admission, asked(true)),
        (Stalled::LivenessVendor, asked_for_session.concat()),
        (Stalled::Register, [in_review(), recheck].concat()),
        (Stalled::Issue, ordered()),
    ]
}

#[test]
fn whoever_stays_away_for_60_days_wakes_somebody_again_and_again() {
    for (about, events) in systems() {
        let mut story = given(events);
        let (mut due, mut told) = (START + 15 * MINUTE, 0);
        while due <= START + 60 * DAY {
            told += 1;
            let alert = Effect::AlertOperator { about, since: START, times: told };
            // The applicant is told once, the operator each time.
            let mut effects = vec![alert.clone()];
            if told == 1 {
                effects.push(notify(Notice::Delayed { about }));
            }
            let then = story.when_due().effects(effects).wanted(&alert);
            due = Policy::default().next_alert(START, due);
            story = then.deadline_at(due).by(applicant());
        }
        // 15 minutes, then growing times, then daily.
        assert!((60..=70).contains(&told), "{about:?}: told {told} times");
    }
}

#[test]
fn an_answer_after_60_days_is_as_good_as_one_after_a_second() {
    given(vec![begun()])
        .after(60 * DAY)
        .when_due()
        .by_performer()
        .when(found(7, facts(true)))
        .phase(Phase::Open("admission"))
        .moot(&Effect::AlertOperator { about: Stalled::Register, since: START, times: 1 })
        .moot(&notify(Notice::Delayed { about: Stalled::Register }));
    given(ordered())
        .after(60 * DAY)
        .by_performer()
        .when(answer(Answer::Issued { order: 1, version: 1, serial: "7K3M9Q2W".into() }))
        .phase(Phase::Closed("issued"));
}

#[test]
fn after_a_long_outage_somebody_is_told_once_and_not_for_every_missed_time() {
    given(vec![begun()])
        .after(60 * DAY)
        .when_due()
        .events([Event::AnswerStalled { times: 1, next: START + 61 * DAY }])
        .deadline_at(START + 61 * DAY);
}

/// Every step in which the applicant is waited for.
fn steps() -> [(&'static str, Vec<Event>); 7] {
    let notice = [camera(), vec![Event::NoticeRead]].concat();
    let photo = [notice.clone(), vec![photo_offered(PHOTO)]].concat();
    let lapsed = Event::LivenessFailed {
        session: 1,
        failure: sealwright_workflows::application::Failure::Lapsed,
        serial: None,
    };
    [
        ("path", [asked(false), vec![admitted(0)]].concat()),
        ("information", retained()),
        ("liveness", [in_session(), vec![lapsed]].concat()),
        ("notice", camera()),
        ("photo", notice),
        ("preview", photo.clone()),
        ("submit", [photo, vec![Event::PreviewConfirmed]].concat()),
    ]
}

#[test]
fn an_applicant_who_falls_silent_is_reminded_and_then_let_go() {
    for (phase, events) in steps() {
        let expires_at = START + 30 * DAY;
        let reminder = notify(Notice::Reminder { phase: phase.into(), expires_at });
        given(events)
            .when_due()
            .events([Event::Reminded])
            .effects([reminder.clone()])
            .wanted(&reminder)
            .phase(Phase::Open(phase))
            .deadline_at(expires_at)
            .then_when_due()
            .events([Event::Expired])
            .effects([
                Effect::Release { licence: LICENCE, how: Ended::Expired, failures: 0 },
                notify(Notice::Expired),
            ])
            .moot(&reminder)
            .phase(Phase::Closed("expired"))
            .no_deadline();
    }
}

#[test]
fn after_a_long_outage_the_end_comes_without_a_reminder() {
    for (_, events) in steps() {
        given(events).after(60 * DAY).when_due().events([Event::Expired]);
    }
}

#[test]
fn each_step_begins_the_applicants_time_anew_and_moots_the_reminder() {
    let reminder = notify(Notice::Reminder { phase: "notice".into(), expires_at: START + 30 * DAY });
    given(camera())
        .when_due()
        .wanted(&reminder)
        .then_when(by_applicant(Applicant::ReadNotice))
        .moot(&reminder)
        .deadline_at(START + 14 * DAY)
        .then_when(by_applicant(offer(PHOTO, Path::Camera)))
        .phase(Phase::Open("preview"));
}

#[test]
fn a_deadline_that_is_early_late_or_somebody_elses_is_harmless() {
    let fire = |events: Vec<Event>, timer, after| {
        given(events).by(Actor::Timer).after(after).when(Command::Timer(timer))
    };
    fire(retained(), Timer::ApplicantSilent, 7 * DAY - MINUTE).nothing();
    fire(retained(), Timer::AnswerOverdue, 60 * DAY).nothing();
    fire(in_review(), Timer::WindowOver, 60 * DAY).nothing();
    fire(vec![], Timer::ReviewOverdue, DAY).nothing();
    let over = vec![begun(), Event::Refused { refusal: Refusal::NotFound }];
    for timer in [Timer::AnswerOverdue, Timer::ApplicantSilent, Timer::SessionOver, Timer::WindowOver] {
        fire(over.clone(), timer, 60 * DAY).nothing();
    }
    // Twice: the second time it is another one.
    given(vec![begun()]).when_due().by(Actor::Timer).when(Command::Timer(Timer::AnswerOverdue)).nothing();
}
