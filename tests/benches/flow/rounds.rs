//! Rounds: the office and the ceiling in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::applicant::{self, Times};
use crate::ceiling::Ceiling;
use crate::ground::{Desk, Ground};
use crate::script::Script;

/// How long it is measured.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Of one round.
    pub(crate) time: Duration,
    pub(crate) warm_up: Duration,
}

/// What one round came to.
pub(crate) struct Round {
    /// Transitions a second.
    pub(crate) per_s: f64,
    /// Of client commands, or of the ceiling's batches.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) submit_to_issued: Vec<Duration>,
    pub(crate) flushes_per_transition: f64,
}

/// A round of the office and the one of the ceiling after it.
pub(crate) struct Pair {
    pub(crate) office: Round,
    pub(crate) ceiling: Round,
}

/// Measures both in turn, each on a database of its own.
pub(crate) async fn alternate(ground: &Ground, script: &Script, clients: usize, plan: Plan) -> Vec<Pair> {
    let (here, there) = (ground.place().await, ground.place().await);
    let desk = Arc::new(here.desk(20_000).await);
    let mut ceiling = Ceiling::open(&there).await;
    office(&desk, clients, plan.warm_up).await;
    ceiling.round(script, clients, plan.warm_up).await;
    let mut pairs = Vec::with_capacity(plan.rounds);
    for _ in 0..plan.rounds {
        let office = office(&desk, clients, plan.time).await;
        let ceiling = ceiling.round(script, clients, plan.time).await;
        pairs.push(Pair { office, ceiling });
    }
    desk.engine.stop().await;
    ceiling.close().await;
    drop(desk);
    here.clear().await;
    there.clear().await;
    pairs
}

/// Lets `clients` work for `time`. Only what happens while all of them work is counted.
pub(crate) async fn office(desk: &Arc<Desk>, clients: usize, time: Duration) -> Round {
    let over = Arc::new(AtomicBool::new(false));
    let working: Vec<_> = (0..clients)
        .map(|_| {
            let (desk, over) = (desk.clone(), over.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    times.push(applicant::apply(&desk).await);
                }
                times
            })
        })
        .collect();
    // Until the clients are spread over the steps.
    tokio::time::sleep(time / 5).await;
    let (began, before, flushed) = (Instant::now(), desk.store.transitions(), desk.flushes());
    tokio::time::sleep(time).await;
    let (ended, after, flushes) = (Instant::now(), desk.store.transitions(), desk.flushes());
    over.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    let mut submit_to_issued = Vec::new();
    for client in working {
        for Times { commands, submit_to_issued: issued } in client.await.unwrap() {
            let counted = |at: &Instant| (began..ended).contains(at);
            latencies.extend(commands.iter().filter(|(_, at)| counted(at)).map(|(took, _)| *took));
            submit_to_issued.extend(Some(issued).filter(|_| counted(&commands[4].1)));
        }
    }
    let transitions = (after - before) as f64;
    Round {
        per_s: transitions / (ended - began).as_secs_f64(),
        latencies,
        submit_to_issued,
        flushes_per_transition: (flushes - flushed) as f64 / transitions,
    }
}

impl Desk {
    fn flushes(&self) -> u64 {
        use sealwright_engine::store::Store;
        self.store.flushes()
    }
}
