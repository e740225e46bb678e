//! Where the outbox gets effects from besides the decisions of its own node: the store.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseActFuture, WrapFuture};
use tokio::sync::OwnedSemaphorePermit;

use super::Outbox;
use crate::actors::shared::{Busy, Shared};
use crate::id::InstanceId;
use crate::limits;
use crate::store::{EffectQuery, EffectRow, EffectState, StoreError};
use crate::time::Timestamp;

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

/// When the store is searched for effects of this node that it does not know of.
#[derive(Default)]
pub(super) struct Searched {
    /// The doubts that led to a search.
    doubts: u64,
    /// The next search. A commit may land long after its outcome became unknown, so a search is
    /// repeated, after waits that double.
    next: Option<Timestamp>,
    wait: Duration,
}

impl Outbox {
    fn is_search_due(&mut self) -> bool {
        let (doubts, now) = (self.shared.doubts.load(Ordering::Acquire), self.shared.now());
        let searched = &mut self.searched;
        if doubts != searched.doubts {
            searched.doubts = doubts;
            searched.wait = limits::POLL;
        } else if searched.next.is_some_and(|at| at <= now) {
            searched.wait *= 2;
        } else {
            return false;
        }
        searched.next = (searched.wait <= limits::DOUBT).then_some(now + searched.wait);
        true
    }

    fn search_again(&mut self) {
        let at = self.shared.now() + limits::POLL;
        (self.searched.next, self.searched.wait) = (Some(at), limits::POLL / 2);
        self.shared.outbox_bell.by(at);
    }

    /// Searches the store for effects that are leased to this node and not in its memory.
    fn search(&mut self, of: Option<InstanceId>, busy: Busy, context: &mut Context<Self>) {
        self.searches += 1;
        let shared = self.shared.clone();
        let found = async move { (own_effects(&shared, of).await, busy) };
        context.spawn(found.into_actor(self).map(|(rows, busy), outbox, context| {
            match rows {
                Ok(rows) => outbox.adopt(rows, context),
                Err(error) => {
                    tracing::warn!(%error, "the store could not be searched for this node's effects: trying again");
                    outbox.search_again();
                }
            }
            outbox.searches -= 1;
            if outbox.searches == 0 {
                outbox.ended.clear();
            }
            drop(busy);
        }));
    }

    fn adopt(&mut self, rows: Vec<EffectRow>, context: &mut Context<Self>) {
        for row in rows {
            if self.ended.contains(&row.key) {
                continue;
            }
            let Ok(room) = self.shared.outbox_room.clone().try_acquire_owned() else {
                return self.search_again();
            };
            self.hold(row, room, &context.address());
        }
    }
}

impl Handler<Adopt> for Outbox {
    type Result = ();

    fn handle(&mut self, adopt: Adopt, context: &mut Self::Context) {
        self.search(Some(adopt.instance), adopt.busy, context);
    }
}

impl Handler<Look> for Outbox {
    type Result = ResponseActFuture<Self, usize>;

    fn handle(&mut self, _: Look, context: &mut Self::Context) -> Self::Result {
        if !self.shared.is_stopping() && self.is_search_due() {
            self.search(None, self.shared.activity.begin(), context);
        }
        let shared = self.shared.clone();
        let found = async move { claim(&shared).await };
        Box::pin(found.into_actor(self).map(|claimed, outbox, context| {
            let mut held = outbox.resume(&context.address());
            let Some((rows, mut room)) = claimed else {
                outbox.more = true;
                return held;
            };
            for row in rows {
                let Some(room) = room.split(1) else { break };
                held += usize::from(outbox.hold(row, room, &context.address()));
            }
            held
        }))
    }
}

/// Claims what is due, as far as there is room for it; `None` if there is none.
async fn claim(shared: &Shared) -> Option<(Vec<EffectRow>, OwnedSemaphorePermit)> {
    let free = shared.outbox_room.available_permits().min(limits::BATCH);
    let room = shared.outbox_room.clone();
    // Taken before the claim: what is leased to this node must fit into its memory.
    let room = room.try_acquire_many_owned(u32::try_from(free).ok()?).ok()?;
    if free == 0 {
        return None;
    }
    if shared.is_stopping() {
        return Some((Vec::new(), room));
    }
    let rows = match shared.store.claim_effects(shared.node, free).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(%error, "due effects could not be claimed: trying again");
            shared.doubts.fetch_add(1, Ordering::AcqRel);
            shared.outbox_bell.by(shared.now() + limits::POLL);
            return Some((Vec::new(), room));
        }
    };
    if rows.len() == free {
        shared.outbox_bell.now();
    } else if let Ok(Some(at)) = shared.store.next_effect().await {
        shared.outbox_bell.by(at);
    }
    Some((rows, room))
}

/// The due effects that are leased to this node, of one instance or of all.
async fn own_effects(shared: &Shared, of: Option<InstanceId>) -> Result<Vec<EffectRow>, StoreError> {
    let mut query = EffectQuery {
        instance: of,
        state: Some(EffectState::Due),
        limit: limits::PAGE,
        ..EffectQuery::default()
    };
    let mut own = Vec::new();
    loop {
        let page = shared.store.effects(&query).await?;
        let Some(last) = page.last() else { return Ok(own) };
        query.after = Some(last.key);
        own.extend(page.into_iter().filter(|row| row.leased_to == Some(shared.node)));
    }
}
