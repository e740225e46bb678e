//! Who may send what to a sweep: for the laws and the diagram.

use std::time::Duration;

use sealwright_engine::explore::{INSTANCE, Samples};
use sealwright_engine::{Actor, EffectKey, InstanceId, PersonId, Timestamp};
use uuid::Uuid;

use super::counts::{Cause, Counts, Tally};
use super::messages::*;
use super::state::{Course, Step, Sweep, Underway};
use crate::policy::Policy;

const PERSON: PersonId = PersonId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00a1));
const OTHER: InstanceId = InstanceId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00e1));

/// Commands that lead everywhere a sweep can be.
pub fn samples() -> Samples<Sweep> {
    let operator = || Actor::Operator("ops".into());
    let nightly = Actor::Schedule { name: "nightly".into(), due: Timestamp::from_secs(1_767_600_000) };
    let start = |kind, dry_run| {
        Command::Start(Start { kind, per_second: Some(10), dry_run, anew: dry_run, schedule: None })
    };
    let scheduled = Start {
        kind: Kind::Changes,
        per_second: None,
        dry_run: false,
        anew: false,
        schedule: Some("nightly".into()),
    };
    let mut samples = Samples::new(Policy::default())
        .steps([5, 60, 3_600, 86_400, 40 * 86_400].map(Duration::from_secs))
        .send(nightly, Command::Start(scheduled))
        .send(operator(), start(Kind::Full, false))
        .send(operator(), start(Kind::Full, true));
    for command in [Operator::Pause, Operator::Resume, Operator::Cancel] {
        samples = samples.send(operator(), Command::Operator(command));
    }
    samples
        .send(performer(), Command::Answer(Answer::Admitted { cursor: Some("c-1".into()), known: 9 }))
        .send(performer(), Command::Answer(Answer::Occupied { by: OTHER }))
        .send(performer(), Command::Answer(Answer::Left))
        .send_with(answers)
}

fn performer() -> Actor {
    Actor::Performer(EffectKey { instance: INSTANCE, version: 1, n: 0 })
}

/// What a slice may come to, also one that was asked for before the sweep was cancelled.
fn answers(sweep: &Sweep, _: Timestamp) -> Vec<(Actor, Command)> {
    let Sweep::Begun(course) = sweep else { return vec![] };
    let slice = course.slice;
    let followed = Tally { counts: Counts { reissued: 1, ..Counts::default() }, failures: vec![] };
    let mut failed = Tally::default();
    failed.fail(Cause::Unreadable, Some(OTHER));
    let follows = [followed, failed].map(|tally| Answer::Followed { slice, tally });
    let all = sweeps(course, slice).into_iter().chain(follows);
    all.map(|answer| (performer(), Command::Answer(answer))).collect()
}

fn sweeps(course: &Course, slice: u32) -> Vec<Answer> {
    let underway = matches!(
        course.step,
        Step::Sweeping
            | Step::Leaving(_, Some(Underway::Sweeping(_)))
            | Step::Ended(_, Some(Underway::Sweeping(_)))
    );
    if !underway {
        return vec![];
    }
    let counts = Counts { seen: 100, unchanged: 99, ..Counts::default() };
    let next = |line| Place { after: Some(format!("c-{slice}")), line };
    let swept = |differing, line, end| Answer::Swept {
        slice,
        tally: Tally { counts, failures: vec![] },
        differing,
        next: next(line),
        end,
    };
    let mut all = vec![swept(vec![], 0, true)];
    // A story has an end.
    if slice < 3 {
        all.push(swept(vec![], 100, false));
    }
    if course.kind == Kind::Full && !course.dry_run {
        all.push(swept(vec![PERSON], 0, true));
        if slice < 3 {
            all.push(swept(vec![PERSON], 0, false));
        }
    }
    all
}
