//! One attempt at an effect, and how it is written down.

use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

use crate::actors::committer::commit;
use crate::actors::instance::{Ask, Begin, Command, Standing};
use crate::actors::shared::Shared;
use crate::door::Actor as Asker;
use crate::engine::Engine;
use crate::error::Refusal;
use crate::id::CommandId;
use crate::kind::{Kind, panic_text};
use crate::limits;
use crate::perform::{Outcome, Terms};
use crate::store::{EffectRow, StoreError, Write};
use crate::time::Timestamp;

/// One attempt at an effect.
pub(super) struct Attempt {
    pub(super) shared: Arc<Shared>,
    /// `None` if its workflow is not registered here.
    pub(super) kind: Option<Arc<dyn Kind>>,
    pub(super) row: Arc<EffectRow>,
    pub(super) terms: Terms,
    /// The places in which its kind is performed.
    pub(super) places: Arc<Semaphore>,
}

/// How far an attempt got.
#[derive(Default)]
pub(super) enum Stage {
    /// It is to be performed.
    #[default]
    Perform,
    /// It was performed; this is the answer for the instance.
    Answer(String),
    /// It is over but for this write.
    Write(Write),
}

/// How an attempt ended.
enum End {
    /// The answer's commit settled it.
    Settled,
    Over(&'static str),
    Later(Timestamp),
    /// Nothing went wrong with the effect, but it has to wait for its instance.
    Waits(String),
    Failed(String),
    /// The engine stops; `leave` gives it back.
    GivenBack,
    /// The store cannot be asked now.
    Left(Stage),
}

/// What a note begins with if the effect was performed and its answer could not be taken.
const ANSWER_WAITS: &str = "performed; the answer waits: ";

impl Attempt {
    /// Runs an attempt from `stage` on. Answers where it has to go on once the store can be told;
    /// `None` if it is over.
    pub(super) async fn run(&self, stage: Stage) -> Option<Stage> {
        let end = match stage {
            Stage::Perform => self.perform().await,
            Stage::Answer(json) => self.tell(json).await,
            Stage::Write(write) => return self.write(write).await,
        };
        let write = match end {
            End::Settled | End::GivenBack => return None,
            End::Left(stage) => return Some(stage),
            // Cut short by our own shutdown: no attempt is spent, and `leave` gives it back.
            End::Failed(_) if self.shared.is_stopping() => return None,
            End::Over(note) => Write::Settle { key: self.row.key, note: note.into() },
            End::Later(at) => {
                self.postpone(at.max(self.shared.now() + limits::SOONEST), self.row.note.clone())
            }
            End::Waits(why) => {
                tracing::warn!(effect.key = %self.row.key, effect.kind = %self.row.kind, %why, "an effect waits for its instance");
                self.postpone(self.shared.now() + limits::ANSWER_WAITS, Some(cut(why)))
            }
            End::Failed(error) => self.fail(cut(error)),
        };
        self.write(write).await
    }

    fn postpone(&self, at: Timestamp, error: Option<String>) -> Write {
        Write::Postpone { key: self.row.key, node: self.shared.node, attempts: self.row.attempts, at, error }
    }

    fn fail(&self, error: String) -> Write {
        let (key, node) = (self.row.key, self.shared.node);
        let kind = &self.row.kind;
        let attempts = self.row.attempts + 1;
        metrics::counter!("sealwright_effect_failures_total", "kind" => kind.clone()).increment(1);
        if attempts >= self.terms.attempts {
            tracing::error!(effect.key = %key, effect.kind = %kind, %error, attempts, "an effect parks");
            metrics::counter!("sealwright_parked_total", "what" => "effect").increment(1);
            return Write::ParkEffect { key, node, attempts, error };
        }
        tracing::warn!(effect.key = %key, effect.kind = %kind, %error, attempts, "an effect failed");
        Write::Postpone {
            key,
            node,
            attempts,
            at: self.shared.now() + self.terms.backoff.wait(attempts, fastrand::f64()),
            error: Some(error),
        }
    }

    async fn write(&self, write: Write) -> Option<Stage> {
        match commit(&self.shared, write.clone()).await {
            // Also if the lease was lost: then another node has the effect.
            Ok(_) => {
                if let Write::Postpone { at, .. } = write {
                    self.shared.outbox_bell.by(at);
                }
                None
            }
            Err(error) => {
                tracing::warn!(effect.key = %self.row.key, %error, "an attempt's end could not be written: trying again");
                Some(Stage::Write(write))
            }
        }
    }

