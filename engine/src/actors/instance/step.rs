//! Command -> pure step -> commit -> reply.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::cache::{Cached, load};
use super::{Ask, Begin, Command, Receipt, Reply, Shared};
use crate::actors::committer::commit;
use crate::actors::outbox::{Adopt, Decided as Taken, Take};
use crate::engine::Progress;
use crate::error::{Refusal, Rejected};
use crate::id::InstanceId;
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
    /// Whether the instance was taken for new without looking.
    pub(super) guessed: bool,
}

/// One try's end, as far as the loop around it is concerned.
enum Committed {
    Done(Receipt),
    /// Lost a race, or decided on an old cache: load and decide again.
    Again,
    /// The outcome is unknown: the same decision is to be appended again.
    Doubt,
    No(Refusal),
}

/// Whether an append of this command may have happened, or may yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    No,
    /// It may. Appending the same version again will tell.
    Yes,
    /// The version is taken, by that append or by another: loading will tell.
    Taken,
}

impl Hand {
    /// Does one piece of work.
    pub(super) async fn work(&mut self, ask: Ask) {
        if ask.is_forsaken() {
            return;
        }
        // An asker that is gone meanwhile needs no answer.
        match ask {
            Ask::Decide(command, reply) => {
                drop(reply.send(self.decide(&command, Timestamp::from_micros(i64::MIN)).await));
            }
            Ask::Fire(reply) => drop(reply.send(self.fire().await)),
            Ask::Judge(effect, reply) => drop(reply.send(self.judge(&effect).await)),
            Ask::Look(reply) => drop(reply.send(self.look().await)),
            Ask::Derive(reply) => drop(reply.send(self.derive_again().await)),
        }
    }

    /// Decides on a command, now but not before `earliest`, and commits what follows.
    ///
    /// After an unknown outcome the same decision is appended again under the same version: either
    /// it wins, and the first can never land, or the version is taken, and the journal says by whom.
    pub(super) async fn decide(&mut self, command: &Command, earliest: Timestamp) -> Reply {
        let digest = Digest::of(command.json.as_bytes());
        let mut now = self.shared.now().max(earliest);
        let mut doubt = Doubt::No;
        let mut doubts = 0;
        for _ in 0..limits::RACES {
            let refusal = match self.try_once(command, digest, now, doubt).await {
                Ok(Committed::Done(receipt)) => return Ok(receipt),
                Ok(Committed::No(refusal)) | Err(refusal) => refusal,
                Ok(Committed::Again) => {
                    metrics::counter!("sealwright_races_total").increment(1);
                    self.cached = None;
                    now = self.shared.now().max(earliest);
                    doubt = match doubt {
                        Doubt::Yes => Doubt::Taken,
                        Doubt::No | Doubt::Taken => Doubt::No,
                    };
                    continue;
                }
                Ok(Committed::Doubt) => {
                    doubt = Doubt::Yes;
                    doubts += 1;
                    if doubts < limits::DOUBTS {
                        continue;
                    }
                    Refusal::Store(StoreError::Unknown("the store did not say".into()))
                }
            };
            let undecided = match doubt {
                Doubt::No => false,
                Doubt::Yes => true,
                // Parked, it takes nothing, but the first append may have been under way before.
                Doubt::Taken => matches!(refusal, Refusal::Store(_) | Refusal::Parked(_)),
            };
            if !undecided {
                return Err(refusal);
            }
            self.cached = None;
            self.shared.doubt();
            let why = match refusal {
                Refusal::Store(StoreError::Unknown(why)) => why,
                other => other.to_string(),
            };
            return Err(StoreError::Unknown(why).into());
        }
        Err(Refusal::Busy(limits::POLL))
    }

