//! One live instance. Its mailbox is the order of its commands, its cache is the fold of its
//! journal; both can be lost at any time.

mod cache;
mod fire;
mod step;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Actor, ActorFutureExt, Addr, AtomicResponse, Context, Handler, Message, WrapFuture};
use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use self::cache::Cached;
pub(crate) use self::cache::derived;
use super::shared::{Busy, Shared};
use crate::door::{Actor as Asker, Lease};
use crate::error::Refusal;
use crate::id::{CommandId, EffectKey, InstanceId, Version};
use crate::kind::panic_text;
use crate::limits;
use crate::store::EffectRow;
use crate::time::Timestamp;

/// One live instance.
pub(crate) struct Instance {
    id: InstanceId,
    shared: Arc<Shared>,
    cached: Option<Cached>,
    pending: Arc<Pending>,
}

/// Work routed to an instance and not finished.
#[derive(Default)]
pub(crate) struct Pending {
    /// All of it; an instance that has some is kept.
    all: AtomicUsize,
    /// What counts against the instance's bound.
    bounded: AtomicUsize,
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.load(Ordering::Acquire) == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bounded.load(Ordering::Acquire) >= limits::COMMANDS_PER_INSTANCE
    }

    pub(crate) fn add(&self, bounded: bool) {
        self.all.fetch_add(1, Ordering::AcqRel);
        self.bounded.fetch_add(usize::from(bounded), Ordering::AcqRel);
    }

    pub(crate) fn remove(&self, bounded: bool) {
        self.bounded.fetch_sub(usize::from(bounded), Ordering::AcqRel);
        self.all.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Something an instance is asked to do, with the place for its answer.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Work {
    pub(crate) ask: Ask,
    /// Keeps "run until idle" waiting.
    pub(crate) busy: Busy,
    /// Its place at the door, if it came from outside.
    pub(crate) admitted: Option<OwnedSemaphorePermit>,
}

/// What an instance is asked.
pub(crate) enum Ask {
    /// To decide on a command.
    Decide(Box<Command>, oneshot::Sender<Reply>),
    /// To send itself its deadline's command, if it is due. Answers whether anything moved.
    Fire(oneshot::Sender<bool>),
    /// How an effect stands, before an attempt at it.
    Judge(Arc<EffectRow>, oneshot::Sender<Standing>),
    /// To be looked at.
    Look(oneshot::Sender<Result<Option<Seen>, Refusal>>),
    /// To write again what is derived from its state.
    Derive(oneshot::Sender<bool>),
}

/// How an effect stands with its instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// It is to be performed.
    Wanted,
    /// It is no longer wanted.
    Moot,
    /// It is to be performed, but the instance takes no answer now.
    Parked,
    /// This program cannot read the instance, so it must not act for it.
    Unreadable(String),
    /// The store did not say.
    Unknown,
}

/// A command on the JSON side of the engine.
pub(crate) struct Command {
    pub(crate) workflow: &'static str,
    pub(crate) id: CommandId,
    pub(crate) actor: Asker,
    pub(crate) expected: Option<Version>,
    pub(crate) lease: Option<Lease>,
    pub(crate) begin: Begin,
    /// The effect that this command answers.
    pub(crate) settles: Option<EffectKey>,
    pub(crate) name: String,
    pub(crate) json: String,
}

/// Whether a command may begin an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Begin {
    /// The instance must not exist yet.
    New,
    /// The instance must exist.
    No,
    /// Either.
    IfNew,
}

/// The answer to a command.
pub(crate) type Reply = Result<Receipt, Refusal>;

/// What became of an accepted command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// The instance.
    pub instance: InstanceId,
    /// The version the command made; the instance's version if it changed nothing.
    pub version: Version,
    /// The phase the instance is in now.
    pub phase: &'static str,
    /// Whether the instance is over.
    pub closed: bool,
    /// Whether the command had been accepted before, and this is its first outcome again.
    pub repeated: bool,
}

/// An instance as it was seen at one version.
pub(crate) struct Seen {
    pub(crate) state: Box<dyn Any + Send>,
    pub(crate) version: Version,
    pub(crate) phase: &'static str,
    pub(crate) closed: bool,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) parked: Option<String>,
}

impl Work {
    /// Whether it counts against the bound of one instance. What the engine asks itself is
    /// bounded where it begins; an answer that found no place would have to be performed again.
    pub(crate) fn is_bounded(&self) -> bool {
        match &self.ask {
            Ask::Decide(command, _) => command.settles.is_none(),
            Ask::Look(_) => true,
            Ask::Fire(_) | Ask::Judge(..) | Ask::Derive(_) => false,
        }
    }

    /// Tells whoever asked that there is no room, or nobody there any more.
    pub(crate) fn refuse(self, shared: &Shared) {
        let busy = || match shared.is_stopping() {
            true => Refusal::Stopped,
            false => Refusal::Busy(limits::POLL),
        };
        metrics::counter!("sealwright_busy_total", "where" => "instance").increment(1);
        // An asker that is gone needs no answer.
        match self.ask {
            Ask::Decide(_, reply) => drop(reply.send(Err(busy()))),
            Ask::Look(reply) => drop(reply.send(Err(busy()))),
            Ask::Judge(_, reply) => drop(reply.send(Standing::Unknown)),
            Ask::Fire(reply) | Ask::Derive(reply) => drop(reply.send(false)),
        }
    }
}

impl Ask {
    /// Whether nobody waits for the answer any more. Nothing was promised to them, so nothing is
    /// done: a client that gave up under load must not add to it.
    fn is_forsaken(&self) -> bool {
        match self {
            Ask::Decide(_, reply) => reply.is_closed(),
            Ask::Look(reply) => reply.is_closed(),
            Ask::Judge(_, reply) => reply.is_closed(),
            Ask::Fire(reply) | Ask::Derive(reply) => reply.is_closed(),
        }
    }
}

impl Instance {
    pub(crate) fn begin(id: InstanceId, shared: Arc<Shared>, pending: Arc<Pending>) -> Addr<Self> {
        // Set before its address is known: `started` would come after the first messages.
        Self::create(|context: &mut Context<Self>| {
            // The registry holds commands to their bound; the engine's own questions come on top.
            context.set_mailbox_capacity(limits::COMMANDS_PER_INSTANCE + limits::EFFECTS_IN_MEMORY);
            Self { id, shared, cached: None, pending }
        })
    }
}

impl Actor for Instance {
    type Context = Context<Self>;
}

impl Handler<Work> for Instance {
    type Result = AtomicResponse<Self, ()>;

    /// Atomic: the next message waits until this one's commit was answered.
    fn handle(&mut self, work: Work, _: &mut Self::Context) -> Self::Result {
        let mut hand = step::Hand {
            id: self.id,
            shared: self.shared.clone(),
            cached: self.cached.take(),
            loaded: false,
            guessed: false,
        };
        let bounded = work.is_bounded();
        let done = async move {
            let Work { ask, busy, admitted } = work;
            if let Err(panic) = AssertUnwindSafe(hand.work(ask)).catch_unwind().await {
                let panic = panic_text(&*panic);
                tracing::error!(instance.id = %hand.id, %panic, "an instance's actor panicked: it is loaded again");
                hand.cached = None;
            }
            (hand.cached, busy, admitted)
        };
        AtomicResponse::new(Box::pin(done.into_actor(self).map(move |(cached, busy, admitted), actor, _| {
            // An instance that never began is not remembered: another workflow may begin it.
            actor.cached = cached.filter(|cached| cached.version > 0);
            actor.pending.remove(bounded);
            drop((busy, admitted));
        })))
    }
}
