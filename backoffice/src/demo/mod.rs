//! The demo: a server of its own, and everybody who deals with it, over HTTP and with real photos. Each
//! scene checks what it claims; the last line says how many hold.

mod scenes;

mod applicant;
pub(crate) mod cast;
mod mailbox;
mod reviewer;
mod verifier;
mod world;

mod report;
mod server;
mod wait;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use report::Report;
use world::{Folder, World};

/// `sealwright demo`.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Keep the demo's data (it is kept anyway if something fails)
    #[arg(long)]
    keep: bool,
    /// Where to put it; must not exist. A folder for temporary files if left out
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// How long a decision can be taken back in the demo; 30 s by the shipped policy.
const UNDO_WINDOW: Duration = Duration::from_secs(1);

/// Plays every scene. Done if all hold.
///
/// # Errors
/// There is no folder to play in.
pub(crate) async fn run(options: Options, output: &Output) -> Result<Exit, Failure> {
    // Before the world, so that the server in it has ended when the folder goes.
    let mut folder = Folder::make(options.folder)?;
    let mut report = Report::begin(output, scenes::SCENES.len());
    let mut world = World::new(folder.path());
    for (name, scene) in scenes::SCENES {
        report.next(name);
        let outcome = scene(&mut world).await;
        report.line(name, outcome)?;
        if !world.has_server() {
            break;
        }
    }
    world.end().await;
    let all = report.end()?;
    folder.keep = options.keep || !all;
    if folder.keep {
        output.note(&format!("data, mails and the server's log: {}", folder.path().display()));
    }
    Ok(if all { Exit::Done } else { Exit::Failed })
}
