//! The only file that reads the clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::time::Timestamp;

/// Where the time comes from. The system's clock in production, a hand-wound one in tests.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits until `at` has come, or at most `limit` of real time, whichever is first.
    ///
    /// May return early; callers look at `now` again.
    async fn wait_until(&self, at: Timestamp, limit: Duration);

    /// Whether time stands still unless somebody winds it. Then nobody polls on real time.
    fn is_manual(&self) -> bool {
        false
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    async fn wait_until(&self, at: Timestamp, limit: Duration) {
        tokio::time::sleep(at.since(self.now()).min(limit)).await;
    }
}

/// A clock that stands still until it is wound. Clones share the hands.
#[derive(Clone, Debug)]
pub struct ManualClock {
    hands: Arc<Mutex<watch::Sender<Timestamp>>>,
}

impl ManualClock {
    /// A clock that shows `at`.
    pub fn at(at: Timestamp) -> Self {
        Self { hands: Arc::new(Mutex::new(watch::Sender::new(at))) }
    }

    /// Winds the clock forward.
    pub fn advance(&self, time: Duration) {
        self.hands().send_modify(|now| *now = *now + time);
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, at: Timestamp) {
        self.hands().send_replace(at);
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, watch::Sender<Timestamp>> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.hands().borrow()
    }

    async fn wait_until(&self, at: Timestamp, _limit: Duration) {
        let mut seen = self.hands().subscribe();
        // The sender lives as long as this clock does, so the wait cannot fail.
        let _ = seen.wait_for(|now| *now >= at).await;
    }

    fn is_manual(&self) -> bool {
        true
    }
}
