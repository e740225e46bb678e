//! `sealwright register import`: the register's records from a file.

mod lines;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::client::Client;
use super::connection::{As, Connection};
use super::exit::{Exit, Failure};
use super::output::Output;
use lines::Lines;
use sealwright::api::register::{IMPORT_BYTES, IMPORT_LINES};

/// `sealwright register`.
#[derive(Subcommand, Debug)]
pub(crate) enum Register {
    /// Take records from a file: each changes its licence as a push would; numbers that nobody applied with are left out
    ///
    /// A line that cannot be read is reported and the others are taken. Interrupted, run it again: what was taken
    /// counts once. Exit code 6 if a line was refused, 7 if some could not be taken now.
    Import {
        /// The file; a CSV has the record's fields as its header
        file: PathBuf,
        /// What is in it; by the file's name if left out
        #[arg(long)]
        format: Option<Format>,
        /// Read the file and report bad lines, without a server and without changing anything
        #[arg(long)]
        dry_run: bool,
    },
}

/// How a file holds records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// A header line, then a record a line
    Csv,
    /// A JSON object a line
    Ndjson,
}

/// What came of a file so far.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<String, u64>,
    refused: u64,
    later: u64,
}

impl Register {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<Exit, Failure> {
        let Register::Import { file, format, dry_run } = self;
        let by_name = match file.extension().and_then(|end| end.to_str()) {
            Some("csv") => Some(Format::Csv),
            Some("ndjson" | "jsonl") => Some(Format::Ndjson),
            _ => None,
        };
        let Some(format) = format.or(by_name) else {
            let what = format!("{} does not tell by its name what is in it", file.display());
            return Err(Failure::new(Exit::Usage, "format", what, "Say --format csv or --format ndjson."));
        };
        let lines = Lines::open(&file, format)?;
        let client = if dry_run { None } else { Some(connection.client(As::Operator)?) };
        let tally = import(lines, client.as_ref(), output).await?;
        let summary = json!({
            "file": file, "dry_run": dry_run, "outcomes": tally.outcomes, "refused": tally.refused,
            "later": tally.later,
        });
        output.one(&summary, || {
            let came: Vec<_> = tally.outcomes.iter().map(|(name, count)| format!("{count} {name}")).collect();
            let came = if came.is_empty() { "nothing".into() } else { came.join(", ") };
            format!("{came}; {} refused, {} not now", tally.refused, tally.later)
        })?;
        Ok(match (tally.later, tally.refused) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::Refused,
            _ => Exit::Unavailable,
        })
    }
}

/// Reads to the end, in parts that the server takes.
async fn import(lines: Lines, client: Option<&Client>, output: &Output) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut part: Vec<(u64, String)> = Vec::new();
    let mut bytes = 0;
    for (number, line) in lines {
        let record = match line {
            Ok(record) => record,
            Err(lines::Bad::Line(why)) => {
                tally.refuse(output, number, &why)?;
                continue;
            }
            Err(lines::Bad::File(failure)) => return Err(failure),
        };
        if part.len() == IMPORT_LINES || bytes + record.len() + 1 > IMPORT_BYTES {
            tally.send(client, &part, output).await?;
            part.clear();
            bytes = 0;
        }
        bytes += record.len() + 1;
        part.push((number, record));
    }
    tally.send(client, &part, output).await?;
    Ok(tally)
}

impl Tally {
    async fn send(
        &mut self,
        client: Option<&Client>,
        part: &[(u64, String)],
        output: &Output,
    ) -> Result<(), Failure> {
        if part.is_empty() {
            return Ok(());
        }
        let Some(client) = client else {
            *self.outcomes.entry("readable".into()).or_default() += part.len() as u64;
            return Ok(());
        };
        let body: Vec<&str> = part.iter().map(|(_, record)| record.as_str()).collect();
        let answer = client.lines("/v1/register/records", body.join("\n")).await?;
        let came = answer["lines"].as_array().map_or(&[][..], Vec::as_slice);
        for ((number, _), came) in part.iter().zip(came) {
            match (came["outcome"].as_str(), came["error"].as_str()) {
                (Some(outcome), _) => *self.outcomes.entry(outcome.to_owned()).or_default() += 1,
                (None, why) if came["retry"] == true => {
                    self.later += 1;
                    report(output, *number, why.unwrap_or_default())?;
                }
                (None, why) => self.refuse(output, *number, why.unwrap_or_default())?,
            }
        }
        if came.len() < part.len() {
            let what = "the server did not say what came of every line";
            return Err(Failure::new(Exit::Failed, "no-sealwright", what, "Run the same command again."));
        }
        Ok(())
    }

    fn refuse(&mut self, output: &Output, number: u64, why: &str) -> Result<(), Failure> {
        self.refused += 1;
        report(output, number, why)
    }
}

/// A bad line: as data for programs, as a note for people.
fn report(output: &Output, number: u64, why: &str) -> Result<(), Failure> {
    if output.json {
        let line: Value = json!({ "line": number, "error": why });
        return output.line(&line.to_string());
    }
    output.note(&format!("line {number}: {why}"));
    Ok(())
}
