//! Following one instance, so that nobody has to poll for its next step.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::Engine;
use crate::actors::Shared;
use crate::error::SendError;
use crate::id::{InstanceId, Version};
use crate::limits;
use crate::workflow::Workflow;

/// Where an instance stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// How many decisions are behind it.
    pub version: Version,
    /// The phase's name.
    pub phase: &'static str,
    /// Whether it is over.
    pub closed: bool,
}

/// Hears of each decision of one instance from the moment it was made.
pub struct Follow<W> {
    engine: Engine,
    news: watch::Receiver<Option<Progress>>,
    place: Place,
    workflow: PhantomData<fn() -> W>,
}

impl Engine {
    /// Follows an instance, which need not exist yet. Follow first and send then, so that nothing is
    /// missed.
    pub fn follow<W: Workflow>(&self, instance: InstanceId) -> Follow<W> {
        let news = self.shared.followers.join(instance);
        let place = Place { shared: self.shared.clone(), instance };
        Follow { engine: self.clone(), news, place, workflow: PhantomData }
    }
}

impl<W: Workflow> Follow<W> {
    /// Waits until the instance stands where `there` says. A step that the next one follows at once may
    /// be passed over, so ask for "at least this version" rather than for a fleeting phase.
    ///
    /// What this node decides is heard at once, what another one decides within [`limits::POLL`].
    ///
    /// # Errors
    /// As [`Engine::view`]; an instance that does not exist is waited for.
    pub async fn until(
        &mut self,
        mut there: impl FnMut(&Progress) -> bool,
    ) -> Result<Progress, SendError<W::Rejection>> {
        loop {
            if let Some(now) = self.news.borrow_and_update().filter(&mut there) {
                return Ok(now);
            }
            // The sender is kept by this follower's own place, so only the time can run out.
            if tokio::time::timeout(limits::POLL, self.news.changed()).await.is_ok() {
                continue;
            }
            let seen = self.engine.view::<W>(self.place.instance).await?;
            let seen =
                seen.map(|view| Progress { version: view.version, phase: view.phase, closed: view.closed });
            if let Some(now) = seen.filter(&mut there) {
                return Ok(now);
            }
        }
    }
}

/// Who follows which instance. As many as there are callers; the engine keeps none itself.
#[derive(Default)]
pub(crate) struct Followers(Mutex<HashMap<InstanceId, watch::Sender<Option<Progress>>>>);

impl Followers {
    pub(crate) fn tell(&self, instance: InstanceId, progress: Progress) {
        if let Some(news) = self.map().get(&instance) {
            news.send_replace(Some(progress));
        }
    }

    fn join(&self, instance: InstanceId) -> watch::Receiver<Option<Progress>> {
        self.map().entry(instance).or_default().subscribe()
    }

    fn map(&self) -> MutexGuard<'_, HashMap<InstanceId, watch::Sender<Option<Progress>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A follower's place in the map.
struct Place {
    shared: Arc<Shared>,
    instance: InstanceId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut map = self.shared.followers.map();
        // Dropped after the receiver, because fields go in order.
        if map.get(&self.instance).is_some_and(|news| news.receiver_count() == 0) {
            map.remove(&self.instance);
        }
    }
}
