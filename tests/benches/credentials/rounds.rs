//! Rounds: an operation and what stands beside it in turn.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How long it is measured.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Of one round of one of the two.
    pub(crate) time: Duration,
}

impl Plan {
    pub(crate) fn of(quick: bool) -> Self {
        if quick {
            Self { rounds: 7, time: Duration::from_millis(40) }
        } else {
            Self { rounds: 21, time: Duration::from_millis(100) }
        }
    }

    /// How often a second each goes; the median of the ratios decides how much of the second is the first.
    pub(crate) fn alternate(&self, operation: &dyn Fn(), beside: &dyn Fn()) -> (f64, f64) {
        self.round(operation);
        self.round(beside);
        let rounds: Vec<_> = (0..self.rounds).map(|_| (self.round(operation), self.round(beside))).collect();
        let bare = median(rounds.iter().map(|(_, bare)| *bare).collect());
        let ratio = median(rounds.iter().map(|(whole, bare)| whole / bare).collect());
        (bare * ratio, bare)
    }

    fn round(&self, work: &dyn Fn()) -> f64 {
        let (began, mut count) = (busy(), 0u32);
        loop {
            // The clock is read rarely beside what takes microseconds.
            (0..64).for_each(|_| work());
            count += 64;
            let took = busy() - began;
            if took >= self.time {
                return f64::from(count) / took.as_secs_f64();
            }
        }
    }
}

/// How long this thread has computed, so that a busy machine tells the same as an idle one. Where Linux does not say
/// so, how much time went by.
pub(crate) fn busy() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = told.and_then(|told| told.split(' ').next()?.parse().ok());
    ns.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// The median of what was measured in the rounds.
pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    let middle = of.len() / 2;
    if of.len() % 2 == 1 { of[middle] } else { (of[middle - 1] + of[middle]) / 2.0 }
}
