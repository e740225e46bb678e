//! The laws hold for a sound workflow, and each is missed by a workflow that breaks it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sealwright_engine::testing::Samples;
use sealwright_engine::testing::laws::{self, Broken, Law};
use sealwright_engine::{Actor, Context, Labels, Phase, Task, Timestamp, Workflow};
use serde::{Deserialize, Serialize};

use crate::claim;

#[test]
fn the_laws_hold_for_a_claim_and_its_stories_reach_every_phase() {
    let held = laws::hold(&claim::samples());
    let phases =
        ["checking", "review", "second_look", "correcting", "paying", "paid", "refused", "withdrawn"];
    assert!(phases.iter().all(|phase| held.phases.contains(phase)), "{held:?}");
    assert!(held.phases.contains("expired") && held.decisions > 1_000, "{held:?}");
    assert_eq!(laws::check(&claim::samples()), Ok(held), "a run can be repeated");
}

#[test]
fn a_command_that_no_sample_sends_is_missed() {
    let samples = Samples::<claim::Claim>::default()
        .send(Actor::Applicant("a".into()), claim::Applicant::Submit { amount: 1 });
    let broken = *laws::check(&samples).unwrap_err();
    assert_eq!(broken.law, Law::Accepted);
    assert!(
        broken.why.contains("`applicant.withdraw` is a command of the workflow, and no sample"),
        "{broken}"
    );
    assert!(!broken.why.contains("applicant.submit"), "{broken}");
}

