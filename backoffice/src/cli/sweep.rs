//! Sweeps over many licences.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Client;
use super::connection::{As, Connection};
use super::exit::{Exit, Failure};
use super::output::{Output, text};
use super::progress::Progress;
use super::table::Table;

/// How often a sweep that is followed is looked at.
const LOOK: Duration = Duration::from_millis(300);

/// `sealwright sweep`.
#[derive(Subcommand, Debug)]
pub(crate) enum Sweep {
    /// Start a sweep, and follow it to its end
    Start(Start),
    /// List sweeps, newest first
    List {
        /// Those under way alone
        #[arg(long)]
        open: bool,
        /// Of this schedule
        #[arg(long, value_name = "NAME")]
        schedule: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Show how far a sweep is and what it came to
    Show {
        /// The sweep
        id: Uuid,
        /// Follow it to its end
        #[arg(long)]
        watch: bool,
    },
    /// Stop it after the slice that is under way
    Pause {
        /// The sweep
        id: Uuid,
    },
    /// Go on
    Resume {
        /// The sweep
        id: Uuid,
    },
    /// End it; what was followed stays, and the next one begins where this one did
    Cancel {
        /// The sweep
        id: Uuid,
    },
}

/// What is gone through.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// What changed in the register since the last one that finished
    Changes,
    /// Everything, by digests
    Full,
}

/// How it is started.
#[derive(Args, Debug)]
pub(crate) struct Start {
    /// What to go through
    kind: Kind,
    /// Licences followed each second, at most; the policy's if left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    per_second: Option<u32>,
    /// Only count what is not in step
    #[arg(long)]
    dry_run: bool,
    /// From the beginning, not from where the last one ended
    #[arg(long)]
    anew: bool,
    /// Do not wait for its end
    #[arg(long)]
    detach: bool,
}

impl Sweep {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = connection.client(As::Operator)?;
        match self {
            Sweep::Start(start) => start.run(&client, output).await,
            Sweep::List { open, schedule, limit } => list(&client, output, open, schedule, limit).await,
            Sweep::Show { id, watch } => {
                let sweep = client.get(&format!("/v1/sweeps/{id}")).await?;
                if watch { follow(&client, output, sweep).await } else { print(output, &sweep) }
            }
            Sweep::Pause { id } => act(&client, output, id, "pause").await,
            Sweep::Resume { id } => act(&client, output, id, "resume").await,
            Sweep::Cancel { id } => act(&client, output, id, "cancel").await,
        }
    }
}

impl Start {
    async fn run(self, client: &Client, output: &Output) -> Result<(), Failure> {
        let kind = match self.kind {
            Kind::Changes => "changes",
            Kind::Full => "full",
        };
        let Self { per_second, dry_run, anew, detach, .. } = self;
        let start = json!({"kind": kind, "per_second": per_second, "dry_run": dry_run, "anew": anew});
        let sweep = client.post("/v1/sweeps", &start).await?;
        if detach { print(output, &sweep) } else { follow(client, output, sweep).await }
    }
}

/// Follows a sweep until it is over or stands paused. Whoever leaves meanwhile does not end it.
pub(super) async fn follow(client: &Client, output: &Output, mut sweep: Value) -> Result<(), Failure> {
    let path = format!("/v1/sweeps/{}", text(&sweep, "id"));
    // How long the list of changes is, nobody knows; of a full sweep what is known here is a good guess.
    let total = sweep["known"].as_u64().filter(|known| sweep["kind"] == "full" && *known > 0);
    let progress = Progress::begin(output, "licences", total);
    while sweep["closed"] != true && sweep["phase"] != "paused" {
        tokio::time::sleep(LOOK).await;
        sweep = client.get(&path).await?;
        let counts = &sweep["counts"];
        let seen = counts["seen"].as_u64().unwrap_or_default();
        progress.done(total.map_or(seen, |total| seen.min(total)));
        progress.say(format!("{} seen {seen}, {}", text(&sweep, "phase"), summary(counts)));
    }
    drop(progress);
    print(output, &sweep)?;
    match sweep["phase"].as_str() {
        Some("skipped") => {
            let todo =
                format!("Follow that one: sealwright sweep show {} --watch", text(&sweep, "skipped_for"));
            Err(Failure::new(
                Exit::Conflict,
                "sweep-under-way",
                "another sweep of this kind is under way",
                todo,
            ))
        }
        _ => Ok(()),
    }
}

