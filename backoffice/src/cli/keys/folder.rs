//! Which keys are meant, and what they are sealed with.

use std::path::{Path, PathBuf};

use clap::Args;
use sealwright::config::Config;
use sealwright::{document_keys, serve};
use sealwright_credentials::KeyDirectory;
use sealwright_storage::MasterKey;

use super::super::configuration::ConfigFile;
use super::super::connection::Connection;
use super::super::exit::{Exit, Failure};
use super::super::output::Output;

/// What to do where a master key is missing.
pub(super) const WHERE_THE_MASTER_KEY_IS: &str =
    "Give --master-key, set vault.master_key_file in the configuration, or SEALWRIGHT_MASTER_KEY.";

/// Which folder, and what opens its keys.
#[derive(Args, Debug)]
pub(crate) struct Folder {
    /// The folder of keys, instead of keys.dir of the configuration
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The file with the master key, instead of vault.master_key_file of the configuration
    #[arg(long, value_name = "FILE")]
    master_key: Option<PathBuf>,
    #[command(flatten)]
    file: ConfigFile,
}

impl Folder {
    /// The folder for looking at public keys alone.
    pub(super) fn public(&self) -> Result<KeyDirectory, Failure> {
        match &self.dir {
            Some(dir) => Ok(KeyDirectory::plain(dir)),
            None => Ok(KeyDirectory::plain(self.file.load()?.keys.dir)),
        }
    }

    /// The folder with the master key for its private keys. Without one anywhere they lie in the clear, and a note
    /// says so.
    pub(super) fn private(&self, connection: &Connection, output: &Output) -> Result<KeyDirectory, Failure> {
        let config = self.file.load()?;
        let master = self.master(&config, connection)?;
        if master.is_none() {
            output.note(&format!("No master key: private keys lie in the clear. {WHERE_THE_MASTER_KEY_IS}"));
        }
        let dir = self.dir.as_deref().unwrap_or(&config.keys.dir);
        document_keys::with_token(&config.keys, dir, master.as_ref()).map_err(|error| {
            let todo = "Look at keys.token in the configuration.";
            Failure::new(Exit::Failed, "token", format!("the token cannot be used: {error:#}"), todo)
        })
    }

    /// The configuration that names what was not said.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        self.file.load()
    }

    fn master(&self, config: &Config, connection: &Connection) -> Result<Option<MasterKey>, Failure> {
        let from = |file: &Path| {
            MasterKey::from_file(file).map(Some).map_err(|error| {
                Failure::new(Exit::Failed, "master-key", error.to_string(), WHERE_THE_MASTER_KEY_IS)
            })
        };
        if let Some(file) = &self.master_key {
            return from(file);
        }
        if config.vault.master_key_file.is_some() || std::env::var_os(serve::MASTER_KEY).is_some() {
            return Ok(Some(serve::master_key(config)?));
        }
        // The keys of `sealwright dev` are sealed under its own.
        let dev = connection.data.join("master.key");
        let its_keys = self.dir.as_deref().unwrap_or(&config.keys.dir) == connection.data.join("keys");
        if its_keys && dev.exists() { from(&dev) } else { Ok(None) }
    }
}
