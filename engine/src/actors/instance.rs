//! One live instance. Its mailbox is the order of its commands, its cache is the fold of its
//! journal; both can be lost at any time.

mod cache;
mod step;

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Actor, ActorFutureExt, AtomicResponse, Context, Handler, Message, WrapFuture};
use tokio::sync::oneshot;

use self::cache::Cached;
use super::shared::{Busy, Shared};
use crate::door::{Actor as Asker, Lease};
use crate::error::Refusal;
use crate::id::{CommandId, EffectKey, InstanceId, Version};
use crate::limits;
use crate::time::Timestamp;

/// One live instance.
pub(crate) struct Instance {
    id: InstanceId,
    shared: Arc<Shared>,
    cached: Option<Cached>,
    /// Work routed here and not finished; the registry keeps an instance that has some.
    pending: Arc<AtomicUsize>,
}

/// Something an instance is asked to do, with the place for its answer.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Work {
    pub(crate) ask: Ask,
    /// Keeps "run until idle" waiting.
    pub(crate) busy: Busy,
}

/// What an instance is asked.
pub(crate) enum Ask {
    /// To decide on a command.
    Decide(Box<Command>, oneshot::Sender<Reply>),
    /// To send itself its deadline's command, if it is due. Answers whether anything moved.
    Fire(oneshot::Sender<bool>),
    /// Whether an effect is no longer wanted.
    Moot(String, oneshot::Sender<bool>),
    /// To be looked at.
    Look(oneshot::Sender<Result<Option<Seen>, Refusal>>),
    /// To write again what is derived from its state.
    Derive(oneshot::Sender<bool>),
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
    /// Tells whoever asked that there is no room.
    pub(crate) fn refuse_busy(self) {
        let busy = || Refusal::Busy(limits::POLL);
        // An asker that is gone needs no answer.
        match self.ask {
            Ask::Decide(_, reply) => drop(reply.send(Err(busy()))),
            Ask::Look(reply) => drop(reply.send(Err(busy()))),
            Ask::Fire(reply) | Ask::Moot(_, reply) | Ask::Derive(reply) => drop(reply.send(false)),
        }
    }
}

impl Instance {
    pub(crate) fn new(id: InstanceId, shared: Arc<Shared>, pending: Arc<AtomicUsize>) -> Self {
        Self {
            id,
            shared,
            cached: None,
            pending,
        }
    }
}

impl Actor for Instance {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(limits::COMMANDS_PER_INSTANCE);
    }
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
        };
        let done = async move {
            match work.ask {
                Ask::Decide(command, reply) => {
                    let answer = hand.decide(&command).await;
                    let _ = reply.send(answer);
                }
                Ask::Fire(reply) => drop(reply.send(hand.fire().await)),
                Ask::Moot(effect, reply) => drop(reply.send(hand.moot(&effect).await)),
                Ask::Look(reply) => drop(reply.send(hand.look().await)),
                Ask::Derive(reply) => drop(reply.send(hand.derive().await)),
            }
            (hand.cached, work.busy)
        };
        AtomicResponse::new(Box::pin(done.into_actor(self).map(|(cached, busy), actor, _| {
            // An instance that never began is not remembered: another workflow may begin it.
            actor.cached = cached.filter(|cached| cached.version > 0);
            actor.pending.fetch_sub(1, Ordering::AcqRel);
            drop(busy);
        })))
    }
}
