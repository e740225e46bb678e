//! The command line.

mod api_key;
mod app;
mod audit;
mod card;
mod configuration;
mod doctor;
mod effect;
mod keys;
mod log;
mod migrate;
mod notice;
mod person;
mod register;
mod review;
mod schedule;
mod server;
mod status;
mod sweep;
mod verify;
mod workflow;

pub(crate) mod client;
mod confirm;
pub(crate) mod connection;
pub(crate) mod exit;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod qr;
mod table;

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::demo;
use connection::Connection;
use exit::{Exit, Failure};
use output::Output;

/// Carries applications for electronic driving licences from the first click to a signed document.
///
/// Without a command it does what `sealwright dev` does.
#[derive(Parser, Debug)]
#[command(name = "sealwright", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON: one object, or one a line; errors as JSON on stderr
    #[arg(long, global = true)]
    json: bool,
    /// No notes and no progress on stderr
    #[arg(long, short, global = true)]
    quiet: bool,
    /// No colours (also NO_COLOR)
    #[arg(long = "no-color", global = true)]
    no_colour: bool,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict or stale, 5 not permitted, \
6 refused by a rule or invalid credential, 7 unavailable: try again later, 130 interrupted.";

#[derive(Subcommand, Debug)]
enum Command {
    /// Start everything on this machine, sandbox services included, and print where it is
    Dev(server::Dev),
    /// Serve for real use, from sealwright.toml, environment and flags
    Serve(server::Serve),
    /// Play applicants, vendor, reviewers and verifier against a server of its own, and check each step
    Demo(demo::Options),
    /// Look at configuration, disk, store, keys, calendar and mail, and say what to do
    Doctor(configuration::ConfigFile),
    /// Apply migrations, or list them
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Applications: begin, list, show, act
    #[command(subcommand)]
    App(app::App),
    /// Photo reviews: take the next, approve, reject, undo
    #[command(subcommand)]
    Review(review::Review),
    /// Verify a code, an SD-JWT or an mdoc, offline with keys or roots, or a code online with --url
    Verify(verify::Verify),
    /// Draw the card of a code, or of a licence
    Card(card::CardCommand),
    /// Work for the outside world: list it, send what is stuck on its way again
    #[command(subcommand)]
    Effect(effect::Effect),
    /// Sweeps: bring many licences in step with the register
    #[command(subcommand)]
    Sweep(sweep::Sweep),
    /// What recurs: list it, say when it comes next, have it now
    #[command(subcommand)]
    Schedule(schedule::Schedule),
    /// What people are told: list the texts, look at one
    #[command(subcommand)]
    Notice(notice::Notice),
    /// The journal
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Document keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// The transparency log: its checkpoints, and proofs that it keeps its word
    #[command(subcommand)]
    Log(log::Log),
    /// Status lists, as verifiers read them
    #[command(subcommand)]
    Status(status::Status),
    /// What is kept of a person
    #[command(subcommand)]
    Person(person::Person),
    /// The authority's register: take its records from a file
    #[command(subcommand)]
    Register(register::Register),
    /// Keys for the HTTP API
    #[command(subcommand)]
    ApiKey(api_key::ApiKey),
    /// The workflows, drawn from their code
    #[command(subcommand)]
    Workflow(workflow::Workflow),
    /// The configuration
    #[command(subcommand)]
    Config(configuration::Configuration),
    /// Print the completion script of a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

impl Cli {
    /// Where its words go.
    pub(crate) fn output(&self) -> Output {
        Output::new(self.json, self.quiet, self.no_colour)
    }

    /// Which log lines are shown unless `SEALWRIGHT_LOG` says otherwise, and whether as JSON.
    pub(crate) fn log(&self) -> (&'static str, bool) {
        match &self.command {
            Some(Command::Serve(serve)) => ("info", serve.log_json()),
            None | Some(Command::Dev(_)) => ("warn,sealwright=info", false),
            Some(_) => ("error", false),
        }
    }

    /// Whether the command itself waits for Ctrl-C, to stop in good order.
    pub(crate) fn stops_itself(&self) -> bool {
        matches!(&self.command, None | Some(Command::Dev(_) | Command::Serve(_)))
    }

    /// Does it.
    ///
    /// # Errors
    /// A failure with its exit code.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let output = self.output();
        let connection = &self.connection;
        let done = match self.command {
            None => server::Dev::default().run(connection, &output).await,
            Some(Command::Dev(dev)) => dev.run(connection, &output).await,
            Some(Command::Serve(serve)) => serve.run().await,
            Some(Command::Demo(options)) => return demo::run(options, &output).await,
            Some(Command::Doctor(file)) => return doctor::run(&file, connection, &output).await,
            Some(Command::Migrate(migrate)) => migrate.run(&output).await,
            Some(Command::App(app)) => app.run(connection, &output).await,
            Some(Command::Review(review)) => review.run(connection, &output).await,
            Some(Command::Verify(verify)) => return verify.run(connection, &output).await,
            Some(Command::Card(card)) => card.run(connection, &output).await,
            Some(Command::Effect(effect)) => effect.run(connection, &output).await,
            Some(Command::Sweep(sweep)) => sweep.run(connection, &output).await,
            Some(Command::Schedule(schedule)) => schedule.run(connection, &output).await,
            Some(Command::Notice(notice)) => notice.run(&output),
            Some(Command::Audit(audit)) => return audit.run(connection, &output).await,
            Some(Command::Keys(keys)) => keys.run(connection, &output),
            Some(Command::Log(log)) => log.run(connection, &output).await,
            Some(Command::Status(status)) => status.run(connection, &output).await,
            Some(Command::Person(person)) => person.run(connection, &output).await,
            Some(Command::Register(register)) => return register.run(connection, &output).await,
            Some(Command::ApiKey(api_key)) => api_key.run(connection, &output).await,
            Some(Command::Workflow(workflow)) => workflow.run(&output),
            Some(Command::Config(configuration)) => configuration.run(&output),
            Some(Command::Completions { shell }) => completions(shell, &output),
        };
        done.map(|()| Exit::Done)
    }
}

fn completions(shell: Shell, output: &Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sealwright", &mut script);
    output.bytes(&script)
}

/// What a command says about a file that cannot be read.
fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Failure {
    let exit = if error.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
    let what = format!("{} cannot be read", path.display());
    Failure::new(exit, "unreadable", what, "Give the path of a readable file.").because(error)
}

/// The folder of document keys of `sealwright dev`.
fn dev_keys(connection: &Connection) -> PathBuf {
    connection.data.join("keys")
}

#[cfg(test)]
mod tests;
