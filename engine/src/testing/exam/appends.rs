//! Claims about decisions: what is written together, what conflicts, what comes back.

use std::sync::Arc;

use super::draft::{Case, Draft, task};
use super::{Duration, Student};
use crate::id::CommandId;
use crate::journal::{Digest, verify_chain};
use crate::limits;
use crate::store::{Change, Derived, Position, TaskQuery, Write, Written};

pub async fn a_first_append_is_there_whole(student: Student) {
    let mut case = Case::new(&student);
    assert_eq!(student.store.load(case.id).await, Ok(None));
    let wake = student.now() + Duration::from_secs(60);
    let draft = case
        .next(&student)
        .wakes(wake)
        .labelled([("office", "north")])
        .asks(task("look", wake))
        .effect("notify");
    student.done(draft.clone()).await;
    let stored = student.load(case.id).await;
    assert_eq!(stored.journal, [draft.0.row]);
    let row = stored.row;
    assert_eq!((row.id, row.workflow.as_str(), row.version, row.schema), (case.id, "exam", 1, 1));
    assert_eq!((row.phase.as_str(), row.closed, row.wake_at), ("sitting", false, Some(wake)));
    assert_eq!((row.head, row.parked), (case.head, None));
    assert_eq!((row.created_at, row.updated_at), (student.now(), student.now()));
    assert_eq!(student.store.labels(case.id).await.unwrap(), [("office".into(), "north".into())]);
    assert_eq!(student.effects_of(case.id).await[0].body, r#"{"notify":0}"#);

    let begun = student.now();
    student.wait(Duration::from_secs(1));
    student.done(case.next(&student).phase("over", true)).await;
    let row = student.load(case.id).await.row;
    assert_eq!((row.phase.as_str(), row.closed, row.wake_at, row.version), ("over", true, None, 2));
    assert_eq!((row.created_at, row.updated_at), (begun, student.now()));
}

pub async fn stored_bytes_come_back_exactly(student: Student) {
    let mut case = Case::new(&student);
    let long = format!("[{{\"note\":\"{}\"}}]", "纸".repeat(limits::EVENTS_BYTES / 3 - 8));
    let odd = [r#"[ {"b":1,  "a":2.50,"a2":1e3} ]"#, "[\"电子驾驶证 \\u0041 \\\" \\\\ \u{1F4F7}\"]", &long];
    let mut rows = Vec::new();
    for (version, events) in (1..).zip(odd) {
        let id = CommandId::client(&format!("~!'\"%{version}")).unwrap();
        let draft = Draft::new(&case, version, id, student.now(), events);
        (case.version, case.head) = (version, draft.0.row.hash);
        rows.push(draft.0.row.clone());
        student.done(draft).await;
    }
    let stored = student.load(case.id).await;
    assert!(stored.journal == rows, "bytes changed on their way");
    assert_eq!(verify_chain(case.id, &stored.journal), Ok(stored.row.head));
    assert_eq!(stored.row.head, case.head);
}

pub async fn a_conflict_fails_alone(student: Student) {
    let mut moved = Case::begun(&student, |draft| draft).await;
    let mut stale = Case::begun(&student, |draft| draft).await;
    let before = stale.clone();
    student.done(stale.next(&student)).await;
    let (mut new, taken) = (Case::new(&student), Case::begun(&student, |draft| draft).await);
    let batch = vec![
        new.next(&student).into(),
        before.draft(&student, 2, "late").effect("never").into(),
        moved.next(&student).into(),
        taken.draft(&student, 1, "again").into(),
    ];
    let answers = student.store.write(batch).await;
    let (done, conflict) = (Ok(Written::Done), Ok(Written::Conflict));
    assert_eq!(answers, [done.clone(), conflict.clone(), done, conflict]);
    for (case, version) in [(&new, 1), (&stale, 2), (&moved, 2), (&taken, 1)] {
        let stored = student.load(case.id).await;
        assert_eq!((stored.row.version, stored.journal.len() as u64), (version, version));
        assert_eq!(verify_chain(case.id, &stored.journal), Ok(stored.row.head));
    }
}

pub async fn a_refused_append_leaves_nothing(student: Student) {
    let mut case = Case::begun(&student, |draft| draft.labelled([("office", "north")]).effect("keep")).await;
    let effect = case.effect(0);
    let before = case.clone();
    student.done(case.next(&student)).await;
    let refused = before
        .draft(&student, 2, "late")
        .phase("wrong", true)
        .wakes(student.now())
        .labelled([("office", "south")])
        .asks(task("wrong", student.now()))
        .effect("never")
        .settles(effect);
    assert_eq!(student.write(refused).await, Written::Conflict);
    let stored = student.load(case.id).await;
    assert_eq!((stored.row.phase.as_str(), stored.row.wake_at, stored.row.version), ("sitting", None, 2));
    assert_eq!(student.store.labels(case.id).await.unwrap(), [("office".into(), "north".into())]);
    let effects = student.effects_of(case.id).await;
    assert_eq!(effects.len(), 1);
    assert_eq!((effects[0].kind.as_str(), effects[0].note.as_deref()), ("keep", None));
    let tasks = TaskQuery { instance: Some(case.id), limit: 9, ..TaskQuery::default() };
    assert!(student.store.tasks(&tasks).await.unwrap().is_empty());
    student.feed(Position(0), 2).await;
}

pub async fn one_of_many_writers_wins_a_version(student: Student) {
    let case = Case::begun(&student, |draft| draft).await;
    race(&student, &case, 2).await;
    let stored = student.load(case.id).await;
    assert_eq!((stored.row.version, stored.journal.len()), (2, 2));
    assert_eq!(verify_chain(case.id, &stored.journal), Ok(stored.row.head));
}

pub async fn one_of_many_writers_creates_an_instance(student: Student) {
    let case = Case::new(&student);
    race(&student, &case, 1).await;
    assert_eq!(student.load(case.id).await.journal.len(), 1);
}

/// Eight writers with a command of their own each; one of them wins.
async fn race(student: &Student, case: &Case, version: u64) {
    let racers: Vec<_> = (0..8)
        .map(|n| {
            let draft = case.draft(student, version, &format!("racer-{n}"));
            let store = Arc::clone(&student.store);
            tokio::spawn(async move { store.write(vec![draft.into()]).await.remove(0).unwrap() })
        })
        .collect();
    let mut won = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Written::Done => won += 1,
            other => assert_eq!(other, Written::Conflict),
        }
    }
    assert_eq!(won, 1);
}

