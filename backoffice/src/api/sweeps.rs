//! Sweeps: going through many licences at once, and what recurs.

use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_engine::store::InstanceRow;
use sealwright_engine::{Actor, InstanceId};
use sealwright_workflows::sweep::{Command, Kind, Operator, Start, Sweep};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::request::{Page, PageQuery, answer, envelope, idempotency_key, instance};
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{NOT_FOUND, Problem};
use crate::view::sweep::{Swept, swept};

const READERS: [Role; 2] = [Role::Operator, Role::Auditor];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/sweeps", web::post().to(start))
        .route("/sweeps", web::get().to(list))
        .route("/sweeps/{id}", web::get().to(show))
        .route("/sweeps/{id}/actions/{action}", web::post().to(act));
}

/// A new sweep.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSweep {
    /// `changes`: what changed in the register since the last one; `full`: everything, by digests.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Licences followed each second, at most; the policy's if left out.
    #[serde(default)]
    pub per_second: Option<u32>,
    /// Only count what is not in step.
    #[serde(default)]
    pub dry_run: bool,
    /// From the beginning, not from where the last one ended.
    #[serde(default)]
    pub anew: bool,
}

/// Starts a sweep. If another one of its kind is under way, it is skipped and says so.
#[utoipa::path(post, path = "/v1/sweeps", tag = "operators", request_body = NewSweep,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Swept), (status = 409, body = Problem)))]
pub async fn start(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    body: Json<NewSweep>,
) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    let NewSweep { kind, per_second, dry_run, anew } = body.into_inner();
    begin(&request, &desk, &who, Start { kind, per_second, dry_run, anew, schedule: None }).await
}

/// Begins a sweep by hand.
pub(super) async fn begin(
    request: &HttpRequest,
    desk: &Desk,
    who: &Principal,
    start: Start,
) -> Result<HttpResponse, Problem> {
    // The same key is the same sweep: its id is looked up under the key, and random.
    let key = format!("{}\n{}", who.subject, idempotency_key(request)?);
    let id = desk.vault.claim("sweep", &key, InstanceId::new(desk.now()).0, None).await?;
    let actor = Actor::Operator(who.subject.clone());
    let envelope = envelope(request, "operator", actor, Command::Start(start))?;
    let receipt = desk.engine.start::<Sweep>(instance(id), envelope).await?;
    tracing::info!(target: "sealwright::audit", operator = who.subject, instance.id = %id, "a sweep was started by hand");
    let sweep = read(desk, instance(id)).await?;
    Ok(answer(HttpResponse::Created(), sweep.version, Some(&receipt), &sweep))
}

/// Which sweeps.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Over, or not.
    pub closed: Option<bool>,
    /// `changes` or `full`.
    #[param(value_type = Option<String>)]
    pub kind: Option<Kind>,
    /// Of this schedule.
    pub schedule: Option<String>,
}

/// A sweep in a list.
#[derive(Serialize, ToSchema)]
pub struct SweepLine {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    pub phase: String,
    /// Whether it is over.
    pub closed: bool,
    /// When it began.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// Why it waits for an operator, if it does.
    pub parked: Option<String>,
}

impl From<InstanceRow> for SweepLine {
    fn from(row: InstanceRow) -> Self {
        Self {
            id: row.id.0,
            phase: row.phase,
            closed: row.closed,
            created_at: row.created_at.to_string(),
            updated_at: row.updated_at.to_string(),
            parked: row.parked,
        }
    }
}

/// Sweeps, newest first.
#[utoipa::path(get, path = "/v1/sweeps", tag = "operators", params(Filter, PageQuery),
    responses((status = 200, body = Page<SweepLine>)))]
pub async fn list(
    desk: Data<Desk>,
    who: Principal,
    filter: Query<Filter>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    who.needs(&READERS)?;
    let mut query = page.instances("sweep")?;
    query.closed = filter.closed;
    query.labels.extend(filter.kind.map(|kind| ("kind".to_owned(), kind.as_str().to_owned())));
    query.labels.extend(filter.schedule.clone().map(|schedule| ("schedule".to_owned(), schedule)));
    let rows = desk.engine.store().list(&query).await?;
    let lines: Vec<SweepLine> = rows.into_iter().map(SweepLine::from).collect();
    Ok(HttpResponse::Ok().json(Page::of(lines, query.limit, |line| line.id.to_string())))
}

/// One sweep: how far it is, and what it came to.
#[utoipa::path(get, path = "/v1/sweeps/{id}", tag = "operators",
    responses((status = 200, body = Swept), (status = 404, body = Problem)))]
pub async fn show(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    who.needs(&READERS)?;
    let sweep = read(&desk, instance(*id)).await?;
    Ok(answer(HttpResponse::Ok(), sweep.version, None, &sweep))
}

/// `pause`, `resume` or `cancel`. What was followed stays.
#[utoipa::path(post, path = "/v1/sweeps/{id}/actions/{action}", tag = "operators",
    params(("id" = Uuid, Path), ("action" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Swept), (status = 409, body = Problem)))]
pub async fn act(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    path: Path<(Uuid, String)>,
) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    let (id, action) = path.into_inner();
    let command = match action.as_str() {
        "pause" => Operator::Pause,
        "resume" => Operator::Resume,
        "cancel" => Operator::Cancel,
        _ => return Err(NOT_FOUND.because(format!("there is no action `{action}`"))),
    };
    let actor = Actor::Operator(who.subject.clone());
    let envelope = envelope(&request, "operator", actor, Command::Operator(command))?;
    let receipt = desk.engine.send::<Sweep>(instance(id), envelope).await.map_err(strange)?;
    tracing::info!(target: "sealwright::audit", operator = who.subject, instance.id = %id, action, "a sweep was steered by hand");
    let sweep = read(&desk, instance(id)).await?;
    Ok(answer(HttpResponse::Ok(), sweep.version, Some(&receipt), &sweep))
}

async fn read(desk: &Desk, id: InstanceId) -> Result<Swept, Problem> {
    let view = desk.engine.view::<Sweep>(id).await.map_err(strange)?;
    view.and_then(|view| swept(id, view)).ok_or_else(no_such)
}

fn strange(error: sealwright_engine::SendError<sealwright_workflows::sweep::Rejection>) -> Problem {
    match error {
        sealwright_engine::SendError::WrongWorkflow(_) | sealwright_engine::SendError::NotFound => no_such(),
        error => error.into(),
    }
}

fn no_such() -> Problem {
    NOT_FOUND.because("there is no sweep of this id").todo("List them: GET /v1/sweeps.")
}
