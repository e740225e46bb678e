//! Where types end: a workflow behind a trait object that speaks JSON. Nothing past this file is
//! generic, and no other file of the engine turns a workflow's types into text.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::door::Actor;
use crate::engine::Engine;
use crate::id::{EffectKey, InstanceId, Version};
use crate::journal::{Body, Digest, Row, read_events};
use crate::limits;
use crate::name::name_of;
use crate::perform::{Call, Outcome, Performer, Terms};
use crate::store::{Change, Derived, EffectRow, NewEffect};
use crate::time::Timestamp;
use crate::workflow::{Context, Task, Workflow};

/// A registered workflow, types erased.
#[async_trait]
pub(crate) trait Kind: Send + Sync + 'static {
    fn name(&self) -> &'static str;
    fn schema(&self) -> u16;
    /// The state before the first event.
    fn fresh(&self) -> Box<dyn Live>;
    /// Reads a command and names it.
    fn check(&self, command: &str) -> Result<String, String>;
    /// Performs one attempt at an effect; the answer is a command's JSON.
    async fn perform(&self, row: &EffectRow, engine: Engine) -> Outcome<String>;
    fn terms(&self, kind: &str) -> Terms;
    /// Replaces the rules, if they are of the right type.
    fn set_policy(&self, policy: Box<dyn Any + Send>) -> bool;
}

/// A folded instance, types erased.
pub(crate) trait Live: Send {
    /// Folds a stored row in; answers the digest of the command behind it.
    fn fold(&mut self, row: &Row) -> Result<Digest, Unreadable>;
    /// The pure step. Changes nothing.
    fn decide(&self, command: &str, asked: &Asked<'_>) -> Verdict;
    /// Takes a decision over, after its commit.
    fn accept(&mut self, next: Box<dyn Any + Send>);
    /// Everything derived from the state as it stands.
    fn derive(&self) -> View;
    /// The state's deadline: when, and the command's JSON.
    fn deadline(&self) -> Option<(Timestamp, String)>;
    /// Whether an effect is no longer wanted.
    fn moot(&self, effect: &str) -> bool;
    /// A copy of the state.
    fn state(&self) -> Box<dyn Any + Send>;
}

/// What is asked of `decide`.
pub(crate) struct Asked<'a> {
    pub(crate) instance: InstanceId,
    pub(crate) version: Version,
    pub(crate) actor: &'a Actor,
    pub(crate) now: Timestamp,
}

/// What `decide` answered.
pub(crate) enum Verdict {
    /// These events.
    Decided(Box<Decided>),
    /// Accepted, and nothing is to change.
    Nothing,
    /// Refused; a rejection's JSON and its text.
    Refused { json: String, text: String },
    /// The command's JSON is not this workflow's.
    Malformed(String),
    /// It panicked or broke a bound: a bug. The instance parks.
    Bug(String),
}

/// A decision that is not committed yet.
pub(crate) struct Decided {
    pub(crate) events: Box<RawValue>,
    pub(crate) effects: Vec<NewEffect>,
    pub(crate) view: View,
    pub(crate) policy: Digest,
    pub(crate) next: Box<dyn Any + Send>,
}

/// What is derived from a state.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) phase: &'static str,
    pub(crate) closed: bool,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) task: Option<Task>,
    pub(crate) labels: Vec<(&'static str, String)>,
}

impl View {
    /// The view as it is written: parts that `before` has as well are kept.
    pub(crate) fn derived(
        &self,
        kind: &dyn Kind,
        instance: InstanceId,
        version: Version,
        schema: u16,
        at: Timestamp,
        before: Option<&View>,
    ) -> Derived {
        let task = match before {
            Some(before) if before.task == self.task => Change::Keep,
            _ => Change::Set(self.task.clone()),
        };
        let labels = match before {
            Some(before) if before.labels == self.labels => Change::Keep,
            _ => Change::Set(self.labels.clone()),
        };
        Derived {
            instance,
            version,
            workflow: kind.name(),
            schema,
            phase: self.phase,
            closed: self.closed,
            wake_at: self.wake_at,
            at,
            task,
            labels,
        }
    }
}

/// A stored row that this program cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Newer code wrote it.
    Newer(u16),
    /// It is damaged, or an upcast is missing.
    Damaged(String),
}

