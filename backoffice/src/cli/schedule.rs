//! What recurs.

use clap::Subcommand;
use serde_json::{Value, json};

use super::connection::{As, Connection};
use super::exit::Failure;
use super::output::{Output, text};
use super::sweep::follow;
use super::table::Table;

/// `sealwright schedule`.
#[derive(Subcommand, Debug)]
pub(crate) enum Schedule {
    /// List the schedules of the policy
    List,
    /// Say when a schedule comes next
    Next {
        /// Its name
        name: String,
        /// So many times
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=100))]
        count: u8,
    },
    /// Begin what a tick would begin, now
    RunNow {
        /// Its name
        name: String,
        /// Do not wait for its end
        #[arg(long)]
        detach: bool,
    },
}

impl Schedule {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = connection.client(As::Operator)?;
        match self {
            Schedule::List => {
                let mut found = client.get("/v1/schedules?next=1").await?;
                let items = match found["items"].take() {
                    Value::Array(items) => items,
                    _ => Vec::new(),
                };
                output.many(&items, "The policy has no schedules.", || table(&items))
            }
            Schedule::Next { name, count } => {
                let planned = client.get(&format!("/v1/schedules/{name}?next={count}")).await?;
                output.one(&planned, || {
                    let next = planned["next"].as_array().into_iter().flatten();
                    next.map(|at| format!("{}\n", at.as_str().unwrap_or_default())).collect()
                })
            }
            Schedule::RunNow { name, detach } => {
                let begun = client.post(&format!("/v1/schedules/{name}/actions/run-now"), &json!({})).await?;
                if begun["counts"].is_object() && !detach {
                    return follow(&client, output, begun).await;
                }
                output.one(&begun, || format!("{}  {}", text(&begun, "id"), text(&begun, "phase")))
            }
        }
    }
}

fn table(items: &[Value]) -> Table {
    let mut table = Table::new(["NAME", "KIND", "CRON", "ZONE", "MISFIRE", "NEXT", "HANDLED"]);
    for item in items {
        let next = item["next"][0].as_str().unwrap_or("-").to_owned();
        let fields = ["name", "kind", "cron", "zone", "misfire"].map(|field| text(item, field).into_owned());
        table.row(fields.into_iter().chain([next, text(item, "handled").into_owned()]));
    }
    table
}
