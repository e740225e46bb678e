//! Both workflows with an office between them that performs their effects, in whatever order.

use std::collections::BTreeMap;

use sealwright_engine::explore::START;
use sealwright_engine::journal::Digest;
use sealwright_engine::{Actor, Context, EffectKey, InstanceId, Timestamp, Workflow};
use sealwright_workflows::application::{self, Applicant, Application, Reviewer};
use sealwright_workflows::licence::{self, Answer, Content, FromApplication, Licence, NotIssued, Operator};
use sealwright_workflows::policy::{Path, Policy};
use sealwright_workflows::register::RecordFacts;

use crate::support::*;

const APP: InstanceId = InstanceId(id(0x21));
const SECOND: InstanceId = InstanceId(id(0x22));

/// Which of the waiting effects comes next.
#[derive(Clone, Copy, Debug)]
enum Next {
    Oldest,
    Newest,
    /// By a small generator, so that a failure is a number.
    Any(u64),
}

#[derive(Clone, Debug)]
enum Effect {
    Application(InstanceId, application::Effect),
    Licence(licence::Effect),
}

/// One office, one licence, some applications.
struct Office {
    policy: Policy,
    now: Timestamp,
    next: Next,
    record: (u64, RecordFacts),
    applications: BTreeMap<InstanceId, Application>,
    licence: Licence,
    waiting: Vec<Effect>,
    /// Versions that were signed, live or not.
    signed: Vec<u32>,
    told: Vec<application::Notice>,
}

impl Office {
    fn new(next: Next, usable: bool) -> Self {
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

    fn ask(&mut self, to: InstanceId, actor: Actor, command: application::Command) -> bool {
        let state = self.applications.remove(&to).unwrap_or_default();
        let (state, effects) = step(state, to, &self.policy, self.now, &actor, command)
            .unwrap_or_else(|(state, _)| (state, None));
        self.applications.insert(to, state);
        let accepted = effects.is_some();
        self.waiting.extend(effects.into_iter().flatten().map(|effect| Effect::Application(to, effect)));
        accepted
    }

    fn ask_licence(&mut self, actor: Actor, command: licence::Command) -> Result<(), licence::Rejection> {
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

    fn applicant(&mut self, command: Applicant) -> bool {
        self.applicant_of(APP, command)
    }

    fn applicant_of(&mut self, application: InstanceId, command: Applicant) -> bool {
        self.ask(application, applicant(), by_applicant(command))
    }

    fn answer(&mut self, to: InstanceId, answer: application::Answer) {
        self.ask(to, performer(to), application::Command::Answer(answer));
    }

    /// Performs one waiting effect; false if there is none.
    fn perform_one(&mut self) -> bool {
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

    fn settle(&mut self) {
        while self.perform_one() {}
    }

    fn perform(&mut self, from: InstanceId, effect: application::Effect) {
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

    fn perform_for_licence(&mut self, effect: licence::Effect) {
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
                content: Content { field: "prepared".into(), revision: u64::from(version) },
            },
            licence::Effect::Sign { version, .. } => {
                self.signed.push(version);
                Answer::Signed { version }
            }
            licence::Effect::LookUpRecord { .. } | licence::Effect::AlertOperator { .. } => return,
        };
        self.ask_licence(performer(LICENCE), licence::Command::Answer(answer)).unwrap();
    }

    /// What holds after every single effect.
    fn holds(&self) {
        if let Licence::Known(life) = &self.licence {
            if let Some(document) = &life.document {
                assert!(self.signed.contains(&document.version), "live without a signature");
            }
            let mut versions = self.signed.clone();
            versions.dedup();
            assert_eq!(versions, self.signed, "a version was signed twice");
        }
    }

    fn label(&self, name: &str) -> Option<String> {
        let labels = self.licence.labels();
        labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.to_owned())
    }

    fn phase(&self, application: InstanceId) -> &'static str {
        self.applications[&application].phase().name()
    }

    fn holder(&self, who: &str) -> Actor {
        let task = self.applications[&APP].task().expect("a task");
        Actor::Holder { id: who.into(), task: task.key }
    }

    /// Lets the application's deadline fire at its time.
    fn fire(&mut self, application: InstanceId) {
        let (due, command) = self.applications[&application].deadline().expect("a deadline");
        self.now = self.now.max(due);
        self.ask(application, Actor::Timer, command);
        self.settle();
    }
}

type Stepped<W> = (W, Option<Vec<<W as Workflow>::Effect>>);

