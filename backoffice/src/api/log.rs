//! The transparency log, for anybody: checkpoints, and proofs that they keep their word.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path, Query, ServiceConfig, get};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealwright_credentials::Digest;
use sealwright_credentials::log::LogEvidence;
use sealwright_storage::publication::NotStored;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::desk::Desk;
use crate::problem::{INVALID, NOT_FOUND, Problem, UNAVAILABLE};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/log/key", get().to(key))
        .route("/log/checkpoint", get().to(checkpoint))
        .route("/log/inclusion/{digest}", get().to(inclusion))
        .route("/log/consistency", get().to(consistency));
}

/// A checkpoint is replaced within a minute of a change.
const FOR_A_MOMENT: (&str, &str) = ("Cache-Control", "public, max-age=10");

/// The key that checkpoints are verified with: name, hash and key, as C2SP `signed-note` writes it. Needs no key.
#[utoipa::path(get, path = "/v1/log/key", tag = "verifiers", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn key(desk: Data<Desk>) -> HttpResponse {
    text(format!("{}\n", desk.publisher.log_key()))
}

/// The newest signed checkpoint (C2SP `tlog-checkpoint`). Needs no key.
#[utoipa::path(get, path = "/v1/log/checkpoint", tag = "verifiers", security(()),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 503, body = Problem)))]
pub async fn checkpoint(desk: Data<Desk>) -> Result<HttpResponse, Problem> {
    newest(&desk).await.map(|(_, note)| text(note))
}

/// Evidence that the log holds what was signed (C2SP `tlog-proof`), under the newest checkpoint. Needs no key.
#[utoipa::path(get, path = "/v1/log/inclusion/{digest}", tag = "verifiers", security(()),
    params(("digest" = String, Path, description = "SHA-256 of the bytes that were signed, in hex")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn inclusion(desk: Data<Desk>, digest: Path<String>) -> Result<HttpResponse, Problem> {
    let digest: Digest =
        digest.parse().map_err(|_| INVALID.because("the digest must be 64 hex digits, in lower case"))?;
    let log = desk.publisher.log();
    let found = log.find(&digest).await?;
    let (index, entry) = found.ok_or_else(|| NOT_FOUND.because("the log does not hold this digest"))?;
    let (size, checkpoint) = newest(&desk).await?;
    if index >= size {
        return Err(UNAVAILABLE.because("the log holds it, and the next checkpoint will say so"));
    }
    let proof = log.inclusion(index, size).await?;
    Ok(text(LogEvidence { entry, index, proof, checkpoint }.to_string()))
}

/// Which two trees.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Trees {
    /// The older checkpoint's size.
    from: u64,
    /// The newer one's; at most that of the newest checkpoint.
    to: u64,
}

/// That one tree is the start of another (RFC 9162 2.1.4).
#[derive(Serialize, ToSchema)]
pub struct Consistency {
    /// The older tree's size.
    pub from: u64,
    /// The newer tree's size.
    pub to: u64,
    /// The proof: hashes in base64.
    pub hashes: Vec<String>,
}

/// The proof that an older checkpoint's tree is the start of a newer one's. Needs no key.
#[utoipa::path(get, path = "/v1/log/consistency", tag = "verifiers", security(()), params(Trees),
    responses((status = 200, body = Consistency), (status = 422, body = Problem)))]
pub async fn consistency(desk: Data<Desk>, trees: Query<Trees>) -> Result<HttpResponse, Problem> {
    let Trees { from, to } = *trees;
    let (size, _) = newest(&desk).await?;
    if from > to || to > size {
        let why =
            format!("`from` must be at most `to`, and `to` at most {size}, the newest checkpoint's size");
        return Err(INVALID.because(why));
    }
    let proof = desk.publisher.log().consistency(from, to).await?;
    let hashes = proof.iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect();
    // Both trees are what they are for ever.
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=86400, immutable"))
        .json(Consistency { from, to, hashes }))
}

async fn newest(desk: &Desk) -> Result<(u64, String), Problem> {
    let newest = desk.publisher.log().checkpoint().await?;
    newest.ok_or_else(|| UNAVAILABLE.because("no checkpoint was signed yet; one is within a minute"))
}

fn text(body: String) -> HttpResponse {
    HttpResponse::Ok().insert_header(FOR_A_MOMENT).content_type("text/plain; charset=utf-8").body(body)
}

impl From<NotStored> for Problem {
    fn from(error: NotStored) -> Self {
        tracing::warn!(%error, "what is published cannot be read");
        UNAVAILABLE.because("status lists and the log cannot be read now")
    }
}
