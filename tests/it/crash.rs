//! Every story, cut at every point: before and after each batch of the store, each claim, each write of the
//! vault, and between each effect and its settlement. Then recovered, finished and audited.
//!
//! In process on memory and on SQLite the office goes dark and another one takes over; `aborted` is a real
//! process on a real file that ends itself and is started again.

use sealwright_tests::files::Files;
use sealwright_tests::story;
use sealwright_tests::sweep::{Swept, sweep};
use sealwright_tests::town::{Ground, make_keys};

use crate::abort::aborted_everywhere;

macro_rules! stories {
    ($($name:ident: $story:literal,)*) => {
        /// Every story is swept here.
        const SWEPT: &[&str] = &[$($story),*];

        mod in_memory {
            $(#[tokio::test]
            async fn $name() { super::in_memory($story).await })*
        }

        mod aborted {
            $(#[tokio::test]
            async fn $name() { super::aborted_everywhere($story).await })*
        }
    };
}

stories! {
    retained_path: "retained",
    camera_path_with_a_second_try: "camera-second-try",
    album_path_sent_back_and_withdrawn: "album-withdrawn",
    album_path_refused_by_two: "album-refused",
    barred_and_back_again: "barred-and-back",
    approved_undone_and_approved: "undone",
    withdrawn_before_the_reservation: "withdrawn-before-reserve",
    withdrawn_before_the_licence_answers: "withdrawn-before-tell",
    order_abandoned_by_a_suspension: "order-abandoned",
    newer_record_at_submission: "newer-record",
    suspended_applicant: "suspended",
    two_open_for_one_licence: "two-open",
    suspended_restored_and_ended: "life",
}

#[test]
fn every_story_is_swept() {
    let all: Vec<_> = story::all().iter().map(|story| story.name).collect();
    assert_eq!(all, SWEPT);
}

async fn in_memory(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let story = story::named(name).unwrap();
    report(name, "memory", sweep(&story, &make_keys(folder.path()), || Ground::Memory).await);
}

/// The file stays open while the office changes: the four stories with the most that can go wrong.
mod on_a_file {
    use super::*;

    async fn on_a_file(name: &str) {
        let files = Files::new().await;
        let story = story::named(name).unwrap();
        report(name, "SQLite", sweep(&story, &make_keys(files.folder()), || files.fresh()).await);
    }

    #[tokio::test]
    async fn retained_path() {
        on_a_file("retained").await;
    }

    #[tokio::test]
    async fn camera_path_with_a_second_try() {
        on_a_file("camera-second-try").await;
    }

    #[tokio::test]
    async fn withdrawn_before_the_licence_answers() {
        on_a_file("withdrawn-before-tell").await;
    }

    #[tokio::test]
    async fn order_abandoned_by_a_suspension() {
        on_a_file("order-abandoned").await;
    }
}

fn report(name: &str, ground: &str, swept: Swept) {
    let Swept { points, cuts, rows } = swept;
    println!("{name} on {ground}: N = {points} points, cut {cuts} times, {rows} journal rows audited");
    assert!(cuts + 40 >= 2 * points && points > 10, "every point is cut before and after");
}
