//! What all actors of a node share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix::Addr;
use tokio::sync::{Notify, Semaphore, mpsc, watch};

use super::committer::Commit;
use super::node::Node;
use super::outbox::Outbox;
use super::registry::Registry;
use crate::clock::Clock;
use crate::id::NodeId;
use crate::kind::Kind;
use crate::limits;
use crate::store::Store;
use crate::time::Timestamp;

/// What all actors of a node share.
pub(crate) struct Shared {
    pub(crate) node: NodeId,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) kinds: HashMap<&'static str, Arc<dyn Kind>>,
    /// Where performers run: the runtime of whoever started the engine.
    pub(crate) performers: tokio::runtime::Handle,
    pub(crate) live_limit: usize,
    /// The door: commands from outside inside the engine at once.
    pub(crate) admission: Arc<Semaphore>,
    /// Room in the outbox's memory.
    pub(crate) outbox_room: Arc<Semaphore>,
    pub(crate) commits: mpsc::Sender<Commit>,
    pub(crate) registry: OnceLock<Addr<Registry>>,
    pub(crate) outbox: OnceLock<Addr<Outbox>>,
    pub(crate) alarm: Bell,
    pub(crate) outbox_bell: Bell,
    pub(crate) calendar_bell: Bell,
    /// Counts commits of decisions; whoever watches the feed wakes on it.
    pub(crate) committed: watch::Sender<u64>,
    pub(crate) activity: Activity,
    pub(crate) stopping: AtomicBool,
    pub(crate) node_controls: OnceLock<Node>,
}

impl Shared {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The registry; there from before the first command is let in.
    pub(crate) fn registry(&self) -> Option<&Addr<Registry>> {
        self.registry.get()
    }

    pub(crate) fn admission() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(limits::COMMANDS_IN_FLIGHT))
    }
}

/// Wakes a loop at a time that may be moved forward, or at once.
pub(crate) struct Bell {
    /// Microseconds; `i64::MAX` for never.
    at: AtomicI64,
    moved: Notify,
}

impl Default for Bell {
    fn default() -> Self {
        Self {
            at: AtomicI64::new(i64::MAX),
            moved: Notify::new(),
        }
    }
}

impl Bell {
    /// Rings at `at`, if it would not ring before anyway.
    pub(crate) fn by(&self, at: Timestamp) {
        if self.at.fetch_min(at.micros(), Ordering::AcqRel) > at.micros() {
            self.moved.notify_one();
        }
    }

    /// Rings at once.
    pub(crate) fn now(&self) {
        self.by(Timestamp::from_micros(i64::MIN));
    }

    /// Forgets what was set. The loop calls it before it looks, so that nothing set meanwhile is lost.
    pub(crate) fn reset(&self) {
        self.at.store(i64::MAX, Ordering::Release);
    }

    /// When it will ring, if it will.
    #[cfg(feature = "testing")]
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let at = self.at.load(Ordering::Acquire);
        (at != i64::MAX).then_some(Timestamp::from_micros(at))
    }

    /// Waits until it rings, at most [`limits::POLL`] of real time.
    pub(crate) async fn ring(&self, clock: &dyn Clock) {
        let at = Timestamp::from_micros(self.at.load(Ordering::Acquire));
        tokio::select! {
            biased;
            () = self.moved.notified() => {}
            () = clock.wait_until(at, limits::POLL) => {}
        }
    }
}

/// Counts what is under way, so that a test can wait for the fact that nothing is.
#[derive(Clone, Default)]
pub(crate) struct Activity(Arc<(AtomicUsize, Notify)>);

impl Activity {
    /// Something is under way until the guard is dropped.
    pub(crate) fn begin(&self) -> Busy {
        self.0.0.fetch_add(1, Ordering::AcqRel);
        Busy(self.clone())
    }

    /// Waits until nothing is under way.
    pub(crate) async fn settled(&self) {
        loop {
            let woken = self.0.1.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            if self.0.0.load(Ordering::Acquire) == 0 {
                return;
            }
            woken.await;
        }
    }
}

/// Something that is under way.
pub(crate) struct Busy(Activity);

impl Drop for Busy {
    fn drop(&mut self) {
        let (count, notify) = &*self.0.0;
        if count.fetch_sub(1, Ordering::AcqRel) == 1 {
            notify.notify_waiters();
        }
    }
}
