//! Running the server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use sealwright::dev::{self, DevFile, DevOptions};
use sealwright::serve::{self, ServeOptions};

use super::connection::Connection;
use super::exit::Failure;
use super::output::Output;

/// `sealwright dev`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Dev {
    /// The port; 0 takes any free one
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// How long a reviewer may take a decision back, in whole seconds such as 2s; the policy's if left out
    #[arg(long, value_name = "TIME", value_parser = whole_seconds)]
    undo_window: Option<Duration>,
    /// Let the signer wait so long before it signs, to see what a crash in between does
    #[arg(long, value_name = "TIME", value_parser = duration)]
    signing_delay: Option<Duration>,
    /// A font for cards as PNG and PDF, those that are tried first given first; one must have Chinese glyphs
    #[arg(long = "font", value_name = "FILE")]
    fonts: Vec<PathBuf>,
}

/// Where `dev` listens.
const PORT: u16 = 8080;

impl Default for Dev {
    fn default() -> Self {
        Self { port: PORT, undo_window: None, signing_delay: None, fonts: Vec::new() }
    }
}

impl Dev {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let options = DevOptions {
            data: connection.data.clone(),
            port: self.port,
            undo_window: self.undo_window,
            signing_delay: self.signing_delay,
            fonts: self.fonts,
        };
        let data = absolute(&options.data);
        dev::dev(options, |file, time| {
            // A closed stdout is no reason to stop serving.
            let _ = output.one(file, || welcome(file, time, &data));
        })
        .await?;
        Ok(())
    }
}

fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

fn welcome(dev: &DevFile, time: Duration, data: &Path) -> String {
    let line = |name: &str, text: &str| format!("  {name:<16}{text}\n");
    let mut text =
        format!("sealwright {}, ready in {:.1} s\n", env!("CARGO_PKG_VERSION"), time.as_secs_f32());
    let (url, sandbox) = (&dev.url, &dev.sandbox);
    text += &line("API", &format!("{url}/v1"));
    text += &line("its description", &format!("{url}/openapi.json"));
    text += &line("data", &data.display().to_string());
    text += &line("register", &format!("{}/people", sandbox.register_admin_url));
    text += &line("liveness vendor", &sandbox.liveness_url);
    text += &line("mail", &format!("{}  (nothing leaves this machine)", sandbox.mail_url));
    text += "keys, for this machine only: `Authorization: Bearer ...`\n";
    let keys = [
        ("gateway", &dev.gateway_key),
        ("reviewer", &dev.reviewer_key),
        ("second reviewer", &dev.second_reviewer_key),
        ("lead", &dev.lead_key),
        ("operator", &dev.operator_key),
        ("verifier", &dev.verifier_key),
        ("admin", &dev.admin_key),
    ];
    keys.iter().for_each(|(name, key)| text += &line(name, key));
    text + "next: in another terminal run  cargo run --release -- demo   (or `sealwright app list`)\n"
}

/// `sealwright serve`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Serve {
    /// The configuration file; ./sealwright.toml if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address to listen on, instead of http.host
    #[arg(long)]
    host: Option<String>,
    /// The port, instead of http.port
    #[arg(long)]
    port: Option<u16>,
    /// The store, instead of store.url: sqlite:PATH or postgres://...
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// How log lines are written to stderr
    #[arg(long, value_enum, default_value_t = Log::Text)]
    log: Log,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Log {
    Text,
    Json,
}

impl Serve {
    pub(super) fn log_json(&self) -> bool {
        self.log == Log::Json
    }

    pub(super) async fn run(self) -> Result<(), Failure> {
        let Self { config, host, port, store, log: _ } = self;
        Ok(serve::serve(ServeOptions { config, host, port, store }).await?)
    }
}

/// A time such as `30s`, `500ms`, `2m` or `0`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let wrong = || format!("`{text}` is no time: write it as 500ms, 30s or 2m");
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let milliseconds = match &text[digits.len()..] {
        "ms" => Some(number),
        "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "" if number == 0 => Some(0),
        _ => None,
    };
    milliseconds.map(Duration::from_millis).ok_or_else(wrong)
}

/// A time without a fraction of a second: policies know none.
fn whole_seconds(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time.subsec_millis() == 0 {
        Ok(time)
    } else {
        Err(format!("`{text}` is not a number of whole seconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_whole_seconds() {
        assert_eq!(whole_seconds("2000ms"), Ok(Duration::from_secs(2)));
        assert!(whole_seconds("500ms").is_err());
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for wrong in ["", "30", "s", "-1s", "1.5s", "2h", "99999999999999999999s", "18446744073709551615m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
