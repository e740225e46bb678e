//! Plays a story again and again, cut at another point each time.

use std::path::Path;

use sealwright_engine::testing::Cut;

use crate::audit::{Looked, audit, ended_well};
use crate::mains::Manner;
use crate::play::play;
use crate::story::Story;
use crate::town::{Ground, Plan, Town};

/// What a sweep came to.
#[derive(Clone, Copy, Default, Debug)]
pub struct Swept {
    /// Points of the story.
    pub points: u64,
    /// Runs that were cut.
    pub cuts: u64,
    /// Audited journal rows, over all runs.
    pub rows: usize,
}

/// Plays `story` uncut, then cut before and after each of its points. `ground` gives each run a new one.
pub async fn sweep(story: &Story, keys: &Path, ground: impl Fn() -> Ground) -> Swept {
    let mut swept = Swept::default();
    let (uncut, _) = run(story, Plan::new(ground(), keys.to_owned())).await;
    swept.points = uncut.mains().points();
    for cut in [Cut::Before, Cut::After] {
        for n in 0.. {
            let plan = Plan::new(ground(), keys.to_owned());
            plan.mains.cut_at(n, cut, Manner::Dark);
            let (town, looked) = run(story, plan).await;
            swept.rows += looked.rows;
            if town.mains().is_pending() {
                // The order of what happens at once varies, and with it the number of batches.
                assert!(n + 20 >= swept.points, "{}: {n} points, uncut {}", story.name, swept.points);
                break;
            }
            swept.cuts += 1;
        }
    }
    swept
}

/// Plays a story to its end, audits it, and holds its end against what it says.
pub async fn run(story: &Story, plan: Plan) -> (Town, Looked) {
    let mut town = plan.open().await;
    play(&mut town, story).await;
    let looked = audit(&town).await;
    ended_well(&town, story).await;
    (town, looked)
}
