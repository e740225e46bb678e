//! What an engine is made of.

use std::collections::HashSet;
use std::sync::Arc;

use super::Engine;
use crate::actors::{Plan, Planned, start};
use crate::clock::{Clock, SystemClock};
use crate::kind::Registered;
use crate::limits;
use crate::name::name_of;
use crate::perform::Performer;
use crate::schedule::{Schedule, Tick};
use crate::store::{Store, StoreError};
use crate::workflow::Workflow;

/// What an engine is made of.
pub struct Builder {
    plan: Plan,
}

impl Builder {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            plan: Plan {
                store,
                clock: Arc::new(SystemClock),
                kinds: Vec::new(),
                schedules: Vec::new(),
                live_limit: limits::LIVE_INSTANCES,
            },
        }
    }

    /// Registers a workflow, who carries its effects out, and its rules. A second registration
    /// under the same name replaces the first.
    #[must_use]
    pub fn workflow<W: Workflow>(mut self, performer: impl Performer<W>, policy: W::Policy) -> Self {
        self.plan.kinds.push(Arc::new(Registered::<W, _>::new(performer, policy)));
        self
    }

    /// Begins an instance of `W` at each tick, by the command that `begin` makes of it. The
    /// workflow must be registered, too.
    #[must_use]
    pub fn schedule<W: Workflow>(
        mut self,
        schedule: Schedule,
        begin: impl Fn(&Tick) -> W::Command + Send + Sync + 'static,
    ) -> Self {
        let begin = move |tick: &Tick| {
            let command = begin(tick);
            let json = serde_json::to_string(&command).map_err(|error| error.to_string())?;
            Ok((name_of(&command).to_string(), json))
        };
        self.plan.schedules.push(Planned { schedule, workflow: W::NAME, begin: Arc::new(begin) });
        self
    }

    /// The clock; the system's if none is set.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.plan.clock = clock;
        self
    }

    /// How many instances stay in memory; [`limits::LIVE_INSTANCES`] if not set.
    #[must_use]
    pub fn live_instances(mut self, limit: usize) -> Self {
        self.plan.live_limit = limit.max(1);
        self
    }

    /// Starts the engine. Performers run on the tokio runtime this is called in; the actors have
    /// a thread of their own.
    ///
    /// # Errors
    /// If the store cannot be joined, two schedules have one name, or a schedule begins a workflow
    /// that is not registered.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn start(self) -> Result<Engine, StoreError> {
        let mut names = HashSet::new();
        for Planned { schedule, workflow, .. } in &self.plan.schedules {
            let name = schedule.name();
            if !names.insert(name) {
                return Err(StoreError::Failed(format!(
                    "two schedules are named `{name}`: give each a name of its own"
                )));
            }
            if self.plan.kinds.iter().all(|kind| kind.name() != *workflow) {
                return Err(StoreError::Failed(format!(
                    "schedule `{name}` begins workflow `{workflow}`, which is not registered: add `.workflow::<..>(..)`"
                )));
            }
        }
        start(self.plan).await
    }
}
