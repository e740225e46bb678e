//! Looks at everything the server needs, and says what to do about what is amiss.

mod calendar;
mod disk;
mod network;
mod notices;
mod secrets;
mod store;

use std::path::PathBuf;

use sealwright::config::Config;
use sealwright_engine::clock::{Clock, SystemClock};
use serde::Serialize;

use super::configuration::ConfigFile;
use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output::Output;

/// How something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Health {
    Good,
    Warning,
    Bad,
}

/// What was looked at, and how it is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    check: &'static str,
    health: Health,
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    what_to_do: String,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, health: Health::Good, detail: detail.into(), what_to_do: String::new() }
    }

    fn warning(check: &'static str, detail: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, health: Health::Warning, detail: detail.into(), what_to_do: todo.into() }
    }

    fn bad(check: &'static str, detail: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, health: Health::Bad, detail: detail.into(), what_to_do: todo.into() }
    }
}

/// What is examined: a configuration, and the folder its data is in.
struct Patient {
    config: Config,
    folder: PathBuf,
    /// The server of `sealwright dev`, if that is what is examined.
    dev: Option<Connection>,
}

/// `sealwright doctor`. Fails if something is bad; a warning is no failure.
pub(super) async fn run(
    file: &ConfigFile,
    connection: &Connection,
    output: &Output,
) -> Result<Exit, Failure> {
    let mut findings = Vec::new();
    if let Some(patient) = admit(file, connection, &mut findings)? {
        findings.extend(patient.examine().await);
    }
    let bad = findings.iter().filter(|finding| finding.health == Health::Bad).count();
    let warnings = findings.iter().filter(|finding| finding.health == Health::Warning).count();
    for finding in &findings {
        output.one(finding, || line(finding, output))?;
    }
    let warned = if warnings > 0 { format!(", {warnings} warning(s)") } else { String::new() };
    match bad {
        0 => output.note(&format!("Nothing keeps the server from running{warned}.")),
        bad => output.note(&format!("{bad} thing(s) must be put right{warned}.")),
    }
    Ok(if bad == 0 { Exit::Done } else { Exit::Failed })
}

/// The configuration that was named; or that of `sealwright dev`, where there is no other.
fn admit(
    file: &ConfigFile,
    connection: &Connection,
    findings: &mut Vec<Finding>,
) -> Result<Option<Patient>, Failure> {
    let configured = file.config.is_some() || std::path::Path::new("sealwright.toml").exists();
    let dev = !configured && connection.data.join("tokens.json").exists();
    let mut config = match file.load() {
        Ok(config) => config,
        Err(failure) => {
            let detail = failure.why.join("; ");
            findings.push(Finding::bad(
                "configuration",
                detail,
                "Correct it; `sealwright config check` shows what is in force.",
            ));
            return Ok(None);
        }
    };
    let data = &connection.data;
    if dev {
        config.store.url = format!("sqlite:{}", data.join("dev.db").display());
        config.keys.dir = data.join("keys");
        config.vault.master_key_file = Some(data.join("master.key"));
    }
    let folder = match config.store.url.strip_prefix("sqlite:") {
        Some(path) => PathBuf::from(path).parent().map(PathBuf::from).unwrap_or_default(),
        None => config.keys.dir.parent().map(PathBuf::from).unwrap_or_default(),
    };
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    let whose = match (dev, &file.config) {
        (true, _) => format!("that of `sealwright dev` in {}", data.display()),
        (false, Some(path)) => path.display().to_string(),
        (false, None) if configured => "sealwright.toml".into(),
        (false, None) => "built-in values and the environment".into(),
    };
    findings.push(Finding::good("configuration", whose));
    Ok(Some(Patient { config, folder, dev: dev.then(|| connection.clone()) }))
}

impl Patient {
    async fn examine(&self) -> Vec<Finding> {
        let clock = SystemClock;
        let mut findings = Vec::new();
        findings.extend(disk::examine(&self.folder, &clock));
        findings.push(secrets::master_key(&self.config));
        findings.push(secrets::document_keys(&self.config));
        findings.extend(secrets::certificates(&self.config, clock.now().secs()));
        findings.extend(store::examine(&self.config).await);
        findings.extend(calendar::examine(&self.config, clock.now()));
        findings.push(notices::examine(&self.config));
        match &self.dev {
            Some(connection) => findings.push(network::dev_server(connection).await),
            None => findings.extend(network::examine(&self.config).await),
        }
        findings
    }
}

fn line(finding: &Finding, output: &Output) -> String {
    let mark = match finding.health {
        Health::Good => output.verdict(true, "ok  "),
        Health::Warning => "warn".into(),
        Health::Bad => output.verdict(false, "BAD "),
    };
    let todo = if finding.what_to_do.is_empty() {
        String::new()
    } else {
        format!("\n        to do: {}", finding.what_to_do)
    };
    format!("{mark}  {:<16} {}{todo}", finding.check, finding.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_what_to_do() {
        let plain = Output { json: false, quiet: true, colour: false };
        let finding = Finding::bad("keys", "there are none", "Make one.");
        assert_eq!(line(&finding, &plain), "BAD   keys             there are none\n        to do: Make one.");
        assert_eq!(line(&Finding::good("disk", "fine"), &plain), "ok    disk             fine");
        assert_eq!(serde_json::to_value(&finding).unwrap()["health"], "bad");
    }

    #[test]
    fn a_configuration_that_cannot_be_read_ends_the_examination() {
        let mut findings = Vec::new();
        let file = ConfigFile { config: Some("no/such/file.toml".into()) };
        assert!(admit(&file, &Connection::default(), &mut findings).unwrap().is_none());
        assert_eq!(findings[0].health, Health::Bad);
    }
}
