//! The journal: one instance's history, and the audit of all.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use sealwright_engine::InstanceId;
use sealwright_engine::audit::Audit;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::request::instance;
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{BAD_REQUEST, NOT_FOUND, Problem};

const READERS: [Role; 2] = [Role::Operator, Role::Auditor];

/// Pages of instances that one request audits: some thousands, a second or two.
const STRETCH: usize = 8;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/instances/{id}/history", web::get().to(history))
        .route("/audit", web::post().to(audit_stretch));
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

/// Which stretch of the store.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Stretch {
    /// `next_cursor` of the stretch before.
    cursor: Option<String>,
}

/// What an audit found in one stretch.
#[derive(Serialize, ToSchema)]
pub struct Audited {
    /// Instances walked.
    pub instances: u64,
    /// Journal rows whose seal holds.
    pub rows: u64,
    /// What does not hold; empty if all is well.
    pub findings: Vec<String>,
    /// Where the next stretch begins; none if all was walked.
    pub next_cursor: Option<String>,
}

/// Walks the journals of the next few thousand instances and checks their seals. All is audited when there is no
/// next cursor. Takes about as long as reading the store.
#[utoipa::path(post, path = "/v1/audit", tag = "operators", params(Stretch), responses((status = 200, body = Audited)))]
pub async fn audit_stretch(
    desk: Data<Desk>,
    who: Principal,
    stretch: Query<Stretch>,
) -> Result<HttpResponse, Problem> {
    who.needs(&READERS)?;
    let none = |_| BAD_REQUEST.because("the cursor is none of an audit's");
    let mut next = stretch.cursor.as_deref().map(str::parse::<InstanceId>).transpose().map_err(none)?;
    let mut found = Audit::default();
    for _ in 0..STRETCH {
        next = found.page(&**desk.engine.store(), next).await?;
        if next.is_none() {
            break;
        }
    }
    Ok(HttpResponse::Ok().json(Audited {
        instances: found.instances,
        rows: found.rows,
        findings: found.findings.iter().map(ToString::to_string).collect(),
        next_cursor: next.map(|id| id.to_string()),
    }))
}
