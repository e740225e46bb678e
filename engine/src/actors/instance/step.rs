//! Command -> pure step -> commit -> reply.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::cache::{Cached, load};
use super::{Begin, Command, Receipt, Reply, Seen, Shared};
use crate::actors::committer::commit;
use crate::actors::outbox::{Adopt, Decided as Taken, Take};
use crate::door::Actor as Asker;
use crate::error::{Refusal, Rejected};
use crate::id::{CommandId, InstanceId};
use crate::journal::{Body, Digest};
use crate::kind::{Asked, Decided, Verdict, seal};
use crate::limits;
use crate::store::{Append, StoreError, Write, Written};
use crate::time::Timestamp;

/// An instance's hand while it works: it takes the cache along and gives it back.
pub(super) struct Hand {
    pub(super) id: InstanceId,
    pub(super) shared: Arc<Shared>,
    pub(super) cached: Option<Cached>,
    /// Whether the cache was read from the store during this piece of work.
    pub(super) loaded: bool,
}

/// One commit's end, as far as the loop around it is concerned.
enum Committed {
    Done(Receipt),
    /// Lost a race, or decided on an old cache: load and decide again.
    Again,
    /// The outcome is unknown: load again and see.
    Doubt,
    No(Refusal),
}

impl Hand {
    /// Decides on a command and commits what follows.
    pub(super) async fn decide(&mut self, command: &Command) -> Reply {
        let digest = Digest::of(command.json.as_bytes());
        let now = self.shared.now();
        let mut in_doubt = false;
        for _ in 0..limits::RACES {
            let answer = self.try_once(command, digest, now, in_doubt).await;
            match answer {
                Ok(Committed::Done(receipt)) => return Ok(receipt),
                Ok(Committed::No(refusal)) | Err(refusal) => return Err(refusal),
                Ok(Committed::Again) => {
                    metrics::counter!("sealwright_races_total").increment(1);
                    self.cached = None;
                }
                Ok(Committed::Doubt) => {
                    self.cached = None;
                    in_doubt = true;
                }
            }
        }
        Err(Refusal::Busy(limits::POLL))
    }

    async fn try_once(
        &mut self,
        command: &Command,
        digest: Digest,
        now: Timestamp,
        in_doubt: bool,
    ) -> Result<Committed, Refusal> {
        let begins = (command.begin != Begin::No).then_some(command.workflow);
        let Some(cached) = self.open(begins).await? else {
            return Ok(Committed::No(Refusal::NotFound));
        };
        if !cached.is_of(command.workflow) {
            return Ok(Committed::No(Refusal::WrongWorkflow(command.workflow)));
        }
        if let Some(before) = cached.accepted(&command.id, digest) {
            let receipt = Receipt {
                version: before?,
                repeated: !in_doubt,
                ..self.receipt()
            };
            if in_doubt {
                self.adopt();
            }
            self.settle(command, "done").await?;
            return Ok(Committed::Done(receipt));
        }
        if let Some(refusal) = self.bar(command) {
            // On a store that others write to, a refusal must not rest on an old cache.
            return if self.may_be_stale() {
                Ok(Committed::Again)
            } else {
                Ok(Committed::No(refusal))
            };
        }
        let Some(cached) = &self.cached else {
            return Ok(Committed::Again);
        };
        let asked = Asked {
            instance: self.id,
            version: cached.version,
            actor: &command.actor,
            now,
        };
        match cached.live.decide(&command.json, &asked) {
            Verdict::Decided(decided) => self.commit(command, digest, now, *decided).await,
            Verdict::Bug(reason) => self.park(reason).await.map(Committed::No),
            Verdict::Malformed(why) => Ok(Committed::No(Refusal::Malformed(why))),
            Verdict::Nothing | Verdict::Refused { .. } if self.may_be_stale() => Ok(Committed::Again),
            Verdict::Nothing => {
                self.settle(command, "done").await?;
                Ok(Committed::Done(self.receipt()))
            }
            Verdict::Refused { json, text } => {
                self.settle(command, &text).await?;
                Ok(Committed::No(Refusal::Rejected(Rejected { json, text })))
            }
        }
    }

    /// What stands in the way of any command now.
    fn bar(&self, command: &Command) -> Option<Refusal> {
        let cached = self.cached.as_ref()?;
        if cached.version == 0 && command.begin == Begin::No {
            return Some(Refusal::NotFound);
        }
        if cached.version > 0 && command.begin == Begin::New {
            return Some(Refusal::Exists);
        }
        if let Some(reason) = &cached.parked {
            return Some(Refusal::Parked(reason.clone()));
        }
        let expected = command.expected?;
        (expected != cached.version).then_some(Refusal::Stale {
            expected,
            actual: cached.version,
        })
    }

