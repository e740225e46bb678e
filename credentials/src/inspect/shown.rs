//! What was shown, told apart by its first bytes. Nothing is verified here.

use std::fmt;

use serde::Serialize;

use crate::cbor::Reader;
use crate::key_set::from_base64url;
use crate::presentation::{self, TypedCode};

/// The most bytes that are looked at: an mdoc or SD-JWT with a portrait, in base64, has room in it.
pub const MAX_SHOWN: usize = 256 * 1024;

/// What something is, by its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The licence's compact signed code, `SW1:`.
    Code,
    /// A show code, `SW1P:`.
    ShowCode,
    /// A show code's short form, to be typed.
    TypedCode,
    /// An SD-JWT, with or without key binding.
    SdJwt,
    /// What an issuer signed of an mdoc (`IssuerSigned`).
    Mdoc,
    /// What a device sends in a session (`DeviceResponse`).
    DeviceResponse,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code => "licence code",
            Self::ShowCode => "show code",
            Self::TypedCode => "typed code",
            Self::SdJwt => "SD-JWT",
            Self::Mdoc => "mdoc",
            Self::DeviceResponse => "mdoc with device response",
        })
    }
}

/// Something of a known form.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    form: Form,
    /// Text of the text forms, CBOR of the others.
    bytes: Vec<u8>,
}

impl Shown {
    /// What these bytes are: text with any white space around it, CBOR, or CBOR in base64url. `None` if they have
    /// no known form, or more than [`MAX_SHOWN`] bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_SHOWN {
            return None;
        }
        // CBOR maps begin with a byte that begins no UTF-8.
        let Ok(text) = std::str::from_utf8(bytes) else { return mdoc(bytes) };
        let text = text.trim();
        let form = if text.starts_with("SW1:") {
            Form::Code
        } else if text.starts_with(presentation::PREFIX) {
            Form::ShowCode
        } else if text.split_once('~').is_some_and(|(jwt, _)| is_jws(jwt)) {
            Form::SdJwt
        } else if text.parse::<TypedCode>().is_ok() {
            Form::TypedCode
        } else {
            return mdoc(&from_base64url(text.trim_end_matches('='))?);
        };
        Some(Self { form, bytes: text.into() })
    }

    /// What it is.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Its text, of the text forms.
    pub fn text(&self) -> &str {
        match self.form {
            Form::Mdoc | Form::DeviceResponse => "",
            _ => std::str::from_utf8(&self.bytes).unwrap_or_default(),
        }
    }

    /// Its CBOR, of mdocs; else its text's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Personal data, or good for whoever reads it.
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shown({}, {} bytes)", self.form, self.bytes.len())
    }
}

fn is_jws(text: &str) -> bool {
    let base64url = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    text.bytes().all(base64url) && text.split('.').count() == 3
}

/// By the first key of the map: both structures have their own.
fn mdoc(bytes: &[u8]) -> Option<Shown> {
    let mut r = Reader::new(bytes);
    r.map().ok()?;
    let form = match r.text().ok()? {
        "nameSpaces" | "issuerAuth" => Form::Mdoc,
        "version" | "documents" | "status" => Form::DeviceResponse,
        _ => return None,
    };
    Some(Shown { form, bytes: bytes.to_vec() })
}