async fn act(client: &Client, output: &Output, id: Uuid, action: &str) -> Result<(), Failure> {
    let sweep = client.post(&format!("/v1/sweeps/{id}/actions/{action}"), &json!({})).await?;
    print(output, &sweep)
}

async fn list(
    client: &Client,
    output: &Output,
    open: bool,
    schedule: Option<String>,
    limit: usize,
) -> Result<(), Failure> {
    let mut query: Vec<_> = schedule.into_iter().map(|schedule| ("schedule", schedule)).collect();
    if open {
        query.push(("closed", "false".into()));
    }
    let items = client.list("/v1/sweeps", &query, limit).await?;
    output.many(&items, "There are no such sweeps.", || {
        let mut table = Table::new(["ID", "PHASE", "BEGAN", "CHANGED", "PARKED"]);
        for item in &items {
            table.row(["id", "phase", "created_at", "updated_at", "parked"].map(|field| text(item, field)));
        }
        table
    })
}

fn print(output: &Output, sweep: &Value) -> Result<(), Failure> {
    output.one(sweep, || describe(sweep))
}

/// What was done and what was not, without what did not occur.
fn summary(counts: &Value) -> String {
    let all = [
        "unchanged",
        "different",
        "reissued",
        "suspended",
        "restored",
        "hidden",
        "invalidated",
        "noted",
        "failed",
        "unknown",
    ];
    let occurred = all.iter().filter_map(|name| match counts[*name].as_u64() {
        None | Some(0) => None,
        Some(count) => Some(format!("{name} {count}")),
    });
    let occurred: Vec<_> = occurred.collect();
    if occurred.is_empty() { "nothing to do".into() } else { occurred.join(", ") }
}

fn describe(sweep: &Value) -> String {
    let dry = if sweep["dry_run"] == true { ", a dry run" } else { "" };
    let mut lines = format!(
        "sweep        {}\nkind         {}{dry}\nphase        {}\nbegan        {}\nper second   {}\nseen         {}\ncame to      {}\n",
        text(sweep, "id"),
        text(sweep, "kind"),
        text(sweep, "phase"),
        text(sweep, "started_at"),
        text(sweep, "per_second"),
        sweep["counts"]["seen"],
        summary(&sweep["counts"]),
    );
    for (heading, field) in
        [("schedule", "schedule"), ("absent", "absent"), ("skipped for", "skipped_for"), ("parked", "parked")]
    {
        if !sweep[field].is_null() && sweep[field] != 0 {
            lines.push_str(&format!("{heading:<12} {}\n", text(sweep, field)));
        }
    }
    for (cause, count) in sweep["causes"].as_object().into_iter().flatten() {
        lines.push_str(&format!("failed       {count} {cause}\n"));
    }
    for failure in sweep["failures"].as_array().into_iter().flatten() {
        lines.push_str(&format!("             {} {}\n", text(failure, "licence"), text(failure, "cause")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_is_told_by_what_occurred() {
        let sweep = json!({"id": "s", "kind": "full", "phase": "finished", "dry_run": false, "per_second": 50,
            "started_at": "t", "counts": {"seen": 9, "unchanged": 7, "reissued": 1, "failed": 1, "hidden": 0},
            "absent": 0, "schedule": null, "causes": {"unreadable": 1},
            "failures": [{"cause": "unreadable", "licence": "l-1"}]});
        let told = describe(&sweep);
        assert!(told.contains("came to      unchanged 7, reissued 1, failed 1\n"), "{told}");
        assert!(told.contains("failed       1 unreadable\n             l-1 unreadable\n"), "{told}");
        assert!(!told.contains("absent") && !told.contains("hidden"), "{told}");
        assert_eq!(summary(&json!({})), "nothing to do");
    }
}
