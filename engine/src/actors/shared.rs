//! What all actors of a node share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix::Addr;
use actix::dev::SendError as Undelivered;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc, watch};

use super::committer::Commit;
use super::instance::{Ask, Work};
use super::node::Node;
use super::outbox::Outbox;
use super::registry::{Registry, Route};
use crate::clock::Clock;
use crate::engine::Followers;
use crate::error::Refusal;
use crate::id::{InstanceId, NodeId};
use crate::kind::Kind;
use crate::limits;
use crate::store::{Store, StoreError};
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
    pub(crate) followers: Followers,
    pub(crate) activity: Activity,
    /// Counts what may have left effects leased to this node without being in its memory.
    pub(crate) doubts: AtomicU64,
    pub(crate) stopping: AtomicBool,
    pub(crate) node_controls: OnceLock<Node>,
}

impl Shared {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// No new command is let in, no new attempt begun; whoever watches the feed is told.
    pub(crate) fn begin_to_stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.admission.close();
        self.committed.send_modify(|_| {});
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks an instance. `admitted` keeps its place at the door until the work is done, also if
    /// whoever asked has gone: what waits inside is bounded, not who waits outside.
    pub(crate) fn ask(
        &self,
        instance: InstanceId,
        ask: Ask,
        admitted: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Refusal> {
        let busy = self.activity.begin();
        let work = Work { ask, busy, admitted };
        // There from before the first command is let in. One shared address: each clone of one
        // has a free place in the mailbox, which would be no bound.
        let registry = self.registry.get().ok_or(Refusal::Stopped)?;
        registry.try_send(Route { instance, work }).map_err(|why| match why {
            Undelivered::Full(_) => Refusal::Busy(limits::POLL),
            Undelivered::Closed(_) => Refusal::Stopped,
        })
    }

    /// A place inside for a command from outside.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let place = self.admission.clone().try_acquire_owned();
        place.map_err(|why| match why {
            TryAcquireError::NoPermits => {
                metrics::counter!("sealwright_busy_total", "where" => "door").increment(1);
                Refusal::Busy(limits::POLL)
            }
            TryAcquireError::Closed => Refusal::Stopped,
        })
    }

    /// What is told to whoever asked an instance and was left without an answer.
    pub(crate) fn unanswered(&self) -> Refusal {
        if self.is_stopping() {
            Refusal::Stopped
        } else {
            Refusal::Store(StoreError::Unknown("the instance's actor ended".into()))
        }
    }

    /// The store may hold effects that are leased to this node and that nobody has in memory.
    pub(crate) fn doubt(&self) {
        self.doubts.fetch_add(1, Ordering::AcqRel);
        self.outbox_bell.now();
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
        Self { at: AtomicI64::new(i64::MAX), moved: Notify::new() }
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
        loop {
            let at = Timestamp::from_micros(self.at.load(Ordering::Acquire));
            tokio::select! {
                biased;
                // Moved, which is not yet rung: the look that set it may have been this loop's own.
                () = self.moved.notified() => {}
                () = clock.wait_until(at, limits::POLL) => return,
            }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn a_bell_rings_at_its_time_and_not_because_it_was_set() {
        let clock = ManualClock::at(Timestamp::EPOCH);
        let bell = Bell::default();
        bell.by(Timestamp::from_secs(60));
        assert!(bell.ring(&clock).now_or_never().is_none());
        bell.by(Timestamp::from_secs(30));
        clock.advance(Duration::from_secs(29));
        assert!(bell.ring(&clock).now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(bell.ring(&clock).now_or_never().is_some());
        bell.reset();
        assert!(bell.ring(&clock).now_or_never().is_none());
        bell.now();
        assert!(bell.ring(&clock).now_or_never().is_some());
    }
}
