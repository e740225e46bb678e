//! Fires schedules: a tick is an instance whose id is the tick, so it is fired once, by whoever
//! comes first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use actix::{Actor, ActorFutureExt, AtomicResponse, Context, Handler, Message, WrapFuture};

use super::instance::{Begin, Command};
use super::shared::Shared;
use crate::door::Actor as Asker;
use crate::engine::Engine;
use crate::error::Refusal;
use crate::id::CommandId;
use crate::kind::panic_text;
use crate::limits;
use crate::schedule::{Schedule, Tick};
use crate::store::StoreError;
use crate::time::Timestamp;

/// A schedule and what its ticks begin.
#[derive(Clone)]
pub(crate) struct Planned {
    pub(crate) schedule: Schedule,
    pub(crate) workflow: &'static str,
    /// The command that begins a tick's instance: its name and JSON.
    pub(crate) begin: Arc<dyn Fn(&Tick) -> Result<(String, String), String> + Send + Sync>,
}

/// Fires schedules.
pub(crate) struct Calendar {
    shared: Arc<Shared>,
    planned: Arc<Vec<Planned>>,
}

/// Look for due ticks. Answers how many were fired.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct Look;

impl Calendar {
    pub(crate) fn new(shared: Arc<Shared>, planned: Vec<Planned>) -> Self {
        Self { shared, planned: Arc::new(planned) }
    }
}

impl Actor for Calendar {
    type Context = Context<Self>;
}

impl Handler<Look> for Calendar {
    type Result = AtomicResponse<Self, usize>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        let (shared, planned) = (self.shared.clone(), self.planned.clone());
        let round = async move {
            let mut fired = 0;
            for planned in planned.iter() {
                match look(&shared, planned).await {
                    Ok(ticks) => fired += ticks,
                    Err(error) => {
                        let schedule = planned.schedule.name();
                        metrics::counter!("sealwright_schedule_failures_total", "schedule" => schedule.to_owned())
                            .increment(1);
                        tracing::warn!(schedule, %error, "a schedule could not be fired: trying again");
                        shared.calendar_bell.by(shared.now() + limits::POLL);
                    }
                }
            }
            fired
        };
        AtomicResponse::new(Box::pin(round.into_actor(self).map(|fired, _, _| fired)))
    }
}

async fn look(shared: &Arc<Shared>, planned: &Planned) -> Result<usize, Refusal> {
    if shared.is_stopping() {
        return Ok(0);
    }
    let (schedule, now) = (&planned.schedule, shared.now());
    let Some(last) = shared.store.last_tick(schedule.name()).await? else {
        // A new schedule begins now; what would have been before was never promised.
        shared.store.record_tick(schedule.name(), now).await?;
        ring_for(shared, schedule, now);
        return Ok(0);
    };
    let (ticks, newest) = schedule.due(last, now, limits::TICKS_PER_ROUND);
    let mut fired = 0;
    let mut recorded = None;
    for due in ticks {
        fired += usize::from(fire(shared, planned, schedule.tick(due)).await?);
        // After each, so that a crash repeats one tick at most, and that one finds itself there.
        shared.store.record_tick(schedule.name(), due).await?;
        recorded = Some(due);
    }
    if let Some(newest) = newest.filter(|newest| recorded != Some(*newest)) {
        shared.store.record_tick(schedule.name(), newest).await?;
    }
    ring_for(shared, schedule, newest.unwrap_or(last));
    Ok(fired)
}

/// Begins the tick's instance; false if it was begun before.
async fn fire(shared: &Arc<Shared>, planned: &Planned, tick: Tick) -> Result<bool, Refusal> {
    let failed = |why: String| Refusal::Store(StoreError::Failed(why));
    let begun = catch_unwind(AssertUnwindSafe(|| (planned.begin)(&tick)))
        .unwrap_or_else(|panic| Err(format!("its command panicked: {}", panic_text(&*panic))));
    let (name, json) = begun.map_err(failed)?;
    let command = Command {
        workflow: planned.workflow,
        id: CommandId::tick(&tick.schedule, tick.due),
        actor: Asker::Schedule { name: tick.schedule.clone(), due: tick.due },
        expected: None,
        lease: None,
        begin: Begin::New,
        settles: None,
        name,
        json,
    };
    match Engine::inside(shared.clone()).deliver(tick.instance, command).await {
        Ok(receipt) => {
            let fired = !receipt.repeated;
            metrics::counter!("sealwright_ticks_total").increment(u64::from(fired));
            Ok(fired)
        }
        // Begun by a node whose code makes another command of the same tick.
        Err(Refusal::KeyReused | Refusal::Exists) => Ok(false),
        Err(Refusal::Rejected(refused)) => {
            // The workflow does not want this tick; asking again would not change its mind.
            tracing::warn!(schedule = tick.schedule, due = %tick.due, %refused, "a tick was refused");
            Ok(false)
        }
        Err(refusal) => Err(refusal),
    }
}

fn ring_for(shared: &Shared, schedule: &Schedule, last: Timestamp) {
    if let Some(next) = schedule.after(last).next() {
        shared.calendar_bell.by(next);
    }
}
