//! Group commit without delay: batches form while the commit before them runs.
//!
//! Commits never run inside a future that a caller can drop: whoever wants one sends it here and
//! gets the answer by oneshot.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::shared::Shared;
use crate::limits;
use crate::store::{StoreError, Write, Written};

/// A write and where its answer goes.
pub(crate) struct Commit {
    pub(crate) write: Write,
    pub(crate) reply: oneshot::Sender<Result<Written, StoreError>>,
}

/// Hands a write to the committer and waits for the answer.
pub(crate) async fn commit(shared: &Shared, write: Write) -> Result<Written, StoreError> {
    let (reply, answer) = oneshot::channel();
    let gone = || StoreError::Unavailable("the engine is stopping".into());
    shared
        .commits
        .send(Commit { write, reply })
        .await
        .map_err(|_| gone())?;
    answer
        .await
        .unwrap_or_else(|_| Err(StoreError::Unknown("the committer ended".into())))
}

/// Takes whatever waits, writes it in one transaction, answers everyone, again. Several of these
/// share one queue where the store can write at several places at once.
pub(crate) async fn run(shared: Arc<Shared>, queue: Arc<Mutex<mpsc::Receiver<Commit>>>) {
    let mut waiting = Vec::with_capacity(limits::BATCH);
    loop {
        if queue.lock().await.recv_many(&mut waiting, limits::BATCH).await == 0 {
            return;
        }
        let (batch, replies): (Vec<_>, Vec<_>) = waiting
            .drain(..)
            .map(|commit| (commit.write, commit.reply))
            .unzip();
        let decisions = batch
            .iter()
            .filter(|write| matches!(write, Write::Append(_)))
            .count();
        metrics::histogram!("sealwright_commit_batch").record(batch.len() as f64);
        let results = shared.store.write(batch).await;
        for (reply, result) in replies.into_iter().zip(results) {
            // Nobody waits any more: they were told that the outcome is unknown, or are gone.
            let _ = reply.send(result);
        }
        if decisions > 0 {
            metrics::counter!("sealwright_transitions_total").increment(decisions as u64);
            shared.committed.send_modify(|count| *count += decisions as u64);
        }
    }
}
