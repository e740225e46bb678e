//! The server of the demo: this same program as a process of its own, so that it can be killed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sealwright::dev::DevFile;
use tokio::process::{Child, Command};

use super::wait::{Look, STEP, until, wrong};
use crate::cli::connection::dev_server;
use crate::cli::exit::Failure;

/// A running server. It does not outlive this value.
pub(super) struct Server {
    process: Child,
    /// What it told about itself.
    pub(super) dev: DevFile,
}

/// How it is started.
pub(super) struct Plan {
    /// The demo's folder.
    pub(super) folder: PathBuf,
    /// The port; 0 takes any free one.
    pub(super) port: u16,
    /// How long a decision can be taken back.
    pub(super) undo_window: Duration,
    /// How long the signer waits.
    pub(super) signing_delay: Option<Duration>,
}

/// The folder of the server's data inside the demo's.
pub(super) fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

impl Server {
    /// Starts it, and waits until it is ready.
    pub(super) async fn start(plan: &Plan) -> Result<Self, Failure> {
        let data = data(&plan.folder);
        // What an earlier one told is not this one's.
        let _ = std::fs::remove_file(data.join("dev.json"));
        let mut process = plan
            .command(&data)?
            .spawn()
            .map_err(|error| wrong(format!("no process can be started: {error}")))?;
        let process_ref = &mut process;
        let dev = until("the server to be ready", STEP, async || {
            if let Ok(Some(status)) = process_ref.try_wait() {
                return Err(died(&plan.folder, &status.to_string()));
            }
            Ok(match dev_server(&data) {
                Ok(dev) => Look::Yes(dev),
                Err(failure) => Look::NotYet(failure.why.join("; ")),
            })
        });
        let dev = dev.await?;
        Ok(Self { process, dev })
    }

    /// Kills it without a warning, as `kill -9` and the kernel's out-of-memory killer do.
    pub(super) async fn kill(mut self) -> Result<(), Failure> {
        self.process.kill().await.map_err(|error| wrong(format!("the server could not be killed: {error}")))
    }

    /// Asks it to stop, as `systemctl stop` does, and wants it to end well.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        let pid = self.process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let pid = pid.ok_or_else(|| wrong("the server has ended already"))?;
        kill_process(pid, Signal::TERM)
            .map_err(|error| wrong(format!("the server cannot be stopped: {error}")))?;
        let ended = tokio::time::timeout(STEP, self.process.wait()).await;
        match ended {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(wrong(format!("the server was asked to stop, and ended with {status}"))),
            Ok(Err(error)) => Err(wrong(format!("the server's end cannot be told: {error}"))),
            Err(_) => Err(wrong(format!("the server did not stop within {} s", STEP.as_secs()))),
        }
    }
}

impl Plan {
    fn command(&self, data: &Path) -> Result<Command, Failure> {
        let cannot = |error: std::io::Error| wrong(format!("the server cannot be prepared: {error}"));
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("server.log"));
        let program = std::env::current_exe().map_err(cannot)?;
        let mut command = Command::new(program);
        command.arg("dev").arg("--quiet").arg("--data").arg(data).arg("--port").arg(self.port.to_string());
        command.arg("--undo-window").arg(format!("{}ms", self.undo_window.as_millis()));
        if let Some(delay) = self.signing_delay {
            command.arg("--signing-delay").arg(format!("{}ms", delay.as_millis()));
        }
        // What the person's shell says about other servers is not for this one.
        for name in ["SEALWRIGHT_URL", "SEALWRIGHT_KEY", "SEALWRIGHT_DATA"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.map_err(cannot)?).kill_on_drop(true);
        Ok(command)
    }
}

fn died(folder: &Path, status: &str) -> Failure {
    let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    let last: Vec<_> = log.lines().rev().take(5).collect();
    let last: Vec<_> = last.into_iter().rev().collect();
    wrong(format!("the server ended at once ({status})")).because(last.join(" | "))
}
