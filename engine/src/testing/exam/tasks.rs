//! Claims about tasks: who may have one, who gets it, for how long.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::{Case, task};
use super::{Duration, Student};
use crate::door::Lease;
use crate::store::{TaskClaim, TaskQuery, TaskRow};
use crate::workflow::Task;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const LEASE: Duration = Duration::from_secs(600);

/// `who`, a reviewer, asks for any task.
pub(super) fn by(who: &str) -> TaskClaim {
    TaskClaim {
        queue: None,
        instance: None,
        who: who.into(),
        roles: BTreeSet::from(["reviewer".into()]),
        time: LEASE,
    }
}

pub(super) async fn claim(student: &Student, claim: &TaskClaim) -> Option<(TaskRow, Lease)> {
    student.store.claim_task(claim).await.unwrap()
}

/// An instance with a task `key`, due in a minute.
pub(super) async fn with_task(student: &Student, key: &str) -> Case {
    let due = student.now() + Duration::from_secs(60);
    Case::begun(student, |draft| draft.asks(task(key, due))).await
}

async fn with(student: &Student, task: Task) -> Case {
    Case::begun(student, |draft| draft.asks(task)).await
}

pub async fn tasks_are_claimed_soonest_due_first(student: Student) {
    let now = student.now();
    let later = with(&student, task("later", now + SECOND * 3)).await;
    let soon = with(&student, task("soon", now + SECOND)).await;
    let elsewhere = with(&student, Task { queue: "fraud".into(), ..task("fraud", now) }).await;
    let review = |who| TaskClaim { queue: Some("review".into()), ..by(who) };
    let (row, lease) = claim(&student, &review("ada")).await.unwrap();
    assert_eq!((row.instance, row.workflow.as_str(), row.task.key.as_str()), (soon.id, "exam", "soon"));
    assert_eq!(row.leased, Some(("ada".into(), now + LEASE)));
    let expected = Lease {
        instance: soon.id,
        task: "soon".into(),
        holder: "ada".into(),
        epoch: lease.epoch,
        until: now + LEASE,
    };
    assert_eq!(lease, expected);
    assert_eq!(claim(&student, &review("bo")).await.unwrap().0.instance, later.id);
    assert_eq!(claim(&student, &review("cy")).await, None);
    assert_eq!(claim(&student, &by("cy")).await.unwrap().0.instance, elsewhere.id);
}

pub async fn a_task_asks_for_a_role(student: Student) {
    let roles = |names: [&str; 2]| names.map(String::from).into();
    let case = with(&student, Task { roles: roles(["lead", "审核员"]), ..task("look", student.now()) }).await;
    for wrong in [BTreeSet::new(), roles(["clerk", "lea"])] {
        assert_eq!(claim(&student, &TaskClaim { roles: wrong, ..by("ada") }).await, None);
    }
    let (row, _) =
        claim(&student, &TaskClaim { roles: roles(["clerk", "审核员"]), ..by("ada") }).await.unwrap();
    assert_eq!((row.instance, row.task.roles), (case.id, roles(["lead", "审核员"])));
}

pub async fn the_excluded_do_not_get_a_task(student: Student) {
    let excluded = BTreeSet::from(["ada".into(), "o'hara \"x\"".into()]);
    with(&student, Task { excluded: excluded.clone(), ..task("second look", student.now()) }).await;
    assert_eq!(claim(&student, &by("ada")).await, None);
    assert_eq!(claim(&student, &by("o'hara \"x\"")).await, None);
    assert_eq!(claim(&student, &by("bo")).await.unwrap().0.task.excluded, excluded);
}

pub async fn a_reserved_task_waits_for_its_person(student: Student) {
    let until = student.now() + SECOND;
    let reserved = Some(("ada".into(), until));
    with(&student, Task { reserved: reserved.clone(), ..task("undo", student.now()) }).await;
    assert_eq!(claim(&student, &by("bo")).await, None);
    let (row, lease) = claim(&student, &by("ada")).await.unwrap();
    assert_eq!(row.task.reserved, reserved);
    assert!(student.store.release(&lease).await.unwrap());
    student.wait(SECOND - Duration::from_micros(1));
    assert_eq!(claim(&student, &by("bo")).await, None);
    student.wait(Duration::from_micros(1));
    assert!(claim(&student, &by("bo")).await.is_some());
}

pub async fn a_leased_task_is_nobody_elses(student: Student) {
    with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    assert_eq!(claim(&student, &by("bo")).await, None);
    student.wait(LEASE - Duration::from_micros(1));
    assert_eq!(claim(&student, &by("bo")).await, None);
    assert!(student.store.release(&lease).await.unwrap());
    assert!(claim(&student, &by("bo")).await.is_some());
}

pub async fn an_expired_lease_frees_the_task(student: Student) {
    let case = with_task(&student, "look").await;
    let (_, old) = claim(&student, &by("ada")).await.unwrap();
    student.wait(LEASE);
    let query = TaskQuery { instance: Some(case.id), limit: 9, ..TaskQuery::default() };
    let leased = student.store.tasks(&query).await.unwrap().remove(0).leased;
    assert_eq!(leased, Some(("ada".into(), student.now())), "the last lease is shown");
    assert_eq!(student.store.renew(&old, LEASE).await, Ok(None));
    let (_, new) = claim(&student, &by("bo")).await.unwrap();
    assert!(new.epoch > old.epoch);
    assert!(!student.store.release(&old).await.unwrap());
    assert!(student.store.release(&new).await.unwrap());
}

