//! Claims about deadlines and ticks.

use super::draft::Case;
use super::{Duration, Student};

const SECOND: Duration = Duration::from_secs(1);

pub async fn deadlines_come_due_in_order(student: Student) {
    let now = student.now();
    let third = Case::begun(&student, |draft| draft.wakes(now + SECOND * 3)).await;
    let mut first = Case::begun(&student, |draft| draft.wakes(now + SECOND)).await;
    let second = Case::begun(&student, |draft| draft.wakes(now + SECOND * 2)).await;
    Case::begun(&student, |draft| draft).await;
    assert_eq!(student.store.due(9).await.unwrap(), []);
    student.wait(SECOND - Duration::from_micros(1));
    assert_eq!(student.store.due(9).await.unwrap(), [], "a deadline never fires early");
    student.wait(Duration::from_micros(1));
    assert_eq!(student.store.due(9).await.unwrap(), [first.id]);
    student.wait(SECOND * 2);
    assert_eq!(student.store.due(9).await.unwrap(), [first.id, second.id, third.id]);
    assert_eq!(student.store.due(2).await.unwrap(), [first.id, second.id]);
    student.done(first.next(&student)).await;
    assert_eq!(student.store.due(9).await.unwrap(), [second.id, third.id]);
}

pub async fn the_next_deadline_is_the_soonest(student: Student) {
    assert_eq!(student.store.next_wake().await, Ok(None));
    let now = student.now();
    let mut soon = Case::begun(&student, |draft| draft.wakes(now + SECOND)).await;
    Case::begun(&student, |draft| draft.wakes(now + SECOND * 9)).await;
    assert_eq!(student.store.next_wake().await, Ok(Some(now + SECOND)));
    student.wait(SECOND * 5);
    assert_eq!(student.store.next_wake().await, Ok(Some(now + SECOND)), "a missed one is still the next");
    student.done(soon.next(&student).wakes(now + SECOND * 10)).await;
    assert_eq!(student.store.next_wake().await, Ok(Some(now + SECOND * 9)));
}

pub async fn a_handled_tick_never_moves_back(student: Student) {
    let at = student.now();
    assert_eq!(student.store.last_tick("nightly").await, Ok(None));
    for (due, expected) in [(at, at), (at + SECOND, at + SECOND), (at, at + SECOND)] {
        student.store.record_tick("nightly", due).await.unwrap();
        assert_eq!(student.store.last_tick("nightly").await, Ok(Some(expected)));
    }
    assert_eq!(student.store.last_tick("hourly").await, Ok(None));
}
