//! The program `sealwright`: its command line, and the demo.

mod cli;
mod demo;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use cli::Cli;
use cli::exit::{Exit, Failure};
use cli::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistake.
            if !error.use_stderr() {
                let _ = error.print();
                return Exit::Done.into();
            }
            return usage(&error).into();
        }
    };
    let output = cli.output();
    log(cli.log());
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.failure(&failure);
            failure.exit.into()
        }
    }
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return Err(Failure::new(Exit::Failed, "tls", "there is another TLS provider already", ""));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::from(anyhow::Error::new(error)))?;
    runtime.block_on(async {
        if cli.stops_itself() {
            return cli.run().await;
        }
        tokio::select! {
            done = cli.run() => done,
            _ = tokio::signal::ctrl_c() => {
                Err(Failure::new(Exit::Interrupted, "interrupted", "interrupted", ""))
            }
        }
    })
}

/// Tells what is wrong with the arguments, as a line of JSON where one of them asks for that.
fn usage(error: &clap::Error) -> Exit {
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let why = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let failure = Failure::new(Exit::Usage, "usage", why, "see `sealwright help`");
        Output::new(true, false, true).failure(&failure);
    } else {
        let _ = error.print();
    }
    Exit::Usage
}

/// Log lines go to stderr: stdout is for data.
fn log((level, json): (&'static str, bool)) {
    let filter = EnvFilter::try_from_env("SEALWRIGHT_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    if json { lines.json().init() } else { lines.init() }
}
