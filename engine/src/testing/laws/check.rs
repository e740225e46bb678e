//! The laws, each where it can be broken.

use std::fmt::Debug;

use super::fire::fire;
use super::quiet::quietly;
use super::story::{LATE, Story, brief};
use super::{Fault, Law, Lawful, Samples};
use crate::door::Actor;
use crate::explore::fold;
use crate::limits;
use crate::time::Timestamp;
use crate::workflow::{Data, Phase, Task, Workflow};

/// Effects that `moot` is asked about in every state.
const EFFECTS: usize = 64;

pub(super) fn broken<T>(law: Law, why: impl Into<String>) -> Lawful<T> {
    Err(Fault { law, why: why.into() })
}

fn ensure(kept: bool, law: Law, why: impl FnOnce() -> String) -> Lawful {
    if kept { Ok(()) } else { broken(law, why()) }
}

/// What must hold before anything happened.
pub(super) fn start<W: Workflow>(story: &Story<'_, W>) -> Lawful {
    let policy = &story.samples.policy;
    match (serde_json::to_string(policy), serde_json::to_string(&policy.clone())) {
        (Ok(one), Ok(two)) => ensure(one == two, Law::Deterministic, || {
            "the policy is written in another order each time, so its digest means nothing: use BTreeMap"
                .into()
        })?,
        (Err(error), _) | (_, Err(error)) => {
            broken(Law::RoundTrip, format!("the policy cannot be written as JSON: {error}"))?;
        }
    }
    state(story)
}

/// Asks twice, and looks at the question and the answer.
pub(super) fn decide<W: Workflow>(
    story: &Story<'_, W>,
    actor: &Actor,
    command: &W::Command,
) -> Lawful<Result<Vec<W::Event>, W::Rejection>> {
    round_trip("command", command)?;
    let size = serde_json::to_string(command).map_or(0, |json| json.len());
    ensure(size <= limits::COMMAND_BYTES, Law::Views, || {
        format!("a command of {size} bytes is over the limit of {}", limits::COMMAND_BYTES)
    })?;
    let answer = ask(story.samples, &story.state, actor, command, story.now)?;
    let again = ask(story.samples, &story.state, actor, command, story.now)?;
    ensure(answer == again, Law::Deterministic, || {
        format!("`decide` was asked twice and answered {answer:?}, then {again:?}")
    })?;
    match &answer {
        Err(rejection) => round_trip("rejection", rejection)?,
        Ok(events) => {
            events.iter().try_for_each(|event| round_trip("event", event))?;
            let bytes = serde_json::to_string(events).map_or(0, |json| json.len());
            ensure(
                events.len() <= limits::EVENTS_PER_DECISION && bytes <= limits::EVENTS_BYTES,
                Law::Views,
                || {
                    format!(
                        "a decision of {} events in {bytes} bytes is over the limit of {} in {}",
                        events.len(),
                        limits::EVENTS_PER_DECISION,
                        limits::EVENTS_BYTES
                    )
                },
            )?;
        }
    }
    Ok(answer)
}

pub(super) fn ask<W: Workflow>(
    samples: &Samples<W>,
    state: &W,
    actor: &Actor,
    command: &W::Command,
    now: Timestamp,
) -> Lawful<Result<Vec<W::Event>, W::Rejection>> {
    quietly(|| samples.decide(state, actor, command.clone(), now)).map_err(|panic| Fault {
        law: Law::NoPanic,
        why: format!("{command:?} at {} made it panic: {panic}", brief(now)),
    })
}

/// The state after `events`, folded twice.
pub(super) fn evolve<W: Workflow>(story: &Story<'_, W>, events: &[W::Event]) -> Lawful<W> {
    let folded = || view("evolve", || fold(&story.state, events, story.now));
    let next = folded()?;
    let again = folded()?;
    ensure(next == again, Law::Replay, || {
        format!("the same events gave two states:\n    {next:?}\n    {again:?}")
    })?;
    Ok(next)
}

/// The effects of a decision.
pub(super) fn react<W: Workflow>(next: &W, events: &[W::Event]) -> Lawful<Vec<W::Effect>> {
    let reaction = || view("react", || events.iter().flat_map(|event| next.react(event)).collect::<Vec<_>>());
    let effects = reaction()?;
    let again = reaction()?;
    ensure(effects == again, Law::Deterministic, || {
        format!("`react` was asked twice and answered {effects:?}, then {again:?}")
    })?;
    effects.iter().try_for_each(|effect| round_trip("effect", effect))?;
    ensure(effects.len() <= limits::EFFECTS_PER_DECISION, Law::Views, || {
        format!(
            "{} effects of one decision are over the limit of {}",
            effects.len(),
            limits::EFFECTS_PER_DECISION
        )
    })?;
    Ok(effects)
}

