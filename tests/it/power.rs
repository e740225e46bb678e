//! PostgreSQL killed under load.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sealwright_engine::clock::{Clock as _, SystemClock};
use sealwright_tests::audit::Evidence;
use sealwright_tests::cluster::{Cluster, shared_ground};
use sealwright_tests::live::Applicants;
use sealwright_tests::outside::Outside;
use sealwright_tests::people;
use sealwright_tests::town::{Ground, Opened, Plan, make_keys};
use tokio::sync::Semaphore;

/// Applicants at once.
const AT_ONCE: usize = 64;

struct Office {
    applicants: Arc<Applicants>,
    plan: Plan,
    opened: Opened,
    _folder: tempfile::TempDir,
}

/// An office of so many nodes, in real time, each with connections of its own.
async fn office(ground: Ground, nodes: usize, people: std::ops::Range<u32>) -> Office {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(ground, make_keys(folder.path()));
    plan.poll_every = Duration::from_millis(20);
    let outside = Outside::new(plan.diary.clone());
    for who in people {
        outside.enter(who, people::record(who));
    }
    let mut running = Vec::new();
    let mut opened = Vec::new();
    for _ in 0..nodes {
        let ground = match (&plan.ground, opened.first()) {
            // There is one memory.
            (Ground::Memory, Some(first)) => Opened::clone(first),
            _ => plan.ground.open(Arc::new(SystemClock)).await,
        };
        running.push(plan.node(&ground, &outside).await);
        opened.push(ground);
    }
    let applicants = Arc::new(Applicants { nodes: running, plan: plan.clone() });
    Office { applicants, plan, opened: opened.remove(0), _folder: folder }
}

impl Office {
    /// Everybody applies, so many at once.
    fn all_apply(&self, people: std::ops::Range<u32>) -> Vec<tokio::task::JoinHandle<()>> {
        let doors = Arc::new(Semaphore::new(AT_ONCE));
        let apply = |who| {
            let (applicants, doors) = (self.applicants.clone(), doors.clone());
            tokio::spawn(async move {
                let _door = doors.acquire().await.unwrap();
                applicants.apply(who).await;
            })
        };
        people.map(apply).collect()
    }

    /// Waits for the last effects, and audits.
    async fn audited(&self, people: usize) {
        for node in &self.applicants.nodes {
            node.engine.stop().await;
        }
        // What the stop gave back is for a node to come, on connections of its own.
        let opened = match self.plan.ground {
            Ground::Memory => self.opened.clone(),
            _ => self.plan.ground.open(Arc::new(SystemClock)).await,
        };
        let outside = Outside::new(self.plan.diary.clone());
        let node = self.plan.node(&opened, &outside).await;
        let until = Instant::now() + Duration::from_secs(60);
        let due = sealwright_engine::store::EffectQuery {
            state: Some(sealwright_engine::store::EffectState::Due),
            limit: 9,
            ..Default::default()
        };
        while !opened.store.effects(&due).await.unwrap().is_empty() {
            assert!(Instant::now() < until, "effects stay due");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let looked = Evidence::of(&self.plan, &opened, SystemClock.now()).hold().await;
        node.engine.stop().await;
        println!("audited: {looked:?}");
        assert_eq!((looked.instances, looked.documents), (2 * people, people));
        let mails = self.plan.diary.mails();
        assert_eq!(mails.len(), people, "one mail each, after the same ids fell together");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_killed_under_load_loses_nothing_and_issues_nothing_twice() {
    const PEOPLE: u32 = 500;
    const KILLS: u32 = 5;
    let cluster = Cluster::start();
    let office = office(cluster.ground(), 1, 0..PEOPLE).await;
    let everybody = office.all_apply(0..PEOPLE);
    let finished = || everybody.iter().filter(|one| one.is_finished()).count();
    let cluster = Arc::new(cluster);
    for kill in 1..=KILLS {
        // While many are under way: killed when another part of them has finished.
        let so_far = (PEOPLE * kill / (KILLS + 2)) as usize;
        while finished() < so_far {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let down = cluster.clone();
        tokio::task::spawn_blocking(move || {
            down.kill();
            down.resume();
        })
        .await
        .unwrap();
        let (resumed, then) = (Instant::now(), finished());
        assert!(then < PEOPLE as usize, "killed under load");
        while finished() == then {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        println!(
            "kill {kill}: {then} had their licence, the next one {:?} after the server was back",
            resumed.elapsed()
        );
    }
    for one in join_all(everybody).await {
        one.unwrap();
    }
    office.audited(PEOPLE as usize).await;
    drop(office);
}

/// An effect that one node put off is taken up by the other, whose cache may be older than the effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_one_memory_given_every_command_issue_each_licence_once() {
    const PEOPLE: u32 = 200;
    let office = office(Ground::Memory, 2, 0..PEOPLE).await;
    for one in join_all(office.all_apply(0..PEOPLE)).await {
        one.unwrap();
    }
    office.audited(PEOPLE as usize).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_one_postgres_given_every_command_issue_each_licence_once() {
    const PEOPLE: u32 = 100;
    let office = office(shared_ground(), 2, 0..PEOPLE).await;
    for one in join_all(office.all_apply(0..PEOPLE)).await {
        one.unwrap();
    }
    office.audited(PEOPLE as usize).await;
}
