//! Performs due effects, with a bound for each kind, and settles them.

mod attempt;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{Actor, AsyncContext, Context, Handler, Message, ResponseActFuture, WrapFuture};
use actix::{ActorFutureExt, Addr};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::AbortHandle;

use super::shared::{Busy, Shared};
use crate::id::{EffectKey, InstanceId};
use crate::limits;
use crate::store::{EffectQuery, EffectRow, EffectState, NewEffect};
use crate::time::Timestamp;

/// Performs due effects.
pub(crate) struct Outbox {
    shared: Arc<Shared>,
    /// By workflow and kind.
    lanes: HashMap<(String, String), Lane>,
    /// Everything in memory, waiting or under way.
    known: HashMap<EffectKey, Option<AbortHandle>>,
}

/// The effects of one kind.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Held>,
    under_way: usize,
}

/// An effect in memory. Dropping it gives its place back.
struct Held {
    row: EffectRow,
    _room: OwnedSemaphorePermit,
    busy: Busy,
}

/// The effects of a decision just committed.
pub(crate) struct Decided {
    pub(crate) workflow: &'static str,
    pub(crate) at: Timestamp,
    pub(crate) effects: Vec<NewEffect>,
}

/// Effects for this node, leased to it already.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Take {
    decided: Decided,
    room: OwnedSemaphorePermit,
    _busy: Busy,
}

/// Take the effects of an instance that are leased to this node, and that nobody has in memory.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Adopt {
    pub(crate) instance: InstanceId,
    pub(crate) busy: Busy,
}

/// Look for due effects in the store. Answers how many were found.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct Look;

/// An attempt ended; the store knows how.
#[derive(Message)]
#[rtype(result = "()")]
struct Ended {
    key: EffectKey,
    lane: (String, String),
}

/// Begin no more attempts. Answers how many are under way.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct Hush;

/// Cut short what is under way.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Cut;

impl Take {
    pub(crate) fn new(decided: Decided, room: OwnedSemaphorePermit, busy: Busy) -> Self {
        Self {
            decided,
            room,
            _busy: busy,
        }
    }
}

impl Outbox {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            lanes: HashMap::new(),
            known: HashMap::new(),
        }
    }

    fn hold(&mut self, row: EffectRow, room: OwnedSemaphorePermit, outbox: &Addr<Self>) {
        if self.shared.is_stopping() || self.known.contains_key(&row.key) {
            return;
        }
        let lane = (row.workflow.clone(), row.kind.clone());
        self.known.insert(row.key, None);
        let held = Held {
            row,
            _room: room,
            busy: self.shared.activity.begin(),
        };
        self.lanes
            .entry(lane.clone())
            .or_default()
            .waiting
            .push_back(held);
        self.go_on(&lane, outbox);
    }

    /// Begins attempts of a kind as far as its bound allows.
    fn go_on(&mut self, name: &(String, String), outbox: &Addr<Self>) {
        let Some(kind) = self.shared.kinds.get(name.0.as_str()).cloned() else {
            return;
        };
        let terms = kind.terms(&name.1);
        while !self.shared.is_stopping() {
            let Some(lane) = self.lanes.get_mut(name) else {
                return;
            };
            if lane.under_way >= terms.at_once.max(1) {
                return;
            }
            let Some(held) = lane.waiting.pop_front() else {
                return;
            };
            lane.under_way += 1;
            let key = held.row.key;
            let (shared, kind, outbox, lane) =
                (self.shared.clone(), kind.clone(), outbox.clone(), name.clone());
            let attempt = actix::spawn(async move {
                attempt::run(&shared, &kind, &held.row, terms).await;
                // Told before the guard falls, so that "idle" means that the place is free again.
                if outbox.send(Ended { key, lane }).await.is_err() {
                    tracing::debug!(effect.key = %key, "the outbox is gone");
                }
                drop(held.busy);
            });
            self.known.insert(key, Some(attempt.abort_handle()));
        }
    }
}

