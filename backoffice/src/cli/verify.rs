//! Verifying a code or an SD-JWT VC: offline with the issuer's public keys, or by asking the issuer.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use sealwright_credentials::sd_jwt::{self, Request};
use sealwright_credentials::{KeySet, Verdict, verify};
use sealwright_engine::Timestamp;
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output::{Output, text};
use super::{dev_keys, qr, unreadable};

/// Bytes of a file with a code: a large photo of one.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// `sealwright verify`.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The code (SW1:...), or a file with it: text, our SVG, a JPEG or PNG of the QR; or a file with an SD-JWT VC;
    /// - reads stdin
    #[arg(value_name = "FILE|CODE")]
    what: String,
    /// The issuer's public keys, a JWK Set as `/v1/keys` answers it; those of `sealwright dev` if left out
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The time to judge by, as 2026-11-23T08:00:00Z; now if left out
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// What an SD-JWT VC must be a credential of, its `vct`; needed to judge one without the issuer
    #[arg(long = "type", value_name = "VCT")]
    vct: Option<String>,
}

impl Verify {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<Exit, Failure> {
        let code = read(&self.what)?;
        let offline = self.keys.is_some() || self.at.is_some();
        let report = match connection.named() {
            Some(_) if offline => {
                let what = "--url asks the issuer, --keys and --at judge without it";
                return Err(Failure::new(Exit::Usage, "both", what, "Give one of them."));
            }
            Some(client) => client?.post("/v1/verifications", &json!({"code": code})).await?,
            None => self.judge(&code, connection)?,
        };
        let good = report["verdict"] == Verdict::Valid.to_string();
        output.one(&report, || describe(&report, output))?;
        Ok(if good { Exit::Done } else { Exit::Refused })
    }

    fn judge(&self, code: &str, connection: &Connection) -> Result<Value, Failure> {
        let file = self.keys.clone().unwrap_or_else(|| dev_keys(connection).join("keys.json"));
        let keys = key_set(&file)?;
        let at = self.at.unwrap_or_else(|| SystemClock.now());
        // No code has a tilde, and no SD-JWT has none.
        if !code.contains('~') {
            let report = verify(code, &keys, at.secs(), None);
            return Ok(serde_json::to_value(&report).unwrap_or_default());
        }
        let vct = self.vct.as_deref().ok_or_else(|| {
            let what = "an issuer signs credentials of many types, and it is not said which one this must be";
            Failure::new(
                Exit::Usage,
                "no-type",
                what,
                "Give --type with the licence's vct, or --url to ask the issuer.",
            )
        })?;
        let report = sd_jwt::verify(code, &keys, at.secs(), &Request { vct, issuer: None, binding: None });
        Ok(judgement(&report))
    }
}

/// The report in the shape in which the issuer answers.
fn judgement(report: &sd_jwt::Report) -> Value {
    json!({"verdict": report.verdict, "checks": report.checks, "content": report.presented})
}

/// A JWK Set from a file.
pub(super) fn key_set(file: &Path) -> Result<KeySet, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure {
        what_to_do: "Give --keys with the issuer's key set (its /v1/keys), or --url to ask the issuer."
            .into(),
        ..unreadable(file, &error)
    })?;
    KeySet::from_json(&text).map_err(|error| {
        let what = format!("{} holds no keys", file.display());
        Failure::new(Exit::Usage, "no-keys", what, "Give the JWK Set that the issuer publishes at /v1/keys.")
            .because(error)
    })
}

fn read(what: &str) -> Result<String, Failure> {
    if what.starts_with("SW1:") {
        return Ok(what.to_owned());
    }
    let path = Path::new(what);
    let mut bytes = Vec::new();
    let read = if what == "-" {
        std::io::stdin().lock().take(FILE_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure {
        what_to_do: "Give a code that begins with SW1:, or the path of a file with one.".into(),
        ..unreadable(path, &error)
    })?;
    code_in(&bytes).ok_or_else(|| {
        let what = format!("there is no code in {what}");
        Failure::new(
            Exit::Refused,
            "no-code",
            what,
            "Give a text that begins with SW1:, or a sharp picture of the whole QR.",
        )
    })
}

fn code_in(bytes: &[u8]) -> Option<String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return qr::in_picture(bytes) };
    let text = text.trim();
    if text.starts_with('<') {
        return qr::in_svg(text);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(answer) => answer["code"].as_str().or(answer["credential"].as_str()).map(str::to_owned),
        // Whatever else it is, the judgement says so.
        Err(_) => (!text.is_empty()).then(|| text.to_owned()),
    }
}

fn describe(report: &Value, output: &Output) -> String {
    let verdict = text(report, "verdict");
    let mut lines = format!("{}\n", output.verdict(verdict == "VALID", &verdict));
    for check in report["checks"].as_array().into_iter().flatten() {
        let mark = match check["passed"].as_bool() {
            Some(true) => "ok",
            Some(false) => "NO",
            None => "--",
        };
        lines.push_str(&format!("  {mark}  {:<14} {}\n", text(check, "name"), text(check, "detail")));
    }
    let content = report["content"].as_object().into_iter().flatten();
    for (name, value) in content.filter(|(_, value)| !value.is_null()) {
        lines.push_str(&format!(
            "  {name:<18} {}\n",
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_text_json_and_drawings() {
        let look = sealwright_credentials::barcode::Look::black("code");
        let svg = sealwright_credentials::barcode::qr_svg("SW1:ABC", &look).unwrap();
        for bytes in [
            "SW1:ABC\n".as_bytes(),
            br#"{"code":"SW1:ABC","version":1}"#,
            br#"{"form":"x","credential":"SW1:ABC"}"#,
            svg.as_bytes(),
        ] {
            assert_eq!(code_in(bytes).as_deref(), Some("SW1:ABC"));
        }
        assert_eq!(code_in(b""), None);
        assert_eq!(code_in(&[0xff, 0xd8, 0xff]), None);
    }

    #[test]
    fn a_file_that_is_not_there_is_not_found() {
        let failure = read("no/such/file").unwrap_err();
        assert_eq!(failure.exit, Exit::NotFound);
        assert!(failure.what_to_do.contains("SW1:"));
    }
}
