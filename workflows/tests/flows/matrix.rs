//! Every status letter, every pair of letters and every part of a record, from every state a document can be in. What
//! is expected is read from the policy, not written down a second time.

use std::collections::BTreeSet;

use sealwright_engine::testing::Given;
use sealwright_engine::{Actor, Phase};
use sealwright_workflows::licence::{
    Answer, Command, Differs, Event, InvalidatedBy, Licence, Life, NotIssued, Operator, Portrait,
    PortraitKind, Purpose, Register, Standing, Upkeep,
};
use sealwright_workflows::policy::Policy;
use sealwright_workflows::register::{Outcome, RecordFacts, RecordField};

use crate::licence::*;
use crate::support::{facts, operator, with_status};

fn record(revision: u64, facts: RecordFacts, fields: &[RecordField]) -> Command {
    let fields = fields.iter().copied().collect();
    let changed = Some(Differs { since: 7, fields });
    Command::Register(Register::Recorded { revision, facts, changed })
}

fn status(revision: u64, status: &str) -> Command {
    record(revision, with_status(status), &[])
}

/// A document in each state, by what led there.
fn states() -> Vec<(&'static str, Vec<Command>)> {
    let held = |command| vec![Command::Operator(command)];
    vec![
        ("active", vec![]),
        ("suspended", vec![status(8, "D")]),
        ("hidden", vec![status(8, "J")]),
        ("of an unknown status", vec![status(8, "Q")]),
        ("held in red", held(Operator::Suspend)),
        ("held back", held(Operator::Hide)),
        ("missing", vec![Command::Register(Register::Missing)]),
        ("revoked", vec![status(8, "F")]),
        ("ended by the office", held(Operator::Invalidate)),
        ("erased", vec![Command::Register(Register::Erased)]),
        ("being renewed", held(Operator::Reissue)),
    ]
}

/// The state after these commands.
fn after(commands: impl IntoIterator<Item = Command>) -> Life {
    let mut commands = commands.into_iter();
    let first = commands.next().expect("a command");
    let mut story = Given::<Licence>::new().events(active()).by(Actor::Operator("ops".into())).when(first);
    for command in commands {
        story = story.then_when(command);
    }
    match story.state() {
        Licence::Known(life) => *life,
        Licence::New => panic!("somebody applied"),
    }
}

fn as_standing(worst: Outcome) -> Standing {
    match worst {
        Outcome::Normal => Standing::Active,
        Outcome::Red => Standing::Suspended,
        Outcome::Hidden => Standing::Hidden,
        Outcome::Void => Standing::Invalid,
    }
}

fn every_status() -> Vec<String> {
    let letters: Vec<char> = ('A'..='Z').collect();
    let pairs = letters.iter().flat_map(|one| letters.iter().map(move |other| format!("{one}{other}")));
    pairs.chain([String::new()]).collect()
}

#[test]
fn the_most_severe_letter_decides_from_every_state() {
    let policy = Policy::default();
    for (state, led_there) in states() {
        let before = led_there.clone();
        let hold = match state {
            "held in red" => Outcome::Red,
            "held back" => Outcome::Hidden,
            _ => Outcome::Normal,
        };
        let final_already = matches!(state, "revoked" | "ended by the office" | "erased");
        for letters in every_status() {
            let life = after(before.iter().cloned().chain([status(20, &letters)]));
            let of = |letter: char| {
                let letter = letter.try_into().expect("a letter");
                policy.status.outcome(letter).unwrap_or(Outcome::Hidden)
            };
            let said = letters.chars().map(of).max().unwrap_or(Outcome::Hidden);
            let expected = if final_already { Standing::Invalid } else { as_standing(said.max(hold)) };
            assert_eq!(life.standing(), expected, "{state}, then {letters:?}");
            // Only what says so ends a document for good.
            let ended = life.document.as_ref().and_then(|document| document.ended);
            let by_register = said == Outcome::Void && !final_already;
            assert_eq!(ended.is_some(), final_already || by_register, "{state}, then {letters:?}");
            // A temporary status is taken back whole.
            if ended.is_none() {
                let back = after(before.iter().cloned().chain([status(20, &letters), status(21, "A")]));
                assert_eq!(back.standing(), as_standing(hold), "{state}, {letters:?}, and back");
            }
            // An unknown letter is somebody's to explain.
            let unknown = letters.is_empty()
                || letters.chars().any(|it| policy.status.outcome(it.try_into().unwrap()).is_none());
            assert_eq!(life.doubt.is_some(), unknown, "{letters:?}");
        }
    }
}