/// A lamp: switched on, it waits to go out by itself. `FLAW` says what is wrong with it.
#[derive(Clone, Default, Debug, PartialEq)]
struct Lamp<const FLAW: u8> {
    lit: Option<(Timestamp, u32)>,
    over: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ask {
    Light { minutes: u32 },
    Break,
    Out,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fact {
    Lit {
        until: Timestamp,
        #[serde(skip)]
        minutes: u32,
    },
    WentOut,
    Broke,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
enum No {
    #[error("not now")]
    NotNow,
}

const SOUND: u8 = 0;
const FORGETS_IN_JSON: u8 = 1;
const COUNTS_FOLDS: u8 = 2;
const STAYS_DUE: u8 = 3;
const REFUSES_THE_LATE: u8 = 4;
const CASCADES: u8 = 5;
const TICKS_WHEN_OVER: u8 = 6;
const WORKS_WHEN_OVER: u8 = 7;
const WAITS_IN_SILENCE: u8 = 8;
const PANICS: u8 = 9;
const NEVER_BREAKS: u8 = 10;
const TOSSES: u8 = 11;
const BIG_LABEL: u8 = 12;
const MOOT_PANICS: u8 = 13;
const NAMELESS_TASK: u8 = 14;

/// What a broken workflow might look at: the number of calls so far.
fn calls() -> u32 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

impl<const FLAW: u8> Workflow for Lamp<FLAW> {
    const NAME: &'static str = "lamp";
    type Policy = ();
    type Command = Ask;
    type Event = Fact;
    type Effect = Fact;
    type Rejection = No;

    fn decide(&self, command: Ask, cx: &Context<'_, ()>) -> Result<Vec<Fact>, No> {
        match command {
            _ if self.over => Err(No::NotNow),
            Ask::Light { minutes } => {
                let minutes = match FLAW {
                    PANICS => 60 / minutes,
                    TOSSES => 1 + calls() % 2,
                    _ => minutes,
                };
                let until = cx.now + Duration::from_secs(60) * minutes.max(1);
                Ok(vec![Fact::Lit { until, minutes: if FLAW == FORGETS_IN_JSON { minutes } else { 0 } }])
            }
            Ask::Break if FLAW == NEVER_BREAKS => Err(No::NotNow),
            Ask::Break => Ok(vec![Fact::Broke]),
            Ask::Out => match self.lit {
                None => Err(No::NotNow),
                Some(_) if FLAW == STAYS_DUE => Ok(vec![]),
                Some((until, _)) if FLAW == REFUSES_THE_LATE && cx.now > until + claim::DAY => {
                    Err(No::NotNow)
                }
                Some((until, _)) if FLAW == CASCADES => {
                    Ok(vec![Fact::Lit { until: until + Duration::from_secs(60), minutes: 0 }])
                }
                Some(_) => Ok(vec![Fact::WentOut]),
            },
        }
    }

    fn evolve(self, fact: &Fact, _at: Timestamp) -> Self {
        match fact {
            Fact::Lit { until, minutes } => {
                let mark = if FLAW == COUNTS_FOLDS { calls() } else { *minutes };
                Lamp { lit: Some((*until, mark)), ..self }
            }
            Fact::WentOut if FLAW == WAITS_IN_SILENCE => Lamp { lit: None, ..self },
            Fact::WentOut | Fact::Broke => Lamp { lit: None, over: true },
        }
    }

    fn phase(&self) -> Phase {
        if self.over { Phase::Closed("over") } else { Phase::Open("ready") }
    }

    fn react(&self, fact: &Fact) -> Vec<Fact> {
        if FLAW == MOOT_PANICS { vec![fact.clone()] } else { vec![] }
    }

    fn moot(&self, _: &Fact) -> bool {
        assert!(!self.over, "nobody thought of this");
        false
    }

    fn deadline(&self) -> Option<(Timestamp, Ask)> {
        if self.over && FLAW == TICKS_WHEN_OVER {
            return Some((Timestamp::from_micros(i64::MAX), Ask::Out));
        }
        self.lit.map(|(until, _)| (until, Ask::Out))
    }

    fn task(&self) -> Option<Task> {
        let key = if FLAW == NAMELESS_TASK { "" } else { "sweep" };
        let wanted = self.over && FLAW == WORKS_WHEN_OVER || self.lit.is_some() && FLAW == NAMELESS_TASK;
        wanted.then(|| Task {
            key: key.into(),
            queue: "glass".into(),
            due: Timestamp::EPOCH,
            roles: BTreeSet::new(),
            excluded: BTreeSet::new(),
            reserved: None,
        })
    }

    fn labels(&self) -> Labels {
        let size = if FLAW == BIG_LABEL && self.over { 1_000 } else { 1 };
        Labels::none().with("note", "x".repeat(size))
    }
}

fn lamp<const FLAW: u8>() -> Samples<Lamp<FLAW>> {
    let anyone = || Actor::Applicant("anyone".into());
    Samples::default()
        .send(anyone(), Ask::Light { minutes: 0 })
        .send(anyone(), Ask::Light { minutes: 5 })
        .send(anyone(), Ask::Break)
}

fn broken<const FLAW: u8>() -> Broken {
    *laws::check(&lamp::<FLAW>()).unwrap_err()
}

#[track_caller]
fn caught<const FLAW: u8>(law: Law, most: usize) {
    let broken = broken::<FLAW>();
    assert_eq!(broken.law, law, "{broken}");
    assert!(broken.to_string().contains(&format!("breaks the law \"{law}\"")), "{broken}");
    assert!(broken.story.len() <= most, "a short story: {broken}");
}

#[test]
fn a_sound_lamp_keeps_the_laws() {
    laws::hold(&lamp::<SOUND>());
}

#[test]
fn each_broken_law_is_caught_and_named_in_a_short_story() {
    caught::<FORGETS_IN_JSON>(Law::RoundTrip, 1);
    caught::<COUNTS_FOLDS>(Law::Replay, 1);
    caught::<STAYS_DUE>(Law::Deadline, 1);
    caught::<REFUSES_THE_LATE>(Law::Deadline, 1);
    caught::<CASCADES>(Law::Deadline, 1);
    caught::<TICKS_WHEN_OVER>(Law::Closed, 2);
    caught::<WORKS_WHEN_OVER>(Law::Closed, 2);
    caught::<WAITS_IN_SILENCE>(Law::Open, 2);
    caught::<PANICS>(Law::NoPanic, 1);
    caught::<NEVER_BREAKS>(Law::Accepted, 0);
    caught::<TOSSES>(Law::Deterministic, 1);
    caught::<BIG_LABEL>(Law::Views, 2);
    caught::<MOOT_PANICS>(Law::Views, 2);
    caught::<NAMELESS_TASK>(Law::Views, 1);
}

#[test]
fn the_report_tells_who_sent_what_when_and_why_it_is_wrong() {
    let text = broken::<WAITS_IN_SILENCE>().to_string();
    let told = "at 2026-01-05T08:00:00Z by applicant: Light { minutes: 0 } -> [Lit { until: ";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("by timer: Out -> [WentOut]"), "{text}");
    assert!(text.contains("`ready` has neither") && text.contains("PROPTEST_RNG_SEED="), "{text}");
    let text = broken::<PANICS>().to_string();
    assert!(text.contains("divide by zero") && text.contains("laws.rs:"), "{text}");
    let text = broken::<CASCADES>().to_string();
    assert!(text.contains("3 deadlines in a row"), "{text}");
    let text = broken::<NEVER_BREAKS>().to_string();
    assert!(text.contains("`break` was refused wherever it was sent, last with: not now"), "{text}");
}

#[test]
fn an_exempt_command_need_not_be_accepted() {
    laws::hold(&lamp::<NEVER_BREAKS>().exempt("break"));
}

#[test]
#[should_panic(expected = "workflow `lamp` breaks the law \"`decide` never panics\"")]
fn hold_panics_with_the_laws_name() {
    laws::hold(&lamp::<PANICS>());
}

#[test]
fn samples_may_depend_on_the_state_and_the_time() {
    thread_local!(static ASKED: Cell<u32> = const { Cell::new(0) });
    let samples = lamp::<SOUND>().send_with(|lamp, now| {
        ASKED.set(ASKED.get() + 1);
        let lit = lamp.lit.filter(|(until, _)| *until > now);
        lit.map(|_| (Actor::Operator("op".into()), Ask::Out)).into_iter().collect()
    });
    let held = laws::hold(&samples);
    assert!(ASKED.get() > 100 && held.accepted["out"] > 10, "{held:?}");
}
