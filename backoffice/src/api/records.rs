//! The journal: one instance's history, and the audit of all.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use sealwright_engine::audit::audit;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::request::instance;
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{NOT_FOUND, Problem};

const READERS: [Role; 2] = [Role::Operator, Role::Auditor];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/instances/{id}/history", web::get().to(history))
        .route("/audit", web::post().to(audit_all));
}

/// An instance's journal, oldest row first.
#[utoipa::path(get, path = "/v1/instances/{id}/history", tag = "operators",
    responses((status = 200, description = "Journal rows"), (status = 404, body = Problem)))]
pub async fn history(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    who.needs(&READERS)?;
    let items = desk.engine.history(instance(*id)).await?;
    if items.is_empty() {
        return Err(NOT_FOUND.because("there is no instance of this id"));
    }
    Ok(HttpResponse::Ok().json(serde_json::json!({ "items": items })))
}

/// What an audit found.
#[derive(Serialize, ToSchema)]
pub struct Audited {
    /// Instances walked.
    pub instances: u64,
    /// Journal rows whose seal holds.
    pub rows: u64,
    /// What does not hold; empty if all is well.
    pub findings: Vec<String>,
}

/// Walks every instance's journal and checks its seals. Takes about as long as reading the store.
#[utoipa::path(post, path = "/v1/audit", tag = "operators", responses((status = 200, body = Audited)))]
pub async fn audit_all(desk: Data<Desk>, who: Principal) -> Result<HttpResponse, Problem> {
    who.needs(&READERS)?;
    let found = audit(&**desk.engine.store(), |_| {}).await?;
    Ok(HttpResponse::Ok().json(Audited {
        instances: found.instances,
        rows: found.rows,
        findings: found.findings.iter().map(ToString::to_string).collect(),
    }))
}