/// A workflow with its performer and its rules.
pub(crate) struct Registered<W: Workflow, P> {
    performer: P,
    rules: Arc<RwLock<Arc<Rules<W::Policy>>>>,
}

struct Rules<P> {
    policy: P,
    digest: Digest,
}

impl<P: serde::Serialize> Rules<P> {
    fn new(policy: P) -> Arc<Self> {
        // Policies are plain data; one that cannot be written has no digest, and says so by zero.
        let digest = serde_json::to_vec(&policy).map_or(Digest::ZERO, |json| Digest::of(&json));
        Arc::new(Self { policy, digest })
    }
}

impl<W: Workflow, P: Performer<W>> Registered<W, P> {
    pub(crate) fn new(performer: P, policy: W::Policy) -> Self {
        Self { performer, rules: Arc::new(RwLock::new(Rules::new(policy))) }
    }
}

#[async_trait]
impl<W: Workflow, P: Performer<W>> Kind for Registered<W, P> {
    fn name(&self) -> &'static str {
        W::NAME
    }

    fn schema(&self) -> u16 {
        W::SCHEMA
    }

    fn fresh(&self) -> Box<dyn Live> {
        Box::new(Folded::<W> { state: W::default(), rules: self.rules.clone() })
    }

    fn check(&self, command: &str) -> Result<String, String> {
        let read = || {
            let command: W::Command = serde_json::from_str(command).map_err(|error| error.to_string())?;
            Ok(name_of(&command).to_string())
        };
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| Err(panic_text(&*panic)))
    }

    async fn perform(&self, row: &EffectRow, engine: Engine) -> Outcome<String> {
        let effect: W::Effect = match serde_json::from_str(&row.body) {
            Ok(effect) => effect,
            Err(error) => return Outcome::Retry(format!("this program cannot read the effect: {error}")),
        };
        let call = Call {
            key: row.key,
            instance: row.key.instance,
            effect,
            attempts: row.attempts,
            decided_at: row.decided_at,
            engine,
        };
        match self.performer.perform(call).await {
            Outcome::Done(None) => Outcome::Done(None),
            Outcome::Later(at) => Outcome::Later(at),
            Outcome::Retry(error) => Outcome::Retry(error),
            Outcome::Done(Some(command)) => match serde_json::to_string(&command) {
                Ok(json) => Outcome::Done(Some(json)),
                Err(error) => Outcome::Retry(format!("the answer cannot be written as JSON: {error}")),
            },
        }
    }

    fn terms(&self, kind: &str) -> Terms {
        // Asked on the outbox's own thread, which must survive it.
        catch_unwind(AssertUnwindSafe(|| self.performer.terms(kind))).unwrap_or_else(|panic| {
            let panic = panic_text(&*panic);
            tracing::error!(effect.kind = kind, %panic, "`terms` panicked: the default terms are taken");
            Terms::default()
        })
    }

    fn set_policy(&self, policy: Box<dyn Any + Send>) -> bool {
        let Ok(policy) = policy.downcast::<W::Policy>() else {
            return false;
        };
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Rules::new(*policy);
        true
    }
}

struct Folded<W: Workflow> {
    state: W,
    rules: Arc<RwLock<Arc<Rules<W::Policy>>>>,
}

