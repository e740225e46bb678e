//! Verification, and the public keys for verifying elsewhere.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, ServiceConfig};
use sealwright_credentials::{Check, Content, Report, Standing, Verdict, verify};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::problem::Problem;

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
const FOR_A_WHILE: (&str, &str) = ("Cache-Control", "public, max-age=300");

/// A code to verify.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Presented {
    /// The text inside the QR, `SW1:...`.
    pub code: String,
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
    /// What the issuer signed; only of a genuine code.
    #[schema(value_type = Option<Object>)]
    pub content: Option<Content>,
    /// The licence's standing now.
    pub standing: Option<String>,
}

/// Verifies a code against the keys and the licence's standing now. Anybody who holds a code may ask.
#[utoipa::path(post, path = "/v1/verifications", tag = "verifiers", request_body = Presented,
    responses((status = 200, body = Answered)))]
pub async fn verify_code(desk: Data<Desk>, body: Json<Presented>) -> Result<HttpResponse, Problem> {
    let (at, keys) = (desk.now().secs(), desk.office.keys());
    let offline = verify(&body.code, keys.key_set(), at, None);
    let Some(content) = &offline.content else { return Ok(reply(offline, None)) };
    let standing = standing(&desk, content).await?;
    let report = verify(&body.code, keys.key_set(), at, Some(standing.unwrap_or(Standing::Invalid)));
    Ok(reply(report, standing))
}

fn reply(report: Report, standing: Option<Standing>) -> HttpResponse {
    let standing = standing.map(|standing| format!("{standing:?}").to_lowercase());
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(Answered {
        verdict: report.verdict,
        checks: report.checks,
        content: report.content,
        standing,
    })
}

/// The standing of the version with this serial, derived from its licence's labels; none if no
/// licence ever had it.
async fn standing(desk: &Desk, content: &Content) -> Result<Option<Standing>, Problem> {
    let Some(licence) = desk.dossiers.licence_of(&content.serial.to_string()).await? else { return Ok(None) };
    let labels = desk.engine.store().labels(licence).await?;
    let label = |name: &str| labels.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    if label("version") != Some(content.version.to_string().as_str()) {
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
