//! Sends instances the commands of their due deadlines.

use std::collections::HashMap;
use std::sync::Arc;

use actix::{Actor, ActorFutureExt, AtomicResponse, Context, Handler, Message, WrapFuture};
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::instance::{Ask, Work};
use super::registry::Route;
use super::shared::Shared;
use crate::id::InstanceId;
use crate::limits;
use crate::time::Timestamp;

/// Sends due deadlines.
pub(crate) struct Alarm {
    shared: Arc<Shared>,
    /// Instances that could not be moved, and when to try them again. They must not hold up others.
    stuck: HashMap<InstanceId, Timestamp>,
}

/// Look for due deadlines. Answers how many were fired.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct Look;

impl Alarm {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            stuck: HashMap::new(),
        }
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
            let now = shared.now();
            stuck.retain(|_, until| *until > now);
            let fired = look(&shared, &mut stuck).await;
            (fired, stuck)
        };
        AtomicResponse::new(Box::pin(round.into_actor(self).map(
            |(fired, stuck), alarm, _| {
                alarm.stuck = stuck;
                fired
            },
        )))
    }
}

async fn look(shared: &Arc<Shared>, stuck: &mut HashMap<InstanceId, Timestamp>) -> usize {
    if shared.is_stopping() {
        return 0;
    }
    let limit = limits::DEADLINES_PER_ROUND + stuck.len();
    let due = match shared.store.due(limit).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, "due deadlines could not be read: trying again");
            return 0;
        }
    };
    let full = due.len() == limit;
    let due: Vec<_> = due
        .into_iter()
        .filter(|instance| !stuck.contains_key(instance))
        .collect();
    let moved = join_all(due.iter().map(|instance| fire(shared, *instance))).await;
    let fired = moved.iter().filter(|moved| **moved).count();
    let again = shared.now() + limits::POLL;
    stuck.extend(
        due.iter()
            .zip(&moved)
            .filter(|(_, moved)| !**moved)
            .map(|(instance, _)| (*instance, again)),
    );
    if full {
        shared.alarm.now();
    } else if !stuck.is_empty() {
        shared.alarm.by(again);
    } else if let Ok(Some(at)) = shared.store.next_wake().await {
        shared.alarm.by(at);
    }
    metrics::counter!("sealwright_deadlines_total").increment(fired as u64);
    fired
}

async fn fire(shared: &Arc<Shared>, instance: InstanceId) -> bool {
    let (reply, answer) = oneshot::channel();
    let work = Work {
        ask: Ask::Fire(reply),
        busy: shared.activity.begin(),
    };
    if let Some(registry) = shared.registry()
        && let Err(full) = registry.try_send(Route { instance, work })
    {
        full.into_inner().work.refuse_busy();
    }
    answer.await.unwrap_or(false)
}
