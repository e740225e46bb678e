//! Random histories: whatever is asked, a store answers as the one in memory does.
//!
//! A failure prints its seed; with it in `SEALWRIGHT_SEED` the same history is played again.

use std::sync::Arc;

use super::draft::{Case, Draft, task};
use super::tasks::by;
use super::{Duration, Student};
use crate::door::Lease;
use crate::id::{EffectKey, NodeId};
use crate::limits::NODE_LEASE;
use crate::store::{
    Change, Derived, EffectQuery, EffectState, InstanceQuery, MemoryStore, Order, ParkedQuery, Position,
    Store, TaskQuery, Write, Written,
};
use crate::workflow::Task;

const STEPS: usize = 400;

pub async fn random_histories_end_as_in_memory(student: Student) {
    let given = std::env::var("SEALWRIGHT_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("play it again with SEALWRIGHT_SEED={seed}");
    let mut exam = Exam::begin(student, fastrand::Rng::with_seed(seed)).await;
    for step in 0..STEPS {
        exam.step().await;
        if step % 10 == 0 {
            exam.compare().await;
        }
    }
    exam.compare().await;
    let (_, mut rows) = exam.student.feed(Position(0), exam.decisions).await;
    let (mut expected, mut after) = (Vec::new(), Position(0));
    while expected.len() < exam.decisions {
        for (position, row) in exam.memory.feed(after, 100).await.unwrap() {
            after = position;
            expected.push(row);
        }
    }
    // What one commit wrote has no order among itself.
    rows.sort_by_key(|row| (row.instance, row.version));
    expected.sort_by_key(|row| (row.instance, row.version));
    assert!(rows == expected, "the feeds differ");
}

/// The store under examination, the model, and what happened so far.
struct Exam {
    student: Student,
    memory: MemoryStore,
    random: fastrand::Rng,
    nodes: Vec<NodeId>,
    cases: Vec<Case>,
    effects: Vec<EffectKey>,
    leases: Vec<Lease>,
    decisions: usize,
}

const PEOPLE: [&str; 3] = ["ada", "bo", "cy"];

impl Exam {
    async fn begin(student: Student, random: fastrand::Rng) -> Self {
        let memory = MemoryStore::new(Arc::new(student.clock.clone()));
        let (one, other) = student.nodes().await;
        for node in [one, other] {
            memory.join(node).await.unwrap();
        }
        Self {
            student,
            memory,
            random,
            nodes: vec![one, other],
            cases: Vec::new(),
            effects: Vec::new(),
            leases: Vec::new(),
            decisions: 0,
        }
    }

    fn one_of<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.random.usize(..of.len())].clone())
    }

    async fn step(&mut self) {
        let (store, memory) = (Arc::clone(&self.student.store), self.memory.clone());
        let node = self.nodes[self.random.usize(..2)];
        match self.random.u8(..16) {
            0 => self.student.wait(Duration::from_millis(self.random.u64(..4_000))),
            1 => {
                store.beat(node).await.unwrap();
                memory.beat(node).await.unwrap();
            }
            2 if self.random.u8(..4) == 0 => {
                store.leave(node).await.unwrap();
                memory.leave(node).await.unwrap();
            }
            3 | 4 => {
                let limit = self.random.usize(..4);
                let claimed = store.claim_effects(node, limit).await;
                assert_eq!(claimed, memory.claim_effects(node, limit).await);
            }
            5 | 6 => {
                let mut claim = by(PEOPLE[self.random.usize(..3)]);
                claim.queue = self.random.bool().then(|| "review".into());
                let claimed = store.claim_task(&claim).await;
                assert_eq!(claimed, memory.claim_task(&claim).await);
                self.leases.extend(claimed.unwrap().map(|(_, lease)| lease));
            }
            7 => {
                let Some(lease) = self.one_of(&self.leases.clone()) else { return };
                let time = Duration::from_secs(self.random.u64(1..20));
                assert_eq!(store.renew(&lease, time).await, memory.renew(&lease, time).await);
            }
            8 => {
                let Some(lease) = self.one_of(&self.leases.clone()) else { return };
                assert_eq!(store.release(&lease).await, memory.release(&lease).await);
            }
            9 => {
                let which = ParkedQuery {
                    kind: self.random.bool().then(|| "notify".into()),
                    cause: self.random.bool().then(|| "bro".into()),
                    ..ParkedQuery::default()
                };
                let (limit, spacing) = (self.random.usize(..3), Duration::from_secs(1));
                let redriven = store.redrive(&which, limit, spacing).await;
                assert_eq!(redriven, memory.redrive(&which, limit, spacing).await);
            }
            _ => self.batch().await,
        }
    }

    /// Some writes at once, most of which fit.
    async fn batch(&mut self) {
        let mut touched = std::collections::HashSet::new();
        let mut batch = Vec::new();
        for _ in 0..self.random.usize(1..5) {
            let (write, instance) = self.write();
            if touched.insert(instance) {
                batch.push(write);
            }
        }
        let answers = self.student.store.write(batch.clone()).await;
        assert_eq!(answers, self.memory.write(batch.clone()).await, "{batch:#?}");
        for (write, answer) in batch.into_iter().zip(answers) {
            let (Write::Append(append), Ok(Written::Done)) = (write, answer) else { continue };
            self.decisions += 1;
            let (id, version, head) = (append.row.instance, append.row.version, append.row.hash);
            self.effects.extend(append.effects.iter().map(|new| new.key));
            match self.cases.iter_mut().find(|case| case.id == id) {
                Some(case) => (case.version, case.head) = (version, head),
                None => self.cases.push(Case { id, version, head }),
            }
        }
    }

    fn write(&mut self) -> (Write, crate::id::InstanceId) {
        let node = self.nodes[self.random.usize(..2)];
        let (now, attempts) = (self.student.now(), self.random.u32(..5));
        let later = now + Duration::from_secs(self.random.u64(..5));
        let effect = self.one_of(&self.effects.clone());
        let case = self.one_of(&self.cases.clone());
        match (self.random.u8(..12), effect, case) {
            (0, Some(key), _) => (Write::Settle { key, note: "moot".into() }, key.instance),
            (1, Some(key), _) => {
                let error = self.random.bool().then(|| "busy".to_owned());
                (Write::Postpone { key, node, attempts, at: later, error }, key.instance)
            }
            (2, Some(key), _) => {
                (Write::ParkEffect { key, node, attempts, error: "broken".into() }, key.instance)
            }
            (3, _, Some(case)) => {
                (Write::ParkInstance { instance: case.id, reason: "broken".into() }, case.id)
            }
            (4, _, Some(case)) => (Write::Derive(Box::new(self.derived(&case))), case.id),
            (5..=10, _, Some(case)) => (self.decision(&case).into(), case.id),
            _ => {
                let case = Case::new(&self.student);
                (self.decision(&case).into(), case.id)
            }
        }
    }

    fn decision(&mut self, case: &Case) -> Draft {
        let version = match self.random.u8(..10) {
            0 => case.version,
            1 => case.version + 2,
            _ => case.version + 1,
        };
        let command =
            if self.random.u8(..10) == 0 { "same".to_owned() } else { self.random.u64(..).to_string() };
        let mut draft = case.draft(&self.student, version, &command);
        if command == "same" {
            draft.0.row.command_id = crate::id::CommandId::client("same").unwrap();
        }
        draft.0.derived = Derived { version, ..self.derived(case) };
        if self.random.bool() {
            draft = draft.effect("notify").effect("order");
        }
        if self.random.bool() {
            draft = draft.leased_to(self.nodes[self.random.usize(..2)]);
        }
        let own: Vec<_> = self.effects.iter().filter(|key| key.instance == case.id).copied().collect();
        if let Some(key) = self.one_of(&own) {
            draft = draft.settles(key);
        }
        let own: Vec<_> = self.leases.iter().filter(|lease| lease.instance == case.id).cloned().collect();
        if let Some(lease) = self.one_of(&own) {
            draft = draft.under(&lease);
        }
        draft
    }

    fn derived(&mut self, case: &Case) -> Derived {
        let now = self.student.now();
        let due = now + Duration::from_secs(self.random.u64(..9));
        let closed = self.random.u8(..4) == 0;
        Derived {
            instance: case.id,
            version: case.version,
            workflow: "exam",
            schema: 1,
            phase: if closed { "over" } else { "sitting" },
            closed,
            wake_at: self.random.bool().then_some(due),
            at: now,
            task: match self.random.u8(..4) {
                0 => Change::Set(None),
                1 => Change::Keep,
                _ => Change::Set(Some(self.task(due))),
            },
            labels: match self.random.u8(..3) {
                0 => Change::Keep,
                1 => Change::Set(vec![("office", "north".into())]),
                _ => Change::Set(vec![("class", "C1".into()), ("office", "south".into())]),
            },
        }
    }

    fn task(&mut self, due: crate::time::Timestamp) -> Task {
        let mut task = task(if self.random.bool() { "look" } else { "second look" }, due);
        if self.random.u8(..3) == 0 {
            task.reserved = Some((PEOPLE[self.random.usize(..3)].into(), due));
        }
        if self.random.u8(..3) == 0 {
            task.excluded.insert(PEOPLE[self.random.usize(..3)].into());
        }
        if self.random.u8(..4) == 0 {
            task.queue = "fraud".into();
        }
        task
    }

    /// Every question has the same answer.
    async fn compare(&mut self) {
        let (store, memory) = (&self.student.store, &self.memory);
        if let Some(case) = self.cases.get(self.random.usize(..self.cases.len().max(1))) {
            assert!(store.load(case.id).await == memory.load(case.id).await, "{} differs", case.id);
            assert_eq!(store.labels(case.id).await, memory.labels(case.id).await);
        }
        for order in [Order::Oldest, Order::Newest] {
            let query = InstanceQuery {
                order,
                labels: vec![("office".into(), "south".into())],
                closed: Some(false),
                limit: 200,
                ..InstanceQuery::default()
            };
            assert_eq!(store.list(&query).await, memory.list(&query).await);
        }
        for state in [EffectState::Due, EffectState::Settled, EffectState::Parked] {
            let query = EffectQuery { state: Some(state), limit: 500, ..EffectQuery::default() };
            assert_eq!(store.effects(&query).await, memory.effects(&query).await);
        }
        for holder in [None, Some("ada".to_owned())] {
            let query = TaskQuery { holder, limit: 500, ..TaskQuery::default() };
            assert_eq!(store.tasks(&query).await, memory.tasks(&query).await);
        }
        assert_eq!(store.census("exam").await, memory.census("exam").await);
        assert_eq!(store.due(50).await, memory.due(50).await);
        assert_eq!(store.next_wake().await, memory.next_wake().await);
        assert_eq!(store.next_effect().await, memory.next_effect().await);
        if self.random.u8(..8) == 0 {
            self.student.wait(NODE_LEASE);
        }
    }
}
