//! One engine process: a thread of its own on which the actors live.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::{Actor, Addr, System};
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};

use super::alarm::{self, Alarm};
use super::calendar::{self, Calendar, Planned};
use super::committer;
use super::outbox::{self, Outbox};
use super::registry::{Count, Passivate, Registry};
use super::shared::{Activity, Bell, Shared};
use crate::clock::Clock;
use crate::engine::{Engine, Followers};
use crate::id::NodeId;
use crate::kind::Kind;
use crate::limits;
use crate::store::{Store, StoreError};

/// The controls of a running node.
pub(crate) struct Node {
    registry: Addr<Registry>,
    outbox: Addr<Outbox>,
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only tests look by hand"))]
    alarm: Addr<Alarm>,
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only tests look by hand"))]
    calendar: Addr<Calendar>,
    halt: watch::Sender<Halt>,
    ended: watch::Receiver<bool>,
}

/// How a node's thread is to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Halt {
    /// Not yet.
    No,
    /// As a crash would end it.
    AtOnce,
    /// After giving back what it had leased.
    GivingBack,
}

/// What a node is started with.
pub(crate) struct Plan {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) kinds: Vec<Arc<dyn Kind>>,
    pub(crate) schedules: Vec<Planned>,
    pub(crate) live_limit: usize,
}

/// Starts the actors on a thread of their own.
pub(crate) async fn start(plan: Plan) -> Result<Engine, StoreError> {
    let node = NodeId::new(plan.clock.now());
    plan.store.join(node).await?;
    let writers = plan.store.writers().max(1);
    // Twice what a batch takes: one forming while each writer is busy. Senders wait, nothing is lost.
    let (commits, queue) = mpsc::channel(2 * limits::BATCH * writers);
    let shared = Arc::new(Shared {
        node,
        store: plan.store,
        clock: plan.clock,
        kinds: plan.kinds.into_iter().map(|kind| (kind.name(), kind)).collect(),
        performers: tokio::runtime::Handle::current(),
        live_limit: plan.live_limit,
        admission: Arc::new(Semaphore::new(limits::COMMANDS_IN_FLIGHT)),
        outbox_room: Arc::new(Semaphore::new(limits::EFFECTS_IN_MEMORY)),
        commits,
        registry: OnceLock::new(),
        outbox: OnceLock::new(),
        alarm: Bell::default(),
        outbox_bell: Bell::default(),
        calendar_bell: Bell::default(),
        committed: watch::Sender::new(0),
        followers: Followers::default(),
        activity: Activity::default(),
        doubts: 0.into(),
        stopping: false.into(),
        node_controls: OnceLock::new(),
    });
    let (ready, started) = oneshot::channel();
    let (halt, halted) = watch::channel(Halt::No);
    let (ended_tx, ended) = watch::channel(false);
    let inside = shared.clone();
    let queue = Arc::new(Mutex::new(queue));
    let thread = std::thread::Builder::new().name("sealwright-engine".into());
    let performers = shared.performers.clone();
    let spawned = thread.spawn(move || {
        // What is cut short when the thread ends may hold a database connection, and that goes back to
        // its pool through a runtime.
        let _runtime = performers.enter();
        System::new().block_on(live(inside, queue, writers, plan.schedules, ready, halted));
        ended_tx.send_replace(true);
    });
    spawned.map_err(|error| StoreError::Failed(format!("the engine's thread did not start: {error}")))?;
    let gone = |_| StoreError::Failed("the engine's thread ended at its start".into());
    let (registry, outbox, alarm, calendar) = started.await.map_err(gone)?;
    let controls = Node { registry, outbox, alarm, calendar, halt, ended };
    // Set once, here: nobody else has this `shared` yet.
    let _ = shared.node_controls.set(controls);
    Ok(Engine::outside(shared))
}

type Addresses = (Addr<Registry>, Addr<Outbox>, Addr<Alarm>, Addr<Calendar>);

