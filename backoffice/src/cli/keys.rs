//! Document keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sealwright_credentials::{KeyFileError, KeyRing};
use serde_json::{Value, json};

use super::configuration::ConfigFile;
use super::exit::{Exit, Failure};
use super::output::{Output, text};
use super::table::Table;
use super::verify::key_set;

/// `sealwright keys`.
#[derive(Subcommand, Debug)]
pub(crate) enum Keys {
    /// Make a key that signs from the server's next start on; the one before it goes on verifying
    Generate(Folder),
    /// List the keys, oldest first
    List(Folder),
}

/// Which folder.
#[derive(Args, Debug)]
pub(crate) struct Folder {
    /// The folder of keys, instead of keys.dir of the configuration
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    file: ConfigFile,
}

impl Keys {
    pub(super) fn run(self, output: &Output) -> Result<(), Failure> {
        match self {
            Keys::Generate(folder) => generate(folder.path()?, output),
            Keys::List(folder) => list(folder.path()?, output),
        }
    }
}

impl Folder {
    fn path(self) -> Result<PathBuf, Failure> {
        match self.dir {
            Some(dir) => Ok(dir),
            None => Ok(self.file.load()?.keys.dir),
        }
    }
}

fn generate(dir: PathBuf, output: &Output) -> Result<(), Failure> {
    let id = KeyRing::generate(&dir).map_err(told)?;
    output
        .note("Start the server again to sign with it. Back up the folder: a lost key cannot be made again.");
    let made = json!({"kid": id.to_string(), "dir": dir});
    output.one(&made, || format!("key {id} in {}", dir.display()))
}

fn list(dir: PathBuf, output: &Output) -> Result<(), Failure> {
    let file = dir.join("keys.json");
    if !file.exists() {
        return Err(told(KeyFileError::NoKeys { dir }));
    }
    let keys: Vec<Value> = key_set(&file)?
        .iter()
        .map(|(id, key, state)| {
            let here = dir.join(format!("{id}.pem")).exists();
            json!({"kid": id.to_string(), "alg": key.algorithm().jose(), "state": state, "private_key_here": here})
        })
        .collect();
    output.many(&keys, "There are no keys; `sealwright keys generate` makes one.", || {
        let mut table = Table::new(["KEY", "ALGORITHM", "STATE", "PRIVATE KEY"]);
        for key in &keys {
            let private = if key["private_key_here"] == true { "here" } else { "not here" };
            table.row([text(key, "kid"), text(key, "alg"), text(key, "state"), private.into()]);
        }
        table
    })
}

fn told(error: KeyFileError) -> Failure {
    let exit = if matches!(error, KeyFileError::NoKeys { .. }) { Exit::NotFound } else { Exit::Failed };
    // The text says what to do.
    Failure::new(exit, "keys", error.to_string(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_it_says_how_to_make_one() {
        let quiet = Output { json: false, quiet: true, colour: false };
        let failure = list("no/such/folder".into(), &quiet).unwrap_err();
        assert_eq!(failure.exit, Exit::NotFound);
        assert!(failure.what.contains("keys generate"), "{failure}");
    }
}
