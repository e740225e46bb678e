//! Finds or makes the actor of an instance, and passivates those that have been idle longest.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actix::dev::SendError as MailboxFull;
use actix::{Actor, Addr, Context, Handler, Message};

use super::instance::{Instance, Pending, Work};
use super::shared::Shared;
use crate::id::InstanceId;
use crate::limits;

/// Routes work to instances.
pub(crate) struct Registry {
    shared: Arc<Shared>,
    live: HashMap<InstanceId, Slot>,
    /// Uses in order, oldest first; an instance used again stands here again.
    uses: VecDeque<(InstanceId, u64)>,
    clock: u64,
    /// The number of live instances as the gauge shows it.
    shown: usize,
}

/// Instances looked at for each message when room is to be made.
const LOOKED_AT: usize = 32;

struct Slot {
    addr: Addr<Instance>,
    pending: Arc<Pending>,
    used: u64,
}

/// Work for an instance.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Route {
    pub(crate) instance: InstanceId,
    pub(crate) work: Work,
}

/// Forgets every instance that is idle; answers how many stay.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct Passivate;

/// Answers how many instances live.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct Count;

impl Registry {
    pub(crate) fn begin(shared: Arc<Shared>) -> Addr<Self> {
        Self::create(|context: &mut Context<Self>| {
            // Everything that may be inside at once fits, so that a full mailbox is never the bound.
            let capacity = 2 * (limits::COMMANDS_IN_FLIGHT + limits::EFFECTS_IN_MEMORY);
            context.set_mailbox_capacity(capacity);
            Self { shared, live: HashMap::new(), uses: VecDeque::new(), clock: 0, shown: 0 }
        })
    }

    fn slot(&mut self, instance: InstanceId) -> &Slot {
        self.clock += 1;
        self.uses.push_back((instance, self.clock));
        let shared = &self.shared;
        let slot = self.live.entry(instance).or_insert_with(|| {
            let pending = Arc::<Pending>::default();
            Slot { addr: Instance::begin(instance, shared.clone(), pending.clone()), pending, used: 0 }
        });
        slot.used = self.clock;
        slot
    }

    /// Drops instances that were used longest ago until the bound holds again. One with work
    /// pending is kept: it is in use, whatever its age.
    fn make_room(&mut self) {
        let mut looked = 0;
        while self.live.len() > self.shared.live_limit || self.uses.len() > 4 * self.shared.live_limit {
            let Some((instance, used)) = self.uses.pop_front() else {
                break;
            };
            let Some(slot) = self.live.get(&instance) else {
                continue;
            };
            if slot.used != used {
                continue;
            }
            if slot.pending.is_empty() && self.live.len() > self.shared.live_limit {
                self.live.remove(&instance);
            } else {
                self.uses.push_back((instance, used));
            }
            // Under a small bound all may be in use. Each message looks at a few, and adds one.
            looked += 1;
            if looked == LOOKED_AT {
                break;
            }
        }
        if self.shown != self.live.len() {
            self.shown = self.live.len();
            metrics::gauge!("sealwright_live_instances").set(self.shown as f64);
        }
    }
}

impl Actor for Registry {
    type Context = Context<Self>;
}

impl Handler<Route> for Registry {
    type Result = ();

    fn handle(&mut self, route: Route, _: &mut Self::Context) {
        let mut work = route.work;
        // Twice: an actor that died of a panic closes its mailbox and is made anew.
        for _ in 0..2 {
            let slot = self.slot(route.instance);
            let bounded = work.is_bounded();
            if bounded && slot.pending.is_full() {
                return work.refuse(&self.shared);
            }
            slot.pending.add(bounded);
            match slot.addr.try_send(work) {
                Ok(()) => return self.make_room(),
                Err(MailboxFull::Full(back)) => {
                    slot.pending.remove(bounded);
                    return back.refuse(&self.shared);
                }
                Err(MailboxFull::Closed(back)) => {
                    self.live.remove(&route.instance);
                    work = back;
                }
            }
        }
        work.refuse(&self.shared);
    }
}

impl Handler<Passivate> for Registry {
    type Result = usize;

    fn handle(&mut self, _: Passivate, _: &mut Self::Context) -> usize {
        self.live.retain(|_, slot| !slot.pending.is_empty());
        self.uses.retain(|(instance, used)| self.live.get(instance).is_some_and(|slot| slot.used == *used));
        self.live.len()
    }
}

impl Handler<Count> for Registry {
    type Result = usize;

    fn handle(&mut self, _: Count, _: &mut Self::Context) -> usize {
        self.live.len()
    }
}