/// What holds wherever the instance stands.
pub(super) fn state<W: Workflow>(story: &Story<'_, W>) -> Lawful {
    let state = &story.state;
    let phase = view("phase", || state.phase())?;
    let deadline = view("deadline", || state.deadline())?;
    let task = view("task", || state.task())?;
    labels(state)?;
    for effect in story.effects.iter().rev().take(EFFECTS) {
        view("moot", || state.moot(effect))?;
    }
    if let Some(task) = &task {
        sound(task)?;
    }
    match phase {
        Phase::Closed(name) => {
            ensure(task.is_none(), Law::Closed, || format!("`{name}` is closed and has the task {task:?}"))?;
            ensure(deadline.is_none(), Law::Closed, || {
                format!("`{name}` is closed and has the deadline {deadline:?}")
            })?;
        }
        Phase::Open(name) => {
            let silent = !story.recorded.is_empty() && task.is_none() && deadline.is_none();
            ensure(!silent, Law::Open, || {
                format!("`{name}` has neither: if nobody sends a command, it waits forever, in silence")
            })?;
        }
    }
    let Some((due, command)) = deadline else {
        return Ok(());
    };
    round_trip("command", &command)?;
    LATE.iter().try_for_each(|late| fire(story, due, *late))
}

fn labels<W: Workflow>(state: &W) -> Lawful {
    let labels = view("labels", || state.labels())?;
    let count = labels.iter().count();
    ensure(count <= limits::LABELS, Law::Views, || {
        format!("{count} labels are over the limit of {}", limits::LABELS)
    })?;
    labels.iter().try_for_each(|(name, value)| {
        ensure(!name.is_empty() && value.len() <= limits::LABEL_BYTES, Law::Views, || {
            let most = limits::LABEL_BYTES;
            format!("the label `{name}` has {} bytes: at most {most}, and a name", value.len())
        })
    })
}

fn sound(task: &Task) -> Lawful {
    let never = Timestamp::from_micros(i64::MAX);
    let named = !task.key.is_empty() && !task.queue.is_empty();
    ensure(named, Law::Views, || format!("a task has a key and a queue: {task:?}"))?;
    ensure(task.due < never, Law::Views, || format!("a task that is never due is never overdue: {task:?}"))?;
    let Some((person, until)) = &task.reserved else {
        return Ok(());
    };
    ensure(*until < never, Law::Views, || format!("a reservation ends: {task:?}"))?;
    ensure(!task.excluded.contains(person), Law::Views, || {
        format!("a task is kept for somebody who may not take it: {task:?}")
    })
}

/// Folds what was recorded, as it is and as JSON brings it back.
pub(super) fn replay<W: Workflow>(story: &Story<'_, W>) -> Lawful {
    let folded = view("evolve", || story.folded(&story.recorded))?;
    ensure(folded == story.state, Law::Replay, || {
        format!("the instance was\n    {:?}\n  and its replay is\n    {folded:?}", story.state)
    })?;
    let json = serde_json::to_string(&story.recorded);
    let read = json.and_then(|json| serde_json::from_str::<Vec<(W::Event, Timestamp)>>(&json));
    let read =
        read.or_else(|error| broken(Law::RoundTrip, format!("the history cannot be read back: {error}")))?;
    let folded = view("evolve", || story.folded(&read))?;
    ensure(folded == story.state, Law::RoundTrip, || {
        format!("the instance was\n    {:?}\n  and its stored history gives\n    {folded:?}", story.state)
    })
}

fn round_trip<T: Data>(what: &str, value: &T) -> Lawful {
    let fault = |error: serde_json::Error| Fault {
        law: Law::RoundTrip,
        why: format!("the {what} {value:?} does not survive: {error}"),
    };
    let json = serde_json::to_string(value).map_err(fault)?;
    let back: T = serde_json::from_str(&json).map_err(fault)?;
    ensure(back == *value, Law::RoundTrip, || {
        format!("the {what} {value:?} was written as {json} and came back as {back:?}")
    })?;
    // Upcasts work on values, not on text.
    let tree = serde_json::to_value(value).map_err(fault)?;
    let back: T = serde_json::from_value(tree).map_err(fault)?;
    ensure(back == *value, Law::RoundTrip, || format!("the {what} {value:?} came back as {back:?}"))
}

pub(super) fn view<T: Debug>(name: &str, f: impl FnOnce() -> T) -> Lawful<T> {
    quietly(f).map_err(|panic| Fault { law: Law::Views, why: format!("`{name}` panicked: {panic}") })
}
