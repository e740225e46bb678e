//! Performs due effects, with a bound for each kind, and settles them.

mod attempt;
mod claim;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};
use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;

use self::attempt::{Attempt, Stage};
pub(crate) use self::claim::{Adopt, Look};
use super::shared::{Busy, Shared};
use crate::backoff::Backoff;
use crate::id::EffectKey;
use crate::kind::panic_text;
use crate::limits;
use crate::store::{EffectRow, EffectState, NewEffect};
use crate::time::Timestamp;

/// Performs due effects.
pub(crate) struct Outbox {
    shared: Arc<Shared>,
    /// By workflow and kind.
    lanes: HashMap<(String, String), Lane>,
    /// Everything in memory, waiting or under way.
    known: HashMap<EffectKey, AbortHandle>,
    /// What could not be told to the store, and when it is tried again.
    paused: BTreeMap<(Timestamp, EffectKey), Held>,
    /// Whether the store has more due effects than there was room for.
    more: bool,
    /// What ended while the store is searched for effects of this node: the search may have seen
    /// it before its end. Counts searches under way.
    ended: HashSet<EffectKey>,
    searches: usize,
    searched: claim::Searched,
}

/// The places in which effects of one kind are performed, given in the order of asking. An answer
/// on its way to the journal takes none.
struct Lane {
    at_once: usize,
    places: Arc<Semaphore>,
}

/// An effect in memory. Dropping it gives its place back.
struct Held {
    row: Arc<EffectRow>,
    _room: OwnedSemaphorePermit,
    /// How far it got. What was performed is not performed again because the store was away.
    stage: Stage,
    /// How often the store did not take it.
    refused: u32,
}

/// The waiting times of what could not be told to the store.
const PAUSES: Backoff = Backoff { first: limits::POLL, longest: limits::ANSWER_WAITS, jitter: 0.2 };

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

/// An attempt ended; the store knows how, unless it is not over.
#[derive(Message)]
#[rtype(result = "()")]
struct Ended {
    held: Held,
    over: bool,
}

/// Begin no more attempts; the engine is stopping.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Hush;

/// Cut short what is under way.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Cut;

impl Take {
    pub(crate) fn new(decided: Decided, room: OwnedSemaphorePermit, busy: Busy) -> Self {
        Self { decided, room, _busy: busy }
    }
}

impl Outbox {
    pub(crate) fn begin(shared: Arc<Shared>) -> Addr<Self> {
        let outbox = Self {
            shared,
            lanes: HashMap::new(),
            known: HashMap::new(),
            paused: BTreeMap::new(),
            more: false,
            ended: HashSet::new(),
            searches: 0,
            searched: claim::Searched::default(),
        };
        Self::create(|context: &mut Context<Self>| {
            // One message for each effect in memory and each that ends.
            context.set_mailbox_capacity(2 * limits::EFFECTS_IN_MEMORY);
            outbox
        })
    }

    /// Takes an effect into memory; false if it is there already.
    fn hold(&mut self, row: EffectRow, room: OwnedSemaphorePermit, outbox: &Addr<Self>) -> bool {
        if self.shared.is_stopping() || self.known.contains_key(&row.key) {
            return false;
        }
        let held = Held { row: Arc::new(row), _room: room, stage: Stage::Perform, refused: 0 };
        self.attempt(held, outbox);
        metrics::gauge!("sealwright_effects_in_memory").set(self.known.len() as f64);
        true
    }

    /// Begins an attempt; it waits for its place by itself.
    fn attempt(&mut self, mut held: Held, outbox: &Addr<Self>) {
        let row = &held.row;
        let (key, kind) = (row.key, self.shared.kinds.get(row.workflow.as_str()));
        let terms = kind.map(|kind| kind.terms(&row.kind)).unwrap_or_default();
        let at_once = terms.at_once.clamp(1, Semaphore::MAX_PERMITS);
        let new = || Lane { at_once, places: Arc::new(Semaphore::new(at_once)) };
        let lane = self.lanes.entry((row.workflow.clone(), row.kind.clone())).or_insert_with(new);
        if lane.at_once != at_once {
            // What is under way keeps its place in the old lane.
            *lane = new();
        }
        let attempt = Attempt {
            shared: self.shared.clone(),
            kind: kind.cloned(),
            row: row.clone(),
            terms,
            places: lane.places.clone(),
        };
        let (outbox, busy) = (outbox.clone(), self.shared.activity.begin());
        let task = actix::spawn(async move {
            let stage = std::mem::take(&mut held.stage);
            let left = AssertUnwindSafe(attempt.run(stage)).catch_unwind().await;
            let left = left.unwrap_or_else(|panic| {
                let panic = panic_text(&*panic);
                tracing::error!(effect.key = %key, %panic, "an attempt panicked");
                attempt.shared.doubts.fetch_add(1, Ordering::AcqRel);
                None
            });
            let over = left.is_none();
            held.stage = left.unwrap_or_default();
            // Told before the guard falls, so that "idle" means that the place is free again.
            if outbox.send(Ended { held, over }).await.is_err() {
                tracing::debug!(effect.key = %key, "the outbox is gone");
            }
            drop(busy);
        });
        self.known.insert(key, task.abort_handle());
    }

    /// Tries again what the store did not take: at once the first time, then after growing waits.
    fn again(&mut self, mut held: Held, outbox: &Addr<Self>) {
        held.refused += 1;
        if held.refused == 1 {
            return self.attempt(held, outbox);
        }
        let at = self.shared.now() + PAUSES.wait(held.refused - 1, fastrand::f64());
        self.shared.outbox_bell.by(at);
        self.paused.insert((at, held.row.key), held);
    }

    /// Goes on with what has waited for the store long enough; answers how much.
    fn resume(&mut self, outbox: &Addr<Self>) -> usize {
        let now = self.shared.now();
        let mut resumed = 0;
        while let Some(entry) = self.paused.first_entry() {
            let (at, _) = *entry.key();
            if at > now || self.shared.is_stopping() {
                self.shared.outbox_bell.by(at);
                break;
            }
            let held = entry.remove();
            self.attempt(held, outbox);
            resumed += 1;
        }
        resumed
    }
}

impl Actor for Outbox {
    type Context = Context<Self>;
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

impl Handler<Ended> for Outbox {
    type Result = ();

    fn handle(&mut self, ended: Ended, context: &mut Self::Context) {
        let Ended { held, over } = ended;
        if over {
            self.known.remove(&held.row.key);
            if self.searches > 0 {
                self.ended.insert(held.row.key);
            }
        } else if !self.shared.is_stopping() {
            self.again(held, &context.address());
        }
        // Half empty, so that a full outbox asks the store for batches, not for single effects.
        if self.more && self.known.len() <= limits::EFFECTS_IN_MEMORY / 2 {
            self.more = false;
            self.shared.outbox_bell.now();
        }
    }
}

impl Handler<Hush> for Outbox {
    type Result = ();

    fn handle(&mut self, _: Hush, _: &mut Self::Context) {
        for lane in self.lanes.values() {
            lane.places.close();
        }
        self.paused.clear();
    }
}

impl Handler<Cut> for Outbox {
    type Result = ();

    fn handle(&mut self, _: Cut, _: &mut Self::Context) {
        for (_, attempt) in self.known.drain() {
            attempt.abort();
        }
        self.lanes.clear();
        self.paused.clear();
    }
}
