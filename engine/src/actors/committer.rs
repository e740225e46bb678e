//! Group commit without delay: batches form while the commit before them runs.
//!
//! Commits never run inside a future that a caller can drop: whoever wants one sends it here and
//! gets the answer by oneshot.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::shared::Shared;
use crate::kind::panic_text;
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
    shared.commits.send(Commit { write, reply }).await.map_err(|_| gone())?;
    answer.await.unwrap_or_else(|_| Err(StoreError::Unknown("the committer gave no answer".into())))
}

/// Takes whatever waits, writes it in one transaction, answers everyone, again. Several of these
/// share one queue where the store can write at several places at once.
pub(crate) async fn run(shared: Arc<Shared>, queue: Arc<Mutex<mpsc::Receiver<Commit>>>) {
    let mut waiting = Vec::with_capacity(limits::BATCH);
    loop {
        if queue.lock().await.recv_many(&mut waiting, limits::BATCH).await == 0 {
            return;
        }
        let (batch, replies): (Vec<_>, Vec<_>) =
            waiting.drain(..).map(|commit| (commit.write, commit.reply)).unzip();
        metrics::histogram!("sealwright_commit_batch").record(batch.len() as f64);
        let decisions: Vec<bool> = batch.iter().map(|write| matches!(write, Write::Append(_))).collect();
        // A store that panics must not take the committer along; nobody knows what it wrote.
        let written = AssertUnwindSafe(shared.store.write(batch)).catch_unwind().await;
        let results = written.unwrap_or_else(|panic| {
            let panic = panic_text(&*panic);
            tracing::error!(%panic, "the store panicked");
            vec![Err(StoreError::Unknown(format!("the store panicked: {panic}"))); replies.len()]
        });
        let done = |(result, decision): &(&Result<Written, StoreError>, &bool)| {
            **decision && matches!(result, Ok(Written::Done) | Err(StoreError::Unknown(_)))
        };
        let decided = results.iter().zip(&decisions).filter(done).count() as u64;
        for (reply, result) in replies.into_iter().zip(results) {
            // Nobody waits any more: they were told that the outcome is unknown, or are gone.
            let _ = reply.send(result);
        }
        metrics::counter!("sealwright_flushes_total").absolute(shared.store.flushes());
        if decided > 0 {
            metrics::counter!("sealwright_transitions_total").increment(decided);
            shared.committed.send_modify(|count| *count += decided);
        }
    }
}
