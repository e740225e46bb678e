//! What drives the search for photos that nothing refers to.

use std::sync::Arc;
use std::time::Duration;

use sealwright_engine::{Engine, PhotoId, Timestamp};
use sealwright_storage::Database;
use sealwright_storage::publication::{NotStored, PhotosSearched};
use sealwright_workflows::office::Office;
use sealwright_workflows::office::orphans::Collected;
use tokio::task::JoinHandle;

/// How often it is looked for them. They cost room, and nothing else.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);

/// A photo younger than a day may still be offered, by a client that asks again.
const GRACE: Duration = Duration::from_secs(24 * 3_600);

/// Looks until it is dropped.
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Begins now. Needs a tokio runtime.
    pub(crate) fn start(database: Database, office: Office, engine: Engine) -> Self {
        let searched = Arc::new(PhotosSearched::new(database));
        Self(tokio::spawn(async move {
            let mut every = tokio::time::interval(LOOK_EVERY);
            every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                every.tick().await;
                match look(&searched, &office, &engine, engine.clock().now()).await {
                    Ok(Collected { seen, dropped }) if dropped > 0 => {
                        tracing::info!(seen, dropped, "photos that were never offered are forgotten");
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "photos that were never offered stay for another hour")
                    }
                }
            }
        }))
    }
}

/// Looks at the photos since the last time, up to a day ago.
async fn look(
    searched: &PhotosSearched,
    office: &Office,
    engine: &Engine,
    now: Timestamp,
) -> anyhow::Result<Collected> {
    let (from, to) = (searched.until().await?, now - GRACE);
    if to <= from {
        return Ok(Collected::default());
    }
    let collected = office.collect_photos(engine, PhotoId::bound(from), PhotoId::bound(to)).await?;
    match searched.advance(from, to).await {
        // Another node looked at the same ones.
        Ok(()) | Err(NotStored::Raced) => Ok(collected),
        Err(error) => Err(error.into()),
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
