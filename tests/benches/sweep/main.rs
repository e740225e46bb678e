//! What a full sweep costs: a million licences compared with the register, some of them issued anew.
//!
//! ```text
//! cargo bench -p sealwright-tests --bench sweep [-- --json] [--licences N] [--rounds N] [--store sqlite|postgres]
//! ```
//! The register answers in process, with pages of 10,000 digests; everything else is what an office runs: the sweep as
//! a workflow on the engine, the ledger in the store's own database, the office that follows differences and issues
//! anew. *Compared* is a whole sweep that finds everything in step, from its start to its end. The *raw* loop does with
//! the driver what a comparison cannot avoid: it looks every licence up by its hash, in an order of its own, and
//! compares; SQLite with one prepared statement a licence in one transaction, PostgreSQL with one statement a page. It
//! hashes nothing and knows no workflow. Sweep and raw loop alternate; what is printed are medians.
//!
//! *Reissued* is a sweep that finds licences changed: from its start until each has its new version signed. The p99 is
//! that of an applicant who carries one application after another through, beside sweeps and without.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking and reports by printing"
)]

#[path = "../flow/applicant.rs"]
#[expect(dead_code, reason = "the other bench tells how long a document takes")]
mod applicant;
mod ground;
mod raw;
mod rounds;

use serde::Serialize;

/// One line.
#[derive(Serialize)]
struct Figures {
    store: &'static str,
    licences: u32,
    compared_per_s: f64,
    raw_per_s: f64,
    compared_ratio: f64,
    reissued_per_s: f64,
    rss_mib: f64,
    command_p99_idle_ms: f64,
    command_p99_sweep_ms: f64,
    command_p99_ratio: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let known = ["--json", "--licences", "--rounds", "--store"];
    if let Some(unknown) = arguments.iter().find(|one| one.starts_with('-') && !known.contains(&one.as_str()))
    {
        eprintln!("sweep: unknown option {unknown}; there are {}", known.join(" "));
        std::process::exit(2);
    }
    let licences = value("--licences").map_or(1_000_000, |text| text.parse().unwrap());
    let rounds = value("--rounds").map_or(3, |text| text.parse().unwrap());
    let json = arguments.iter().any(|argument| argument == "--json");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut grounds = vec![ground::Ground::Sqlite];
        grounds.extend(
            std::env::var("SEALWRIGHT_TEST_POSTGRES").ok().map(|url| ground::Ground::Postgres { url }),
        );
        if let Some(store) = value("--store") {
            grounds.retain(|ground| ground.name() == store);
        }
        for ground in grounds {
            let figures = rounds::measure(&ground, licences, rounds).await;
            if json { println!("{}", serde_json::to_string(&figures).unwrap()) } else { figures.print() }
        }
    });
}

impl Figures {
    fn print(&self) {
        println!(
            "{}: {} licences: {:.0} compared per s, raw {:.0} ({:.2}); {:.0} issued anew per s; command p99 {:.2} ms idle, \
             {:.2} ms beside sweeps ({:.2}); {:.0} MiB",
            self.store,
            self.licences,
            self.compared_per_s,
            self.raw_per_s,
            self.compared_ratio,
            self.reissued_per_s,
            self.command_p99_idle_ms,
            self.command_p99_sweep_ms,
            self.command_p99_ratio,
            self.rss_mib,
        );
    }
}
