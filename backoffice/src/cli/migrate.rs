//! Migrations.

use clap::{Args, Subcommand};
use sealwright::desk::shown;
use sealwright_storage::{OpenError, Step};
use serde_json::{Value, json};

use super::configuration::ConfigFile;
use super::exit::{Exit, Failure};
use super::output::{Output, text};
use super::progress::Progress;
use super::table::Table;

/// `sealwright migrate`.
#[derive(Subcommand, Debug)]
pub(crate) enum Migrate {
    /// Apply what is missing, all of it or nothing; may run twice
    Up(Store),
    /// List what is applied and what is not (exit code 1 if something is missing)
    Status(Store),
}

/// Which store.
#[derive(Args, Debug)]
pub(crate) struct Store {
    /// The store, instead of store.url of the configuration
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    #[command(flatten)]
    file: ConfigFile,
}

impl Store {
    fn url(self) -> Result<String, Failure> {
        match self.store {
            Some(url) => Ok(url),
            None => Ok(self.file.load()?.store.url),
        }
    }
}

impl Migrate {
    pub(super) async fn run(self, output: &Output) -> Result<(), Failure> {
        match self {
            Migrate::Up(store) => {
                let url = store.url()?;
                let progress = Progress::begin(output, "migrating", None);
                let steps = sealwright_storage::migrate(&url).await;
                drop(progress);
                list(&steps.map_err(|error| told(&url, error))?, output)
            }
            Migrate::Status(store) => {
                let url = store.url()?;
                let steps = sealwright_storage::status(&url).await.map_err(|error| told(&url, error))?;
                list(&steps, output)?;
                if steps.iter().all(|step| step.applied) {
                    return Ok(());
                }
                let what = format!("`{}` lacks migrations", shown(&url));
                Err(Failure::new(Exit::Failed, "behind", what, "Run `sealwright migrate up`."))
            }
        }
    }
}

fn list(steps: &[Step], output: &Output) -> Result<(), Failure> {
    let steps: Vec<Value> =
        steps.iter().map(|step| json!({"migration": step.name, "applied": step.applied})).collect();
    output.many(&steps, "There are no migrations.", || {
        let mut table = Table::new(["MIGRATION", "APPLIED"]);
        for step in &steps {
            table.row([text(step, "migration"), if step["applied"] == true { "yes" } else { "no" }.into()]);
        }
        table
    })
}

fn told(url: &str, error: OpenError) -> Failure {
    let (exit, todo) = match &error {
        OpenError::Url(_) => (Exit::Usage, ""),
        OpenError::Locked(_) => (Exit::Unavailable, ""),
        OpenError::Unreachable { .. } => {
            (Exit::Unavailable, "Check the path or the address, and who may write there.")
        }
        _ => (Exit::Failed, ""),
    };
    Failure::new(exit, "store", format!("`{}` cannot be migrated", shown(url)), todo).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_none_is_a_usage_error_and_shows_no_password() {
        let failure = told("postgres://me:secret@host/x", OpenError::Url("x".into()));
        assert_eq!(failure.exit, Exit::Usage);
        assert!(!failure.to_string().contains("secret"));
        assert_eq!(told("sqlite:x", OpenError::Locked("x".into())).exit, Exit::Unavailable);
    }
}
