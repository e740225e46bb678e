//! One switch for all that writes: store, vault, and the moment between an effect and its settlement.

mod store;
mod vault;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealwright_engine::store::{Store, StoreError};
use sealwright_engine::testing::Cut;
use sealwright_engine::{Vault, VaultError};

pub use store::SwitchedStore;
pub use vault::SwitchedVault;

/// The switch. Clones are the same switch.
///
/// A point at which it can cut is a call that changes the store or the vault, or the return of a performer.
#[derive(Clone, Default)]
pub struct Mains(Arc<Inside>);

#[derive(Default)]
struct Inside {
    plan: Mutex<Option<Plan>>,
    dark: AtomicBool,
    points: AtomicU64,
    by_kind: Mutex<BTreeMap<&'static str, u64>>,
}

#[derive(Clone, Copy)]
struct Plan {
    left: u64,
    cut: Cut,
    manner: Manner,
}

/// What a cut does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Everything fails from then on, until [`Mains::restore`].
    Dark,
    /// The process ends, as `kill -9` would end it.
    Abort,
}

/// What becomes of one call.
enum Fate {
    Done,
    NotDone,
    Untold,
}

impl Mains {
    /// Cuts at the `n`th point from now, 0 being the next.
    pub fn cut_at(&self, n: u64, cut: Cut, manner: Manner) {
        *self.plan() = Some(Plan { left: n, cut, manner });
    }

    /// Whether a cut that was set has not come yet.
    pub fn is_pending(&self) -> bool {
        self.plan().is_some()
    }

    /// Forgets a cut that has not come yet.
    pub fn spare(&self) {
        *self.plan() = None;
    }

    /// Whether the power is cut.
    pub fn is_dark(&self) -> bool {
        self.0.dark.load(Ordering::SeqCst)
    }

    /// Switches on again.
    pub fn restore(&self) {
        self.0.dark.store(false, Ordering::SeqCst);
    }

    /// Points so far.
    pub fn points(&self) -> u64 {
        self.0.points.load(Ordering::SeqCst)
    }

    /// Points so far, by what was called.
    pub fn by_kind(&self) -> BTreeMap<&'static str, u64> {
        self.0.by_kind.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A performer has returned, and nobody knows it yet.
    pub fn returned(&self) {
        if let Fate::NotDone | Fate::Untold = self.meet("effect performed") {
            self.cut();
        }
    }

    /// The store behind this switch.
    pub fn store(&self, inner: Arc<dyn Store>) -> SwitchedStore {
        SwitchedStore::new(self.clone(), inner)
    }

    /// The vault behind this switch.
    pub fn vault(&self, inner: Arc<dyn Vault>) -> SwitchedVault {
        SwitchedVault::new(self.clone(), inner)
    }

    fn plan(&self) -> MutexGuard<'_, Option<Plan>> {
        self.0.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a point and says what becomes of it. A process that is to end before it ends here.
    fn meet(&self, kind: &'static str) -> Fate {
        let mut plan = self.plan();
        if self.is_dark() {
            return Fate::NotDone;
        }
        self.0.points.fetch_add(1, Ordering::SeqCst);
        *self.0.by_kind.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_insert(0) += 1;
        let Some(Plan { left, cut, manner }) = &mut *plan else {
            return Fate::Done;
        };
        if *left > 0 {
            *left -= 1;
            return Fate::Done;
        }
        match (*cut, *manner) {
            (Cut::Before, Manner::Abort) => std::process::abort(),
            (Cut::Before, Manner::Dark) => {
                *plan = None;
                self.0.dark.store(true, Ordering::SeqCst);
                Fate::NotDone
            }
            // The plan stays until the call is over, so that it decides how to end.
            (Cut::After, _) => Fate::Untold,
        }
    }

    /// The call of an untold fate is over.
    fn cut(&self) {
        let plan = self.plan().take();
        if plan.is_some_and(|plan| plan.manner == Manner::Abort) {
            std::process::abort();
        }
        self.0.dark.store(true, Ordering::SeqCst);
    }

    fn lit<E: Told>(&self) -> Result<(), E> {
        if self.is_dark() { Err(E::not_done()) } else { Ok(()) }
    }

    async fn change<T, E: Told>(
        &self,
        kind: &'static str,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        match self.meet(kind) {
            Fate::Done => call.await,
            Fate::NotDone => Err(E::not_done()),
            Fate::Untold => {
                let called = call.await;
                self.cut();
                called.and_then(|_| Err(E::untold()))
            }
        }
    }
}

/// An error of a port behind the switch.
trait Told: Sized {
    /// It did not happen.
    fn not_done() -> Self;
    /// It happened, and nobody was told.
    fn untold() -> Self;
}

impl Told for StoreError {
    fn not_done() -> Self {
        StoreError::Unavailable("the power is cut".into())
    }
    fn untold() -> Self {
        StoreError::Unknown("the power was cut before the answer".into())
    }
}

impl Told for VaultError {
    fn not_done() -> Self {
        VaultError::Unavailable("the power is cut".into())
    }
    fn untold() -> Self {
        VaultError::Unavailable("the power was cut before the answer".into())
    }
}