/// What the engine does with a command, without the engine.
fn step<W: Workflow<Policy = Policy>>(
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

fn performer(instance: InstanceId) -> Actor {
    Actor::Performer(EffectKey { instance, version: 1, n: 0 })
}

fn orders() -> impl Iterator<Item = Next> {
    [Next::Oldest, Next::Newest].into_iter().chain((0..200).map(Next::Any))
}

/// The retained path, up to the applicant's last step.
fn ready_to_submit(next: Next) -> Office {
    let mut office = Office::new(next, true);
    assert!(office.applicant(begin()));
    office.settle();
    assert!(office.applicant(Applicant::ConfirmInformation { revision: 7 }), "{next:?}");
    office.settle();
    office
}

#[test]
fn every_order_of_effects_comes_to_the_same_end() {
    for next in orders() {
        let mut office = ready_to_submit(next);
        assert!(office.applicant(Applicant::Submit));
        office.settle();
        assert_eq!(office.phase(APP), "issued", "{next:?}");
        assert_eq!(office.label("version").as_deref(), Some("1"), "{next:?}");
        assert_eq!(office.label("standing").as_deref(), Some("active"), "{next:?}");
        assert_eq!(office.signed, [1], "{next:?}");
        assert_eq!(office.told, [application::Notice::Issued { version: 1 }], "{next:?}");
    }
}

#[test]
fn a_withdrawal_at_any_moment_leaves_the_licence_free() {
    for next in orders() {
        for cut in 0..12 {
            let mut office = Office::new(next, true);
            office.applicant(begin());
            let mut performed = 0;
            while performed < cut && office.perform_one() {
                performed += 1;
                office.applicant(Applicant::ConfirmInformation { revision: 7 });
            }
            assert!(office.applicant(Applicant::Withdraw), "{next:?}, after {cut}");
            office.settle();
            assert_eq!(office.phase(APP), "withdrawn");
            // The licence is free for the next one.
            office.applicant_of(SECOND, begin());
            office.settle();
            assert_eq!(office.phase(SECOND), "information", "{next:?}, after {cut}");
        }
    }
}

#[test]
fn a_suspension_at_any_moment_leaves_no_live_document() {
    for next in orders() {
        for cut in 0..8 {
            let mut office = ready_to_submit(next);
            office.applicant(Applicant::Submit);
            for _ in 0..cut {
                office.perform_one();
            }
            office.ask_licence(operator(), licence::Command::Operator(Operator::Suspend)).unwrap();
            office.settle();
            assert_ne!(office.label("standing").as_deref(), Some("active"), "{next:?}, after {cut}");
            let phase = office.phase(APP);
            let document = office.label("version").is_some();
            assert_eq!(phase == "issued", document, "{next:?}, after {cut}: {phase}");
            assert!(phase == "issued" || phase == "refused", "{next:?}, after {cut}: {phase}");
        }
    }
}

#[test]
fn of_two_applications_one_is_admitted() {
    for next in orders() {
        let mut office = Office::new(next, true);
        office.applicant_of(APP, begin());
        office.applicant_of(SECOND, begin());
        office.settle();
        let mut phases = [office.phase(APP), office.phase(SECOND)];
        phases.sort_unstable();
        assert_eq!(phases, ["information", "refused"], "{next:?}");
    }
}

#[test]
fn a_record_that_changes_under_way_is_confirmed_again_and_issued_at_its_newest() {
    for next in orders() {
        let mut office = ready_to_submit(next);
        office.record = (8, facts(true));
        office.applicant(Applicant::Submit);
        office.settle();
        assert_eq!(office.phase(APP), "information", "{next:?}");
        assert!(office.applicant(Applicant::ConfirmInformation { revision: 8 }));
        office.settle();
        assert_eq!(office.phase(APP), "issued", "{next:?}");
        // The first version's number is spent.
        assert_eq!(office.label("version").as_deref(), Some("2"), "{next:?}");
        assert_eq!(office.signed, [2], "{next:?}");
    }
}

/// The camera path, up to a reviewer's decision.
fn before_a_reviewer(office: &mut Office, application: InstanceId) {
    office.applicant_of(application, begin());
    office.settle();
    for command in [
        Applicant::ChoosePath { path: Path::Camera },
        Applicant::ConfirmInformation { revision: 7 },
        Applicant::ReadNotice,
        offer(PHOTO, Path::Camera),
        Applicant::ConfirmPreview,
        Applicant::Submit,
    ] {
        assert!(office.applicant_of(application, command.clone()), "{command:?}");
        office.settle();
    }
}

#[test]
fn a_bar_ends_every_application_to_come() {
    for next in [Next::Oldest, Next::Newest, Next::Any(1)] {
        let mut office = Office::new(next, false);
        before_a_reviewer(&mut office, APP);
        for who in ["ann", "bob"] {
            let holder = office.holder(who);
            assert!(office.ask(APP, holder, reject(&["malicious"])));
            office.fire(APP);
        }
        assert_eq!(office.phase(APP), "barred");
        office.applicant_of(SECOND, begin());
        office.settle();
        assert_eq!(office.phase(SECOND), "refused", "{next:?}");
    }
}

#[test]
fn a_photo_lock_ends_a_new_application_with_a_photo() {
    let mut office = Office::new(Next::Oldest, false);
    before_a_reviewer(&mut office, APP);
    let holder = office.holder("ann");
    office.ask(APP, holder, by_office(Reviewer::Approve));
    office.fire(APP);
    assert_eq!(office.phase(APP), "issued");
    office.applicant_of(SECOND, begin());
    office.settle();
    assert_eq!(office.phase(SECOND), "refused");
}

#[test]
fn failures_follow_the_licence_and_not_the_application() {
    let mut office = Office::new(Next::Newest, false);
    before_a_reviewer(&mut office, APP);
    for photo in [PHOTO_2, PHOTO] {
        let holder = office.holder("ann");
        office.ask(APP, holder, reject(&["background"]));
        office.fire(APP);
        office.applicant(offer(photo, Path::Camera));
        office.applicant(Applicant::ConfirmPreview);
        office.applicant(Applicant::Submit);
    }
    assert!(office.applicant(Applicant::Withdraw));
    office.settle();
    before_a_reviewer(&mut office, SECOND);
    let task = office.applications[&SECOND].task().expect("a task");
    office.ask(SECOND, Actor::Holder { id: "ann".into(), task: task.key }, reject(&["frame"]));
    office.fire(SECOND);
    assert_eq!(office.phase(SECOND), "refused", "the third failure, in another application");
}