/// Facts in which one part differs, without taking rights away.
fn changed_in(field: RecordField) -> RecordFacts {
    let known = facts(true);
    match field {
        RecordField::Classes => RecordFacts { classes: "C1D".parse().unwrap(), ..known },
        RecordField::Validity => RecordFacts { valid_until: Some("2040-05-11".parse().unwrap()), ..known },
        RecordField::FirstIssue => RecordFacts { first_issue: "2014-05-13".parse().unwrap(), ..known },
        RecordField::Authority => RecordFacts { authority: "320501".parse().unwrap(), ..known },
        RecordField::Points => RecordFacts { points: 9, ..known },
        _ => known,
    }
}

fn change_of(revision: u64, field: RecordField) -> Command {
    let facts = changed_in(field);
    let told = facts == crate::support::facts(true);
    record(revision, facts, if told { std::slice::from_ref(&field) } else { &[] })
}

#[test]
fn every_part_of_a_record_is_renewed_or_not_as_the_policy_says() {
    let policy = Policy::default();
    for field in RecordField::ALL {
        let renewed = policy.refresh.reissue_on.contains(&field);
        for (state, led_there) in states() {
            let life = after(led_there.into_iter().chain([change_of(20, field)]));
            let purpose = life.order.as_ref().map(|order| order.purpose.clone());
            let refresh = Purpose::Refresh { changed: BTreeSet::from([field]) };
            let expected = match state {
                // A record in order also ends what the register itself had said.
                "active" | "suspended" | "hidden" | "of an unknown status" | "missing" => {
                    renewed.then_some(refresh)
                }
                "being renewed" => Some(if renewed { refresh } else { Purpose::Operator }),
                _ => None,
            };
            assert_eq!(purpose, expected, "{state}, then another {field:?}");
            if let Some(document) = life.document.as_ref().filter(|_| life.order.is_some()) {
                assert_eq!(document.ended, None, "nothing was lost, so the old one stands until then");
                assert_eq!(life.order.as_ref().map(|order| order.version), Some(life.versions));
            }
        }
        // What changes while the office holds the document back is renewed when it no longer does.
        let held = [Operator::Suspend, Operator::Restore].map(Command::Operator);
        let [suspend, restore] = held;
        let life = after([suspend, change_of(20, field), restore]);
        assert_eq!(life.order.is_some(), renewed, "after the hold: {field:?}");
    }
}

#[test]
fn points_go_up_and_down_and_are_a_new_version_only_where_the_policy_signs_them() {
    let signed = Policy::from_toml("[refresh]\nreissue_on = [\"points\"]").expect("a policy");
    for (policy, renewed) in [(Policy::default(), false), (signed, true)] {
        for points in [0, 3, 12] {
            let story = Given::policy(policy.clone()).events(active()).by(operator());
            let told = RecordFacts { points, ..facts(true) };
            let state = story.when(record(8, told, &[])).state();
            let Licence::Known(life) = state else { panic!("somebody applied") };
            assert_eq!(life.facts.as_ref().map(|facts| facts.points), Some(points));
            assert_eq!(life.order.is_some(), renewed && points != 0, "{points} points");
        }
    }
}

#[test]
fn a_loss_of_rights_ends_the_old_version_at_once_and_a_gain_when_the_new_one_is_signed() {
    let [fewer, shorter, later, gained, both] = [
        RecordFacts { classes: "C2".parse().unwrap(), ..facts(true) },
        RecordFacts { valid_until: Some("2029-05-11".parse().unwrap()), ..facts(true) },
        RecordFacts { valid_from: "2020-05-13".parse().unwrap(), ..facts(true) },
        RecordFacts { classes: "C1D".parse().unwrap(), ..facts(true) },
        RecordFacts { classes: "C2D".parse().unwrap(), ..facts(true) },
    ];
    for (told, lost) in [(fewer, true), (shorter, true), (later, true), (gained, false), (both, true)] {
        Given::<Licence>::new()
            .events(active())
            .by_performer()
            .when(record(8, told, &[]))
            .phase(Phase::Open("ordered"))
            .labels(standing(Some(1), if lost { "invalid" } else { "active" }))
            .then_when(prepared(2))
            .then_when(signed(2))
            .labels(standing(Some(2), "active"));
    }
    // In red nothing ends: it is invalid for now anyway, and red is taken back.
    let red = RecordFacts { classes: "C2".parse().unwrap(), ..with_status("D") };
    let fewer = RecordFacts { classes: "C2".parse().unwrap(), ..facts(true) };
    Given::<Licence>::new()
        .events(active())
        .by_performer()
        .when(record(8, red, &[]))
        .labels(standing(Some(1), "suspended"))
        .then_when(record(9, fewer, &[]))
        .labels(standing(Some(1), "invalid"))
        .phase(Phase::Open("ordered"));
    // Over by its dates: it ends, and nothing is issued until the register prolongs it.
    let over = RecordFacts { valid_until: Some("2025-12-31".parse().unwrap()), ..facts(true) };
    let longer = RecordFacts { valid_until: Some("2036-05-11".parse().unwrap()), ..facts(true) };
    Given::<Licence>::new()
        .events(active())
        .by_performer()
        .when(record(8, over, &[]))
        .phase(Phase::Closed("invalid"))
        .then_when(record(9, longer, &[]))
        .phase(Phase::Open("ordered"));
}

