//! Applications: the applicant's steps.

use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_engine::store::InstanceRow;
use sealwright_engine::{Actor, InstanceId, PersonId};
use sealwright_workflows::application::{Applicant, Application, Command, Kind};
use sealwright_workflows::policy::{Locale, Path as PhotoPath};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::request::{Page, PageQuery, answer, envelope, idempotency_key, instance};
use crate::auth::Principal;
use crate::desk::Desk;
use crate::problem::{INTERNAL, INVALID, NOT_FOUND, Problem};
use crate::view::application::{Case, case};
use crate::view::information::Information;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/applications", web::post().to(begin))
        .route("/applications", web::get().to(list))
        .route("/applications/{id}", web::get().to(show))
        .route("/applications/{id}/information", web::get().to(information))
        .route("/applications/{id}/timeline", web::get().to(timeline))
        .route("/applications/{id}/actions/{action}", web::post().to(act));
}

/// A new application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct New {
    /// What for: `first_issue` or `photo_replacement`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// The language to speak in: `en` or `zh`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub locale: Option<Locale>,
}

/// Begins an application.
#[utoipa::path(post, path = "/v1/applications", tag = "applications", request_body = New,
    params(("Idempotency-Key" = String, Header)), responses((status = 201, body = Case)))]
pub async fn begin(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    body: Json<New>,
) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    let (licence, spoken) = desk.known(person).await?;
    // The same key is the same application: its id is looked up under the key, and random.
    let key = format!("{person}\n{}", idempotency_key(&request)?);
    let fresh = InstanceId::new(desk.now());
    let id = desk.vault.claim("application", &key, fresh.0, Some(person)).await?;
    let command =
        Applicant::Begin { person, licence, locale: body.locale.unwrap_or(spoken), kind: body.kind };
    let actor = Actor::Applicant(person.to_string());
    let envelope = envelope(&request, "applicant", actor, Command::Applicant(command))?;
    let receipt = desk.engine.start::<Application>(instance(id), envelope).await?;
    let case = read(&desk, instance(id)).await?;
    Ok(answer(HttpResponse::Created(), case.version, Some(&receipt), &case))
}

/// Which applications.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// In this phase.
    pub phase: Option<String>,
    /// Over, or not.
    pub closed: Option<bool>,
    /// Of this person; applicants see their own only.
    pub person: Option<Uuid>,
}

/// An application in a list.
#[derive(Serialize, ToSchema)]
pub struct Line {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    pub phase: String,
    /// Whether it is over.
    pub closed: bool,
    /// How many decisions are behind it.
    pub version: u64,
    /// When it began.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// Why it waits for an operator, if it does.
    pub parked: Option<String>,
}

impl From<InstanceRow> for Line {
    fn from(row: InstanceRow) -> Self {
        Self {
            id: row.id.0,
            phase: row.phase,
            closed: row.closed,
            version: row.version,
            created_at: row.created_at.to_string(),
            updated_at: row.updated_at.to_string(),
            parked: row.parked,
        }
    }
}

/// Applications, newest first.
#[utoipa::path(get, path = "/v1/applications", tag = "applications", params(Filter, PageQuery),
    responses((status = 200, body = Page<Line>)))]
pub async fn list(
    desk: Data<Desk>,
    who: Principal,
    filter: Query<Filter>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let person = if who.is_office() { filter.person } else { Some(who.person()?.0) };
    let mut query = page.instances("application")?;
    query.phase.clone_from(&filter.phase);
    query.closed = filter.closed;
    query.labels.extend(person.map(|person| ("person".to_owned(), person.to_string())));
    let rows = desk.engine.store().list(&query).await?;
    let lines: Vec<Line> = rows.into_iter().map(Line::from).collect();
    Ok(HttpResponse::Ok().json(Page::of(lines, query.limit, |line| line.id.to_string())))
}

/// One application.
#[utoipa::path(get, path = "/v1/applications/{id}", tag = "applications",
    responses((status = 200, body = Case), (status = 404, body = Problem)))]
pub async fn show(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let mut case = visible(&desk, &who, instance(*id)).await?;
    reveal_session(&desk, &who, &mut case).await?;
    Ok(answer(HttpResponse::Ok(), case.version, None, &case))
}

/// The record that the applicant confirms.
#[utoipa::path(get, path = "/v1/applications/{id}/information", tag = "applications",
    responses((status = 200, body = Information)))]
pub async fn information(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let case = visible(&desk, &who, instance(*id)).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(informed(&desk, &case).await?))
}

/// The record behind a case.
pub(super) async fn informed(desk: &Desk, case: &Case) -> Result<Information, Problem> {
    let missing =
        || NOT_FOUND.because("the register has not answered yet").todo("Wait a moment and ask again.");
    let person = case.person.ok_or_else(missing)?;
    let dossier = desk.dossiers.record(PersonId(person), case.revision).await?.ok_or_else(missing)?;
    Ok(Information::of(&dossier))
}

