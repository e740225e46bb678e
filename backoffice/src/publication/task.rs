//! What drives a publisher in a server.

use std::sync::Arc;
use std::time::Duration;

use sealwright_engine::clock::Clock;
use sealwright_workflows::office::Office;
use tokio::task::JoinHandle;

use super::Publisher;

/// How often it is looked what is due. With the 20 seconds that changes gather, and the time to sign, a change is
/// out within the 60 seconds that are promised.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Steps until it is dropped.
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Begins now. Needs a tokio runtime.
    pub(crate) fn start(publisher: Arc<Publisher>, clock: Arc<dyn Clock>, office: Office) -> Self {
        Self(tokio::spawn(async move {
            let mut every = tokio::time::interval(LOOK_EVERY);
            every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut told = None;
            loop {
                every.tick().await;
                let now = clock.now().secs();
                let trouble = publisher.step(&office.keys(), now).await.err().map(|error| error.to_string());
                if let Some(why) = trouble.as_ref().filter(|_| trouble != told) {
                    tracing::error!(why, "status lists or the log are not up to date");
                }
                metrics::gauge!("sealwright_publication_failing").set(f64::from(u8::from(trouble.is_some())));
                told = trouble;
            }
        }))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
