use sealwright_engine::Phase;
use sealwright_engine::explore::START;
use sealwright_workflows::application::{Answer, Effect, Event, Lookup, Notice, Refusal, Stalled};
use sealwright_workflows::licence::{Decline, PortraitKind};
use sealwright_workflows::policy::{Locale, Policy};
use sealwright_workflows::register::{Outcome, RecordFacts};

use crate::support::*;

/// What the gate answers to a record.
fn refusal(facts: RecordFacts) -> Option<Refusal> {
    let then = given(vec![begun()]).by_performer().when(found(7, facts));
    match then.state() {
        sealwright_workflows::application::Application::Closed(ending) => match ending.outcome {
            sealwright_workflows::application::Outcome::Refused(refusal) => Some(refusal),
            other => panic!("refused otherwise: {other:?}"),
        },
        _ => None,
    }
}

#[test]
fn the_most_severe_status_letter_decides() {
    let status =
        |letters: &str, outcome| Some(Refusal::Status { letters: letters.parse().unwrap(), outcome });
    let rows = [
        ("A", None),
        ("H", None),
        ("AHI", None),
        ("N", None),
        ("B", status("B", Outcome::Red)),
        ("D", status("D", Outcome::Red)),
        ("K", status("K", Outcome::Red)),
        ("U", status("U", Outcome::Red)),
        ("M", status("M", Outcome::Red)),
        ("S", status("S", Outcome::Red)),
        ("C", status("C", Outcome::Red)),
        ("L", status("L", Outcome::Hidden)),
        ("J", status("J", Outcome::Hidden)),
        ("BDJ", status("J", Outcome::Hidden)),
        ("E", status("E", Outcome::Void)),
        ("F", status("F", Outcome::Void)),
        ("GB", status("G", Outcome::Void)),
        ("R", status("R", Outcome::Void)),
        // Nobody has explained V, so it is a no; a worse letter that is known explains more.
        ("V", Some(Refusal::UnknownStatus { letters: "V".parse().unwrap() })),
        ("AV", Some(Refusal::UnknownStatus { letters: "AV".parse().unwrap() })),
        ("GV", status("G", Outcome::Void)),
        ("", Some(Refusal::UnknownStatus { letters: "".parse().unwrap() })),
    ];
    for (letters, expected) in rows {
        assert_eq!(refusal(with_status(letters)), expected, "status {letters:?}");
    }
}

#[test]
fn a_licence_outside_its_validity_is_refused() {
    let valid = |from: &str, until: Option<&str>| RecordFacts {
        valid_from: from.parse().unwrap(),
        valid_until: until.map(|day| day.parse().unwrap()),
        ..facts(true)
    };
    // Stories start on 5 January 2026, at 16:00 in Shanghai.
    let rows = [
        ("2020-01-01", Some("2026-01-05"), true),
        ("2020-01-01", Some("2026-01-04"), false),
        ("2026-01-05", None, true),
        ("2026-01-06", None, false),
    ];
    for (from, until, allowed) in rows {
        assert_eq!(refusal(valid(from, until)).is_none(), allowed, "{from} to {until:?}");
    }
}

#[test]
fn the_day_is_the_one_in_shanghai() {
    let ends_today = RecordFacts { valid_until: Some("2026-01-05".parse().unwrap()), ..facts(true) };
    let ask = |time: &str| {
        let story = given(vec![begun()]).by_performer().at(at(time));
        story.when(found(7, ends_today.clone())).state()
    };
    let closed = |state| matches!(state, sealwright_workflows::application::Application::Closed(_));
    assert!(!closed(ask("2026-01-05T15:59:59Z")), "23:59:59 of the last day");
    assert!(closed(ask("2026-01-05T16:00:00Z")), "00:00 of the day after");
}

#[test]
fn an_authority_that_does_not_take_part_yet_is_refused() {
    let policy = Policy::from_toml(
        r#"
        [[roll_out]]
        from = "2026-01-05"
        authorities = ["320500"]
        [[roll_out]]
        from = "2026-02-01"
        authorities = ["320500", "320100"]
        "#,
    )
    .unwrap();
    let ask = |authority: &str| {
        let facts = RecordFacts { authority: authority.parse().unwrap(), ..facts(true) };
        given_under(policy.clone(), vec![begun()]).by_performer().when(found(7, facts))
    };
    ask("320500").phase(Phase::Open("admission"));
    let refused = |authority: &str, from: Option<&str>| Event::Refused {
        refusal: Refusal::NotRolledOut {
            authority: authority.parse().unwrap(),
            from: from.map(|day| day.parse().unwrap()),
        },
    };
    let found =
        |authority: &str| record_found(RecordFacts { authority: authority.parse().unwrap(), ..facts(true) });
    ask("320100").events([found("320100"), refused("320100", Some("2026-02-01"))]);
    ask("440100").events([found("440100"), refused("440100", None)]);
}

