//! Which server, and with which key.

use std::path::{Path, PathBuf};

use clap::Args;
use sealwright::dev::DevFile;

use super::client::Client;
use super::exit::{Exit, Failure};

/// Where `sealwright dev` keeps its data, unless it is told otherwise.
pub(crate) const DEV_FOLDER: &str = ".sealwright";

/// Flags of every command that asks a server.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Connection {
    /// The server's address; that of the running `sealwright dev` if left out
    #[arg(long, env = "SEALWRIGHT_URL", global = true, value_name = "URL", help_heading = "Server")]
    pub(crate) url: Option<String>,
    /// The API key; the fitting one of `sealwright dev` if left out
    #[arg(
        long,
        env = "SEALWRIGHT_KEY",
        global = true,
        value_name = "KEY",
        hide_env_values = true,
        help_heading = "Server"
    )]
    pub(crate) key: Option<String>,
    /// The data folder of `sealwright dev`
    #[arg(long, env = "SEALWRIGHT_DATA", global = true, value_name = "DIR", default_value = DEV_FOLDER, help_heading = "Server")]
    pub(crate) data: PathBuf,
}

/// Whose key a command takes by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum As {
    /// An app's own server.
    Gateway,
    /// A reviewer.
    Reviewer,
    /// An operator.
    Operator,
    /// An administrator.
    Admin,
}

/// Reads what the `sealwright dev` with this data folder tells about itself.
pub(crate) fn dev_server(folder: &Path) -> Result<DevFile, Failure> {
    let path = folder.join("dev.json");
    let todo = "Start `sealwright dev` in this folder, or give --url and --key (or SEALWRIGHT_URL and SEALWRIGHT_KEY).";
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let what = "no server is known";
        Failure::new(Exit::Unavailable, "no-server", what, todo)
            .because(format!("{}: {error}", path.display()))
    })?;
    serde_json::from_str(&text).map_err(|error| {
        let what = format!("{} cannot be read", path.display());
        Failure::new(Exit::Failed, "dev-file", what, "Stop `sealwright dev` and start it again.")
            .because(error)
    })
}

fn key(dev: &DevFile, whose: As) -> &str {
    match whose {
        As::Gateway => &dev.gateway_key,
        As::Reviewer => &dev.reviewer_key,
        As::Operator => &dev.operator_key,
        As::Admin => &dev.admin_key,
    }
}

impl Connection {
    /// A client with the given key, or else with that of `whose` at the dev server.
    pub(crate) fn client(&self, whose: As) -> Result<Client, Failure> {
        match (&self.url, &self.key) {
            (Some(url), Some(key)) => Client::new(url, Some(key)),
            (Some(_), None) => Err(Failure::new(
                Exit::Usage,
                "no-key",
                "a server is given, but no API key for it",
                "Give --key, or set SEALWRIGHT_KEY. An administrator makes keys with `sealwright api-key create`.",
            )),
            (None, given) => {
                let dev = dev_server(&self.data)?;
                Client::new(&dev.url, Some(given.as_deref().unwrap_or_else(|| key(&dev, whose))))
            }
        }
    }

    /// A client for what anybody may ask: no key is needed.
    pub(crate) fn anybody(&self) -> Result<Client, Failure> {
        match &self.url {
            Some(url) => Client::new(url, None),
            None => Client::new(&dev_server(&self.data)?.url, None),
        }
    }

    /// A client of a server that was named, with or without a key.
    pub(crate) fn named(&self) -> Option<Result<Client, Failure>> {
        self.url.as_ref().map(|url| Client::new(url, self.key.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_finds_its_key_in_the_dev_file() {
        let dev: DevFile = serde_json::from_value(serde_json::json!({"url": "http://127.0.0.1:1", "gateway_key": "g",
            "reviewer_key": "r", "second_reviewer_key": "s", "lead_key": "l", "operator_key": "o", "verifier_key": "v",
            "admin_key": "a", "sandbox": {"register_url": "", "register_admin_url": "", "liveness_url": "",
            "mail_url": "", "mail_dir": ""}}))
        .unwrap();
        assert_eq!(
            [As::Gateway, As::Reviewer, As::Operator, As::Admin].map(|whose| key(&dev, whose)),
            ["g", "r", "o", "a"]
        );
    }

    #[test]
    fn a_server_without_a_key_is_refused_before_it_is_asked() {
        let connection = Connection { url: Some("http://127.0.0.1:1".into()), ..Connection::default() };
        assert_eq!(connection.client(As::Operator).err().unwrap().exit, Exit::Usage);
    }

    #[test]
    fn without_a_server_it_says_how_to_start_one() {
        let failure = dev_server(Path::new("no/such/folder")).unwrap_err();
        assert_eq!(failure.exit, Exit::Unavailable);
        assert!(failure.to_string().contains("sealwright dev"), "{failure}");
    }
}
