//! Medians over the rounds, as a table for people and as JSON for machines.

use std::time::Duration;

use serde::Serialize;

use crate::outside::PHOTO_BYTES;
use crate::rounds::{Pair, Plan, Round};
use crate::script::Script;

/// One line.
#[derive(Serialize)]
pub(crate) struct Figures {
    store: &'static str,
    clients: usize,
    /// Transitions a second.
    per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    ceiling_per_s: f64,
    ratio: f64,
    p50_ratio: f64,
    flushes_per_transition: f64,
    rss_mib: f64,
    submit_to_issued_ms: f64,
    ceiling_p50_ms: f64,
    rounds: usize,
}

impl Figures {
    pub(crate) fn of(store: &'static str, clients: usize, pairs: &[Pair], rss_mib: f64) -> Self {
        let office =
            |figure: fn(&Round) -> f64| median(pairs.iter().map(|pair| figure(&pair.office)).collect());
        let ceiling =
            |figure: fn(&Round) -> f64| median(pairs.iter().map(|pair| figure(&pair.ceiling)).collect());
        // Of all rounds together: in a short one with many clients hardly any may end.
        let issued: Vec<_> = pairs.iter().flat_map(|pair| pair.office.submit_to_issued.clone()).collect();
        let p50 = |round: &Round| quantile(&round.latencies, 0.5);
        let (per_s, ceiling_per_s) = (office(|round| round.per_s), ceiling(|round| round.per_s));
        let (p50_ms, ceiling_p50_ms) = (office(p50), ceiling(p50));
        Self {
            store,
            clients,
            per_s: per_s.round(),
            p50_ms: rounded(p50_ms),
            p99_ms: rounded(office(|round| quantile(&round.latencies, 0.99))),
            ceiling_per_s: ceiling_per_s.round(),
            ratio: rounded(per_s / ceiling_per_s),
            p50_ratio: rounded(p50_ms / ceiling_p50_ms),
            flushes_per_transition: rounded(office(|round| round.flushes_per_transition)),
            rss_mib,
            submit_to_issued_ms: rounded(quantile(&issued, 0.5)),
            ceiling_p50_ms: rounded(ceiling_p50_ms),
            rounds: pairs.len(),
        }
    }

    pub(crate) fn print_json(&self) {
        println!("{}", serde_json::to_string(self).unwrap());
    }

    pub(crate) fn print_row(&self) {
        println!(
            "{:>8} {:>7} {:>9.0} {:>9.0} {:>6.2} {:>8.2} {:>8.2} {:>8.2} {:>7.2} {:>10.2} {:>9.3} {:>8.0}",
            self.store,
            self.clients,
            self.per_s,
            self.ceiling_per_s,
            self.ratio,
            self.p50_ms,
            self.p99_ms,
            self.ceiling_p50_ms,
            self.p50_ratio,
            self.submit_to_issued_ms,
            self.flushes_per_transition,
            self.rss_mib,
        );
    }
}

/// What is measured, and the table's head.
pub(crate) fn explain(script: &Script, plan: Plan) {
    let (rows, bytes) = script.size();
    println!(
        "One application: {} transitions, {rows} rows written or changed, {bytes} bytes in them (a photo of {PHOTO_BYTES} among them).",
        script.transitions()
    );
    println!("Medians of {} rounds of {:?}, office and ceiling in turn.\n", plan.rounds, plan.time);
    println!(
        "{:>8} {:>7} {:>9} {:>9} {:>6} {:>8} {:>8} {:>8} {:>7} {:>10} {:>9} {:>8}",
        "store",
        "clients",
        "per s",
        "ceiling",
        "ratio",
        "p50 ms",
        "p99 ms",
        "its p50",
        "p50 r.",
        "to issued",
        "flushes",
        "rss MiB"
    );
}

/// The median of what was measured in the rounds.
pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    let middle = of.len() / 2;
    if of.len() % 2 == 1 { of[middle] } else { (of[middle - 1] + of[middle]) / 2.0 }
}

/// In milliseconds.
pub(crate) fn quantile(of: &[Duration], share: f64) -> f64 {
    let mut of = of.to_vec();
    of.sort();
    let place = ((of.len() as f64 * share) as usize).min(of.len().saturating_sub(1));
    of.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}