    async fn try_once(
        &mut self,
        command: &Command,
        digest: Digest,
        now: Timestamp,
        doubt: Doubt,
    ) -> Result<Committed, Refusal> {
        let begins = (command.begin != Begin::No).then_some(command.workflow);
        if command.begin == Begin::New && self.cached.is_none() && !self.guessed {
            self.guess_new(command.workflow);
        }
        let Some(cached) = self.open(begins).await? else {
            return Ok(Committed::No(Refusal::NotFound));
        };
        if !cached.is_of(command.workflow) {
            return Ok(Committed::No(Refusal::WrongWorkflow(command.workflow)));
        }
        if let Some(before) = cached.accepted(&command.id, digest) {
            let receipt = Receipt { version: before?, repeated: doubt == Doubt::No, ..self.receipt() };
            if doubt != Doubt::No {
                self.adopt();
            }
            self.settle(command, "done").await?;
            return Ok(Committed::Done(receipt));
        }
        if let Some(refusal) = self.bar(command) {
            // On a store that others write to, a refusal must not rest on an old cache.
            return Ok(if self.may_be_stale() { Committed::Again } else { Committed::No(refusal) });
        }
        let Some(cached) = &self.cached else {
            return Ok(Committed::Again);
        };
        let asked = Asked { instance: self.id, version: cached.version, actor: &command.actor, now };
        let refused = match cached.live.decide(&command.json, &asked) {
            Verdict::Decided(decided) => return self.commit(command, digest, now, *decided).await,
            Verdict::Malformed(why) => return Ok(Committed::No(Refusal::Malformed(why))),
            refused => refused,
        };
        if doubt == Doubt::Yes {
            // Decided otherwise than a moment ago: only new rules can do that. Nothing may be
            // answered but that nobody knows.
            return Ok(Committed::Doubt);
        }
        if self.may_be_stale() {
            return Ok(Committed::Again);
        }
        match refused {
            Verdict::Bug(reason) => self.park(reason).await.map(Committed::No),
            Verdict::Refused { json, text } => {
                self.settle(command, &text).await?;
                Ok(Committed::No(Refusal::Rejected(Rejected { json, text })))
            }
            _ => {
                self.settle(command, "done").await?;
                Ok(Committed::Done(self.receipt()))
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
        (expected != cached.version).then_some(Refusal::Stale { expected, actual: cached.version })
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
        let kind = &*cached.kind;
        let body = Body {
            instance: self.id,
            version,
            workflow: command.workflow.to_owned(),
            schema: kind.schema(),
            at,
            actor: command.actor.clone(),
            command: command.name.clone(),
            id: command.id.clone(),
            digest,
            policy: decided.policy,
            events: decided.events,
        };
        let row = seal(&body, cached.head);
        let head = row.hash;
        let schema = cached.schema.max(body.schema);
        let before = cached.view.as_ref();
        let derived = decided.view.derived(kind, self.id, version, schema, at, before);
        let room = self.room(decided.effects.len());
        let taken = room.map(|room| {
            let taken = Taken { workflow: kind.name(), at, effects: decided.effects.clone() };
            (taken, room)
        });
        let left = !decided.effects.is_empty() && taken.is_none();
        let append = Append {
            row,
            derived,
            effects: decided.effects,
            leased_to: taken.is_some().then_some(self.shared.node),
            settles: command.settles,
            lease: command.lease.clone(),
        };
        match commit(&self.shared, Write::Append(Box::new(append))).await {
            Ok(Written::Done) => {}
            Ok(Written::Conflict) => return Ok(Committed::Again),
            Ok(Written::LeaseLost) => return Ok(Committed::No(Refusal::LeaseLost)),
            Err(StoreError::Unknown(why)) => {
                tracing::warn!(instance.id = %self.id, %why, "the outcome of a commit is unknown: appending again");
                return Ok(Committed::Doubt);
            }
            Err(error) => return Ok(Committed::No(error.into())),
        }
        if let Some(at) = decided.view.wake_at {
            self.shared.alarm.by(at);
        }
        if let Some((taken, room)) = taken {
            self.hand_over(taken, room);
        } else if left {
            self.shared.outbox_bell.now();
        }
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
        let (phase, closed) = (cached.phase, cached.closed);
        self.shared.followers.tell(self.id, Progress { version, phase, closed });
        Ok(Committed::Done(self.receipt()))
    }

    /// Room in the outbox for all effects of a decision, or none: then they stay in the store and
    /// whoever has room claims them.
    fn room(&self, effects: usize) -> Option<OwnedSemaphorePermit> {
        if effects == 0 || self.shared.is_stopping() {
            return None;
        }
        let effects = u32::try_from(effects).ok()?;
        let room = self.shared.outbox_room.clone();
        room.try_acquire_many_owned(effects).ok()
    }

    fn hand_over(&self, taken: Taken, room: OwnedSemaphorePermit) {
        let take = Take::new(taken, room, self.shared.activity.begin());
        let outbox = self.shared.outbox.get();
        if outbox.is_none_or(|outbox| outbox.try_send(take).is_err()) {
            self.shared.doubt();
        }
    }

    /// After an unknown outcome that turned out well: the effects are leased to this node, and
    /// nobody has them in memory.
    fn adopt(&self) {
        let adopt = Adopt { instance: self.id, busy: self.shared.activity.begin() };
        let outbox = self.shared.outbox.get();
        if outbox.is_none_or(|outbox| outbox.try_send(adopt).is_err()) {
            self.shared.doubt();
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

    pub(super) async fn park(&mut self, mut reason: String) -> Result<Refusal, Refusal> {
        reason.truncate(reason.floor_char_boundary(limits::ERROR_BYTES));
        let Some(cached) = self.cached.as_mut().filter(|cached| cached.version > 0) else {
            tracing::error!(instance.id = %self.id, %reason, "an instance could not begin");
            let why = format!("it was not begun, because its first decision failed: {reason}");
            return Ok(Refusal::Unreadable(why));
        };
        tracing::error!(instance.id = %self.id, %reason, "an instance parks");
        metrics::counter!("sealwright_parked_total", "what" => "instance").increment(1);
        cached.parked = Some(reason.clone());
        let write = Write::ParkInstance { instance: self.id, reason: reason.clone() };
        commit(&self.shared, write).await?;
        Ok(Refusal::Parked(reason))
    }

    /// The cache, read from the store if there is none. `begins` is the workflow to begin if the
    /// instance is not there.
    pub(super) async fn open(&mut self, begins: Option<&'static str>) -> Result<Option<&Cached>, Refusal> {
        if self.cached.is_none() {
            self.cached = load(&self.shared, self.id, begins).await?;
            self.loaded = true;
        }
        Ok(self.cached.as_ref())
    }

    /// As `open`, and not older than this piece of work where others write to the store, too.
    pub(super) async fn refresh(&mut self) -> Result<(), Refusal> {
        if self.may_be_stale() {
            self.cached = None;
        }
        self.open(None).await.map(|_| ())
    }

    /// Takes it for granted that nobody has begun the instance: its id is fresh, as a rule, and the
    /// commit tells. Once for each piece of work.
    fn guess_new(&mut self, workflow: &'static str) {
        self.guessed = true;
        self.cached = self.shared.kinds.get(workflow).map(|kind| Cached::fresh(kind.clone()));
    }

    pub(super) fn may_be_stale(&self) -> bool {
        let parked = || self.cached.as_ref().is_some_and(|cached| cached.parked.is_some());
        !self.loaded && (self.shared.store.is_shared() || self.guessed || parked())
    }

    fn receipt(&self) -> Receipt {
        let (version, phase, closed) = self
            .cached
            .as_ref()
            .map_or((0, "", false), |cached| (cached.version, cached.phase, cached.closed));
        Receipt { instance: self.id, version, phase, closed, repeated: false }
    }
}
