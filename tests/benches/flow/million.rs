//! What a command costs beside 1,000 and beside 1,000,000 stored instances: two databases filled with the rows of
//! ended applications (without what the vault holds of them), and rounds of an office on each in turn.

use std::sync::Arc;

use serde::Serialize;

use crate::ceiling::Ceiling;
use crate::figures::{median, quantile};
use crate::ground::{Desk, Ground, Place};
use crate::rounds::{Plan, Round, office};
use crate::script::Script;

/// Instances stored before the first round. The rounds themselves add some thousands to both.
const STORED: [usize; 2] = [1_000, 1_000_000];

const CLIENTS: [usize; 2] = [1, 64];

/// One line.
#[derive(Serialize)]
struct Line {
    store: &'static str,
    clients: usize,
    stored: usize,
    per_s: f64,
    p50_ms: f64,
    /// Time for each transition, as a multiple of that beside the fewest instances.
    cost: f64,
}

pub(crate) async fn measure(ground: &Ground, script: &Script, plan: Plan, json: bool) {
    let rows = script.without_vault();
    let mut offices = Vec::new();
    for stored in STORED {
        let place = ground.place().await;
        let mut ceiling = Ceiling::open(&place).await;
        ceiling.fill(&rows, stored).await;
        ceiling.close().await;
        place.settle().await;
        let desk = Arc::new(place.desk(20_000).await);
        offices.push((stored, place, desk));
    }
    for clients in CLIENTS {
        let mut rounds: Vec<Vec<Round>> = STORED.map(|_| Vec::new()).into();
        for (.., desk) in &offices {
            office(desk, clients, plan.warm_up).await;
        }
        for _ in 0..plan.rounds {
            for ((.., desk), rounds) in offices.iter().zip(&mut rounds) {
                rounds.push(office(desk, clients, plan.time).await);
            }
        }
        let per_s = |rounds: &[Round]| median(rounds.iter().map(|round| round.per_s).collect());
        let p50 = |round: &Round| quantile(&round.latencies, 0.5);
        for ((stored, ..), of) in offices.iter().zip(&rounds) {
            let line = Line {
                store: ground.name(),
                clients,
                stored: *stored,
                per_s: per_s(of).round(),
                p50_ms: median(of.iter().map(p50).collect()),
                cost: per_s(&rounds[0]) / per_s(of),
            };
            line.print(json);
        }
    }
    for (_, place, desk) in offices {
        close(place, desk).await;
    }
}

async fn close(place: Place, desk: Arc<Desk>) {
    desk.engine.stop().await;
    drop(desk);
    place.clear().await;
}

impl Line {
    fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::to_string(self).unwrap());
        } else {
            let Self { store, clients, stored, per_s, p50_ms, cost } = self;
            println!(
                "{store:>8} {clients:>7} clients {stored:>9} stored {per_s:>8.0} per s {p50_ms:>7.2} ms p50 {cost:>6.2} times the cost"
            );
        }
    }
}