    async fn commit(
        &mut self,
        command: &Command,
        digest: Digest,
        at: Timestamp,
        decided: Decided,
    ) -> Result<Committed, Refusal> {
        let Some(cached) = &self.cached else {
            return Ok(Committed::Again);
        };
        let version = cached.version + 1;
        if version > limits::VERSIONS_PER_INSTANCE {
            let reason = format!("it has {} decisions, the limit", cached.version);
            return self.park(reason).await.map(Committed::No);
        }
        let Ok(events) = RawValue::from_string(decided.events) else {
            return self
                .park("its events are no JSON".into())
                .await
                .map(Committed::No);
        };
        let schema = cached.kind.schema();
        let row = seal(
            &Body {
                instance: self.id,
                version,
                workflow: command.workflow.to_owned(),
                schema,
                at,
                actor: command.actor.clone(),
                command: command.name.clone(),
                id: command.id.clone(),
                digest,
                policy: decided.policy,
                events,
            },
            cached.head,
        );
        let head = row.hash;
        let schema = cached.schema.max(schema);
        let kind = &*cached.kind;
        let derived = decided
            .view
            .derived(kind, self.id, version, schema, at, cached.view.as_ref());
        let workflow = kind.name();
        let permits = self.room(decided.effects.len());
        let taken = Taken {
            workflow,
            at,
            effects: decided.effects.clone(),
        };
        let append = Append {
            row,
            derived,
            effects: decided.effects,
            leased_to: permits.is_some().then_some(self.shared.node),
            settles: command.settles,
            lease: command.lease.clone(),
        };
        match commit(&self.shared, Write::Append(Box::new(append))).await {
            Ok(Written::Done) => {}
            Ok(Written::Conflict) => return Ok(Committed::Again),
            Ok(Written::LeaseLost) => return Ok(Committed::No(Refusal::LeaseLost)),
            Err(StoreError::Unknown(why)) => {
                tracing::warn!(instance.id = %self.id, %why, "the outcome of a commit is unknown: loading again");
                return Ok(Committed::Doubt);
            }
            Err(error) => return Ok(Committed::No(error.into())),
        }
        if let Some(at) = decided.view.wake_at {
            self.shared.alarm.by(at);
        }
        self.hand_over(taken, permits);
        let Some(cached) = &mut self.cached else {
            return Ok(Committed::Again);
        };
        cached.live.accept(decided.next);
        cached.version = version;
        cached.head = head;
        cached.schema = schema;
        cached.phase = decided.view.phase;
        cached.closed = decided.view.closed;
        cached.view = Some(decided.view);
        cached.remember(&command.id, digest, version);
        Ok(Committed::Done(self.receipt()))
    }

    /// Room in the outbox for all effects of a decision, or none: then they stay in the store and
    /// whoever has room claims them.
    fn room(&self, effects: usize) -> Option<tokio::sync::OwnedSemaphorePermit> {
        if effects == 0 || self.shared.is_stopping() {
            return None;
        }
        self.shared
            .outbox_room
            .clone()
            .try_acquire_many_owned(u32::try_from(effects).ok()?)
            .ok()
    }

    fn hand_over(&self, taken: Taken, permits: Option<tokio::sync::OwnedSemaphorePermit>) {
        if taken.effects.is_empty() {
            return;
        }
        let handed = match (permits, self.shared.outbox.get()) {
            (Some(permits), Some(outbox)) => {
                let take = Take::new(taken, permits, self.shared.activity.begin());
                outbox.try_send(take).is_ok()
            }
            _ => false,
        };
        if !handed {
            self.shared.outbox_bell.now();
        }
    }

    /// After an unknown outcome that turned out well: the effects are leased to this node, and
    /// nobody has them in memory.
    fn adopt(&self) {
        if let Some(outbox) = self.shared.outbox.get() {
            let adopt = Adopt {
                instance: self.id,
                busy: self.shared.activity.begin(),
            };
            if outbox.try_send(adopt).is_err() {
                tracing::warn!(instance.id = %self.id, "effects stay in the store until this node's next start");
            }
        }
    }

    /// Settles the effect that a command answered, where no decision does it.
    async fn settle(&self, command: &Command, note: &str) -> Result<(), Refusal> {
        let Some(key) = command.settles else { return Ok(()) };
        let mut note = note.to_owned();
        note.truncate(note.floor_char_boundary(limits::ERROR_BYTES));
        commit(&self.shared, Write::Settle { key, note }).await?;
        Ok(())
    }

    async fn park(&mut self, reason: String) -> Result<Refusal, Refusal> {
        tracing::error!(instance.id = %self.id, %reason, "an instance parks");
        metrics::counter!("sealwright_parked_total", "what" => "instance").increment(1);
        let exists = self.cached.as_ref().is_some_and(|cached| cached.version > 0);
        if exists {
            commit(
                &self.shared,
                Write::ParkInstance {
                    instance: self.id,
                    reason: reason.clone(),
                },
            )
            .await?;
        }
        if let Some(cached) = &mut self.cached {
            cached.parked = exists.then(|| reason.clone());
        }
        Ok(Refusal::Parked(reason))
    }

