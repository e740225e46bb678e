//! Licences: what the holder shows, and what an operator may do.

use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_credentials::barcode::{Look, code128_svg, qr_svg};
use sealwright_engine::{Actor, InstanceId, PersonId};
use sealwright_workflows::licence::{Command, Licence, Operator};
use sealwright_workflows::office::dossier::Credential;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::request::{answer, envelope, instance};
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{INTERNAL, NOT_FOUND, Problem};
use crate::view::licence::{Document, Intent, document};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/licences/{id}", web::get().to(show))
        .route("/licences/{id}/code", web::get().to(code))
        .route("/licences/{id}/code.svg", web::get().to(code_svg))
        .route("/licences/{id}/barcode.svg", web::get().to(barcode_svg))
        .route("/licences/{id}/actions/{action}", web::post().to(act));
}

/// A licence and its live document.
#[utoipa::path(get, path = "/v1/licences/{id}", tag = "licences",
    responses((status = 200, body = Document), (status = 404, body = Problem)))]
pub async fn show(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let document = visible(&desk, &who, instance(*id)).await?;
    Ok(answer(HttpResponse::Ok(), document.version, None, &document))
}

/// The live document's code.
#[derive(Serialize, ToSchema)]
pub struct LiveCode {
    /// The text inside the QR, `SW1:...`.
    pub code: String,
    /// The document's version.
    pub version: u32,
    /// Its serial.
    pub serial: String,
}

/// The code of the live document, for its holder.
#[utoipa::path(get, path = "/v1/licences/{id}/code", tag = "licences", responses((status = 200, body = LiveCode)))]
pub async fn code(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let Live { intent, credential, .. } = live(&desk, &who, instance(*id)).await?;
    let code = credential.code.as_str().to_owned();
    let body = LiveCode { code, version: intent.version, serial: intent.serial };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(body))
}

/// The code as a QR: black on green's page, red while the licence is suspended (`domain.md` 2.2).
#[utoipa::path(get, path = "/v1/licences/{id}/code.svg", tag = "licences",
    responses((status = 200, content_type = "image/svg+xml")))]
pub async fn code_svg(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let Live { credential, document, .. } = live(&desk, &who, instance(*id)).await?;
    svg(qr_svg(credential.code.as_str(), &look(&document, "Electronic driving licence")))
}

/// The serial as Code 128.
#[utoipa::path(get, path = "/v1/licences/{id}/barcode.svg", tag = "licences",
    responses((status = 200, content_type = "image/svg+xml")))]
pub async fn barcode_svg(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let Live { intent, document, .. } = live(&desk, &who, instance(*id)).await?;
    svg(code128_svg(&intent.serial, 40, &look(&document, "Serial number")))
}

pub(super) fn look<'t>(document: &Document, title: &'t str) -> Look<'t> {
    if document.standing == "suspended" { Look::red(title) } else { Look::black(title) }
}

fn svg(
    drawn: Result<String, sealwright_credentials::barcode::BarcodeError>,
) -> Result<HttpResponse, Problem> {
    let drawn = drawn.map_err(|error| INTERNAL.because(error.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header(("Cache-Control", "no-store"))
        .body(drawn))
}

/// What an operator does to a licence: no body is needed.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, for the log; no personal data.
    #[serde(default)]
    pub reason: String,
}

/// `suspend`, `hide`, `restore`, `invalidate`, `unbar` or `reissue`.
#[utoipa::path(post, path = "/v1/licences/{id}/actions/{action}", tag = "operators", request_body = Reason,
    params(("id" = Uuid, Path), ("action" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Document), (status = 409, body = Problem)))]
pub async fn act(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    path: Path<(Uuid, String)>,
    body: Json<Reason>,
) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    let (id, action) = path.into_inner();
    let command = match action.as_str() {
        "suspend" => Operator::Suspend,
        "hide" => Operator::Hide,
        "restore" => Operator::Restore,
        "invalidate" => Operator::Invalidate,
        "unbar" => Operator::Unbar,
        "reissue" => Operator::Reissue,
        _ => return Err(NOT_FOUND.because(format!("there is no action `{action}`"))),
    };
    let actor = Actor::Operator(who.subject.clone());
    let envelope = envelope(&request, "operator", actor, Command::Operator(command))?;
    let receipt = desk.engine.send::<Licence>(instance(id), envelope).await?;
    tracing::info!(target: "sealwright::audit", operator = who.subject, instance.id = %id, action, reason = body.reason, "a licence was changed by hand");
    let document = read(&desk, instance(id)).await?;
    Ok(answer(HttpResponse::Ok(), document.version, Some(&receipt), &document))
}

/// The live version of a licence that may be shown.
pub(super) struct Live {
    pub(super) person: PersonId,
    pub(super) intent: Intent,
    pub(super) credential: Credential,
    pub(super) document: Document,
}

/// The live version, if `who` may see it and it may be shown.
pub(super) async fn live(desk: &Desk, who: &Principal, id: InstanceId) -> Result<Live, Problem> {
    let document = visible(desk, who, id).await?;
    let none = || {
        NOT_FOUND.because("there is no document to show").todo("Look at the licence: `standing` says why.")
    };
    if !matches!(document.standing.as_str(), "active" | "suspended") {
        return Err(none());
    }
    let intent =
        document.intents.iter().find(|intent| Some(intent.version) == document.shown).ok_or_else(none)?;
    let person = PersonId(document.person.ok_or_else(none)?);
    let credential = desk.dossiers.credential(person, id, intent.version).await?.ok_or_else(none)?;
    Ok(Live { person, intent: intent.clone(), credential, document })
}

/// A licence that `who` may see.
async fn visible(desk: &Desk, who: &Principal, id: InstanceId) -> Result<Document, Problem> {
    let document = read(desk, id).await?;
    let own = who.person().is_ok_and(|person| document.person == Some(person.0));
    if who.is_office() || own { Ok(document) } else { Err(no_such()) }
}

/// A licence as it stands.
pub(super) async fn read(desk: &Desk, id: InstanceId) -> Result<Document, Problem> {
    let view = desk.engine.view::<Licence>(id).await.map_err(|error| match error {
        sealwright_engine::SendError::WrongWorkflow(_) => no_such(),
        error => error.into(),
    })?;
    let view = view.ok_or_else(no_such)?;
    let history = desk.engine.history(id).await?;
    let labels = desk.engine.store().labels(id).await?;
    document(id, &view, &history, &labels)
        .map_err(|error| INTERNAL.because(format!("the history cannot be read: {error}")))
}

fn no_such() -> Problem {
    NOT_FOUND.because("there is no licence of this id for you")
}
