//! What is stuck, and sending it on its way again.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::web::{self, Data, Json, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_engine::store::{EffectQuery, EffectRow, EffectState, InstanceRow, ParkedQuery};
use sealwright_engine::{EffectKey, InstanceId, limits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::request::{Page, PageQuery, idempotency_key};
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{INVALID, Problem};

const READERS: [Role; 2] = [Role::Operator, Role::Auditor];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/effects", web::get().to(list))
        .route("/effects/redrive", web::post().to(redrive))
        .route("/parked", web::get().to(parked));
}

/// Which effects.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `due`, `parked` or `settled`.
    #[param(value_type = Option<String>)]
    pub state: Option<EffectState>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of this instance.
    pub instance: Option<Uuid>,
}

/// Effects, in order of key.
#[utoipa::path(get, path = "/v1/effects", tag = "operators", params(Filter, PageQuery),
    responses((status = 200, description = "A page of effects")))]
pub async fn list(
    desk: Data<Desk>,
    who: Principal,
    filter: Query<Filter>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    who.needs(&READERS)?;
    let query = EffectQuery {
        instance: filter.instance.map(InstanceId),
        state: filter.state,
        kind: filter.kind.clone(),
        after: page.after::<EffectKey>()?,
        limit: page.limit(),
        ..EffectQuery::default()
    };
    let rows = desk.engine.store().effects(&query).await?;
    let lines: Vec<Line> = rows.into_iter().map(Line).collect();
    Ok(HttpResponse::Ok().json(Page::of(lines, query.limit, |line| line.0.key.to_string())))
}

/// An effect in a list; its content stays inside.
#[derive(Serialize, ToSchema)]
#[schema(value_type = Object)]
pub struct Line(EffectRow);

/// What to redrive. Empty means all that is parked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redrive {
    /// This effect alone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub effect: Option<EffectKey>,
    /// Of this instance.
    #[serde(default)]
    pub instance: Option<Uuid>,
    /// Of this workflow.
    #[serde(default)]
    pub workflow: Option<String>,
    /// Of this kind.
    #[serde(default)]
    pub kind: Option<String>,
    /// Whose cause contains this text.
    #[serde(default)]
    pub cause: Option<String>,
    /// At most so many; 500 if left out.
    #[serde(default)]
    pub limit: Option<usize>,
    /// One each so many milliseconds.
    #[serde(default)]
    pub spacing_ms: u64,
}

/// How many were redriven.
#[derive(Serialize, ToSchema)]
pub struct Redriven {
    /// Effects and instances that are on their way again.
    pub redriven: u64,
}

/// Sends parked work on its way again.
#[utoipa::path(post, path = "/v1/effects/redrive", tag = "operators", request_body = Redrive,
    params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Redriven)))]
pub async fn redrive(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    body: Json<Redrive>,
) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    // What is parked is redriven once by nature; the key keeps the habit uniform.
    idempotency_key(&request)?;
    let body = body.into_inner();
    if body.spacing_ms > 60_000 {
        return Err(INVALID.because("spacing_ms may be up to 60,000"));
    }
    let which = ParkedQuery {
        effect: body.effect,
        instance: body.instance.map(InstanceId),
        workflow: body.workflow,
        kind: body.kind,
        cause: body.cause,
    };
    let limit = body.limit.unwrap_or(limits::PAGE).min(limits::PAGE);
    let redriven = desk.engine.redrive(&which, limit, Duration::from_millis(body.spacing_ms)).await?;
    tracing::info!(target: "sealwright::audit", operator = who.subject, redriven, "parked work was redriven");
    Ok(HttpResponse::Ok().json(Redriven { redriven }))
}

/// Everything that waits for an operator.
#[derive(Serialize, ToSchema)]
pub struct Stuck {
    /// Instances that take no commands.
    #[schema(value_type = Vec<Object>)]
    pub instances: Vec<InstanceRow>,
    /// Effects that are not tried any more.
    #[schema(value_type = Vec<Object>)]
    pub effects: Vec<EffectRow>,
    /// The causes, most frequent first.
    pub causes: Vec<Cause>,
}

/// Why things are stuck.
#[derive(Serialize, ToSchema)]
pub struct Cause {
    /// The cause.
    pub cause: String,
    /// How often.
    pub count: usize,
}

/// What waits for an operator, with the causes counted.
#[utoipa::path(get, path = "/v1/parked", tag = "operators", responses((status = 200, body = Stuck)))]
pub async fn parked(desk: Data<Desk>, who: Principal) -> Result<HttpResponse, Problem> {
    who.needs(&READERS)?;
    let parked = desk.engine.parked(limits::PAGE).await?;
    let causes =
        parked.instances.iter().map(|row| &row.parked).chain(parked.effects.iter().map(|row| &row.note));
    let mut counts = BTreeMap::<&str, usize>::new();
    for cause in causes.flatten() {
        *counts.entry(cause).or_default() += 1;
    }
    let mut causes: Vec<_> =
        counts.into_iter().map(|(cause, count)| Cause { cause: cause.to_owned(), count }).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
    Ok(HttpResponse::Ok().json(Stuck { causes, instances: parked.instances, effects: parked.effects }))
}