async fn live(
    shared: Arc<Shared>,
    queue: Arc<Mutex<mpsc::Receiver<committer::Commit>>>,
    writers: usize,
    schedules: Vec<Planned>,
    ready: oneshot::Sender<Addresses>,
    mut halted: watch::Receiver<Halt>,
) {
    for _ in 0..writers {
        actix::spawn(committer::run(shared.clone(), queue.clone()));
    }
    let registry = Registry::begin(shared.clone());
    let outbox = Outbox::begin(shared.clone());
    let alarm = Alarm::new(shared.clone()).start();
    let calendar = Calendar::new(shared.clone(), schedules).start();
    // Set once, here.
    let _ = shared.registry.set(registry.clone());
    let _ = shared.outbox.set(outbox.clone());
    actix::spawn(beat(shared.clone()));
    actix::spawn(look_often(shared.clone(), |shared| &shared.outbox_bell, {
        let outbox = outbox.clone();
        move || outbox.send(outbox::Look)
    }));
    actix::spawn(look_often(shared.clone(), |shared| &shared.alarm, {
        let alarm = alarm.clone();
        move || alarm.send(alarm::Look)
    }));
    actix::spawn(look_often(shared.clone(), |shared| &shared.calendar_bell, {
        let calendar = calendar.clone();
        move || calendar.send(calendar::Look)
    }));
    if ready.send((registry, outbox.clone(), alarm, calendar)).is_err() {
        return;
    }
    // The sender lives in the controls; if they are gone, so is the engine.
    let halt = halted.wait_for(|halt| *halt != Halt::No).await;
    if halt.is_ok_and(|halt| *halt == Halt::GivingBack) {
        shared.begin_to_stop();
        let _ = outbox.send(outbox::Cut).await;
        if tokio::time::timeout(limits::DRAIN, give_back(&shared)).await.is_err() {
            tracing::warn!("the store does not answer: this node's effects stay leased until its lease ends");
        }
    }
}

async fn give_back(shared: &Shared) {
    if let Err(error) = shared.store.leave(shared.node).await {
        tracing::warn!(%error, "this node's effects stay leased until its lease ends");
    }
}

/// Looks whenever the bell rings.
async fn look_often<F, R>(shared: Arc<Shared>, bell: fn(&Shared) -> &Bell, look: F)
where
    F: Fn() -> R,
    R: Future<Output = Result<usize, actix::MailboxError>>,
{
    while !shared.is_stopping() {
        bell(&shared).reset();
        let busy = shared.activity.begin();
        let looked = look().await;
        drop(busy);
        if looked.is_err() {
            return;
        }
        bell(&shared).ring(&*shared.clock).await;
    }
}

async fn beat(shared: Arc<Shared>) {
    while !shared.is_stopping() {
        shared.clock.wait_until(shared.now() + limits::NODE_BEAT, limits::NODE_BEAT).await;
        if let Err(error) = shared.store.beat(shared.node).await {
            tracing::warn!(%error, "this node could not give its sign of life");
        }
    }
}

impl Node {
    /// Lets what is under way end, for at most `patience`; gives the rest back; ends the thread.
    pub(crate) async fn stop(&self, shared: &Shared, patience: Duration) {
        shared.begin_to_stop();
        let _ = self.outbox.send(outbox::Hush).await;
        if tokio::time::timeout(patience, shared.activity.settled()).await.is_err() {
            tracing::warn!("what is still under way is cut short and will be done again");
        }
        let _ = self.outbox.send(outbox::Cut).await;
        give_back(shared).await;
        self.halt().await;
    }

    /// Ends the thread as a crash would: nothing is drained, nothing given back.
    pub(crate) async fn halt(&self) {
        self.halt.send_replace(Halt::AtOnce);
        let mut ended = self.ended.clone();
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Lets the thread end by itself, after giving back what it had leased.
    pub(crate) fn abandon(&self) {
        self.halt.send_if_modified(|halt| {
            let running = *halt == Halt::No;
            if running {
                *halt = Halt::GivingBack;
            }
            running
        });
    }

    pub(crate) async fn passivate(&self) -> usize {
        self.registry.send(Passivate).await.unwrap_or(0)
    }

    pub(crate) async fn live_instances(&self) -> usize {
        self.registry.send(Count).await.unwrap_or(0)
    }

    #[cfg(feature = "testing")]
    /// Looks for due work everywhere, at once; answers how much was found.
    pub(crate) async fn look(&self) -> usize {
        let ticks = self.calendar.send(calendar::Look).await.unwrap_or(0);
        let deadlines = self.alarm.send(alarm::Look).await.unwrap_or(0);
        let effects = self.outbox.send(outbox::Look).await.unwrap_or(0);
        ticks + deadlines + effects
    }
}
