//! The key of the holder's wallet.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use sealwright_credentials::KeyId;
use sealwright_credentials::sd_jwt::HolderKey;
use sealwright_engine::{InstanceId, PersonId, Timestamp};
use sealwright_workflows::office::dossier::DeviceKey;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::licences::live;
use super::request::instance;
use crate::auth::Principal;
use crate::desk::Desk;
use crate::problem::{INVALID, NOT_FOUND, Problem};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource("/licences/{id}/device-key")
            .route(web::get().to(show))
            .route(web::put().to(register))
            .route(web::delete().to(remove)),
    );
}

/// The key that the licence's next version is bound to.
#[derive(Serialize, ToSchema)]
pub struct Registered {
    /// The public key, a JWK of the members that make it.
    #[schema(value_type = Object)]
    pub jwk: Value,
    /// Its id, as it stands in the show codes that the device signs.
    #[schema(value_type = String)]
    pub kid: KeyId,
    /// When it was registered.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// Whether the live version is bound to it already.
    pub bound: bool,
}

/// The registered key, for its holder.
#[utoipa::path(get, path = "/v1/licences/{id}/device-key", tag = "licences", params(("id" = Uuid, Path)),
    responses((status = 200, body = Registered), (status = 404, body = Problem)))]
pub async fn show(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (person, licence) = holder(&desk, &who, *id).await?;
    let known = desk.dossiers.device_key(person, licence).await?;
    let known = known.ok_or_else(|| {
        NOT_FOUND
            .because("no device key is registered")
            .todo("PUT the wallet's public key here; the next version is bound to it.")
    })?;
    answer(&desk, &who, licence, known).await
}

/// Registers the public key of the holder's wallet, a JWK with P-256 or Ed25519, in the place of the one before.
///
/// It counts from the next version of the document on: that one's mdoc is bound to it (`deviceKeyInfo`) and its SD-JWT VC
/// (`cnf`). A version without one has no mdoc, since ISO/IEC 18013-5 demands a holder's key. Register it before the
/// document is ordered to have it in the first version. The wallet does not prove here that it has the private half:
/// a key without it makes a document that nobody can show, and nothing worse. Sending the same key again changes nothing.
///
/// A bound device can also show the licence by itself: `POST /v1/verifications` takes the show codes that it signs.
#[utoipa::path(put, path = "/v1/licences/{id}/device-key", tag = "licences", params(("id" = Uuid, Path)),
    request_body = Object,
    responses((status = 200, body = Registered), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn register(
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    body: Json<Value>,
) -> Result<HttpResponse, Problem> {
    let (person, licence) = holder(&desk, &who, *id).await?;
    let key = HolderKey::from_jwk(&body.to_string()).map_err(|_| {
        let what = "a device key is a public JWK with P-256 (`EC`) or Ed25519 (`OKP`), and never has a `d`";
        INVALID.because(what).fault("", "jwk", what)
    })?;
    // Whoever signs documents could show them all.
    if desk.office.keys().key_set().get(&key.key().key_id()).is_some() {
        let what = "this is a document key of the issuer";
        return Err(INVALID.because(what).fault("", "jwk", what));
    }
    let now = desk.now();
    let kept = desk.dossiers.keep_device_key(person, licence, Some(key.key().clone()), now).await?;
    let kept = kept.ok_or_else(|| NOT_FOUND.because("no device key is registered"))?;
    answer(&desk, &who, licence, kept).await
}

/// Takes the registered key back: the next version is bound to none and has no mdoc. What is bound stays bound; report a
/// lost device to the office, which ends the version. May be repeated.
#[utoipa::path(delete, path = "/v1/licences/{id}/device-key", tag = "licences", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn remove(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (person, licence) = holder(&desk, &who, *id).await?;
    desk.dossiers.keep_device_key(person, licence, None, desk.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The person who asks, if the licence is theirs. It may not have begun yet.
async fn holder(desk: &Desk, who: &Principal, id: Uuid) -> Result<(PersonId, InstanceId), Problem> {
    let person = who.person()?;
    let (licence, _) = desk.known(person).await?;
    if licence != instance(id) {
        return Err(NOT_FOUND.because("there is no licence of this id for you"));
    }
    Ok((person, licence))
}

async fn answer(
    desk: &Desk,
    who: &Principal,
    licence: InstanceId,
    known: DeviceKey,
) -> Result<HttpResponse, Problem> {
    let bound = match live(desk, who, licence).await {
        Ok(live) => live.credential.device_key.as_ref() == Some(&known.key),
        Err(problem) if problem.is(NOT_FOUND) => false,
        Err(problem) => return Err(problem),
    };
    let jwk = serde_json::from_str(HolderKey::of(&known.key).jwk()).unwrap_or_default();
    let body = Registered { jwk, kid: known.key.key_id(), since: known.since, bound };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(body))
}
