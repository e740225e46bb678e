//! Performs due effects, with a bound for each kind, and settles them.

mod attempt;
mod claim;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};
use futures_util::FutureExt;
use tokio::sync::OwnedSemaphorePermit;
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
    lanes: HashMap<LaneName, Lane>,
    /// Everything in memory, waiting or under way.
    known: HashMap<EffectKey, Option<AbortHandle>>,
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

type LaneName = Arc<(String, String)>;

/// The effects of one kind.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Held>,
    under_way: usize,
}

/// An effect in memory. Dropping it gives its place back.
struct Held {
    row: Arc<EffectRow>,
    _room: OwnedSemaphorePermit,
    /// How far it got. What was performed is not performed again because the store was away.
    stage: Stage,
    /// How often the store did not take it.
    refused: u32,
    busy: Option<Busy>,
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
    lane: LaneName,
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
        self.known.insert(row.key, None);
        let held = Held {
            row: Arc::new(row),
            _room: room,
            stage: Stage::Perform,
            refused: 0,
            busy: Some(self.shared.activity.begin()),
        };
        self.enqueue(held, outbox);
        true
    }

    fn enqueue(&mut self, held: Held, outbox: &Addr<Self>) {
        let name = (held.row.workflow.clone(), held.row.kind.clone());
        let lane = match self.lanes.get_key_value(&name) {
            Some((lane, _)) => lane.clone(),
            None => Arc::new(name),
        };
        let waiting = &mut self.lanes.entry(lane.clone()).or_default().waiting;
        waiting.push_back(held);
        self.go_on(&lane, outbox);
    }

    /// Begins attempts of a kind as far as its bound allows.
    fn go_on(&mut self, name: &LaneName, outbox: &Addr<Self>) {
        let Some(lane) = self.lanes.get_mut(name) else {
            return;
        };
        if lane.waiting.is_empty() {
            return;
        }
        let kind = self.shared.kinds.get(name.0.as_str());
        let terms = kind.map(|kind| kind.terms(&name.1)).unwrap_or_default();
        while lane.under_way < terms.at_once.max(1) && !self.shared.is_stopping() {
            let Some(mut held) = lane.waiting.pop_front() else {
                return;
            };
            lane.under_way += 1;
            let key = held.row.key;
            let (outbox, lane) = (outbox.clone(), name.clone());
            let attempt =
                Attempt { shared: self.shared.clone(), kind: kind.cloned(), row: held.row.clone(), terms };
            let task = actix::spawn(async move {
                let busy = held.busy.take();
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
                if outbox.send(Ended { lane, held, over }).await.is_err() {
                    tracing::debug!(effect.key = %key, "the outbox is gone");
                }
                drop(busy);
            });
            self.known.insert(key, Some(task.abort_handle()));
        }
    }

    /// Tries again what the store did not take: at once the first time, then after growing waits.
    fn again(&mut self, mut held: Held, outbox: &Addr<Self>) {
        held.refused += 1;
        if held.refused == 1 {
            held.busy = Some(self.shared.activity.begin());
            return self.enqueue(held, outbox);
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
            let mut held = entry.remove();
            held.busy = Some(self.shared.activity.begin());
            self.enqueue(held, outbox);
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
        let outbox = context.address();
        let Ended { lane: name, held, over } = ended;
        if let Some(lane) = self.lanes.get_mut(&name) {
            lane.under_way = lane.under_way.saturating_sub(1);
        }
        if over {
            self.known.remove(&held.row.key);
            if self.searches > 0 {
                self.ended.insert(held.row.key);
            }
            drop(held);
        } else if !self.shared.is_stopping() {
            self.again(held, &outbox);
        }
        // Half empty, so that a full outbox asks the store for batches, not for single effects.
        if self.more && self.known.len() <= limits::EFFECTS_IN_MEMORY / 2 {
            self.more = false;
            self.shared.outbox_bell.now();
        }
        self.go_on(&name, &outbox);
    }
}

impl Handler<Hush> for Outbox {
    type Result = ();

    fn handle(&mut self, _: Hush, _: &mut Self::Context) {
        for lane in self.lanes.values_mut() {
            lane.waiting.clear();
        }
        self.paused.clear();
    }
}

impl Handler<Cut> for Outbox {
    type Result = ();

    fn handle(&mut self, _: Cut, _: &mut Self::Context) {
        for attempt in self.known.drain().filter_map(|(_, attempt)| attempt) {
            attempt.abort();
        }
        self.lanes.clear();
        self.paused.clear();
    }
}
