//! An engine for tests: time stands still until it is wound, and power can be cut.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::power::{Cut, PowerStore};
use crate::clock::{Clock, ManualClock};
use crate::engine::{Builder, Engine};
use crate::limits;
use crate::store::{MemoryStore, Store, StoreError};
use crate::time::Timestamp;

/// Rounds of work without an end after which a test fails instead of running for ever.
const ROUNDS: usize = 100_000;

/// An engine on a manual clock, on a store that survives its crashes. It stands for [`Engine`]
/// wherever one is wanted.
pub struct TestEngine {
    clock: ManualClock,
    power: PowerStore,
    plan: Box<dyn Fn(Builder) -> Builder + Send + Sync>,
    engine: Engine,
}

impl TestEngine {
    /// An engine on memory, at noon on 2 March 2026 UTC. `plan` registers workflows; it is asked
    /// again after each crash.
    pub async fn start(plan: impl Fn(Builder) -> Builder + Send + Sync + 'static) -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(1_772_452_800));
        let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        Self::start_on(store, clock, plan).await
    }

    /// An engine on `store`, which must go by `clock`.
    pub async fn start_on(
        store: Arc<dyn Store>,
        clock: ManualClock,
        plan: impl Fn(Builder) -> Builder + Send + Sync + 'static,
    ) -> Self {
        let power = PowerStore::new(store);
        let plan = Box::new(plan);
        let engine = run(&power, &clock, &plan).await.expect("a store of a test can be joined");
        Self { clock, power, plan, engine }
    }

    /// A second engine on the same store: another node.
    pub async fn another_node(&self) -> Engine {
        run(&self.power, &self.clock, &self.plan).await.expect("a store of a test can be joined")
    }

    /// The clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Writes so far: the points at which [`cut_power_at`](Self::cut_power_at) can cut.
    pub fn writes(&self) -> u64 {
        self.power.writes()
    }

    /// Works until nothing is left to do at this time: no command, no due effect, deadline or tick.
    pub async fn run_until_idle(&self) {
        self.settle(&self.engine).await;
    }

    /// As [`run_until_idle`](Self::run_until_idle), and ends as well when the power has been cut.
    pub async fn run_until_idle_or_dark(&self) {
        tokio::select! {
            biased;
            () = self.power.gone() => {}
            () = self.run_until_idle() => {}
        }
    }

    /// As [`run_until_idle`](Self::run_until_idle), for another node.
    pub async fn settle(&self, engine: &Engine) {
        let shared = engine.shared();
        let Some(node) = shared.node_controls.get() else {
            return;
        };
        for _ in 0..ROUNDS {
            shared.activity.settled().await;
            if node.look().await == 0 {
                shared.activity.settled().await;
                if node.look().await == 0 {
                    return;
                }
            }
        }
        panic!("the engine does not come to rest: something makes work for ever at one instant");
    }

    /// Lets time pass as it does: every deadline, retry and tick on the way has its turn.
    pub async fn advance(&self, time: Duration) {
        let end = self.clock.now() + time;
        for _ in 0..ROUNDS {
            self.run_until_idle().await;
            match self.next_event().await {
                // What is overdue and does not move is tried again after a while, as in real life.
                Some(at) if at <= self.clock.now() && self.clock.now() + limits::POLL < end => {
                    self.clock.advance(limits::POLL);
                }
                Some(at) if at > self.clock.now() && at <= end => self.clock.set(at),
                _ => {
                    self.clock.set(end);
                    return self.run_until_idle().await;
                }
            }
        }
        panic!("more than {ROUNDS} events on the way: wind the clock in smaller parts");
    }

    /// Sets the clock ahead at once, as if nobody had been there meanwhile.
    pub async fn sleep_through(&self, time: Duration) {
        self.clock.advance(time);
        self.run_until_idle().await;
    }

    /// Cuts the power at the `n`th write from now, 0 being the next one. Calls fail from then on,
    /// until [`crash_and_recover`](Self::crash_and_recover).
    pub fn cut_power_at(&self, n: u32, cut: Cut) {
        self.power.cut_at(n, cut);
    }

    /// Lets the `n`th write from now fail, or lets its answer be lost, and the power stays on: a
    /// connection that broke and came back.
    pub fn hiccup_at(&self, n: u32, cut: Cut) {
        self.power.hiccup_at(n, cut);
    }

    /// Lets decisions wait for their commit until [`let_writes_go`](Self::let_writes_go), as on a
    /// disk that does not answer.
    pub fn hold_writes(&self) {
        self.power.hold();
    }

    /// Lets the store write again.
    pub fn let_writes_go(&self) {
        self.power.let_go();
    }

    /// Whether a cut or hiccup that was set has not come yet.
    pub fn is_fault_pending(&self) -> bool {
        self.power.is_pending()
    }

    /// Whether the power is cut.
    pub fn is_dark(&self) -> bool {
        self.power.is_dark()
    }

    /// Ends the engine as a crash would, and starts another one on what the store holds. The dead
    /// node's leases are still running; time passes until they have ended.
    pub async fn crash_and_recover(&mut self) {
        self.crash().await;
        self.clock.advance(limits::NODE_LEASE);
        self.engine =
            run(&self.power, &self.clock, &self.plan).await.expect("a store of a test can be joined");
        self.run_until_idle().await;
    }

    /// Ends the engine as a crash would. [`another_node`](Self::another_node) may go on.
    pub async fn crash(&mut self) {
        // From here on the dead node can write nothing, whatever still runs in it.
        let restored = self.power.restored();
        if let Some(node) = self.engine.shared().node_controls.get() {
            node.halt().await;
        }
        self.power = restored;
    }

    async fn next_event(&self) -> Option<Timestamp> {
        let store = self.engine.store();
        let (wake, effect) = (store.next_wake().await, store.next_effect().await);
        let tick = self.engine.shared().calendar_bell.due();
        [wake.ok().flatten(), effect.ok().flatten(), tick].into_iter().flatten().min()
    }
}

async fn run(
    power: &PowerStore,
    clock: &ManualClock,
    plan: &(dyn Fn(Builder) -> Builder + Send + Sync),
) -> Result<Engine, StoreError> {
    let builder = Engine::builder(Arc::new(power.clone())).clock(Arc::new(clock.clone()));
    plan(builder).start().await
}

impl Deref for TestEngine {
    type Target = Engine;
    fn deref(&self) -> &Engine {
        &self.engine
    }
}
