//! An office between the two workflows that performs their effects, in whatever order.

use std::collections::BTreeMap;

use sealwright_engine::explore::START;
use sealwright_engine::journal::Digest;
use sealwright_engine::{Actor, Context, EffectKey, InstanceId, Timestamp, Workflow};
use sealwright_workflows::application::{self, Applicant, Application};
use sealwright_workflows::licence::{self, Answer, Content, Form, FromApplication, Licence, NotIssued};
use sealwright_workflows::policy::Policy;
use sealwright_workflows::register::RecordFacts;

use crate::support::*;

const APP: InstanceId = InstanceId(id(0x21));

/// Which of the waiting effects comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    Oldest,
    Newest,
    /// By a small generator, so that a failure is a number.
    Any(u64),
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Application(InstanceId, application::Effect),
    Licence(licence::Effect),
}

/// One office, one licence, some applications.
pub(crate) struct Office {
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
    pub(crate) next: Next,
    pub(crate) record: (u64, RecordFacts),
    pub(crate) applications: BTreeMap<InstanceId, Application>,
    pub(crate) licence: Licence,
    pub(crate) waiting: Vec<Effect>,
    /// Versions that were signed, live or not.
    pub(crate) signed: Vec<u32>,
    pub(crate) told: Vec<application::Notice>,
}

impl Office {
    pub(crate) fn new(next: Next, usable: bool) -> Self {
        Self {
            policy: Policy::default(),
            now: START,
            next,
            record: (7, facts(usable)),
            applications: BTreeMap::new(),
            licence: Licence::default(),
            waiting: Vec::new(),
            signed: Vec::new(),
            told: Vec::new(),
        }
    }

    pub(crate) fn ask(&mut self, to: InstanceId, actor: Actor, command: application::Command) -> bool {
        let state = self.applications.remove(&to).unwrap_or_default();
        let (state, effects) = step(state, to, &self.policy, self.now, &actor, command)
            .unwrap_or_else(|(state, _)| (state, None));
        self.applications.insert(to, state);
        let accepted = effects.is_some();
        self.waiting.extend(effects.into_iter().flatten().map(|effect| Effect::Application(to, effect)));
        accepted
    }

    pub(crate) fn ask_licence(
        &mut self,
        actor: Actor,
        command: licence::Command,
    ) -> Result<(), licence::Rejection> {
        let state = std::mem::take(&mut self.licence);
        match step(state, LICENCE, &self.policy, self.now, &actor, command) {
            Ok((state, effects)) => {
                self.licence = state;
                self.waiting.extend(effects.into_iter().flatten().map(Effect::Licence));
                Ok(())
            }
            Err((state, rejection)) => {
                self.licence = state;
                Err(rejection)
            }
        }
    }

    pub(crate) fn applicant(&mut self, command: Applicant) -> bool {
        self.applicant_of(APP, command)
    }

    pub(crate) fn applicant_of(&mut self, application: InstanceId, command: Applicant) -> bool {
        self.ask(application, applicant(), by_applicant(command))
    }

    pub(crate) fn answer(&mut self, to: InstanceId, answer: application::Answer) {
        self.ask(to, performer(to), application::Command::Answer(answer));
    }

    /// Performs one waiting effect; false if there is none.
    pub(crate) fn perform_one(&mut self) -> bool {
        let count = self.waiting.len();
        if count == 0 {
            return false;
        }
        let place = match &mut self.next {
            Next::Oldest => 0,
            Next::Newest => count - 1,
            Next::Any(seed) => {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (*seed >> 33) as usize % count
            }
        };
        match self.waiting.remove(place) {
            Effect::Application(from, effect) => self.perform(from, effect),
            Effect::Licence(effect) => self.perform_for_licence(effect),
        }
        self.holds();
        true
    }

    pub(crate) fn settle(&mut self) {
        while self.perform_one() {}
    }

