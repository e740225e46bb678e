//! A desk for photos: decoding takes a processor and memory, so few are decoded at once.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::photo::{PhotoRefused, PreparedPhoto, intake};
use crate::policy::IntakeRules;

/// Photos decoded at once: two take 300 MB at worst.
const AT_ONCE: usize = 2;

/// Uploads waiting for the desk. At the bound the answer is "busy"; 16 wait a few seconds.
const WAITING: usize = 16;

/// Takes photos in, few at a time, off the threads that answer requests.
#[derive(Clone)]
pub struct PhotoDesk {
    waiting: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

/// Why a photo was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum PhotoNotTaken {
    /// It cannot be a licence photo.
    #[error(transparent)]
    Refused(#[from] PhotoRefused),
    /// Too many at once.
    #[error("too many photos are being taken in; try again in a few seconds")]
    Busy,
    /// The decoder failed in a way that it should not.
    #[error("the photo could not be read; try another file")]
    Failed,
}

impl PhotoDesk {
    /// Takes one photo in, by these rules.
    ///
    /// # Errors
    /// The photo's own fault, or busy.
    pub async fn take_in(&self, bytes: Vec<u8>, rules: IntakeRules) -> Result<PreparedPhoto, PhotoNotTaken> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| PhotoNotTaken::Busy)?;
        let turn = Arc::clone(&self.working).acquire_owned().await.map_err(|_| PhotoNotTaken::Busy)?;
        // The permits go along: a caller who leaves does not make the decoder stop.
        let work = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            intake(&bytes, &rules)
        });
        match work.await {
            Ok(prepared) => Ok(prepared?),
            Err(error) => {
                tracing::error!(%error, "photo intake panicked");
                Err(PhotoNotTaken::Failed)
            }
        }
    }
}

impl Default for PhotoDesk {
    fn default() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(WAITING + AT_ONCE)),
            working: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}
