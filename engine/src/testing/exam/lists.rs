//! Claims about what lists and counts say.

use super::draft::Case;
use super::{Duration, Student};
use crate::id::InstanceId;
use crate::store::{InstanceQuery, Order};

fn all() -> InstanceQuery {
    InstanceQuery { limit: 100, ..InstanceQuery::default() }
}

async fn ids(student: &Student, query: InstanceQuery) -> Vec<InstanceId> {
    student.store.list(&query).await.unwrap().into_iter().map(|row| row.id).collect()
}

pub async fn instances_are_listed_by_filter(student: Student) {
    let open = Case::begun(&student, |draft| draft.phase("photo", false)).await.id;
    student.wait(Duration::from_secs(1));
    let closed = Case::begun(&student, |draft| draft.phase("issued", true)).await.id;
    student.wait(Duration::from_secs(1));
    let other = Case::begun(&student, |draft| draft.workflow("other").phase("photo", false)).await.id;
    assert_eq!(ids(&student, all()).await, [open, closed, other]);
    assert_eq!(ids(&student, InstanceQuery { workflow: Some("exam".into()), ..all() }).await, [open, closed]);
    assert_eq!(ids(&student, InstanceQuery { phase: Some("photo".into()), ..all() }).await, [open, other]);
    assert_eq!(ids(&student, InstanceQuery { closed: Some(true), ..all() }).await, [closed]);
    let both = InstanceQuery { workflow: Some("exam".into()), closed: Some(false), ..all() };
    assert_eq!(ids(&student, both).await, [open]);
    let none = InstanceQuery { phase: Some("photo".into()), closed: Some(true), ..all() };
    assert_eq!(ids(&student, none).await, []);
}

pub async fn instances_are_listed_by_all_their_labels(student: Student) {
    let north =
        Case::begun(&student, |draft| draft.labelled([("class", "C1"), ("office", "north")])).await.id;
    let south =
        Case::begun(&student, |draft| draft.labelled([("class", "C1"), ("office", "south")])).await.id;
    let labels = |labels: &[(&str, &str)]| InstanceQuery {
        labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..all()
    };
    let mut either = [north, south];
    either.sort();
    assert_eq!(ids(&student, labels(&[("class", "C1")])).await, either);
    assert_eq!(ids(&student, labels(&[("class", "C1"), ("office", "south")])).await, [south]);
    assert_eq!(ids(&student, labels(&[("office", "C1")])).await, []);
    assert_eq!(ids(&student, labels(&[("office", "north"), ("office", "south")])).await, []);
}

pub async fn instances_are_paged_from_both_ends(student: Student) {
    let mut expected = Vec::new();
    for _ in 0..7 {
        expected.push(Case::begun(&student, |draft| draft).await.id);
        student.wait(Duration::from_millis(1));
    }
    for order in [Order::Oldest, Order::Newest] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = ids(&student, InstanceQuery { after, order, limit: 3, ..all() }).await;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            found.extend(page);
        }
        assert_eq!(found, expected);
        expected.reverse();
    }
    assert_eq!(ids(&student, InstanceQuery { limit: 0, ..all() }).await, []);
}

pub async fn labels_are_replaced_or_kept(student: Student) {
    let mut case =
        Case::begun(&student, |draft| draft.labelled([("class", "C1"), ("office", "north")])).await;
    student.done(case.next(&student)).await;
    let labels = async || student.store.labels(case.id).await.unwrap();
    assert_eq!(labels().await, [("class".into(), "C1".into()), ("office".into(), "north".into())]);
    let next = case.clone().next(&student).labelled([("office", "南"), ("path", "album")]);
    student.done(next).await;
    assert_eq!(labels().await, [("office".into(), "南".into()), ("path".into(), "album".into())]);
    let gone = InstanceQuery { labels: vec![("class".into(), "C1".into())], ..all() };
    assert_eq!(ids(&student, gone).await, []);
}

pub async fn the_census_counts_phases(student: Student) {
    for (phase, closed) in [("photo", false), ("issued", true), ("photo", false)] {
        Case::begun(&student, |draft| draft.phase(phase, closed)).await;
    }
    Case::begun(&student, |draft| draft.workflow("other").phase("photo", false)).await;
    let census = student.store.census("exam").await.unwrap();
    assert_eq!(census, [("issued".into(), true, 1), ("photo".into(), false, 2)]);
    assert_eq!(student.store.census("nothing").await.unwrap(), []);
}
