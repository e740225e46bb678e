//! The engine's handle: register workflows, start, send commands, look.

mod builder;
mod desk;
mod follow;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

pub use builder::Builder;
pub use desk::Parked;
pub(crate) use follow::Followers;
pub use follow::{Follow, Progress};
pub use watch::Committed;

use crate::actors::{Ask, Begin, Command, Receipt, Reply, Shared};
use crate::clock::Clock;
use crate::door::{Actor, Envelope, Lease};
use crate::error::{Refusal, SendError, typed};
use crate::id::{CommandId, InstanceId, Version};
use crate::limits;
use crate::name::name_of;
use crate::store::Store;
use crate::time::Timestamp;
use crate::workflow::Workflow;

/// A running engine. Clones are cheap and mean the same engine.
///
/// It runs until [`stop`](Self::stop), or until the last handle is dropped: then attempts under way
/// are cut short and given back, as `stop` does without patience, and its thread ends. A
/// performer's handle and a stream of [`watch`](Self::watch) do not keep it alive.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    /// `None` for a performer's handle: what it sends was admitted with the effect, whose number is
    /// bounded, and must go through while the engine drains.
    alive: Option<Arc<Alive>>,
}

/// Held by every handle outside.
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        if let Some(node) = self.0.node_controls.get() {
            node.abandon();
        }
    }
}

/// An instance as it stood at one version.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct View<W> {
    /// Its state.
    pub state: W,
    /// How many decisions are behind it.
    pub version: Version,
    /// The phase's name.
    pub phase: &'static str,
    /// Whether it is over.
    pub closed: bool,
    /// When its deadline is due.
    pub wake_at: Option<Timestamp>,
    /// Why it waits for an operator, if it does.
    pub parked: Option<String>,
}

impl Engine {
    /// Begins to build an engine on `store`.
    pub fn builder(store: Arc<dyn Store>) -> Builder {
        Builder::new(store)
    }

    /// Begins an instance. When this returns, what the command led to is durable.
    ///
    /// May be called again with the same envelope: the first outcome is answered.
    ///
    /// # Errors
    /// [`SendError::Exists`] if another command began the instance, and as [`send`](Self::send).
    pub async fn start<W: Workflow>(
        &self,
        instance: InstanceId,
        envelope: Envelope<W::Command>,
    ) -> Result<Receipt, SendError<W::Rejection>> {
        self.submit::<W>(instance, envelope, Begin::New).await
    }

    /// Sends a command. When this returns, what it led to is durable.
    ///
    /// An accepted command id has one outcome for the instance's whole life; sent again, it answers
    /// that outcome. A refused command was not recorded and is decided anew.
    ///
    /// # Errors
    /// The workflow's rejection, or why the command did not get that far. After an error nothing
    /// was recorded, except that after [`SendError::Store`] and [`SendError::Stopped`] the same
    /// command may have been: send it again under the same id.
    pub async fn send<W: Workflow>(
        &self,
        instance: InstanceId,
        envelope: Envelope<W::Command>,
    ) -> Result<Receipt, SendError<W::Rejection>> {
        self.submit::<W>(instance, envelope, Begin::No).await
    }

