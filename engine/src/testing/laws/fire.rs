//! Deadlines, fired on the side in every state that has one.

use std::time::Duration;

use super::check::{ask, broken, view};
use super::story::{Story, brief};
use super::{Law, Lawful};
use crate::door::Actor;
use crate::explore::fold;
use crate::time::Timestamp;
use crate::workflow::Workflow;

/// Deadlines that may be due in a row at one instant: after a long outage the harder consequence
/// wins, not all of them one by one.
const CASCADE: usize = 3;

/// Fires the deadline, on the side, and whatever is due at the same instant after it.
pub(super) fn fire<W: Workflow>(story: &Story<'_, W>, due: Timestamp, late: Duration) -> Lawful {
    // A time that cannot be written is the same as never.
    let never = Timestamp::from_micros(i64::MAX);
    let now = story.now.max(due) + late;
    let mut state = story.state.clone();
    for _ in 0..CASCADE {
        let Some((due, command)) = view("deadline", || state.deadline())? else {
            return Ok(());
        };
        if due > now || due == never {
            return Ok(());
        }
        let answer = ask(story.samples, &state, &Actor::Timer, &command, now)?;
        let fired = format!("{command:?} was due at {} and fired at {}", brief(due), brief(now));
        let events = match answer {
            Ok(events) => events,
            Err(rejection) => {
                return broken(
                    Law::Deadline,
                    format!("{fired}, was refused ({rejection}), and is still due"),
                );
            }
        };
        let next = view("evolve", || fold(&state, &events, now))?;
        if view("deadline", || next.deadline())? == Some((due, command)) {
            return broken(Law::Deadline, format!("{fired}, recorded {events:?}, and is still due"));
        }
        state = next;
    }
    match view("deadline", || state.deadline())? {
        Some((due, command)) if due <= now && due != never => broken(
            Law::Deadline,
            format!("{CASCADE} deadlines in a row fired at {}, and {command:?} is due again", brief(now)),
        ),
        _ => Ok(()),
    }
}
