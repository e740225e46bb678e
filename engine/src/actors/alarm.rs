//! Sends instances the commands of their due deadlines.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix::{Actor, ActorFutureExt, AtomicResponse, Context, Handler, Message, WrapFuture};
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::instance::Ask;
use super::shared::Shared;
use crate::backoff::Backoff;
use crate::id::InstanceId;
use crate::limits;
use crate::time::Timestamp;

/// Sends due deadlines.
pub(crate) struct Alarm {
    shared: Arc<Shared>,
    /// Instances that could not be moved. They must not hold up others, nor be tried all the time.
    stuck: HashMap<InstanceId, Stuck>,
}

#[derive(Clone, Copy)]
struct Stuck {
    until: Timestamp,
    failures: u32,
}

/// The waiting times of instances whose deadline could not be fired.
const WAITS: Backoff = Backoff { first: limits::POLL, longest: limits::ANSWER_WAITS, jitter: 0.0 };

/// Look for due deadlines. Answers how many were fired.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct Look;

impl Alarm {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, stuck: HashMap::new() }
    }
}

impl Actor for Alarm {
    type Context = Context<Self>;
}

impl Handler<Look> for Alarm {
    type Result = AtomicResponse<Self, usize>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        let shared = self.shared.clone();
        let mut stuck = std::mem::take(&mut self.stuck);
        let round = async move {
            let fired = look(&shared, &mut stuck).await;
            (fired, stuck)
        };
        AtomicResponse::new(Box::pin(round.into_actor(self).map(|(fired, stuck), alarm, _| {
            alarm.stuck = stuck;
            fired
        })))
    }
}

async fn look(shared: &Arc<Shared>, stuck: &mut HashMap<InstanceId, Stuck>) -> usize {
    if shared.is_stopping() {
        return 0;
    }
    let now = shared.now();
    let limit = limits::DEADLINES_PER_ROUND + stuck.len();
    let due = match shared.store.due(limit).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, "due deadlines could not be read: trying again");
            return 0;
        }
    };
    let full = due.len() == limit;
    if !full {
        // The list is whole: who is not on it is stuck no more.
        let listed: HashSet<_> = due.iter().collect();
        stuck.retain(|instance, _| listed.contains(instance));
    }
    let waits = |instance: &InstanceId| stuck.get(instance).is_some_and(|stuck| stuck.until > now);
    let due: Vec<_> = due.into_iter().filter(|instance| !waits(instance)).collect();
    let moved = join_all(due.iter().map(|instance| fire(shared, *instance))).await;
    let fired = moved.iter().filter(|moved| **moved).count();
    for (instance, moved) in due.iter().zip(moved) {
        if moved {
            stuck.remove(instance);
            continue;
        }
        let failures = stuck.get(instance).map_or(1, |stuck| stuck.failures + 1);
        let until = now + WAITS.wait(failures, 0.0);
        stuck.insert(*instance, Stuck { until, failures });
    }
    if full {
        shared.alarm.now();
    } else if let Some(at) = stuck.values().map(|stuck| stuck.until).min() {
        // What is stuck is the soonest due in the store, too, so that the store does not tell when
        // the next one is. Nobody may be late by more than the polling time.
        shared.alarm.by(at.min(now + limits::POLL));
    } else if let Ok(Some(at)) = shared.store.next_wake().await {
        shared.alarm.by(at);
    }
    metrics::counter!("sealwright_deadlines_total").increment(fired as u64);
    fired
}

async fn fire(shared: &Arc<Shared>, instance: InstanceId) -> bool {
    let (reply, answer) = oneshot::channel();
    shared.ask(instance, Ask::Fire(reply), None).is_ok() && answer.await.unwrap_or(false)
}