impl Actor for Outbox {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        // One message for each effect in memory and each that ends.
        context.set_mailbox_capacity(2 * limits::EFFECTS_IN_MEMORY);
    }
}

impl Handler<Take> for Outbox {
    type Result = ();

    fn handle(&mut self, mut take: Take, context: &mut Self::Context) {
        let outbox = context.address();
        for effect in take.decided.effects {
            let Some(room) = take.room.split(1) else { return };
            let row = EffectRow {
                key: effect.key,
                workflow: take.decided.workflow.to_owned(),
                kind: effect.kind.to_owned(),
                body: effect.body,
                state: EffectState::Due,
                decided_at: take.decided.at,
                due_at: take.decided.at,
                attempts: 0,
                leased_to: Some(self.shared.node),
                note: None,
            };
            self.hold(row, room, &outbox);
        }
    }
}

impl Handler<Adopt> for Outbox {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, adopt: Adopt, _: &mut Self::Context) -> Self::Result {
        let shared = self.shared.clone();
        let found = async move {
            let query = EffectQuery {
                instance: Some(adopt.instance),
                state: Some(EffectState::Due),
                limit: limits::PAGE,
                ..EffectQuery::default()
            };
            let rows = shared.store.effects(&query).await.unwrap_or_default();
            let own = rows
                .into_iter()
                .filter(|row| row.leased_to == Some(shared.node))
                .collect::<Vec<_>>();
            (own, adopt.busy)
        };
        Box::pin(found.into_actor(self).map(|(rows, _busy), outbox, context| {
            for row in rows {
                let Ok(room) = outbox.shared.outbox_room.clone().try_acquire_owned() else {
                    return;
                };
                outbox.hold(row, room, &context.address());
            }
        }))
    }
}

impl Handler<Look> for Outbox {
    type Result = ResponseActFuture<Self, usize>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        let shared = self.shared.clone();
        let found = async move {
            let room = shared.outbox_room.available_permits().min(limits::BATCH);
            if room == 0 || shared.is_stopping() {
                return Vec::new();
            }
            let rows = match shared.store.claim_effects(shared.node, room).await {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::warn!(%error, "due effects could not be claimed: trying again");
                    return Vec::new();
                }
            };
            if rows.len() == room {
                shared.outbox_bell.now();
            } else if let Ok(Some(at)) = shared.store.next_effect().await {
                shared.outbox_bell.by(at);
            }
            rows
        };
        Box::pin(found.into_actor(self).map(|rows, outbox, context| {
            let mut held = 0;
            for row in rows {
                let known = outbox.known.contains_key(&row.key);
                // No room after all: the lease ends by itself, or at the next adoption.
                let Ok(room) = outbox.shared.outbox_room.clone().try_acquire_owned() else {
                    break;
                };
                outbox.hold(row, room, &context.address());
                held += usize::from(!known);
            }
            held
        }))
    }
}

impl Handler<Ended> for Outbox {
    type Result = ();

    fn handle(&mut self, ended: Ended, context: &mut Self::Context) {
        self.known.remove(&ended.key);
        if let Some(lane) = self.lanes.get_mut(&ended.lane) {
            lane.under_way = lane.under_way.saturating_sub(1);
        }
        self.go_on(&ended.lane, &context.address());
    }
}

impl Handler<Hush> for Outbox {
    type Result = usize;

    fn handle(&mut self, _: Hush, _: &mut Self::Context) -> usize {
        self.shared.stopping.store(true, Ordering::Release);
        for lane in self.lanes.values_mut() {
            lane.waiting.clear();
        }
        self.lanes.values().map(|lane| lane.under_way).sum()
    }
}

impl Handler<Cut> for Outbox {
    type Result = ();

    fn handle(&mut self, _: Cut, _: &mut Self::Context) {
        for attempt in self.known.drain().filter_map(|(_, attempt)| attempt) {
            attempt.abort();
        }
        self.lanes.clear();
    }
}
