//! Resident memory with 10,000 live instances, in a process that does nothing else.

use std::process::Command;
use std::sync::Arc;

use crate::applicant;
use crate::ground::Ground;

/// An application and its licence each.
const LIVE: usize = 10_000;

/// Clients at once.
const CLIENTS: usize = 64;

/// Runs [`measure`] in another process; answers its figure in MiB.
pub(crate) fn in_a_process_of_its_own(store: &str) -> f64 {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).args(["--memory", store]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    said.trim().parse().unwrap_or_else(|_| panic!("the memory of {store} was not measured: {said}{error}"))
}

/// Carries as many applications through as leave that many instances in memory, and prints the resident MiB.
pub(crate) async fn measure(ground: &Ground) {
    let place = ground.place().await;
    let desk = Arc::new(place.desk(LIVE).await);
    let clients = (0..CLIENTS).map(|_| {
        let desk = desk.clone();
        tokio::spawn(async move {
            for _ in 0..LIVE.div_ceil(2 * CLIENTS) {
                applicant::apply(&desk).await;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    println!("{:.1}", resident());
    desk.engine.stop().await;
    drop(desk);
    place.clear().await;
}

pub(crate) fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1_024.0
}