#[test]
fn an_order_whose_key_was_withdrawn_goes_on_as_another_version_and_nobody_is_told() {
    let gone = |version| Command::Answer(Answer::CannotPrepare { version, cause: NotIssued::KeyWithdrawn });
    Given::<Licence>::new()
        .events(signing())
        .by_performer()
        .when(gone(1))
        .events([
            Event::OrderAbandoned { version: 1, purpose: by(APP, 1), cause: NotIssued::KeyWithdrawn },
            ordered(2, Portrait::Retained),
        ])
        .then_when(gone(1))
        .nothing()
        // The old signature may still arrive, and is worth nothing.
        .then_when(signed(1))
        .events([Event::SignedInVain { version: 1 }])
        .then_when(issue(APP, 1, 7, Portrait::Retained))
        .nothing()
        .then_when(prepared(2))
        .then_when(signed(2))
        .labels(standing(Some(2), "active"));
}

#[test]
fn upkeep_is_done_once_for_the_version_it_names_and_waits_for_a_hold_to_end() {
    let withdrawn = |version| Command::Upkeep(Upkeep::KeyWithdrawn { version });
    Given::<Licence>::new()
        .events(active())
        .by_performer()
        .when(withdrawn(2))
        .nothing()
        .then_when(withdrawn(1))
        .phase(Phase::Open("ordered"))
        .then_when(withdrawn(1))
        .nothing()
        .then_when(Command::Upkeep(Upkeep::Expiring { version: 1 }))
        .nothing()
        .then_when(prepared(2))
        .then_when(signed(2))
        .then_when(withdrawn(1))
        .nothing();
    let life = after([Command::Operator(Operator::Hide), Command::Operator(Operator::Reissue)]);
    assert_eq!((life.order, life.renewal), (None, Some(Purpose::Operator)));
    let life = after([Operator::Hide, Operator::Reissue, Operator::Restore].map(Command::Operator));
    assert_eq!(life.order.map(|order| order.purpose), Some(Purpose::Operator));
}

#[test]
fn an_application_takes_the_place_of_a_renewal_and_a_photo_outlives_it() {
    Given::<Licence>::new()
        .events(active())
        .by_performer()
        .when(record(8, facts(true), &[RecordField::Address]))
        .then_when(reserve(OTHER, PortraitKind::Retained))
        .then_when(issue(OTHER, 1, 8, Portrait::Retained))
        .phase(Phase::Open("ordered"))
        .then_when(prepared(2))
        .nothing()
        .then_when(prepared(3))
        .then_when(signed(3))
        .labels(standing(Some(3), "active"))
        .phase(Phase::Open("active"));
    // A renewal neither locks the photo anew nor ends somebody's open application.
    let life = after([record(8, facts(true), &[RecordField::Address])]);
    assert_eq!(life.order.map(|order| order.portrait), Some(Portrait::Retained));
    let story = Given::<Licence>::new().events(active()).by_performer();
    let state = story
        .when(reserve(OTHER, PortraitKind::Reviewed))
        .then_when(record(8, facts(true), &[RecordField::Name]))
        .then_when(prepared(2))
        .then_when(signed(2))
        .state();
    let Licence::Known(life) = state else { panic!("somebody applied") };
    assert!(life.admission.is_some() && life.photo_locked_until.is_none());
    assert_eq!(life.document.as_ref().map(|document| (document.version, document.revision)), Some((2, 8)));
}

#[test]
fn a_record_that_came_with_an_abandoned_order_is_compared_after_all() {
    let story = Given::<Licence>::new().events(active()).by_performer();
    let story = story
        .when(reserve(OTHER, PortraitKind::Retained))
        .then_when(issue(OTHER, 1, 9, Portrait::Retained))
        .then_when(release(OTHER, 0))
        .phase(Phase::Open("active"));
    // The same revision, compared with what the document was made from.
    let state = story.then_when(record(9, facts(true), &[RecordField::Address])).state();
    let Licence::Known(life) = state else { panic!("somebody applied") };
    assert_eq!(life.order.map(|order| order.revision), Some(9));
}

#[test]
fn what_the_register_revokes_while_it_is_being_renewed_is_over() {
    let life = after([Command::Operator(Operator::Reissue), status(8, "F"), status(9, "A")]);
    assert_eq!(life.document.and_then(|document| document.ended), Some(InvalidatedBy::Register));
    assert_eq!(life.order, None);
}
