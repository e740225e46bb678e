//! Claims about decisions under a lease.

use super::Student;
use super::draft::{Case, task};
use super::tasks::{LEASE, SECOND, by, claim, with_task};
use crate::door::Lease;
use crate::store::{TaskClaim, TaskQuery, TaskRow, Written};

async fn task_of(student: &Student, case: &Case) -> Option<TaskRow> {
    let query = TaskQuery { instance: Some(case.id), limit: 9, ..TaskQuery::default() };
    student.store.tasks(&query).await.unwrap().pop()
}

/// A completion of the case's task under `lease` is refused, and nothing of it is written.
async fn refused(student: &Student, case: &Case, lease: &Lease) {
    let before = (student.load(case.id).await, task_of(student, case).await);
    let draft = case.clone().next(student).under(lease).asks_nobody().effect("never").phase("over", true);
    assert_eq!(student.write(draft).await, Written::LeaseLost);
    assert_eq!((student.load(case.id).await, task_of(student, case).await), before);
    assert!(student.effects_of(case.id).await.is_empty());
}

pub async fn a_holder_completes_a_task_once(student: Student) {
    let mut case = with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    student.done(case.next(&student).under(&lease).asks_nobody()).await;
    assert_eq!(task_of(&student, &case).await, None);
    assert_eq!(student.store.renew(&lease, LEASE).await, Ok(None));
    refused(&student, &case, &lease).await;
    // A completion that says nothing of the task ends the lease all the same.
    let mut case = with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    student.done(case.next(&student).under(&lease)).await;
    assert_eq!(task_of(&student, &case).await.unwrap().leased, None);
    refused(&student, &case, &lease).await;
}

pub async fn a_stale_lease_completes_nothing(student: Student) {
    let mut case = with_task(&student, "look").await;
    let (_, stale) = claim(&student, &by("ada")).await.unwrap();
    let (_, held) = claim(&student, &by("ada")).await.unwrap();
    refused(&student, &case, &stale).await;
    refused(&student, &case, &Lease { task: "other".into(), ..held.clone() }).await;
    student.done(case.next(&student).under(&held)).await;
}

pub async fn an_expired_lease_completes_nothing(student: Student) {
    let mut case = with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    student.wait(LEASE);
    refused(&student, &case, &lease).await;
    refused(&student, &case, &Lease { until: student.now() + LEASE, ..lease }).await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    student.wait(LEASE - SECOND);
    student.store.renew(&lease, LEASE).await.unwrap().unwrap();
    student.wait(LEASE - SECOND);
    student.done(case.next(&student).under(&lease)).await;
}

pub async fn anothers_lease_completes_nothing(student: Student) {
    let mut case = with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    refused(&student, &case, &Lease { holder: "bo".into(), ..lease.clone() }).await;
    student.store.release(&lease).await.unwrap();
    let (_, new) = claim(&student, &by("bo")).await.unwrap();
    refused(&student, &case, &lease).await;
    student.done(case.next(&student).under(&new)).await;
}

pub async fn a_lost_race_is_told_before_a_lost_lease(student: Student) {
    let mut case = with_task(&student, "look").await;
    let before = case.clone();
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    student.store.release(&lease).await.unwrap();
    student.done(case.next(&student)).await;
    let late = before.draft(&student, 2, "late").under(&lease);
    assert_eq!(student.write(late).await, Written::Conflict);
}

pub async fn an_edited_task_keeps_its_lease(student: Student) {
    let mut case = with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    let due = student.now() + SECOND;
    student.done(case.next(&student).asks(task("look", due))).await;
    let row = task_of(&student, &case).await.unwrap();
    assert_eq!((row.task.due, row.leased), (due, Some(("ada".into(), lease.until))));
    assert_eq!(claim(&student, &by("bo")).await, None);
    student.done(case.next(&student)).await;
    student.done(case.next(&student).under(&lease).asks(task("look", due))).await;
    assert_eq!(task_of(&student, &case).await.unwrap().leased, None, "completing it ends the lease");
}

pub async fn another_task_ends_the_lease(student: Student) {
    let mut case = with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    student.done(case.next(&student).asks(task("second look", student.now()))).await;
    assert_eq!(task_of(&student, &case).await.unwrap().leased, None);
    assert_eq!(student.store.renew(&lease, LEASE).await, Ok(None));
    refused(&student, &case, &lease).await;
    let named = TaskClaim { instance: Some(case.id), ..by("bo") };
    assert_eq!(claim(&student, &named).await.unwrap().1.task, "second look");
    student.done(case.next(&student).asks_nobody()).await;
    assert_eq!(claim(&student, &named).await, None);
}

pub async fn a_repeated_completion_is_a_conflict(student: Student) {
    let mut case = with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    let draft = case.next(&student).under(&lease).asks_nobody();
    student.done(draft.clone()).await;
    assert_eq!(student.write(draft).await, Written::Conflict);
    assert_eq!(student.load(case.id).await.journal.len(), 2);
}