#[test]
fn a_refusal_at_the_gate_tells_the_applicant_and_not_the_licence() {
    let refusal = Refusal::Status { letters: "D".parse().unwrap(), outcome: Outcome::Red };
    let notice = Notice::Refused { refusal: refusal.clone() };
    given(vec![begun()])
        .by_performer()
        .when(found(7, with_status("D")))
        .events([record_found(with_status("D")), Event::Refused { refusal }])
        .effects([Effect::Notify { person: PERSON, locale: Locale::En, notice }])
        .phase(Phase::Closed("refused"))
        .no_deadline();
}

#[test]
fn an_open_gate_asks_the_licence() {
    for (usable, portrait) in [(true, PortraitKind::Retained), (false, PortraitKind::Reviewed)] {
        let alert_at = START + 15 * MINUTE;
        given(vec![begun()])
            .by_performer()
            .when(found(7, facts(usable)))
            .events([record_found(facts(usable)), Event::AdmissionAsked { portrait, alert_at }])
            .effects([Effect::Reserve { licence: LICENCE, person: PERSON, portrait }])
            .phase(Phase::Open("admission"));
    }
}

#[test]
fn what_the_register_cannot_answer_ends_the_application() {
    let asked = || given(vec![begun()]).by_performer();
    let notify =
        |refusal| Effect::Notify { person: PERSON, locale: Locale::En, notice: Notice::Refused { refusal } };
    asked()
        .when(answer(Answer::Record(Lookup::NotFound)))
        .events([Event::Refused { refusal: Refusal::NotFound }])
        .effects([notify(Refusal::NotFound)]);
    let about = Stalled::UnreadableRecord;
    asked()
        .when(answer(Answer::Record(Lookup::Unreadable)))
        .events([Event::Refused { refusal: Refusal::UnreadableRecord }])
        .effects([
            notify(Refusal::UnreadableRecord),
            Effect::AlertOperator { about, since: START, times: 1 },
        ]);
    // Nobody is left to be told.
    asked()
        .when(answer(Answer::Record(Lookup::Erased)))
        .events([Event::Refused { refusal: Refusal::Erased }])
        .effects([]);
}

#[test]
fn a_declined_admission_is_refused_and_not_given_back() {
    let decline = Decline::PhotoLocked { until: at("2026-03-01T00:00:00Z") };
    let refusal = Refusal::NotAdmitted(decline);
    let notice = Notice::Refused { refusal: refusal.clone() };
    given(asked(false))
        .by_performer()
        .when(answer(Answer::NotReserved(decline)))
        .events([Event::Refused { refusal }])
        .effects([Effect::Notify { person: PERSON, locale: Locale::En, notice }]);
}

#[test]
fn every_refusal_says_why_in_both_languages() {
    let all = [
        Refusal::NotFound,
        Refusal::UnreadableRecord,
        Refusal::Erased,
        Refusal::NotInForce { from: "2020-01-01".parse().unwrap(), until: None },
        Refusal::NotInForce { from: "2020-01-01".parse().unwrap(), until: "2026-01-01".parse().ok() },
        Refusal::Status { letters: "D".parse().unwrap(), outcome: Outcome::Red },
        Refusal::Status { letters: "J".parse().unwrap(), outcome: Outcome::Hidden },
        Refusal::Status { letters: "F".parse().unwrap(), outcome: Outcome::Void },
        Refusal::UnknownStatus { letters: "V".parse().unwrap() },
        Refusal::NotRolledOut { authority: "320500".parse().unwrap(), from: "2027-01-01".parse().ok() },
        Refusal::NotRolledOut { authority: "320500".parse().unwrap(), from: None },
        Refusal::NotAdmitted(Decline::Barred),
        Refusal::NotAdmitted(Decline::OtherApplication { application: LICENCE }),
        Refusal::NotThePerson,
        Refusal::NoReferencePhoto,
        Refusal::LivenessExhausted,
        Refusal::PhotoRefused { reasons: codes(&["another_person"]) },
        Refusal::TooManyFailures { reasons: codes(&["background"]) },
    ];
    for refusal in all {
        let text = refusal.text();
        assert!(text.en.ends_with('.') && text.en.is_ascii(), "{refusal:?}: {}", text.en);
        assert!(text.zh.ends_with('。'), "{refusal:?}: {}", text.zh);
    }
    let text = Refusal::Status { letters: "DM".parse().unwrap(), outcome: Outcome::Red }.text();
    assert!(
        text.en.contains("suspended, renewal overdue") && text.zh.contains("暂扣、逾期未换证"),
        "{text:?}"
    );
}