    /// As [`send`](Self::send), and begins the instance if it does not exist.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_or_start<W: Workflow>(
        &self,
        instance: InstanceId,
        envelope: Envelope<W::Command>,
    ) -> Result<Receipt, SendError<W::Rejection>> {
        self.submit::<W>(instance, envelope, Begin::IfNew).await
    }

    /// Completes a task under its lease: the command comes from [`Actor::Holder`], and the commit
    /// fails if the lease has ended meanwhile. A repeat is recognised before the lease is looked at.
    ///
    /// # Errors
    /// [`SendError::LeaseLost`], and as [`send`](Self::send).
    pub async fn complete<W: Workflow>(
        &self,
        lease: &Lease,
        id: CommandId,
        command: W::Command,
    ) -> Result<Receipt, SendError<W::Rejection>> {
        let actor = Actor::Holder { id: lease.holder.clone(), task: lease.task.clone() };
        let mut command = erase::<W>(Envelope::new(id, actor, command), Begin::No)?;
        command.lease = Some(lease.clone());
        self.deliver(lease.instance, command).await.map_err(typed)
    }

    /// An instance as it stands; `None` if there is none.
    ///
    /// # Errors
    /// As [`send`](Self::send), without the rejection.
    pub async fn view<W: Workflow>(
        &self,
        instance: InstanceId,
    ) -> Result<Option<View<W>>, SendError<W::Rejection>> {
        let (reply, answer) = oneshot::channel();
        let admitted = self.admit().map_err(typed)?;
        let asked = self.shared.ask(instance, Ask::Look(reply), admitted);
        asked.map_err(typed)?;
        let seen = answer.await.unwrap_or_else(|_| Err(self.shared.unanswered()));
        let Some(seen) = seen.map_err(typed)? else {
            return Ok(None);
        };
        let Ok(state) = seen.state.downcast::<W>() else {
            return Err(SendError::WrongWorkflow(W::NAME));
        };
        Ok(Some(View {
            state: *state,
            version: seen.version,
            phase: seen.phase,
            closed: seen.closed,
            wake_at: seen.wake_at,
            parked: seen.parked,
        }))
    }

    /// Replaces the rules of a workflow. Decisions from now on are taken under them; instances
    /// that depend on what changed are to be woken by a command of theirs.
    ///
    /// # Errors
    /// [`SendError::WrongWorkflow`] if the workflow is not registered.
    pub fn set_policy<W: Workflow>(&self, policy: W::Policy) -> Result<(), SendError<W::Rejection>> {
        let kind = self.shared.kinds.get(W::NAME);
        let set = kind.is_some_and(|kind| kind.set_policy(Box::new(policy)));
        if set { Ok(()) } else { Err(SendError::WrongWorkflow(W::NAME)) }
    }

    /// The store the engine runs on.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared.store
    }

    /// The clock the engine runs by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// Stops: no new command is let in, what is under way ends or is given back after
    /// [`limits::DRAIN`]. An effect cut short by this has spent no attempt.
    pub async fn stop(&self) {
        self.stop_within(limits::DRAIN).await;
    }

    /// As [`stop`](Self::stop), with another patience.
    pub async fn stop_within(&self, patience: Duration) {
        if let Some(node) = self.shared.node_controls.get() {
            node.stop(&self.shared, patience).await;
        }
    }

    /// Drops every idle instance from memory; answers how many stay. They are loaded again when
    /// they are needed.
    pub async fn passivate(&self) -> usize {
        match self.shared.node_controls.get() {
            Some(node) => node.passivate().await,
            None => 0,
        }
    }

    /// How many instances are in memory. At most the bound, and those in use.
    pub async fn live_instances(&self) -> usize {
        match self.shared.node_controls.get() {
            Some(node) => node.live_instances().await,
            None => 0,
        }
    }

    pub(crate) fn inside(shared: Arc<Shared>) -> Self {
        Self { shared, alive: None }
    }

    pub(crate) fn outside(shared: Arc<Shared>) -> Self {
        let alive = Some(Arc::new(Alive(shared.clone())));
        Self { shared, alive }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    async fn submit<W: Workflow>(
        &self,
        instance: InstanceId,
        envelope: Envelope<W::Command>,
        begin: Begin,
    ) -> Result<Receipt, SendError<W::Rejection>> {
        let command = erase::<W>(envelope, begin)?;
        self.deliver(instance, command).await.map_err(typed)
    }

    /// Hands a command to its instance and waits for the answer.
    pub(crate) async fn deliver(&self, instance: InstanceId, command: Command) -> Reply {
        if !self.shared.kinds.contains_key(command.workflow) {
            return Err(Refusal::WrongWorkflow(command.workflow));
        }
        let (reply, answer) = oneshot::channel();
        let admitted = self.admit()?;
        let ask = Ask::Decide(Box::new(command), reply);
        self.shared.ask(instance, ask, admitted)?;
        answer.await.unwrap_or_else(|_| Err(self.shared.unanswered()))
    }

    fn admit(&self) -> Result<Option<OwnedSemaphorePermit>, Refusal> {
        self.alive.is_some().then(|| self.shared.admit()).transpose()
    }
}

/// Takes the types off a command, once.
fn erase<W: Workflow>(
    envelope: Envelope<W::Command>,
    begin: Begin,
) -> Result<Command, SendError<W::Rejection>> {
    let json = serde_json::to_string(&envelope.command);
    let json = json.map_err(|error| SendError::Malformed(error.to_string()))?;
    if json.len() > limits::COMMAND_BYTES {
        return Err(SendError::TooLarge(json.len()));
    }
    Ok(Command {
        workflow: W::NAME,
        id: envelope.id,
        actor: envelope.actor,
        expected: envelope.expected,
        lease: None,
        begin,
        settles: None,
        name: name_of(&envelope.command).to_string(),
        json,
    })
}