/// What happened so far. Applicants see the names of events, the office sees them whole.
#[utoipa::path(get, path = "/v1/applications/{id}/timeline", tag = "applications",
    responses((status = 200, description = "The decisions, oldest first")))]
pub async fn timeline(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    visible(&desk, &who, instance(*id)).await?;
    let history = desk.engine.history(instance(*id)).await?;
    let items: Vec<_> = history
        .iter()
        .map(|body| {
            let events: Vec<serde_json::Value> = serde_json::from_str(body.events.get()).unwrap_or_default();
            let names: Vec<_> = events.iter().map(name).collect();
            let actor = body.actor.door();
            let line = serde_json::json!({"version": body.version, "at": body.at, "command": body.command});
            merge(
                line,
                if who.is_office() {
                    serde_json::json!({"actor": body.actor, "events": events})
                } else {
                    serde_json::json!({"actor": actor, "events": names})
                },
            )
        })
        .collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({ "items": items })))
}

fn merge(mut line: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
    if let (Some(line), serde_json::Value::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    line
}

fn name(event: &serde_json::Value) -> String {
    match event {
        serde_json::Value::String(name) => name.clone(),
        serde_json::Value::Object(event) => event.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

/// What an action needs.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// `choose-path`: `camera` or `album`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub path: Option<PhotoPath>,
    /// `confirm-information`: the revision that was shown.
    #[serde(default)]
    pub revision: Option<u64>,
}

/// One step of the applicant: `choose-path`, `confirm-information`, `retry-liveness`, `read-notice`,
/// `confirm-preview`, `submit` or `withdraw`.
#[utoipa::path(post, path = "/v1/applications/{id}/actions/{action}", tag = "applications", request_body = Action,
    params(("id" = Uuid, Path), ("action" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Case), (status = 409, body = Problem)))]
pub async fn act(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    path: Path<(Uuid, String)>,
    body: Json<Action>,
) -> Result<HttpResponse, Problem> {
    let (id, action) = path.into_inner();
    let person = who.person()?;
    visible(&desk, &who, instance(id)).await?;
    let needs = |field: &str| {
        let why = format!("the action `{action}` needs `{field}`");
        INVALID.because(why.clone()).fault(&format!("/{field}"), "missing", why)
    };
    let command = match action.as_str() {
        "choose-path" => Applicant::ChoosePath { path: body.path.ok_or_else(|| needs("path"))? },
        "confirm-information" => {
            Applicant::ConfirmInformation { revision: body.revision.ok_or_else(|| needs("revision"))? }
        }
        "retry-liveness" => Applicant::RetryLiveness,
        "read-notice" => Applicant::ReadNotice,
        "confirm-preview" => Applicant::ConfirmPreview,
        "submit" => Applicant::Submit,
        "withdraw" => Applicant::Withdraw,
        _ => return Err(NOT_FOUND.because(format!("there is no action `{action}`"))),
    };
    let actor = Actor::Applicant(person.to_string());
    let envelope = envelope(&request, "applicant", actor, Command::Applicant(command))?;
    let receipt = desk.engine.send::<Application>(instance(id), envelope).await?;
    let case = read(&desk, instance(id)).await?;
    Ok(answer(HttpResponse::Ok(), case.version, Some(&receipt), &case))
}

/// Adds the address of the liveness session, for the applicant alone: who has it can be the person
/// in front of the camera.
async fn reveal_session(desk: &Desk, who: &Principal, case: &mut Case) -> Result<(), Problem> {
    let (Ok(person), Some(session)) = (who.person(), &mut case.liveness) else { return Ok(()) };
    let kept = desk.dossiers.session(person, instance(case.id), session.session).await?;
    session.url = kept.map(|kept| kept.url);
    Ok(())
}

/// An application that `who` may see. Another person's is not there, as far as they can tell.
pub(super) async fn visible(desk: &Desk, who: &Principal, id: InstanceId) -> Result<Case, Problem> {
    let case = read(desk, id).await?;
    let own = || who.person().is_ok_and(|person| case.person == Some(person.0));
    if who.is_office() || own() { Ok(case) } else { Err(no_such()) }
}

/// An application as it stands.
pub(super) async fn read(desk: &Desk, id: InstanceId) -> Result<Case, Problem> {
    let view = desk.engine.view::<Application>(id).await.map_err(|error| match error {
        sealwright_engine::SendError::WrongWorkflow(_) => no_such(),
        error => error.into(),
    })?;
    let view = view.ok_or_else(no_such)?;
    let history = desk.engine.history(id).await?;
    case(id, &view, &history, &desk.policy(), desk.now())
        .map_err(|error| INTERNAL.because(format!("the history cannot be read: {error}")))
}

fn no_such() -> Problem {
    NOT_FOUND.because("there is no application of this id for you")
}