pub async fn claiming_again_makes_the_older_lease_void(student: Student) {
    with_task(&student, "look").await;
    let (_, first) = claim(&student, &by("ada")).await.unwrap();
    student.wait(SECOND);
    let (_, second) = claim(&student, &by("ada")).await.unwrap();
    assert!(second.epoch > first.epoch);
    assert_eq!(second.until, student.now() + LEASE);
    assert_eq!(student.store.renew(&first, LEASE).await, Ok(None));
    assert!(!student.store.release(&first).await.unwrap());
    assert!(student.store.renew(&second, LEASE).await.unwrap().is_some());
}

pub async fn one_of_many_people_gets_a_task(student: Student) {
    let case = with_task(&student, "look").await;
    let mut last = 0;
    for _ in 0..4 {
        let people: Vec<_> = (0..8)
            .map(|n| {
                let store = Arc::clone(&student.store);
                let claim = by(&format!("person-{n}"));
                tokio::spawn(async move { store.claim_task(&claim).await.unwrap() })
            })
            .collect();
        let mut leases = Vec::new();
        for person in people {
            leases.extend(person.await.unwrap().map(|(_, lease)| lease));
        }
        assert_eq!(leases.len(), 1);
        assert_eq!(leases[0].instance, case.id);
        assert!(leases[0].epoch > last, "epochs rise");
        last = leases[0].epoch;
        assert!(student.store.release(&leases[0]).await.unwrap());
    }
}

pub async fn a_lease_is_renewed_while_it_holds(student: Student) {
    with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    student.wait(LEASE - SECOND);
    let renewed = student.store.renew(&lease, LEASE).await.unwrap().unwrap();
    assert_eq!(renewed, Lease { until: student.now() + LEASE, ..lease.clone() });
    student.wait(LEASE - SECOND);
    assert_eq!(claim(&student, &by("bo")).await, None);
    // The lease is known by its epoch, so the older copy renews as well.
    assert!(student.store.renew(&lease, LEASE).await.unwrap().is_some());
    for wrong in [
        Lease { holder: "bo".into(), ..lease.clone() },
        Lease { epoch: lease.epoch + 1, ..lease.clone() },
        Lease { task: "other".into(), ..lease.clone() },
        Lease { instance: Case::new(&student).id, ..lease },
    ] {
        assert_eq!(student.store.renew(&wrong, LEASE).await, Ok(None));
        assert!(!student.store.release(&wrong).await.unwrap());
    }
}

pub async fn a_task_is_given_back_once(student: Student) {
    let case = with_task(&student, "look").await;
    let (_, lease) = claim(&student, &by("ada")).await.unwrap();
    assert!(student.store.release(&lease).await.unwrap());
    assert!(!student.store.release(&lease).await.unwrap());
    let query = TaskQuery { instance: Some(case.id), limit: 9, ..TaskQuery::default() };
    assert_eq!(student.store.tasks(&query).await.unwrap()[0].leased, None);
}

pub async fn a_task_of_one_instance_is_claimed_by_name(student: Student) {
    with(&student, task("soon", student.now())).await;
    let case = with_task(&student, "look").await;
    let named = TaskClaim { instance: Some(case.id), ..by("ada") };
    let elsewhere = TaskClaim { queue: Some("fraud".into()), ..named.clone() };
    assert_eq!(claim(&student, &elsewhere).await, None);
    assert_eq!(claim(&student, &named).await.unwrap().0.instance, case.id);
    assert_eq!(claim(&student, &TaskClaim { instance: Some(case.id), ..by("bo") }).await, None);
}

pub async fn tasks_are_listed_by_filter_and_page(student: Student) {
    let now = student.now();
    let mut ids = Vec::new();
    for (n, queue) in (0..).zip(["review", "fraud", "review", "review"]) {
        let due = now + SECOND * if n == 3 { 2 } else { n };
        ids.push(with(&student, Task { queue: queue.into(), ..task("look", due) }).await.id);
    }
    ids[2..].sort();
    let found = async |query: TaskQuery| {
        let rows = student.store.tasks(&query).await.unwrap();
        rows.into_iter().map(|row| row.instance).collect::<Vec<_>>()
    };
    let all = || TaskQuery { limit: 9, ..TaskQuery::default() };
    assert_eq!(found(all()).await, ids);
    assert_eq!(found(TaskQuery { limit: 2, ..all() }).await, ids[..2]);
    assert_eq!(found(TaskQuery { after: Some((now + SECOND, ids[1])), ..all() }).await, ids[2..]);
    assert_eq!(found(TaskQuery { after: Some((now + SECOND * 2, ids[2])), ..all() }).await, ids[3..]);
    assert_eq!(found(TaskQuery { queue: Some("fraud".into()), ..all() }).await, ids[1..2]);
    assert_eq!(found(TaskQuery { instance: Some(ids[3]), ..all() }).await, ids[3..]);
    assert_eq!(found(TaskQuery { due_by: Some(now + SECOND), ..all() }).await, ids[..2]);
    claim(&student, &by("ada")).await.unwrap();
    assert_eq!(found(TaskQuery { holder: Some("ada".into()), ..all() }).await, ids[..1]);
    student.wait(LEASE);
    assert_eq!(found(TaskQuery { holder: Some("ada".into()), ..all() }).await, []);
}
