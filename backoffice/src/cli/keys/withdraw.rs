//! Withdrawing keys: what cannot be taken back.

use clap::Args;
use sealwright_credentials::{KeyDirectory, KeyId, KeyState};
use sealwright_engine::Timestamp;
use sealwright_engine::clock::{Clock, SystemClock};

use super::super::confirm::confirm;
use super::super::connection::Connection;
use super::super::exit::{Exit, Failure};
use super::super::output::{Output, text};
use super::folder::Folder;
use super::{described, some_keys, told};

/// `sealwright keys retire`.
#[derive(Args, Debug)]
pub(crate) struct Retire {
    /// The key
    #[arg(value_name = "KEY")]
    kid: KeyId,
    /// Why, for whoever reads the public keys
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    folder: Folder,
}

/// `sealwright keys compromise`.
#[derive(Args, Debug)]
pub(crate) struct Compromise {
    /// The key
    #[arg(value_name = "KEY")]
    kid: KeyId,
    /// Why, for whoever reads the public keys
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Since when others may have had it, as 2026-11-23T08:00:00Z; now if left out
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    folder: Folder,
}

impl Retire {
    pub(super) fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let directory = self.folder.private(connection, output)?;
        allowed(&directory, &self.kid, KeyState::Retired)?;
        let what = format!(
            "Retire key {} and destroy its private half: documents it signed verify no more, and orders that \
             were prepared for it are never signed.",
            self.kid
        );
        confirm(&what, self.yes)?;
        directory.retire(&self.kid, self.reason.as_deref()).map_err(told)?;
        withdrawn(&directory, &self.kid, output)
    }
}

impl Compromise {
    pub(super) fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let now = SystemClock.now();
        let since = self.since.unwrap_or(now);
        if since > now {
            let what = format!("--since {since} lies in the future");
            return Err(Failure::new(
                Exit::Usage,
                "future",
                what,
                "Give the time from which others may have it.",
            ));
        }
        let directory = self.folder.private(connection, output)?;
        allowed(&directory, &self.kid, KeyState::Compromised { since: since.secs() })?;
        let what = format!(
            "Declare key {} compromised since {since} and destroy its private half: no document it signed verifies, \
             unless it can be shown that it was signed before.",
            self.kid
        );
        confirm(&what, self.yes)?;
        directory.compromise(&self.kid, since.secs(), Some(&self.reason)).map_err(told)?;
        withdrawn(&directory, &self.kid, output)
    }
}

/// Refuses what the directory would refuse, before anybody is asked.
fn allowed(directory: &KeyDirectory, key: &KeyId, next: KeyState) -> Result<(), Failure> {
    some_keys(directory)?.change(key, next, None).map_err(|refused| told(refused.into()))
}

fn withdrawn(directory: &KeyDirectory, key: &KeyId, output: &Output) -> Result<(), Failure> {
    let set = directory.key_set().map_err(told)?;
    let shown = described(directory, &set, key);
    let algorithm = set.get(key).map(|(key, _)| key.algorithm());
    if algorithm.is_some_and(|algorithm| set.active(algorithm).is_none()) {
        let alg = text(&shown, "alg");
        output.note(&format!(
            "Nothing signs with {alg} now: `sealwright keys rotate`, or `sealwright keys generate`."
        ));
    }
    output.note("A running server follows in a few seconds; verifiers, when they fetch the keys.");
    output.one(&shown, || format!("key {key} is {}", text(&shown, "state")))
}
