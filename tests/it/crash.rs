//! Cut at every point of every story, in process.

use sealwright_tests::story;
use sealwright_tests::sweep::sweep;
use sealwright_tests::town::{Ground, make_keys};

#[tokio::test]
async fn a_story_cut_at_any_point_in_memory_ends_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().unwrap();
    let keys = make_keys(folder.path());
    for story in story::all() {
        let swept = sweep(&story, &keys, || Ground::Memory).await;
        println!("{:<26} {:>4} points, {:>4} cuts", story.name, swept.points, swept.cuts);
    }
}
