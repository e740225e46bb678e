//! The configuration.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sealwright::config::Config;
use sealwright::desk::shown;
use sealwright_workflows::policy::Locale;
use serde_json::Value;

use super::exit::{Exit, Failure};
use super::output::Output;

/// Which configuration.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigFile {
    /// The configuration file; ./sealwright.toml if it is there
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl ConfigFile {
    /// Loads it.
    pub(crate) fn load(&self) -> Result<Config, Failure> {
        Config::load(self.config.as_deref()).map_err(|error| {
            Failure::new(Exit::Usage, "config", "the configuration cannot be used", "").because(error)
        })
    }
}

/// `sealwright config`.
#[derive(Subcommand, Debug)]
pub(crate) enum Configuration {
    /// Check file, environment, policy, calendars and texts, and print what is in force
    Check(ConfigFile),
}

impl Configuration {
    pub(super) fn run(self, output: &Output) -> Result<(), Failure> {
        let Configuration::Check(file) = self;
        let config = file.load()?;
        let policy = sealwright::serve::policy(&config).map_err(|error| Failure {
            exit: Exit::Usage,
            code: "policy".into(),
            ..Failure::from(error)
        })?;
        sealwright::notices::previews(&config, Locale::default()).map_err(|error| Failure {
            exit: Exit::Usage,
            code: "texts".into(),
            ..Failure::from(error)
        })?;
        let years: Vec<_> = policy.calendar.years().collect();
        let mut value = in_force(&config);
        value["calendar_years"] = years.into();
        output.note("The configuration is sound. `sealwright doctor` looks at what it names.");
        output.one(&value, || lines("", &value))
    }
}

/// The configuration as it may be shown: no passwords.
fn in_force(config: &Config) -> Value {
    let mut value = serde_json::to_value(config).unwrap_or_default();
    for (section, key) in [
        ("store", "url"),
        ("mail", "url"),
        ("register", "url"),
        ("liveness", "url"),
        ("sms", "url"),
        ("push", "url"),
    ] {
        if let Some(url) = value[section][key].as_str() {
            value[section][key] = shown(url).into();
        }
    }
    value
}

fn lines(prefix: &str, value: &Value) -> String {
    let mut text = String::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => text.push_str(&lines(&format!("{prefix}{name}."), value)),
            Value::Null => {}
            value => text.push_str(&format!("{:<30} {value}\n", format!("{prefix}{name}"))),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_passwords() {
        let toml =
            "[store]\nurl = \"postgres://me:secret@host/x\"\n[mail]\nurl = \"smtps://me:secret@mail:465\"";
        let config = Config::from_parts(toml, "test", []).unwrap();
        let text = lines("", &in_force(&config));
        assert!(!text.contains("secret"), "{text}");
        assert!(text.contains("store.url") && text.contains("host/x"), "{text}");
    }

    #[test]
    fn a_file_that_is_not_there_is_a_usage_error() {
        let file = ConfigFile { config: Some("no/such/file.toml".into()) };
        assert_eq!(file.load().unwrap_err().exit, Exit::Usage);
    }
}
