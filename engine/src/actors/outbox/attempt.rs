//! One attempt at an effect, and how it is written down.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::actors::committer::commit;
use crate::actors::instance::{Ask, Begin, Command, Reply, Work};
use crate::actors::registry::Route;
use crate::actors::shared::Shared;
use crate::door::Actor as Asker;
use crate::engine::Engine;
use crate::error::Refusal;
use crate::id::CommandId;
use crate::kind::{Kind, panic_text};
use crate::limits;
use crate::perform::{Outcome, Terms};
use crate::store::{EffectRow, Write};
use crate::time::Timestamp;

/// What is to be written of an attempt.
enum End {
    /// The answer's commit settled it.
    Settled,
    Over(&'static str),
    Later(Timestamp),
    Failed(String),
}

/// One attempt. Whatever happens, the store knows afterwards; if it cannot be told, the lease
/// ends and somebody tries again.
pub(super) async fn run(shared: &Arc<Shared>, kind: &Arc<dyn Kind>, row: &EffectRow, terms: Terms) {
    let end = attempt(shared, kind, row, terms).await;
    let (key, node) = (row.key, shared.node);
    let write = match end {
        End::Settled => return,
        End::Over(note) => Write::Settle {
            key,
            note: note.into(),
        },
        // Cut short by our own shutdown: no attempt is spent, and `leave` gives it back.
        End::Failed(_) if shared.is_stopping() => return,
        End::Later(at) => {
            shared.outbox_bell.by(at);
            Write::Postpone {
                key,
                node,
                attempts: row.attempts,
                at,
                error: row.note.clone(),
            }
        }
        End::Failed(error) => {
            let attempts = row.attempts + 1;
            metrics::counter!("sealwright_effect_failures_total", "kind" => row.kind.clone()).increment(1);
            if attempts >= terms.attempts {
                tracing::error!(effect.key = %key, effect.kind = %row.kind, %error, attempts, "an effect parks");
                metrics::counter!("sealwright_parked_total", "what" => "effect").increment(1);
                Write::ParkEffect {
                    key,
                    node,
                    attempts,
                    error,
                }
            } else {
                tracing::warn!(effect.key = %key, effect.kind = %row.kind, %error, attempts, "an effect failed");
                let at = shared.now() + terms.backoff.wait(attempts, fastrand::f64());
                shared.outbox_bell.by(at);
                Write::Postpone {
                    key,
                    node,
                    attempts,
                    at,
                    error: Some(error),
                }
            }
        }
    };
    if let Err(error) = commit(shared, write).await {
        tracing::warn!(effect.key = %key, %error, "an attempt's end could not be written: it will be tried again");
    }
}

async fn attempt(shared: &Arc<Shared>, kind: &Arc<dyn Kind>, row: &EffectRow, terms: Terms) -> End {
    if is_moot(shared, row).await {
        return End::Over("moot");
    }
    match perform(shared, kind, row, terms.time).await {
        Outcome::Done(None) => End::Over("done"),
        Outcome::Later(at) => End::Later(at),
        Outcome::Retry(error) => End::Failed(cut(error)),
        Outcome::Done(Some(answer)) => match tell(shared, kind, row, answer).await {
            Ok(()) => End::Settled,
            Err(wait) => wait,
        },
    }
}

/// Performs on the performers' runtime, with a time limit; a panic there is a failed attempt.
async fn perform(
    shared: &Arc<Shared>,
    kind: &Arc<dyn Kind>,
    row: &EffectRow,
    time: Duration,
) -> Outcome<String> {
    let (kind, owned, engine) = (kind.clone(), row.clone(), Engine::inside(shared.clone()));
    let task = shared.performers.spawn(async move {
        let limit = tokio::time::timeout(time, kind.perform(&owned, engine)).await;
        limit.unwrap_or_else(|_| Outcome::Retry(format!("no answer within {} s", time.as_secs_f32())))
    });
    // If this attempt is cut short, so is what it performs.
    let guard = AbortOnDrop(task.abort_handle());
    let outcome = task.await;
    drop(guard);
    match outcome {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => Outcome::Retry(format!(
            "the performer panicked: {}",
            panic_text(&*error.into_panic())
        )),
        Err(_) => Outcome::Later(shared.now()),
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Commits the answer to an effect, together with settling the effect.
async fn tell(shared: &Arc<Shared>, kind: &Arc<dyn Kind>, row: &EffectRow, json: String) -> Result<(), End> {
    if json.len() > limits::COMMAND_BYTES {
        return Err(End::Failed(format!(
            "the answer has {} bytes, over the limit",
            json.len()
        )));
    }
    let name = kind
        .check(&json)
        .map_err(|error| End::Failed(format!("the answer cannot be read: {error}")))?;
    let command = Command {
        workflow: kind.name(),
        id: CommandId::answer(&row.key),
        actor: Asker::Performer(row.key),
        expected: None,
        lease: None,
        begin: Begin::No,
        settles: Some(row.key),
        name,
        json,
    };
    let (reply, answer) = oneshot::channel();
    ask(shared, row, Ask::Decide(Box::new(command), reply));
    let reply: Reply = answer.await.unwrap_or(Err(Refusal::Stopped));
    match reply {
        // A refused answer is settled, and the refusal stands on the effect's row.
        Ok(_) | Err(Refusal::Rejected(_)) => Ok(()),
        // The same effect answered otherwise before, and that stands.
        Err(Refusal::KeyReused) => Err(End::Over("answered before")),
        Err(refusal @ (Refusal::Parked(_) | Refusal::Unreadable(_))) => {
            tracing::warn!(effect.key = %row.key, %refusal, "an answer has to wait");
            Err(End::Later(shared.now() + Duration::from_secs(60)))
        }
        Err(Refusal::Busy(wait)) => Err(End::Later(shared.now() + wait)),
        Err(Refusal::Stopped) => Err(End::Later(shared.now())),
        Err(refusal) => Err(End::Failed(cut(refusal.to_string()))),
    }
}

async fn is_moot(shared: &Arc<Shared>, row: &EffectRow) -> bool {
    let (reply, answer) = oneshot::channel();
    ask(shared, row, Ask::Moot(row.body.clone(), reply));
    answer.await.unwrap_or(false)
}

fn ask(shared: &Arc<Shared>, row: &EffectRow, ask: Ask) {
    let work = Work {
        ask,
        busy: shared.activity.begin(),
    };
    let route = Route {
        instance: row.key.instance,
        work,
    };
    if let Some(registry) = shared.registry()
        && let Err(full) = registry.try_send(route)
    {
        full.into_inner().work.refuse_busy();
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(limits::ERROR_BYTES));
    text
}
