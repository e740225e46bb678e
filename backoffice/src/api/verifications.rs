//! Verification, and the public keys for verifying elsewhere.

use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_credentials::inspect::{Form, Shown};
use sealwright_credentials::sd_jwt::{self, Request};
use sealwright_credentials::{Check, Content, Report, Serial, Standing, Verdict, verify};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::presentations::challenge;
use super::shown;
use crate::desk::Desk;
use crate::problem::Problem;
use crate::throttle::{client, too_often};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/verifications", web::post().to(verify_code))
        .route("/keys", web::get().to(keys))
        .route("/keys.cbor", web::get().to(cose_keys));
}

/// Where verifiers look first (RFC 8615).
pub(super) fn well_known(config: &mut ServiceConfig) {
    config
        .route("/.well-known/jwks.json", web::get().to(keys))
        .route("/.well-known/cose-keys", web::get().to(cose_keys));
}

/// A key is pending for longer than this before it signs, so whoever asks this often knows it in time.
pub(super) const FOR_A_WHILE: (&str, &str) = ("Cache-Control", "public, max-age=300");

/// A code or an SD-JWT VC to verify.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Presented {
    /// The text inside the QR, `SW1:...` or `SW1P:...`; a typed code; or an SD-JWT VC with the claims that its holder
    /// disclosed, `...~`.
    pub code: String,
    /// What the holder was given to answer, 8 to 16 bytes in hex; for show codes.
    #[serde(default)]
    pub challenge: Option<String>,
}

/// What a code is worth.
#[derive(Serialize, ToSchema)]
pub struct Answered {
    /// `VALID`, `SHOWN RED`, `INVALID`, `EXPIRED CODE` or `UNKNOWN`.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// Each check and what it found.
    #[schema(value_type = Vec<Object>)]
    pub checks: Vec<Check>,
    /// What the issuer signed; only of a genuine one. Of an SD-JWT VC the disclosed `claims`.
    #[schema(value_type = Option<Object>)]
    pub content: Option<Genuine>,
    /// The licence's standing now.
    pub standing: Option<String>,
    /// Who shows it, as little of it as an inspector needs; only of a show code that was good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<shown::Holder>,
}

/// What the issuer signed.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Genuine {
    /// Of a code: all of it.
    Code(Box<Content>),
    /// Of an SD-JWT VC: what was disclosed.
    SdJwt(Box<sd_jwt::Presented>),
}

/// Verifies a code or an SD-JWT VC against the keys and the licence's standing now. Anybody who holds one may ask. A show code
/// and its typed form are used up by the first verification that finds them good.
#[utoipa::path(post, path = "/v1/verifications", tag = "verifiers", request_body = Presented,
    responses((status = 200, body = Answered), (status = 429, body = Problem)))]
pub async fn verify_code(
    request: HttpRequest,
    desk: Data<Desk>,
    body: Json<Presented>,
) -> Result<HttpResponse, Problem> {
    let (at, from) = (desk.now().secs(), client(&request, desk.config.http.behind_proxy));
    desk.presenting.verifications.count(&from, at).map_err(too_often)?;
    let challenge = body.challenge.as_deref().map(challenge).transpose()?;
    let answered = match Shown::of(body.code.as_bytes()).map(|shown| (shown.form(), shown)) {
        Some((Form::ShowCode, code)) => shown::judge(&desk, code.text(), challenge.as_ref(), at).await?,
        Some((Form::TypedCode, code)) => {
            shown::judge_typed(&desk, code.text(), challenge.as_ref(), from, at).await?
        }
        // No code has a tilde, and no SD-JWT has none.
        _ if body.code.contains('~') => disclosed(&desk, &body.code, at).await?,
        _ => document(&desk, &body.code, at).await?,
    };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(answered))
}

/// What a licence code is worth.
async fn document(desk: &Desk, code: &str, at: i64) -> Result<Answered, Problem> {
    let keys = desk.office.keys();
    let offline = verify(code, keys.key_set(), at, None);
    let Some(content) = &offline.content else { return Ok(Answered::of(offline, None)) };
    let standing = standing(desk, &content.serial, content.version).await?;
    let report = verify(code, keys.key_set(), at, Some(standing.unwrap_or(Standing::Invalid)));
    Ok(Answered::of(report, standing))
}

/// What an SD-JWT VC is worth. Whether who shows it is its holder is not judged: that is between the two.
async fn disclosed(desk: &Desk, text: &str, at: i64) -> Result<Answered, Problem> {
    let keys = desk.office.keys();
    let request = Request { vct: desk.office.credential_type().vct(), issuer: None, binding: None };
    let offline = sd_jwt::verify(text, keys.key_set(), at, &request);
    let (report, standing) = match &offline.presented {
        None => (offline, None),
        Some(shown) => {
            let standing = standing(desk, &shown.serial, shown.version).await?;
            let now = standing.unwrap_or(Standing::Invalid);
            (sd_jwt::verify_standing(text, keys.key_set(), at, &request, now), standing)
        }
    };
    let content = report.presented.map(|shown| Genuine::SdJwt(Box::new(shown)));
    let standing = standing.map(word);
    Ok(Answered { content, standing, ..Answered::bare(report.verdict, report.checks) })
}

impl Answered {
    fn of(report: Report, standing: Option<Standing>) -> Self {
        Self {
            verdict: report.verdict,
            checks: report.checks,
            content: report.content.map(|content| Genuine::Code(Box::new(content))),
            standing: standing.map(word),
            holder: None,
        }
    }

    /// A verdict and its checks, and nothing about anybody.
    pub(super) fn bare(verdict: Verdict, checks: Vec<Check>) -> Self {
        Self { verdict, checks, content: None, standing: None, holder: None }
    }
}

pub(super) fn word(standing: Standing) -> String {
    format!("{standing:?}").to_lowercase()
}

/// The standing of the version with this serial, derived from its licence's labels; none if no
/// licence ever had it.
pub(super) async fn standing(
    desk: &Desk,
    serial: &Serial,
    version: u32,
) -> Result<Option<Standing>, Problem> {
    let Some(licence) = desk.dossiers.licence_of(serial.as_str()).await? else { return Ok(None) };
    let labels = desk.engine.store().labels(licence).await?;
    let label = |name: &str| labels.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    if label("version") != Some(version.to_string().as_str()) {
        return Ok(Some(Standing::Superseded));
    }
    Ok(Some(match label("standing") {
        Some("active") => Standing::Active,
        Some("suspended") => Standing::Suspended,
        Some("hidden") => Standing::Hidden,
        _ => Standing::Invalid,
    }))
}

/// The public document keys, a JWK Set with each key's state; withdrawn ones in a member of their own. Also at
/// `/.well-known/jwks.json`.
#[utoipa::path(get, path = "/v1/keys", tag = "verifiers", responses((status = 200, description = "A JWK Set")))]
pub async fn keys(desk: Data<Desk>) -> HttpResponse {
    HttpResponse::Ok().insert_header(FOR_A_WHILE).json(desk.office.keys().key_set())
}

/// The public document keys that may verify, a COSE_KeySet (RFC 9052) in deterministic CBOR. Also at
/// `/.well-known/cose-keys`.
#[utoipa::path(get, path = "/v1/keys.cbor", tag = "verifiers",
    responses((status = 200, description = "A COSE_KeySet", content_type = "application/cose-key-set")))]
pub async fn cose_keys(desk: Data<Desk>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(FOR_A_WHILE)
        .content_type("application/cose-key-set")
        .body(desk.office.keys().key_set().to_cose())
}