pub async fn a_repeated_command_id_conflicts(student: Student) {
    let mut case = Case::new(&student);
    let first = case.next(&student);
    let mut again = case.draft(&student, 2, "decide");
    again.0.row.command_id = first.0.row.command_id.clone();
    student.done(first).await;
    assert_eq!(student.write(again.effect("never")).await, Written::Conflict);
    assert_eq!(student.load(case.id).await.journal.len(), 1);
    assert!(student.effects_of(case.id).await.is_empty());
    student.done(case.next(&student)).await;
    // Another instance may use the same id: its own life, its own commands.
    Case::begun(&student, |draft| draft).await;
}

pub async fn an_unknown_outcome_is_resolved_by_appending_again(student: Student) {
    let mut case = Case::new(&student);
    let draft = case.next(&student).effect("once");
    student.done(draft.clone()).await;
    assert_eq!(student.write(draft).await, Written::Conflict);
    assert_eq!(student.load(case.id).await.journal.len(), 1);
    assert_eq!(student.effects_of(case.id).await.len(), 1);
}

pub async fn a_version_cannot_be_skipped(student: Student) {
    let case = Case::begun(&student, |draft| draft).await;
    let ahead = case.draft(&student, 3, "ahead");
    assert_eq!(student.write(ahead).await, Written::Conflict);
    let nowhere = Case::new(&student);
    assert_eq!(student.write(nowhere.draft(&student, 2, "ahead")).await, Written::Conflict);
    assert_eq!(student.store.load(nowhere.id).await, Ok(None));
    assert_eq!(student.load(case.id).await.journal.len(), 1);
    student.feed(Position(0), 1).await;
}

pub async fn a_full_batch_is_one_answer_each(student: Student) {
    let mut cases: Vec<_> = (0..limits::BATCH).map(|_| Case::new(&student)).collect();
    for _ in 0..2 {
        let flushes = student.store.flushes();
        let batch: Vec<Write> = cases
            .iter_mut()
            .map(|case| case.next(&student).effect("notify").labelled([("office", "north")]).into())
            .collect();
        let answers = student.store.write(batch).await;
        assert_eq!(answers.len(), limits::BATCH);
        assert!(answers.iter().all(|answer| *answer == Ok(Written::Done)));
        assert!(student.store.flushes() - flushes < 8, "a batch shares its flush");
    }
    let last = student.load(cases[limits::BATCH - 1].id).await;
    assert_eq!((last.row.version, last.journal.len()), (2, 2));
}

pub async fn what_is_loaded_is_of_one_moment(student: Student) {
    let mut case = Case::begun(&student, |draft| draft).await;
    let drafts: Vec<_> = (0..60).map(|_| case.next(&student)).collect();
    let store = Arc::clone(&student.store);
    let writer = tokio::spawn(async move {
        for draft in drafts {
            assert_eq!(store.write(vec![draft.into()]).await, [Ok(Written::Done)]);
        }
    });
    loop {
        let last = writer.is_finished();
        let stored = student.load(case.id).await;
        assert_eq!(stored.row.version, stored.journal.len() as u64);
        assert_eq!(verify_chain(case.id, &stored.journal), Ok(stored.row.head));
        if last {
            assert_eq!(stored.row.version, 61);
            break;
        }
    }
    writer.await.unwrap();
}

pub async fn what_is_derived_changes_only_at_its_version(student: Student) {
    let case = Case::begun(&student, |draft| draft.labelled([("office", "north")])).await;
    let wake = student.now() + Duration::from_secs(5);
    let derived = Derived {
        instance: case.id,
        version: 1,
        workflow: "exam",
        schema: 1,
        phase: "renamed",
        closed: false,
        wake_at: Some(wake),
        at: student.now(),
        task: Change::Set(Some(task("look", wake))),
        labels: Change::Set(vec![("place", "south".into())]),
    };
    let stale = Derived { version: 2, phase: "never", ..derived.clone() };
    assert_eq!(student.write(Write::Derive(Box::new(stale))).await, Written::Conflict);
    student.done(Write::Derive(Box::new(derived.clone()))).await;
    student.done(Write::Derive(Box::new(derived))).await;
    let stored = student.load(case.id).await;
    assert_eq!((stored.row.phase.as_str(), stored.row.wake_at), ("renamed", Some(wake)));
    assert_eq!((stored.row.version, stored.row.head, stored.journal.len()), (1, case.head, 1));
    assert_ne!(stored.row.head, Digest::ZERO);
    assert_eq!(student.store.labels(case.id).await.unwrap(), [("place".into(), "south".into())]);
    let tasks = TaskQuery { instance: Some(case.id), limit: 9, ..TaskQuery::default() };
    assert_eq!(student.store.tasks(&tasks).await.unwrap()[0].task.key, "look");
}
