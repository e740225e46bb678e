//! One answer for every form.

use serde::Serialize;

use super::evidence::Heard;
use super::status::{Entry, consult};
use super::{Asked, Form, Shown};
use crate::mdoc::{self, Document};
use crate::sd_jwt::{self, Presented, Request};
use crate::verify::{self, Checks};
use crate::{Check, Content, Serial, Verdict, presentation};

/// The outcome of [`inspect`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What it was taken for.
    pub form: Form,
    /// The answer.
    pub verdict: Verdict,
    /// Every check of that form, in the order it was made; then `evidence` where some was
    /// given, `type_asked`, `status_list`.
    pub checks: Vec<Check>,
    /// What is signed and disclosed, once it is shown to be genuine.
    pub content: Option<Told>,
}

/// What something genuine says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Told {
    /// A licence code.
    Code(Box<Content>),
    /// A show code: which document, and for how long.
    ShowCode {
        /// The document's serial.
        serial: Serial,
        /// Its version.
        version: u32,
        /// When it was made, in Unix seconds.
        issued_at: i64,
        /// When it ends, exclusive.
        expires_at: i64,
    },
    /// An SD-JWT's disclosed claims.
    SdJwt(Box<Presented>),
    /// An mdoc's disclosed elements.
    Mdoc(Box<Document>),
}

/// Verifies what was shown as what it is. Fails closed.
pub fn inspect(shown: &Shown, asked: &Asked<'_>) -> Report {
    let (verdict, checks, content) = match shown.form() {
        Form::Code => code(shown.text(), asked),
        Form::ShowCode => show_code(shown.text(), asked),
        Form::TypedCode => typed_code(),
        Form::SdJwt => sd_jwt(shown.text(), asked),
        Form::Mdoc => mdoc(shown.as_bytes(), asked, None),
        Form::DeviceResponse => match asked.session {
            Some(session) => mdoc(shown.as_bytes(), asked, Some(session)),
            None => unheard(
                "session",
                "a device's response proves nothing without its session: give the SessionTranscript",
            ),
        },
    };
    Report { form: shown.form(), verdict, checks, content }
}

type Judged = (Verdict, Vec<Check>, Option<Told>);

fn code(text: &str, asked: &Asked<'_>) -> Judged {
    let evidence = Heard::of(asked.evidence);
    let verify::Report { verdict, mut checks, content } =
        verify::verify_with(text, asked.keys, asked.at, asked.standing, &evidence);
    checks.extend(evidence.told());
    if content.is_some() && !asked.status_lists.is_empty() {
        let detail = "not consulted: a licence code names no entry of a status list; ask the issuer";
        checks.push(Check { name: "status_list", passed: None, detail: detail.into() });
    }
    (verdict, checks, content.map(|content| Told::Code(Box::new(content))))
}

fn show_code(text: &str, asked: &Asked<'_>) -> Judged {
    let wanted = presentation::Asked {
        device: asked.device,
        challenge: asked.challenge,
        first_use: asked.first_use,
        ..presentation::Asked::of(asked.presenters, asked.at)
    };
    let report = presentation::verify(text, &wanted);
    let told = report.presentation.map(|shown| Told::ShowCode {
        serial: shown.serial,
        version: shown.version,
        issued_at: shown.issued_at,
        expires_at: shown.expires_at,
    });
    (report.verdict, report.checks, told)
}

fn typed_code() -> Judged {
    unheard("form", "a typed code says nothing by itself: ask the issuer that it was shown for")
}

/// It cannot be judged with what there is.
fn unheard(name: &'static str, detail: &str) -> Judged {
    (Verdict::Unknown, vec![Check { name, passed: Some(false), detail: detail.into() }], None)
}

fn sd_jwt(text: &str, asked: &Asked<'_>) -> Judged {
    let evidence = Heard::of(asked.evidence);
    let claimed = asked.vct.is_none().then(|| sd_jwt::claimed_type(text)).flatten();
    let vct = asked.vct.or(claimed.as_deref()).unwrap_or_default();
    let request = Request { vct, issuer: asked.issuer, binding: asked.binding };
    let report = sd_jwt::verify_with(text, asked.keys, asked.at, &request, &evidence);
    let mut checks = Checks { done: report.checks, worst: report.verdict };
    checks.done.extend(evidence.told());
    if let Some(presented) = &report.presented {
        if asked.vct.is_none() {
            checks.note("type_asked", None, format!("no type was asked for; this is a {vct}"));
        }
        let entry = presented.status.as_ref().map(|status| Entry {
            issuer: Some(&presented.issuer),
            uri: &status.uri,
            index: u64::from(status.index),
        });
        consult(entry, asked, &mut checks);
        judge_standing(asked, &mut checks);
    }
    (checks.worst, checks.done, report.presented.map(|presented| Told::SdJwt(Box::new(presented))))
}

/// An SD-JWT's own verification is not told the standing.
fn judge_standing(asked: &Asked<'_>, checks: &mut Checks) {
    if asked.standing.is_some() {
        checks.done.retain(|check| check.name != "standing" || check.passed == Some(false));
        verify::judge_standing(asked.standing, None, checks);
    }
}

fn mdoc(bytes: &[u8], asked: &Asked<'_>, session: Option<&[u8]>) -> Judged {
    let report = match session {
        Some(session) => mdoc::verify_device(bytes, session, asked.roots, asked.at, asked.standing),
        None => mdoc::verify(bytes, asked.roots, asked.at, asked.standing),
    };
    let mut checks = Checks { done: report.checks, worst: report.verdict };
    if let Some(document) = &report.document {
        if session.is_none() {
            checks.note("device", None, "not asked for: whoever shows it may have it from somebody else");
        }
        if asked.evidence.is_some() {
            checks.note("evidence", None, "not consulted: an mdoc's signer is judged by its certificate");
        }
        let entry = document.status.as_ref().map(|status| Entry {
            issuer: asked.issuer,
            uri: &status.uri,
            index: status.index.into(),
        });
        consult(entry, asked, &mut checks);
    }
    (checks.worst, checks.done, report.document.map(|document| Told::Mdoc(Box::new(document))))
}
