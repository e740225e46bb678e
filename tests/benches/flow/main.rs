//! What the whole costs: the retained-photo application from start to issued licence, beside a ceiling.
//!
//! ```text
//! cargo bench -p sealwright-tests --bench flow [-- --json] [--quick] [--million] [--licences 100000]
//! ```
//! A *client* carries one application after another through five commands: start (who applies is made known in the
//! vault first), confirm, liveness answer, submit, and the read of the signed document. Register, liveness vendor
//! and mail server answer in process; everything else is what an office runs: both workflows, the sealed vault with
//! a retained photo of 22 KB, two signing steps, a notice. A *transition* is a journal row, 12 for each
//! application. Each answer comes after its commit.
//!
//! The *ceiling* writes the same rows (journal, instances, effects and their settlements, labels, and what the vault
//! stores), captured from one recorded application, with the raw driver: SQLite in batches of half the clients (of
//! one for one), PostgreSQL with one statement of `UNNEST` arrays for each such batch over two connections. It
//! decides, signs and encrypts nothing. Its p50 and p99 are those of one batch. Rounds of both alternate, because
//! disks differ from second to second; what is printed are medians over the rounds.
//!
//! With `--licences N` nothing is compared: so many licences, at most 100,000, are issued in every form, published,
//! and read back; see [`licences`].
//!
//! `SEALWRIGHT_TEST_POSTGRES` names a server (`tests/postgres start` makes one); without it only SQLite is measured.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking and reports by printing"
)]

mod applicant;
mod ceiling;
mod counted;
mod figures;
mod ground;
mod licences;
mod memory;
mod million;
mod outside;
mod rounds;
mod script;

use std::time::Duration;

use figures::Figures;
use ground::Ground;
use rounds::Plan;
use script::Script;

/// Clients at once.
const CLIENTS: [usize; 3] = [1, 64, 256];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let known = [
        "--json",
        "--quick",
        "--million",
        "--licences",
        "--memory",
        "--store",
        "--clients",
        "--rounds",
        "--seconds",
    ];
    if let Some(unknown) = arguments.iter().find(|one| one.starts_with('-') && !known.contains(&one.as_str()))
    {
        eprintln!("flow: unknown option {unknown}; there are {}", known.join(" "));
        std::process::exit(2);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut grounds = ground::all();
        if let Some(store) = value("--store") {
            grounds.retain(|ground| ground.name() == store);
        }
        if let Some(store) = value("--memory") {
            let ground = grounds.into_iter().find(|ground| ground.name() == store).unwrap();
            return memory::measure(&ground).await;
        }
        if let Some(licences) = value("--licences") {
            let clients = value("--clients").map_or(256, |text| text.parse().unwrap());
            for ground in &grounds {
                licences::measure(ground, licences.parse().unwrap(), clients, has("--json")).await;
            }
            return;
        }
        let quick = has("--quick");
        let seconds = value("--seconds").map_or(if quick { 0.3 } else { 1.5 }, |text| text.parse().unwrap());
        let plan = Plan {
            rounds: value("--rounds").map_or(5, |text| text.parse().unwrap()),
            time: Duration::from_secs_f64(seconds),
            warm_up: Duration::from_secs_f64(if quick { 0.3 } else { 1.0 }),
        };
        if has("--million") {
            let script = Script::record().await;
            for ground in &grounds {
                million::measure(ground, &script, plan, has("--json")).await;
            }
            return;
        }
        let clients = value("--clients").map_or(CLIENTS.to_vec(), |text| vec![text.parse().unwrap()]);
        measure(&grounds, &clients, plan, has("--json")).await;
    });
}

async fn measure(grounds: &[Ground], clients: &[usize], plan: Plan, json: bool) {
    let script = Script::record().await;
    if !json {
        figures::explain(&script, plan);
    }
    for ground in grounds {
        let resident = memory::in_a_process_of_its_own(ground.name());
        for clients in clients {
            let rounds = rounds::alternate(ground, &script, *clients, plan).await;
            let figures = Figures::of(ground.name(), *clients, &rounds, resident);
            if json { figures.print_json() } else { figures.print_row() }
        }
    }
    if !json && !grounds.iter().any(|ground| ground.name() == "postgres") {
        println!(
            "\nPostgreSQL was not measured: SEALWRIGHT_TEST_POSTGRES names no server (`tests/postgres start`)."
        );
    }
}
