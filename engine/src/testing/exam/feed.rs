//! Claims about the feed of decisions.

use std::collections::HashMap;
use std::sync::Arc;

use super::Student;
use super::draft::Case;
use crate::store::{Position, Written};

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
    assert!(student.store.write(batch).await.iter().all(|answer| *answer == Ok(Written::Done)));
    let (_, rows) = student.feed(Position(0), 8).await;
    assert_eq!(rows[..4], expected);
    assert!(cases.iter().all(|case| rows[4..].iter().any(|row| row.instance == case.id)));
    assert_eq!(student.store.feed(Position(0), 5).await.unwrap().len(), 5);
}

pub async fn the_feed_ends_at_its_last_row(student: Student) {
    assert_eq!(student.store.feed_end().await, Ok(Position(0)));
    let mut case = Case::begun(&student, |draft| draft).await;
    let (first, _) = student.feed(Position(0), 1).await;
    assert_eq!(student.store.feed_end().await, Ok(first));
    assert_eq!(student.store.feed(first, 9).await, Ok(Vec::new()));
    let draft = case.next(&student);
    student.done(draft.clone()).await;
    let (second, rows) = student.feed(first, 1).await;
    assert_eq!(rows, [draft.0.row]);
    assert_eq!(student.store.feed_end().await, Ok(second));
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
    // Read while they write; a row that appears behind the reader's back is missed and missing.
    let (_, rows) = student.feed(Position(0), WRITERS * DECISIONS as usize).await;
    for writer in writers {
        writer.await.unwrap();
    }
    let mut versions = HashMap::new();
    for row in rows {
        let version = versions.entry(row.instance).or_insert(0);
        *version += 1;
        assert_eq!(row.version, *version, "a row was skipped, doubled or out of order");
    }
    assert_eq!(versions.len(), WRITERS);
    assert!(versions.values().all(|version| *version == DECISIONS));
}
