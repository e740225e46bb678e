//! Showing a licence: a fresh code for its holder, and the public keys that verify it.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use sealwright_credentials::barcode::qr_svg;
use sealwright_credentials::presentation::{Challenge, MAX_LIFETIME_S, Presentation};
use sealwright_engine::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::licences::{live, look};
use super::request::instance;
use super::verifications::FOR_A_WHILE;
use crate::auth::Principal;
use crate::desk::Desk;
use crate::presenting::nonce;
use crate::problem::{INTERNAL, INVALID, NOT_PERMITTED, Problem};
use crate::throttle::too_often;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/licences/{id}/presentations", web::post().to(show))
        .route("/presentation-keys", web::get().to(keys));
}

/// How to show it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Showing {
    /// What the verifier gave, 8 to 16 bytes in hex: the code is then good for nobody else.
    #[serde(default)]
    pub challenge: Option<String>,
}

/// A code to show, once.
#[derive(Serialize, ToSchema)]
pub struct Shown {
    /// The text inside the QR, `SW1P:...`.
    pub code: String,
    /// The QR, black or, while the licence is suspended, red.
    pub qr_svg: String,
    /// What to say or type where there is no camera. Also draws the card live: `card.svg?live=`.
    pub typed: String,
    /// When it was made.
    #[schema(value_type = String)]
    pub made_at: Timestamp,
    /// When it ends: then show a fresh one.
    #[schema(value_type = String)]
    pub ends_at: Timestamp,
}

/// A fresh code that shows the licence, for its holder: good for 60 seconds and for one verification. Each call
/// makes another one, so no Idempotency-Key is needed.
#[utoipa::path(post, path = "/v1/licences/{id}/presentations", tag = "licences", request_body = Showing,
    params(("id" = Uuid, Path)),
    responses((status = 201, body = Shown), (status = 404, body = Problem), (status = 429, body = Problem)))]
pub async fn show(
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    wanted: Json<Showing>,
) -> Result<HttpResponse, Problem> {
    let challenge = wanted.challenge.as_deref().map(challenge).transpose()?;
    let licence = instance(*id);
    let live = live(&desk, &who, licence).await?;
    if who.person()? != live.person {
        return Err(NOT_PERMITTED.because("a licence is shown by its holder"));
    }
    let at = desk.now().secs();
    desk.presenting.showings.count(&licence, at).map_err(too_often)?;
    let serial = live.intent.serial.parse();
    let presentation = Presentation {
        serial: serial.map_err(|_| INTERNAL.because("the journaled serial cannot be read"))?,
        version: live.intent.version,
        issued_at: at,
        expires_at: at + MAX_LIFETIME_S,
        nonce: nonce()?,
        device: None,
        challenge,
    };
    let (code, typed) = desk.presenting.show(licence, &presentation).await?;
    let qr = qr_svg(code.as_str(), &look(&live.document, "Electronic driving licence, shown now"));
    Ok(HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(Shown {
        qr_svg: qr.map_err(|error| INTERNAL.because(error.to_string()))?,
        code: code.to_string(),
        typed: typed.to_string(),
        made_at: Timestamp::from_secs(presentation.issued_at),
        ends_at: Timestamp::from_secs(presentation.expires_at),
    }))
}

/// A challenge in hex.
pub(super) fn challenge(text: &str) -> Result<Challenge, Problem> {
    let bytes = hex::decode(text).ok();
    bytes.and_then(|bytes| Challenge::new(&bytes)).ok_or_else(|| {
        let what = "a challenge has 8 to 16 bytes, in hex";
        INVALID.because(what).fault("/challenge", "challenge", what)
    })
}

/// The public keys of show codes, a JWK Set: today's, yesterday's, and those of the next 31 days, for verifiers
/// that are offline. Not the documents' keys.
#[utoipa::path(get, path = "/v1/presentation-keys", tag = "verifiers",
    responses((status = 200, description = "A JWK Set")))]
pub async fn keys(desk: Data<Desk>) -> HttpResponse {
    HttpResponse::Ok().insert_header(FOR_A_WHILE).json(desk.presenting.key_set(desk.now().secs()))
}
