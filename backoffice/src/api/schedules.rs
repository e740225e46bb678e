//! What recurs: when it comes next, and having it now.

use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_engine::{Actor, InstanceId, Timestamp};
use sealwright_workflows::calendar_watch::{self, CalendarWatch};
use sealwright_workflows::policy::{ScheduleRule, Work};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::request::{envelope, idempotency_key, instance};
use super::sweeps;
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{INTERNAL, NOT_FOUND, Problem};
use crate::schedules::{schedule, sweep_of};

/// Ticks told ahead, at most.
const AHEAD: usize = 100;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/schedules", web::get().to(list))
        .route("/schedules/{name}", web::get().to(show))
        .route("/schedules/{name}/actions/run-now", web::post().to(run_now));
}

/// A schedule.
#[derive(Serialize, ToSchema)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Second, minute, hour, day, month, weekday (1 is Sunday).
    pub cron: String,
    /// On whose wall clock.
    pub zone: &'static str,
    /// What becomes of ticks that came while no node ran: `skip`, `once` or `all`.
    #[schema(value_type = String)]
    pub misfire: sealwright_workflows::policy::Missed,
    /// What a tick begins: `changes`, `full` or `calendar`.
    #[schema(value_type = String)]
    pub kind: Work,
    /// Licences followed each second, at most, if it says so itself.
    pub per_second: Option<u32>,
    /// When the last tick that was handled was due; none before the first.
    #[schema(value_type = Option<String>)]
    pub handled: Option<Timestamp>,
    /// When the next ones are due.
    #[schema(value_type = Vec<String>)]
    pub next: Vec<Timestamp>,
}

/// How far ahead.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Ahead {
    /// So many ticks, up to 100; 3 if left out.
    pub next: Option<usize>,
}

/// Every schedule of the policy.
#[utoipa::path(get, path = "/v1/schedules", tag = "operators", params(Ahead),
    responses((status = 200, body = Vec<Planned>)))]
pub async fn list(desk: Data<Desk>, who: Principal, ahead: Query<Ahead>) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator, Role::Auditor])?;
    let policy = desk.policy();
    let mut items = Vec::with_capacity(policy.schedule.len());
    for rule in &policy.schedule {
        items.push(planned(&desk, rule, &ahead).await?);
    }
    Ok(HttpResponse::Ok().json(serde_json::json!({ "items": items })))
}

/// One schedule.
#[utoipa::path(get, path = "/v1/schedules/{name}", tag = "operators", params(("name" = String, Path), Ahead),
    responses((status = 200, body = Planned), (status = 404, body = Problem)))]
pub async fn show(
    desk: Data<Desk>,
    who: Principal,
    name: Path<String>,
    ahead: Query<Ahead>,
) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator, Role::Auditor])?;
    let rule = named(&desk, &name)?;
    Ok(HttpResponse::Ok().json(planned(&desk, &rule, &ahead).await?))
}

/// What a tick of this schedule would begin, begun now and beside the ticks: a sweep, or a look at the calendar.
#[utoipa::path(post, path = "/v1/schedules/{name}/actions/run-now", tag = "operators",
    params(("name" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, description = "The sweep, or `{\"id\", \"phase\"}` of the look"),
        (status = 404, body = Problem)))]
pub async fn run_now(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    let rule = named(&desk, &name)?;
    match sweep_of(&rule) {
        Some(start) => sweeps::begin(&request, &desk, &who, start).await,
        None => look(&request, &desk, &who).await,
    }
}

async fn look(request: &HttpRequest, desk: &Desk, who: &Principal) -> Result<HttpResponse, Problem> {
    let key = format!("{}\n{}", who.subject, idempotency_key(request)?);
    let id: Uuid = desk.vault.claim("calendar_watch", &key, InstanceId::new(desk.now()).0, None).await?;
    let actor = Actor::Operator(who.subject.clone());
    let envelope = envelope(request, "operator", actor, calendar_watch::Command::Look)?;
    let looked = desk.engine.start::<CalendarWatch>(instance(id), envelope).await?;
    let body = serde_json::json!({ "id": id, "phase": looked.phase });
    Ok(HttpResponse::Created().json(body))
}

async fn planned(desk: &Desk, rule: &ScheduleRule, ahead: &Ahead) -> Result<Planned, Problem> {
    let policy = desk.policy();
    let planned = schedule(rule, &policy).map_err(|error| INTERNAL.because(format!("{error:#}")))?;
    let next = planned.after(desk.now()).take(ahead.next.unwrap_or(3).min(AHEAD)).collect();
    Ok(Planned {
        name: rule.name.clone(),
        cron: rule.cron.clone(),
        zone: rule.zone.unwrap_or(policy.zone).name(),
        misfire: rule.misfire,
        kind: rule.kind,
        per_second: rule.per_second,
        handled: desk.engine.store().last_tick(&rule.name).await?,
        next,
    })
}

fn named(desk: &Desk, name: &str) -> Result<ScheduleRule, Problem> {
    let policy = desk.policy();
    let rule = policy.schedule.iter().find(|rule| rule.name == name);
    rule.cloned().ok_or_else(|| {
        NOT_FOUND
            .because(format!("there is no schedule `{name}`"))
            .todo("The schedules stand in the policy file; list them with GET /v1/schedules.")
    })
}
