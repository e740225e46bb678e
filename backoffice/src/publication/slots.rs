//! Entries for what is about to be signed: whatever asks at once shares one transaction.

use async_trait::async_trait;
use sealwright_credentials::{Serial, StatusReference};
use sealwright_storage::publication::StatusLists;
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::status::StatusSlots;
use tokio::sync::{mpsc, oneshot};

use super::Publisher;

/// Entries handed out in one transaction, and askers that may wait: as many as an engine signs for at once.
const BATCH: usize = 256;

type Reply = oneshot::Sender<Result<StatusReference, Unavailable>>;

/// Where signers wait for their entries.
pub(super) struct Counter(mpsc::Sender<(Serial, Reply)>);

impl Counter {
    /// Serves until it is dropped. Needs a tokio runtime.
    pub(super) fn open(lists: StatusLists) -> Self {
        let (queue, mut inbox) = mpsc::channel(BATCH);
        tokio::spawn(async move {
            let mut round = Vec::with_capacity(BATCH);
            while inbox.recv_many(&mut round, BATCH).await > 0 {
                let (serials, replies): (Vec<Serial>, Vec<Reply>) = round.drain(..).unzip();
                match lists.slots(&serials).await {
                    Ok(placed) => {
                        for (reply, placed) in replies.into_iter().zip(placed) {
                            // Whoever is gone asks again for the same serial, or never used it.
                            let (uri, index) = (placed.uri, placed.slot.index);
                            let _ = reply.send(Ok(StatusReference { uri, index }));
                        }
                    }
                    Err(error) => {
                        for reply in replies {
                            let _ = reply.send(Err(Unavailable(error.to_string())));
                        }
                    }
                }
            }
        });
        Self(queue)
    }
}

#[async_trait]
impl StatusSlots for Publisher {
    async fn slot(&self, serial: &Serial) -> Result<Option<StatusReference>, Unavailable> {
        let closed = || Unavailable("the status lists are closed: the server is stopping".into());
        let (reply, answer) = oneshot::channel();
        self.counter.0.send((serial.clone(), reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?.map(Some)
    }
}
