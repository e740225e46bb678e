//! What is to be verified, wherever it stands.

use std::io::Read;
use std::path::Path;

use sealwright_credentials::inspect::{Form, Shown};
use serde_json::Value;

use crate::cli::exit::{Exit, Failure};
use crate::cli::{qr, unreadable};

/// Bytes of a file: a large photo of a code.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    /// Something of a known form.
    Shown(Shown),
    /// A text of no known form.
    Other(String),
}

/// Takes `what` as it is if it is a code, else as the name of a file; - is stdin.
pub(super) fn find(what: &str) -> Result<Found, Failure> {
    let path = Path::new(what);
    if let Some(shown) = Shown::of(what.as_bytes()) {
        // A file's name may look like a typed code, never like the others.
        let sure = matches!(shown.form(), Form::Code | Form::ShowCode | Form::SdJwt);
        if sure || !path.exists() {
            return Ok(Found::Shown(shown));
        }
    }
    let mut bytes = Vec::new();
    let read = if what == "-" {
        std::io::stdin().lock().take(FILE_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure {
        what_to_do: "Give a code that begins with SW1: or SW1P:, or the path of a file with what is shown."
            .into(),
        ..unreadable(path, &error)
    })?;
    found_in(&bytes).ok_or_else(|| {
        let what = format!("nothing that can be verified is in {what}");
        let todo = "Give a code, an SD-JWT, an mdoc, or a sharp picture of the whole QR.";
        Failure::new(Exit::Refused, "no-code", what, todo)
    })
}

fn found_in(bytes: &[u8]) -> Option<Found> {
    if let Some(shown) = Shown::of(bytes) {
        return Some(Found::Shown(shown));
    }
    let text = match std::str::from_utf8(bytes) {
        Err(_) => qr::in_picture(bytes)?,
        Ok(text) if text.trim_start().starts_with('<') => qr::in_svg(text)?,
        Ok(text) => match serde_json::from_str::<Value>(text) {
            Ok(answer) => answer["code"].as_str()?.to_owned(),
            // Whatever else it is, the judgement says so.
            Err(_) => text.trim().to_owned(),
        },
    };
    match Shown::of(text.as_bytes()) {
        Some(shown) => Some(Found::Shown(shown)),
        None => (!text.is_empty()).then_some(Found::Other(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_text_json_and_drawings() {
        let look = sealwright_credentials::barcode::Look::black("code");
        for code in ["SW1:ABC", "SW1P:ABC"] {
            let svg = sealwright_credentials::barcode::qr_svg(code, &look).unwrap();
            let json = format!(r#"{{"code":"{code}","version":1}}"#);
            for bytes in [format!("{code}\n").as_bytes(), json.as_bytes(), svg.as_bytes()] {
                let Some(Found::Shown(shown)) = found_in(bytes) else { panic!("{code}") };
                assert_eq!(shown.text(), code);
            }
            assert!(matches!(find(code), Ok(Found::Shown(shown)) if shown.text() == code));
        }
        assert!(found_in(b"").is_none() && found_in(br#"{"no":"code"}"#).is_none());
        assert!(found_in(&[0xff, 0xd8, 0xff]).is_none());
        assert!(matches!(found_in(b"hello\n"), Some(Found::Other(text)) if text == "hello"));
    }

    #[test]
    fn a_file_that_is_not_there_is_not_found() {
        let failure = find("no/such/file").unwrap_err();
        assert_eq!(failure.exit, Exit::NotFound);
        assert!(failure.what_to_do.contains("SW1:"));
    }
}
