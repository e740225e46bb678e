//! The log: everything that was to be signed, in the journal's order, and checkpoints of it.

use sealwright_credentials::log::{Checkpoint, SignedCheckpoint, verify_consistency};
use sealwright_storage::publication::NotStored;

use super::{NotPublished, Publisher};

impl Publisher {
    /// Appends what the journal has, and signs a checkpoint if the tree grew. Answers the checkpoint's size.
    ///
    /// What is logged is the intent, which the journal holds before anything is signed: so there is no
    /// credential that was signed and is not in the log, whatever crashed.
    pub(super) async fn sequence(&self) -> Result<u64, NotPublished> {
        loop {
            let position = self.log.position().await?;
            let Some(stretch) = self.stretch(position).await? else { break };
            match self.log.follow(stretch.by, stretch.entries).await {
                // Whoever was quicker appended the same; go on behind it.
                Ok(_) | Err(NotStored::Raced) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.sign_checkpoint().await
    }

    /// Signs what the tree is now, if it grew out of all that was signed before.
    async fn sign_checkpoint(&self) -> Result<u64, NotPublished> {
        let last = self.log.checkpoint().await?;
        // Read after the checkpoint, so never smaller.
        let tree = self.log.head().await?;
        let checkpoint = Checkpoint::of(&self.plan.origin, &tree)?;
        if let Some((size, note)) = last {
            let signed = SignedCheckpoint::open(&note, &self.log_name)?;
            let before = signed.checkpoint();
            let grew = match self.log.consistency(size, tree.size()).await {
                Ok(proof) => verify_consistency(size, before.root(), tree.size(), checkpoint.root(), &proof),
                Err(NotStored::Proof(_)) => false,
                Err(error) => return Err(error.into()),
            };
            if !grew || before.size() != size {
                return Err(NotPublished::Inconsistent(size));
            }
            if size == tree.size() {
                return Ok(size);
            }
        }
        let signed = checkpoint.sign(&self.log_key)?;
        self.log.keep_checkpoint(tree.size(), signed.to_string()).await?;
        metrics::gauge!("sealwright_log_size").set(tree.size() as f64);
        Ok(tree.size())
    }
}
