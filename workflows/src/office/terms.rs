//! How each kind of effect is treated: attempts, time, how many at once.

use std::time::Duration;

use sealwright_engine::{Backoff, Terms};

/// Waits of at most 5 minutes, so that after an outage everybody is served soon; 17,280 of them are 60 days.
/// The workflow wakes an operator meanwhile, again and again.
const PATIENT: Terms = Terms {
    attempts: 17_280,
    time: Duration::from_secs(20),
    at_once: 16,
    backoff: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(300), jitter: 0.3 },
};

/// Commands to another instance: local, but each waits for a commit, and those come in batches of hundreds.
const INSIDE: Terms = Terms { at_once: 512, ..PATIENT };

/// The vault, and a signature of microseconds.
const DOCUMENT: Terms = Terms { at_once: 256, attempts: 300, ..PATIENT };

/// Each channel has a lane of its own with few places, so that one that hangs does not hold up the others. What
/// could not be sent for a day is parked.
const NOTICE: Terms = Terms {
    attempts: 300,
    time: Duration::from_secs(90),
    at_once: 64,
    backoff: Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(300), jitter: 0.3 },
};

/// The terms for an effect's name. `outside` is how many questions the register and the vendor take at once.
pub(super) fn of(kind: &str, outside: usize) -> Terms {
    match kind {
        "look_up_record" | "start_liveness" | "poll_liveness" => Terms { at_once: outside, ..PATIENT },
        "reserve" | "release" | "bar" | "order_issue" | "tell" => INSIDE,
        "prepare" | "sign" => DOCUMENT,
        "notify" | "alert_operator" => NOTICE,
        _ => Terms::default(),
    }
}

/// A slice: hundreds of licences, each a question to the register and some commits. A kind of sweep is under way once.
const SLICE: Terms = Terms { time: Duration::from_secs(600), at_once: 4, ..PATIENT };

/// The terms for an effect of a sweep, or of a look at the calendar.
pub(super) fn of_sweep(kind: &str) -> Terms {
    match kind {
        "enter" | "leave" => INSIDE,
        "sweep" | "follow" => SLICE,
        "alert_operator" => NOTICE,
        _ => Terms::default(),
    }
}