    pub(crate) fn perform(&mut self, from: InstanceId, effect: application::Effect) {
        if self.applications[&from].moot(&effect) {
            return;
        }
        let by = performer(from);
        match effect {
            application::Effect::LookUpRecord { .. } => {
                let (revision, facts) = self.record.clone();
                self.answer(
                    from,
                    application::Answer::Record(application::Lookup::Found { revision, facts }),
                );
            }
            application::Effect::Reserve { person, portrait, .. } => {
                let reserve = FromApplication::Reserve { application: from, person, portrait };
                if let Err(rejection) = self.ask_licence(by, licence::Command::Application(reserve)) {
                    let decline = rejection.declined().expect("a definite answer");
                    self.answer(from, application::Answer::NotReserved(decline));
                }
            }
            application::Effect::Release { how, failures, .. } => {
                let release = FromApplication::Release { application: from, how, failures };
                self.ask_licence(by, licence::Command::Application(release)).unwrap();
            }
            application::Effect::Bar { reasons, .. } => {
                let bar = FromApplication::Bar { application: from, reasons };
                self.ask_licence(by, licence::Command::Application(bar)).unwrap();
            }
            application::Effect::OrderIssue { order, person, revision, portrait, facts, .. } => {
                let issue =
                    FromApplication::Issue { application: from, order, person, revision, portrait, facts };
                if let Err(rejection) = self.ask_licence(by, licence::Command::Application(issue)) {
                    let cause = rejection.not_issued().expect("a definite answer");
                    self.answer(from, application::Answer::NotIssued { order, cause });
                }
            }
            application::Effect::StartLiveness { session, .. } => {
                let reference = format!("session-{session}");
                self.answer(from, application::Answer::LivenessStarted { session, reference });
            }
            application::Effect::PollLiveness { session, .. } => {
                self.answer(from, application::Answer::Liveness { session, result: passed() });
            }
            application::Effect::Notify { notice, .. } => self.told.push(notice),
            application::Effect::AlertOperator { .. } => {}
        }
    }

    pub(crate) fn perform_for_licence(&mut self, effect: licence::Effect) {
        if self.licence.moot(&effect) {
            return;
        }
        let answer = match effect {
            licence::Effect::Tell { application, told } => {
                self.ask(application, performer(LICENCE), told.into());
                return;
            }
            licence::Effect::Prepare { version, revision, .. } if revision < self.record.0 => {
                let cause = NotIssued::NewerRevision { revision: self.record.0 };
                Answer::CannotPrepare { version, cause }
            }
            licence::Effect::Prepare { version, .. } => Answer::Prepared {
                version,
                serial: format!("SERIAL{version:02}"),
                generated_at: self.now,
                digest: Digest::of(&version.to_be_bytes()),
                digests: BTreeMap::from([(Form::SdJwtVc, Digest::of(&version.to_le_bytes()))]),
                content: Content { field: "prepared".into(), revision: u64::from(version) },
            },
            licence::Effect::Sign { version, .. } => {
                self.signed.push(version);
                Answer::Signed { version }
            }
            licence::Effect::LookUpRecord { .. }
            | licence::Effect::Notify { .. }
            | licence::Effect::AlertOperator { .. } => return,
        };
        self.ask_licence(performer(LICENCE), licence::Command::Answer(answer)).unwrap();
    }

    /// What holds after every single effect.
    pub(crate) fn holds(&self) {
        if let Licence::Known(life) = &self.licence {
            if let Some(document) = &life.document {
                assert!(self.signed.contains(&document.version), "live without a signature");
            }
            let mut versions = self.signed.clone();
            versions.dedup();
            assert_eq!(versions, self.signed, "a version was signed twice");
        }
    }

    pub(crate) fn label(&self, name: &str) -> Option<String> {
        let labels = self.licence.labels();
        labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.to_owned())
    }

    pub(crate) fn phase(&self, application: InstanceId) -> &'static str {
        self.applications[&application].phase().name()
    }

    pub(crate) fn holder(&self, who: &str) -> Actor {
        let task = self.applications[&APP].task().expect("a task");
        Actor::Holder { id: who.into(), task: task.key }
    }

    /// Lets the application's deadline fire at its time.
    pub(crate) fn fire(&mut self, application: InstanceId) {
        let (due, command) = self.applications[&application].deadline().expect("a deadline");
        self.now = self.now.max(due);
        self.ask(application, Actor::Timer, command);
        self.settle();
    }
}

type Stepped<W> = (W, Option<Vec<<W as Workflow>::Effect>>);

/// What the engine does with a command, without the engine.
pub(crate) fn step<W: Workflow<Policy = Policy>>(
    state: W,
    instance: InstanceId,
    policy: &Policy,
    now: Timestamp,
    actor: &Actor,
    command: W::Command,
) -> Result<Stepped<W>, (W, W::Rejection)> {
    match state.decide(command, &Context { now, policy, instance, actor }) {
        Ok(events) => {
            let next = events.iter().fold(state, |state, event| state.evolve(event, now));
            let effects = events.iter().flat_map(|event| next.react(event)).collect();
            Ok((next, Some(effects)))
        }
        Err(rejection) => Err((state, rejection)),
    }
}

pub(crate) fn performer(instance: InstanceId) -> Actor {
    Actor::Performer(EffectKey { instance, version: 1, n: 0 })
}

pub(crate) fn orders() -> impl Iterator<Item = Next> {
    [Next::Oldest, Next::Newest].into_iter().chain((0..200).map(Next::Any))
}