    /// Sends the instance its own deadline's command, if it is due.
    pub(super) async fn fire(&mut self) -> bool {
        let parked = self.cached.as_ref().is_some_and(|cached| cached.parked.is_some());
        let opened = if parked {
            self.refresh().await
        } else {
            self.open(None).await.map(|_| ())
        };
        if opened.is_err() {
            return false;
        }
        let Some(cached) = &self.cached else { return false };
        let Some((at, json)) = cached.live.deadline() else {
            return self.derive().await;
        };
        let (version, workflow) = (cached.version, cached.kind.name());
        let name = match cached.kind.check(&json) {
            Ok(name) => name,
            Err(error) => {
                return self
                    .park(format!("its deadline cannot be read back: {error}"))
                    .await
                    .is_ok();
            }
        };
        if at > self.shared.now() && cached.view.is_none() {
            // Either the row is older than the code it was derived by, or the store's clock is ahead
            // of this node's. Written again, the row tells which; the alarm asks again a little later.
            self.derive().await;
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
        match self.decide_at(&command, at).await {
            Ok(receipt) if receipt.version > version => true,
            Ok(_) | Err(Refusal::Rejected(_) | Refusal::Malformed(_)) => self
                .park("its deadline fired and neither moved nor vanished".into())
                .await
                .is_ok(),
            Err(Refusal::Stale { .. }) => true,
            Err(refusal) => {
                tracing::warn!(instance.id = %self.id, %refusal, "a deadline could not be fired");
                false
            }
        }
    }

    /// Decides on the deadline's command at its due time or now, whichever is later: the store's
    /// clock said that it is due, and this node's may be behind.
    async fn decide_at(&mut self, command: &Command, due: Timestamp) -> Reply {
        let digest = Digest::of(command.json.as_bytes());
        for _ in 0..limits::RACES {
            let now = self.shared.now().max(due);
            match self.try_once(command, digest, now, false).await? {
                Committed::Done(receipt) => return Ok(receipt),
                Committed::No(refusal) => return Err(refusal),
                Committed::Again | Committed::Doubt => self.cached = None,
            }
        }
        Err(Refusal::Busy(limits::POLL))
    }

    pub(super) async fn moot(&mut self, effect: &str) -> bool {
        // If the state cannot be read the effect is kept: performing it again is allowed, losing it is not.
        self.refresh().await.is_ok()
            && self
                .cached
                .as_ref()
                .is_some_and(|cached| cached.live.moot(effect))
    }

    pub(super) async fn look(&mut self) -> Result<Option<Seen>, Refusal> {
        self.refresh().await?;
        let Some(cached) = &self.cached else {
            return Ok(None);
        };
        if cached.version == 0 {
            return Ok(None);
        }
        Ok(Some(Seen {
            state: cached.live.state(),
            version: cached.version,
            phase: cached.phase,
            closed: cached.closed,
            wake_at: cached.live.deadline().map(|(at, _)| at),
            parked: cached.parked.clone(),
        }))
    }

    /// Writes what is derived from the state again.
    pub(super) async fn derive(&mut self) -> bool {
        if self.open(None).await.is_err() {
            return false;
        }
        let Some(cached) = self.cached.as_ref().filter(|cached| cached.version > 0) else {
            return false;
        };
        let view = cached.live.derive();
        let (version, schema) = (cached.version, cached.schema);
        let derived = view.derived(&*cached.kind, self.id, version, schema, self.shared.now(), None);
        let written = commit(&self.shared, Write::Derive(Box::new(derived))).await;
        match (&mut self.cached, written) {
            (Some(cached), Ok(Written::Done)) => {
                if let Some(at) = view.wake_at {
                    self.shared.alarm.by(at);
                }
                cached.view = Some(view);
                true
            }
            _ => {
                self.cached = None;
                false
            }
        }
    }

    /// The cache, read from the store if there is none. `begins` is the workflow to begin if the
    /// instance is not there.
    async fn open(&mut self, begins: Option<&'static str>) -> Result<Option<&Cached>, Refusal> {
        if self.cached.is_none() {
            self.cached = load(&self.shared, self.id, begins).await?;
            self.loaded = true;
        }
        Ok(self.cached.as_ref())
    }

    /// As `open`, and not older than this piece of work where others write to the store, too.
    async fn refresh(&mut self) -> Result<(), Refusal> {
        if self.may_be_stale() {
            self.cached = None;
        }
        self.open(None).await.map(|_| ())
    }

    fn may_be_stale(&self) -> bool {
        !self.loaded
            && (self.shared.store.is_shared() || self.cached.as_ref().is_some_and(|c| c.parked.is_some()))
    }

    fn receipt(&self) -> Receipt {
        let (version, phase, closed) = self.cached.as_ref().map_or((0, "", false), |cached| {
            (cached.version, cached.phase, cached.closed)
        });
        Receipt {
            instance: self.id,
            version,
            phase,
            closed,
            repeated: false,
        }
    }
}
