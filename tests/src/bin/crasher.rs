//! Plays one story on the SQLite file in a folder, from where its diary stands, and ends itself at a point it is
//! told:
//!
//! ```text
//! sealwright-crasher FOLDER KEYS STORY [N before|after]
//! ```
//! Without a point, or if the story ends before it, it audits what is there and prints what it looked at, and
//! then its metrics. Logs go to stderr as `RUST_LOG` says.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a helper of tests")]

use std::path::{Path, PathBuf};

use metrics_exporter_prometheus::PrometheusBuilder;
use sealwright_engine::testing::Cut;
use sealwright_tests::diary::Diary;
use sealwright_tests::mains::Manner;
use sealwright_tests::story;
use sealwright_tests::sweep::run;
use sealwright_tests::town::{Ground, Plan};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
    let metrics = PrometheusBuilder::new().install_recorder().expect("the first recorder of this process");
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, keys, name, point @ ..] = words.as_slice() else {
        panic!("usage: sealwright-crasher FOLDER KEYS STORY [N before|after]");
    };
    let folder = Path::new(folder);
    let mut plan = Plan::new(Ground::Sqlite(folder.join("town.db")), PathBuf::from(keys));
    plan.diary = Diary::in_file(&folder.join("diary.jsonl"));
    let mains = plan.mains.clone();
    if let [n, when] = point {
        let cut = if when == "before" { Cut::Before } else { Cut::After };
        mains.cut_at(n.parse().expect("a number"), cut, Manner::Abort);
    }
    let story = story::named(name).expect("a story of this name");
    let (town, looked) = run(&story, plan).await;
    println!("{} points, {} rows, {} documents", mains.points(), looked.rows, looked.documents);
    println!("{}", metrics.render());
    town.engine.stop().await;
}