impl<W: Workflow> Folded<W> {
    fn step(&self, command: &str, asked: &Asked<'_>) -> Verdict {
        let command: W::Command = match serde_json::from_str(command) {
            Ok(command) => command,
            Err(error) => return Verdict::Malformed(error.to_string()),
        };
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner).clone();
        let cx =
            Context { now: asked.now, policy: &rules.policy, instance: asked.instance, actor: asked.actor };
        let events = match self.state.decide(command, &cx) {
            Ok(events) if events.is_empty() => return Verdict::Nothing,
            Ok(events) => events,
            Err(rejection) => {
                let json = serde_json::to_string(&rejection).unwrap_or_else(|_| "null".into());
                return Verdict::Refused { json, text: rejection.to_string() };
            }
        };
        self.outcome(&events, rules.digest, asked)
            .map_or_else(Verdict::Bug, |decided| Verdict::Decided(Box::new(decided)))
    }

    /// What a decision leads to, or which bound it breaks.
    fn outcome(&self, events: &[W::Event], policy: Digest, asked: &Asked<'_>) -> Result<Decided, String> {
        within("events", events.len(), limits::EVENTS_PER_DECISION)?;
        let next = events.iter().fold(self.state.clone(), |state, event| state.evolve(event, asked.now));
        let mut effects = Vec::new();
        for effect in events.iter().flat_map(|event| next.react(event)) {
            within("effects", effects.len() + 1, limits::EFFECTS_PER_DECISION)?;
            let key = EffectKey {
                instance: asked.instance,
                version: asked.version + 1,
                n: u16::try_from(effects.len()).unwrap_or(u16::MAX),
            };
            let body = serde_json::to_string(&effect);
            effects.push(NewEffect {
                key,
                kind: name_of(&effect).outer,
                body: body.map_err(|error| format!("an effect cannot be written: {error}"))?,
            });
        }
        let events = to_raw_value(events).map_err(|error| format!("an event cannot be written: {error}"))?;
        within("bytes", events.get().len(), limits::EVENTS_BYTES)?;
        let view = view_of(&next);
        within("labels", view.labels.len(), limits::LABELS)?;
        for (_, value) in &view.labels {
            within("bytes in a label", value.len(), limits::LABEL_BYTES)?;
        }
        Ok(Decided { events, effects, view, policy, next: Box::new(next) })
    }
}

fn within(what: &str, count: usize, limit: usize) -> Result<(), String> {
    if count <= limit {
        return Ok(());
    }
    Err(format!("a decision of {count} {what} is over the limit of {limit}"))
}

impl<W: Workflow> Live for Folded<W> {
    fn fold(&mut self, row: &Row) -> Result<Digest, Unreadable> {
        #[derive(Deserialize)]
        struct Part<'a> {
            schema: u16,
            at: Timestamp,
            digest: Digest,
            #[serde(borrow)]
            events: &'a RawValue,
        }
        let damaged = |error: serde_json::Error| Unreadable::Damaged(error.to_string());
        let part: Part<'_> = serde_json::from_str(&row.body).map_err(damaged)?;
        if part.schema > W::SCHEMA {
            return Err(Unreadable::Newer(part.schema));
        }
        let events = read_events::<W>(part.schema, part.events.get()).map_err(damaged)?;
        let state = std::mem::take(&mut self.state);
        self.state = events.iter().fold(state, |state, event| state.evolve(event, part.at));
        Ok(part.digest)
    }

    fn decide(&self, command: &str, asked: &Asked<'_>) -> Verdict {
        // The step borrows the state and returns new values, so a panic leaves nothing half done.
        catch_unwind(AssertUnwindSafe(|| self.step(command, asked)))
            .unwrap_or_else(|panic| Verdict::Bug(format!("`decide` panicked: {}", panic_text(&*panic))))
    }

    fn accept(&mut self, next: Box<dyn Any + Send>) {
        if let Ok(next) = next.downcast::<W>() {
            self.state = *next;
        }
    }

    fn derive(&self) -> View {
        view_of(&self.state)
    }

    fn deadline(&self) -> Option<(Timestamp, String)> {
        let (at, command) = self.state.deadline()?;
        Some((at, serde_json::to_string(&command).ok()?))
    }

    fn moot(&self, effect: &str) -> bool {
        // An effect that cannot be judged is kept: performing it again is allowed, losing it is not.
        let judged = || serde_json::from_str(effect).is_ok_and(|effect| self.state.moot(&effect));
        catch_unwind(AssertUnwindSafe(judged)).unwrap_or(false)
    }

    fn state(&self) -> Box<dyn Any + Send> {
        Box::new(self.state.clone())
    }
}

fn view_of<W: Workflow>(state: &W) -> View {
    let phase = state.phase();
    View {
        phase: phase.name(),
        closed: phase.is_closed(),
        wake_at: state.deadline().map(|(at, _)| at),
        task: state.task(),
        labels: state.labels().iter().map(|(name, value)| (name, value.to_owned())).collect(),
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// Seals a decision: the journal row that records it.
pub(crate) fn seal(body: &Body, previous: Digest) -> Row {
    // Every part of a body is plain data that was JSON before or has a text form.
    let text = serde_json::to_string(body).unwrap_or_default();
    let hash = previous.chain(text.as_bytes());
    Row { instance: body.instance, version: body.version, command_id: body.id.clone(), body: text, hash }
}