    async fn perform(&self) -> End {
        let Some(kind) = &self.kind else {
            return End::Waits(format!("workflow `{}` is not registered here", self.row.workflow));
        };
        // Closed when the engine stops.
        let Ok(place) = self.places.acquire().await else {
            return End::GivenBack;
        };
        match self.standing().await {
            Standing::Wanted => {}
            Standing::Moot => return End::Over("moot"),
            // Performed once while the instance is parked, and not again until it is redriven.
            Standing::Parked => match &self.row.note {
                Some(note) if note.starts_with(ANSWER_WAITS) => return End::Waits(note.clone()),
                _ => {}
            },
            Standing::Unreadable(why) => return End::Waits(why),
            Standing::Unknown => return End::Left(Stage::Perform),
        }
        let outcome = self.carry_out(kind).await;
        drop(place);
        match outcome {
            Some(Outcome::Done(None)) => End::Over("done"),
            Some(Outcome::Done(Some(answer))) => self.tell(answer).await,
            Some(Outcome::Later(at)) => End::Later(at),
            Some(Outcome::Retry(error)) => End::Failed(error),
            None if self.shared.is_stopping() => End::GivenBack,
            None => End::Waits("the runtime that performers run on has ended".into()),
        }
    }

    /// Performs on the performers' runtime, with a time limit; a panic there is a failed attempt.
    /// `None` if that runtime has ended.
    async fn carry_out(&self, kind: &Arc<dyn Kind>) -> Option<Outcome<String>> {
        let (kind, row, engine) = (kind.clone(), self.row.clone(), Engine::inside(self.shared.clone()));
        let time = self.terms.time;
        let task = self.shared.performers.spawn(async move {
            let limit = tokio::time::timeout(time, kind.perform(&row, engine)).await;
            limit.unwrap_or_else(|_| Outcome::Retry(format!("no answer within {} s", time.as_secs_f32())))
        });
        // If this attempt is cut short, so is what it performs.
        let guard = AbortOnDrop(task.abort_handle());
        let outcome = task.await;
        drop(guard);
        match outcome {
            Ok(outcome) => Some(outcome),
            Err(error) if error.is_panic() => {
                let panic = panic_text(&*error.into_panic());
                Some(Outcome::Retry(format!("the performer panicked: {panic}")))
            }
            Err(_) => None,
        }
    }

    async fn standing(&self) -> Standing {
        let (reply, answer) = oneshot::channel();
        let ask = Ask::Judge(self.row.clone(), reply);
        match self.shared.ask(self.row.key.instance, ask, None) {
            Ok(()) => answer.await.unwrap_or(Standing::Unknown),
            Err(_) => Standing::Unknown,
        }
    }

    /// Commits the answer to an effect, together with settling the effect.
    async fn tell(&self, json: String) -> End {
        let Some(kind) = &self.kind else {
            return End::Left(Stage::Answer(json));
        };
        if json.len() > limits::COMMAND_BYTES {
            return End::Failed(format!("the answer has {} bytes, over the limit", json.len()));
        }
        let name = match kind.check(&json) {
            Ok(name) => name,
            Err(error) => return End::Failed(format!("the answer cannot be read: {error}")),
        };
        let command = Command {
            workflow: kind.name(),
            id: CommandId::answer(&self.row.key),
            actor: Asker::Performer(self.row.key),
            expected: None,
            lease: None,
            begin: Begin::No,
            settles: Some(self.row.key),
            name,
            json: json.clone(),
        };
        let (reply, answer) = oneshot::channel();
        let ask = Ask::Decide(Box::new(command), reply);
        let reply = match self.shared.ask(self.row.key.instance, ask, None) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(self.shared.unanswered())),
            Err(refusal) => Err(refusal),
        };
        match reply {
            // A refused answer is settled, and the refusal stands on the effect's row.
            Ok(_) | Err(Refusal::Rejected(_)) => End::Settled,
            // The same effect answered otherwise before, and that stands.
            Err(Refusal::KeyReused) => End::Over("answered before"),
            Err(refusal @ (Refusal::Parked(_) | Refusal::Unreadable(_))) => {
                End::Waits(format!("{ANSWER_WAITS}{refusal}"))
            }
            Err(Refusal::Stopped) => End::GivenBack,
            Err(Refusal::Store(StoreError::Failed(why))) => End::Failed(why),
            Err(Refusal::Busy(_) | Refusal::Store(_)) => End::Left(Stage::Answer(json)),
            Err(refusal) => End::Failed(refusal.to_string()),
        }
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(limits::ERROR_BYTES));
    text
}
