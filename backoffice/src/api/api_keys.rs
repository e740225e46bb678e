//! API keys: making and revoking them.

use std::collections::BTreeSet;

use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_engine::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::request::idempotency_key;
use crate::auth::{Principal, Role, issue, revoke};
use crate::desk::Desk;
use crate::problem::{INVALID, Problem};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/api-keys", web::post().to(create)).route("/api-keys/{id}", web::delete().to(remove));
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct New {
    /// Whose key it is: a user id. Two people never share one.
    pub name: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub struct Made {
    /// Its id, for revoking it.
    pub id: Uuid,
    /// The key. It is shown this once.
    pub api_key: String,
}

/// Makes a key. Applicants get theirs through `/v1/applicants`.
#[utoipa::path(post, path = "/v1/api-keys", tag = "admin", request_body = New,
    params(("Idempotency-Key" = String, Header)), responses((status = 201, body = Made)))]
pub async fn create(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    body: Json<New>,
) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Admin])?;
    idempotency_key(&request)?;
    let named = !body.name.is_empty()
        && body.name.len() <= 64
        && body.name.bytes().all(|byte| byte.is_ascii_graphic());
    if !named || body.roles.is_empty() || body.roles.contains(&Role::Applicant) {
        let why =
            "a key needs a name of 1 to 64 visible ASCII characters and at least one role of the office";
        return Err(INVALID.because(why).fault("/roles", "roles", why));
    }
    let principal = Principal { subject: body.name.clone(), roles: body.roles.clone() };
    let (id, api_key) = issue(&desk, &principal).await?;
    tracing::info!(target: "sealwright::audit", admin = who.subject, key.id = %id, "an API key was made");
    Ok(HttpResponse::Created().json(Made { id: id.0, api_key }))
}

/// Revokes a key. May be sent again.
#[utoipa::path(delete, path = "/v1/api-keys/{id}", tag = "admin", responses((status = 204)))]
pub async fn remove(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Admin])?;
    revoke(&desk, PersonId(*id)).await?;
    tracing::info!(target: "sealwright::audit", admin = who.subject, key.id = %id, "an API key was revoked");
    Ok(HttpResponse::NoContent().finish())
}
