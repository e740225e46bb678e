//! Verifying what somebody shows: offline with what the verifier has, or by asking the issuer.

mod describe;
mod found;
mod kit;

use clap::Args;
use sealwright_credentials::inspect::{Form, inspect};
use sealwright_credentials::{Verdict, verify};
use serde_json::{Value, json};

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output::Output;
use describe::describe;
use found::{Found, find};
use kit::Kit;
pub(super) use kit::key_set;

/// `sealwright verify`.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// What is shown: a code (SW1:..., SW1P:..., or a typed one), an SD-JWT, or a file with one of these, an mdoc
    /// (CBOR or base64url), our SVG, a JPEG or PNG of the QR; - reads stdin
    #[arg(value_name = "FILE|CODE")]
    what: String,
    #[command(flatten)]
    kit: Kit,
}

impl Verify {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<Exit, Failure> {
        let found = find(&self.what)?;
        let report = match connection.named() {
            Some(_) if self.kit.is_offline() => {
                let what = "--url asks the issuer, and the other flags judge without it";
                return Err(Failure::new(Exit::Usage, "both", what, "Give one of them."));
            }
            Some(client) => client?.post("/v1/verifications", &self.question(&found)?).await?,
            None => self.judge(&found, connection)?,
        };
        let good = report["verdict"] == Verdict::Valid.to_string();
        output.one(&report, || describe(&report, output))?;
        Ok(if good { Exit::Done } else { Exit::Refused })
    }

    /// What the issuer is asked: it knows codes.
    fn question(&self, found: &Found) -> Result<Value, Failure> {
        let code = match found {
            Found::Shown(shown) if !shown.text().is_empty() && shown.form() != Form::SdJwt => shown.text(),
            Found::Other(text) => text,
            Found::Shown(shown) => {
                let what = format!("the issuer is asked about codes, and this is an {}", shown.form());
                let todo = "Verify it offline: --keys for an SD-JWT, --roots for an mdoc, and --status with its list.";
                return Err(Failure::new(Exit::Usage, "no-code", what, todo));
            }
        };
        Ok(match &self.kit.challenge {
            Some(challenge) => json!({"code": code, "challenge": challenge}),
            None => json!({"code": code}),
        })
    }

    fn judge(&self, found: &Found, connection: &Connection) -> Result<Value, Failure> {
        let (report, verdict) = match found {
            Found::Shown(shown) => {
                let trust = self.kit.load(shown.form(), connection)?;
                let report = inspect(shown, &self.kit.asked(&trust));
                (serde_json::to_value(&report), report.verdict)
            }
            Found::Other(text) => {
                // Says what it lacks to be a code.
                let trust = self.kit.load(Form::Code, connection)?;
                let report = verify(text, &trust.keys, trust.at, None);
                (serde_json::to_value(&report), report.verdict)
            }
        };
        let mut report = report.unwrap_or_default();
        report["verdict"] = verdict.to_string().into();
        Ok(report)
    }
}

/// The licence code that `what` is, or that stands in the file of that name.
pub(super) fn code_of(what: &str) -> Result<String, Failure> {
    match find(what)? {
        Found::Shown(shown) if shown.form() == Form::Code => Ok(shown.text().to_owned()),
        _ => {
            let what = format!("{what} is no licence code");
            let todo = "Give a text that begins with SW1:, or a file with it.";
            Err(Failure::new(Exit::Usage, "no-code", what, todo))
        }
    }
}
