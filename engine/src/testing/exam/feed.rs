//! Claims about the feed of decisions.

use std::collections::HashMap;
use std::sync::Arc;

use super::Student;
use super::draft::Case;
use crate::journal::Row;
use crate::store::{Position, Store, Written};

/// Everything behind `after`, in pages.
async fn rest(store: &dyn Store, mut after: Position, rows: &mut Vec<Row>) -> Position {
    loop {
        let page = store.feed(after, 3).await.unwrap();
        if page.is_empty() {
            return after;
        }
        for (position, row) in page {
            assert!(position > after, "positions rise");
            after = position;
            rows.push(row);
        }
    }
}

pub async fn the_feed_is_read_in_pages(student: Student) {
    assert_eq!(student.store.feed(Position(0), 9).await, Ok(Vec::new()));
    let mut case = Case::new(&student);
    let mut expected = Vec::new();
    for _ in 0..4 {
        let draft = case.next(&student);
        expected.push(draft.0.row.clone());
        student.done(draft).await;
    }
    let mut cases: Vec<_> = (0..4).map(|_| Case::new(&student)).collect();
    let batch = cases.iter_mut().map(|case| case.next(&student).into()).collect();
    assert!(
        student
            .store
            .write(batch)
            .await
            .iter()
            .all(|answer| *answer == Ok(Written::Done))
    );
    let mut rows = Vec::new();
    rest(&*student.store, Position(0), &mut rows).await;
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[..4], expected);
    assert!(
        cases
            .iter()
            .all(|case| rows[4..].iter().any(|row| row.instance == case.id))
    );
}

pub async fn the_feed_ends_at_its_last_row(student: Student) {
    assert_eq!(student.store.feed_end().await, Ok(Position(0)));
    let mut case = Case::begun(&student, |draft| draft).await;
    let end = student.store.feed_end().await.unwrap();
    assert_eq!(student.store.feed(end, 9).await, Ok(Vec::new()));
    let draft = case.next(&student);
    student.done(draft.clone()).await;
    let page = student.store.feed(end, 9).await.unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(page[0].1, draft.0.row);
    assert_eq!(student.store.feed_end().await, Ok(page[0].0));
}

pub async fn the_feed_skips_nothing_under_writers(student: Student) {
    const WRITERS: usize = 4;
    const DECISIONS: u64 = 40;
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let mut case = Case::new(&student);
            let drafts: Vec<_> = (0..DECISIONS).map(|_| case.next(&student)).collect();
            let store = Arc::clone(&student.store);
            tokio::spawn(async move {
                for draft in drafts {
                    assert_eq!(store.write(vec![draft.into()]).await, [Ok(Written::Done)]);
                }
            })
        })
        .collect();
    let (mut rows, mut after) = (Vec::new(), Position(0));
    loop {
        let last = writers.iter().all(tokio::task::JoinHandle::is_finished);
        after = rest(&*student.store, after, &mut rows).await;
        if last {
            break;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let mut versions = HashMap::new();
    for row in rows {
        let version = versions.entry(row.instance).or_insert(0);
        *version += 1;
        assert_eq!(
            row.version, *version,
            "a row was skipped, doubled or out of order"
        );
    }
    assert_eq!(versions.len(), WRITERS);
    assert!(versions.values().all(|version| *version == DECISIONS));
}
