//! Auditing the journal.

use clap::Subcommand;
use sealwright::config::Config;
use serde_json::{Value, json};

use super::client::Client;
use super::configuration::ConfigFile;
use super::connection::{As, Connection};
use super::exit::{Exit, Failure};
use super::output::{Output, text};
use super::progress::Progress;

/// `sealwright audit`.
#[derive(Subcommand, Debug)]
pub(crate) enum Audit {
    /// Walk every instance's journal, check each row's seal, and hold it against the instance's row
    Verify {
        /// Open the store of the configuration here, instead of asking a server; SQLite's server must be stopped
        #[arg(long)]
        offline: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
}

impl Audit {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<Exit, Failure> {
        let Audit::Verify { offline, file } = self;
        let found = if offline {
            here(&file.load()?, output).await?
        } else {
            there(&connection.client(As::Operator)?.patient(), output).await?
        };
        let clean = found["findings"].as_array().is_some_and(Vec::is_empty);
        output.one(&found, || describe(&found))?;
        Ok(if clean { Exit::Done } else { Exit::Failed })
    }
}

/// Asks the server, stretch by stretch.
async fn there(server: &Client, output: &Output) -> Result<Value, Failure> {
    let progress = Progress::begin(output, "the server walks its journal", None);
    let (mut instances, mut rows, mut findings) = (0, 0, Vec::new());
    let mut path = "/v1/audit".to_owned();
    loop {
        let found = server.post(&path, &json!({})).await?;
        instances += found["instances"].as_u64().unwrap_or_default();
        rows += found["rows"].as_u64().unwrap_or_default();
        findings.extend(found["findings"].as_array().cloned().unwrap_or_default());
        progress.say(format!("{instances} instances, {} finding(s)", findings.len()));
        match found["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/audit?cursor={cursor}"),
            None => return Ok(json!({"instances": instances, "rows": rows, "findings": findings})),
        }
    }
}

async fn here(config: &Config, output: &Output) -> Result<Value, Failure> {
    let master = sealwright::serve::master_key(config)?;
    let opened = sealwright_storage::open(&config.store.url, &master).await;
    let store = opened.map(|opened| opened.store).map_err(|error| {
        let what = format!("the store `{}` cannot be opened", sealwright::desk::shown(&config.store.url));
        Failure::new(Exit::Unavailable, "store", what, "Stop the server, or leave --offline out to ask it.")
            .because(error)
    })?;
    let progress = Progress::begin(output, "instances", None);
    let audited =
        sealwright_engine::audit::audit(&*store, |walked| progress.say(format!("{walked} instances"))).await;
    let found = audited.map_err(|error| Failure::from(anyhow::Error::new(error)))?;
    let findings: Vec<_> = found.findings.iter().map(ToString::to_string).collect();
    Ok(json!({"instances": found.instances, "rows": found.rows, "findings": findings}))
}

fn describe(found: &Value) -> String {
    let findings: Vec<_> =
        found["findings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut lines = format!("{} instances, {} sealed rows, ", text(found, "instances"), text(found, "rows"));
    match findings.len() {
        0 => lines.push_str("nothing amiss"),
        count => lines.push_str(&format!("{count} finding(s):")),
    }
    findings.iter().for_each(|finding| lines.push_str(&format!("\n  {finding}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_all_told() {
        let clean = json!({"instances": 2, "rows": 9, "findings": []});
        assert_eq!(describe(&clean), "2 instances, 9 sealed rows, nothing amiss");
        let broken = json!({"instances": 2, "rows": 8, "findings": ["row altered"]});
        assert!(describe(&broken).ends_with("1 finding(s):\n  row altered"));
    }
}
