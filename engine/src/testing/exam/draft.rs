//! Decisions as the engine would write them, made by hand.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::Student;
use crate::door::{Actor, Lease};
use crate::id::{CommandId, EffectKey, InstanceId, NodeId, Version};
use crate::journal::{Body, Digest, Row};
use crate::store::{Append, Change, Derived, NewEffect, Write};
use crate::time::Timestamp;
use crate::workflow::Task;

/// An instance that the exam writes.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) id: InstanceId,
    pub(super) version: Version,
    pub(super) head: Digest,
}

impl Case {
    pub(super) fn new(student: &Student) -> Self {
        Self { id: InstanceId::new(student.now()), version: 0, head: Digest::ZERO }
    }

    /// An instance with one decision behind it, which `shape` may dress.
    pub(super) async fn begun(student: &Student, shape: impl FnOnce(Draft) -> Draft) -> Self {
        let mut case = Self::new(student);
        student.done(shape(case.next(student))).await;
        case
    }

    /// The next decision; the case counts it as made.
    pub(super) fn next(&mut self, student: &Student) -> Draft {
        let draft = self.draft(student, self.version + 1, "decide");
        (self.version, self.head) = (draft.0.row.version, draft.0.row.hash);
        draft
    }

    /// A decision that may not fit.
    pub(super) fn draft(&self, student: &Student, version: Version, command: &str) -> Draft {
        let id = CommandId::client(&format!("{command}-{version}")).unwrap();
        Draft::new(self, version, id, student.now(), r#"[{"decided":{"by":"纪律 \"\\ \n"}}]"#)
    }

    pub(super) fn effect(&self, n: u16) -> EffectKey {
        EffectKey { instance: self.id, version: self.version, n }
    }
}

/// An append under construction.
#[derive(Clone)]
pub(super) struct Draft(pub(super) Append);

impl Draft {
    pub(super) fn new(case: &Case, version: Version, id: CommandId, at: Timestamp, events: &str) -> Self {
        let body = Body {
            instance: case.id,
            version,
            workflow: "exam".into(),
            schema: 1,
            at,
            actor: Actor::Operator("examiner".into()),
            command: "decide".into(),
            id: id.clone(),
            digest: Digest::of(id.as_str().as_bytes()),
            policy: Digest::of(b"{}"),
            events: RawValue::from_string(events.to_owned()).unwrap(),
        };
        let body = serde_json::to_string(&body).unwrap();
        let hash = case.head.chain(body.as_bytes());
        let row = Row { instance: case.id, version, command_id: id, body, hash };
        let derived = Derived {
            instance: case.id,
            version,
            workflow: "exam",
            schema: 1,
            phase: "sitting",
            closed: false,
            wake_at: None,
            at,
            task: Change::Keep,
            labels: Change::Keep,
        };
        Self(Append { row, derived, effects: Vec::new(), leased_to: None, settles: None, lease: None })
    }

    pub(super) fn workflow(mut self, name: &'static str) -> Self {
        self.0.derived.workflow = name;
        self
    }

    pub(super) fn phase(mut self, phase: &'static str, closed: bool) -> Self {
        (self.0.derived.phase, self.0.derived.closed) = (phase, closed);
        self
    }

    pub(super) fn wakes(mut self, at: Timestamp) -> Self {
        self.0.derived.wake_at = Some(at);
        self
    }

    pub(super) fn labelled<const N: usize>(mut self, labels: [(&'static str, &str); N]) -> Self {
        self.0.derived.labels = Change::Set(labels.map(|(name, value)| (name, value.to_owned())).into());
        self
    }

    pub(super) fn asks(mut self, task: Task) -> Self {
        self.0.derived.task = Change::Set(Some(task));
        self
    }

    pub(super) fn asks_nobody(mut self) -> Self {
        self.0.derived.task = Change::Set(None);
        self
    }

    pub(super) fn effect(mut self, kind: &'static str) -> Self {
        let n = u16::try_from(self.0.effects.len()).unwrap();
        let key = EffectKey { instance: self.0.row.instance, version: self.0.row.version, n };
        self.0.effects.push(NewEffect { key, kind, body: format!("{{\"{kind}\":{n}}}") });
        self
    }

    pub(super) fn leased_to(mut self, node: NodeId) -> Self {
        self.0.leased_to = Some(node);
        self
    }

    pub(super) fn settles(mut self, key: EffectKey) -> Self {
        self.0.settles = Some(key);
        self
    }

    pub(super) fn under(mut self, lease: &Lease) -> Self {
        self.0.lease = Some(lease.clone());
        self
    }
}

impl From<Draft> for Write {
    fn from(draft: Draft) -> Self {
        Write::Append(Box::new(draft.0))
    }
}

/// A task in the queue `review` for people with the role `reviewer`.
pub(super) fn task(key: &str, due: Timestamp) -> Task {
    Task {
        key: key.into(),
        queue: "review".into(),
        due,
        roles: BTreeSet::from(["reviewer".into()]),
        excluded: BTreeSet::new(),
        reserved: None,
    }
}
