//! What an instance is asked besides commands: its deadline, its effects, its looks.

use super::step::Hand;
use super::{Begin, Command, Seen, Standing};
use crate::actors::committer::commit;
use crate::door::Actor as Asker;
use crate::error::Refusal;
use crate::id::CommandId;
use crate::limits;
use crate::store::{EffectRow, StoreError, Write, Written};

impl Hand {
    /// Sends the instance its own deadline's command, if it is due. Answers whether anything moved.
    pub(super) async fn fire(&mut self) -> bool {
        let parked = self.cached.as_ref().is_some_and(|cached| cached.parked.is_some());
        let opened = if parked { self.refresh().await } else { self.open(None).await.map(|_| ()) };
        if let Err(refusal) = opened {
            tracing::warn!(instance.id = %self.id, %refusal, "a deadline could not be fired");
            return false;
        }
        let Some(cached) = &self.cached else { return false };
        let Some((at, json)) = cached.live.deadline() else {
            return self.derive_again().await;
        };
        let (version, workflow) = (cached.version, cached.kind.name());
        let name = match cached.kind.check(&json) {
            Ok(name) => name,
            Err(error) => {
                let reason = format!("its deadline cannot be read back: {error}");
                return self.park(reason).await.is_ok();
            }
        };
        if at > self.shared.now() && cached.view.is_none() {
            // Either the row is older than the code it was derived by, or the store's clock is ahead
            // of this node's. Written again, the row tells which; the alarm asks again a little later.
            self.derive_again().await;
            return false;
        }
        let command = Command {
            workflow,
            id: CommandId::timer(version, at),
            actor: Asker::Timer,
            expected: Some(version),
            lease: None,
            begin: Begin::No,
            settles: None,
            name,
            json,
        };
        // The store's clock said that it is due, and this node's may be behind.
        match self.decide(&command, at).await {
            Ok(receipt) if receipt.version > version && self.has_moved(at) => true,
            Ok(_) | Err(Refusal::Rejected(_) | Refusal::Malformed(_)) => {
                let reason = "its deadline fired and neither moved nor vanished";
                self.park(reason.into()).await.is_ok()
            }
            Err(Refusal::Stale { .. } | Refusal::Parked(_)) => true,
            Err(refusal) => {
                tracing::warn!(instance.id = %self.id, %refusal, "a deadline could not be fired");
                false
            }
        }
    }

    fn has_moved(&self, from: crate::time::Timestamp) -> bool {
        let deadline = self.cached.as_ref().and_then(|cached| cached.live.deadline());
        deadline.is_none_or(|(at, _)| at > from)
    }

    /// How an effect stands. What was decided just now is judged by the cache that decided it; what
    /// waited or failed meanwhile, and what another node decided, by the journal. Nothing is moot on
    /// the word of a cache that may be old: it would never be performed.
    pub(super) async fn judge(&mut self, effect: &EffectRow) -> Standing {
        let age = self.shared.now().since(effect.decided_at);
        let knows = self.cached.as_ref().is_some_and(|cached| cached.version >= effect.key.version);
        let opened = if effect.attempts == 0 && age < limits::POLL && knows && !self.is_moot(effect) {
            self.open(None).await.map(|_| ())
        } else {
            self.refresh().await
        };
        match (opened, &self.cached) {
            (Ok(()), Some(cached)) => {
                if self.is_moot(effect) {
                    Standing::Moot
                } else if cached.parked.is_some() {
                    Standing::Parked
                } else {
                    Standing::Wanted
                }
            }
            (Ok(()), None) => Standing::Unreadable("there is no such instance".into()),
            (Err(Refusal::Unreadable(why)), _) => Standing::Unreadable(why),
            (Err(_), _) => Standing::Unknown,
        }
    }

    fn is_moot(&self, effect: &EffectRow) -> bool {
        self.cached.as_ref().is_some_and(|cached| cached.live.moot(&effect.body))
    }

    pub(super) async fn look(&mut self) -> Result<Option<Seen>, Refusal> {
        self.refresh().await?;
        let Some(cached) = self.cached.as_ref().filter(|cached| cached.version > 0) else {
            return Ok(None);
        };
        Ok(Some(Seen {
            state: cached.live.state(),
            version: cached.version,
            phase: cached.phase,
            closed: cached.closed,
            wake_at: cached.live.deadline().map(|(at, _)| at),
            parked: cached.parked.clone(),
        }))
    }

    /// Writes what is derived from the state again. A decision that comes in between has written
    /// it already.
    pub(super) async fn derive_again(&mut self) -> bool {
        if self.refresh().await.is_err() {
            return false;
        }
        let Some(cached) = self.cached.as_ref().filter(|cached| cached.version > 0) else {
            return false;
        };
        let view = cached.live.derive();
        let (version, schema) = (cached.version, cached.schema);
        let derived = view.derived(&*cached.kind, self.id, version, schema, self.shared.now(), None);
        match commit(&self.shared, Write::Derive(Box::new(derived))).await {
            Ok(Written::Done) => {}
            Ok(_) => {
                self.cached = None;
                return false;
            }
            Err(error) => {
                if matches!(error, StoreError::Unknown(_)) {
                    self.cached = None;
                }
                return false;
            }
        }
        if let Some(at) = view.wake_at {
            self.shared.alarm.by(at);
        }
        if let Some(cached) = &mut self.cached {
            cached.view = Some(view);
        }
        true
    }
}
