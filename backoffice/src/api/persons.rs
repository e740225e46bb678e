//! People: what is kept of them, and forgetting it.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use sealwright_engine::PersonId;
use sealwright_engine::store::{InstanceQuery, Order};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::applications::Line;
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::Problem;
use crate::view::information::Information;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/persons/{id}", web::get().to(show)).route("/persons/{id}", web::delete().to(erase));
}

/// A person, masked.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// The person.
    pub id: Uuid,
    /// Their licence.
    pub licence: Uuid,
    /// Their record, if the register has answered once.
    pub information: Option<Information>,
    /// Their latest applications.
    pub applications: Vec<Line>,
}

/// What is kept of a person.
#[utoipa::path(get, path = "/v1/persons/{id}", tag = "operators",
    responses((status = 200, body = Person), (status = 404, body = Problem)))]
pub async fn show(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    let person = PersonId(*id);
    let (licence, _) = desk.known(person).await?;
    let dossier = desk.dossiers.record(person, None).await?;
    let query = InstanceQuery {
        workflow: Some("application".into()),
        labels: vec![("person".into(), id.to_string())],
        order: Order::Newest,
        limit: 50,
        ..InstanceQuery::default()
    };
    let rows = desk.engine.store().list(&query).await?;
    tracing::info!(target: "sealwright::audit", operator = who.subject, person.id = %id, "a person's data was looked at");
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(Person {
        id: *id,
        licence: licence.0,
        information: dossier.as_ref().map(Information::of),
        applications: rows.into_iter().map(Line::from).collect(),
    }))
}

/// Forgets a person for good: their key is destroyed. The journal stays, and names nobody. Their
/// licence learns of it and is invalid from then on. May be sent again.
#[utoipa::path(delete, path = "/v1/persons/{id}", tag = "operators", responses((status = 204)))]
pub async fn erase(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    desk.erase(PersonId(*id)).await?;
    tracing::info!(target: "sealwright::audit", operator = who.subject, person.id = %id, "a person was erased");
    Ok(HttpResponse::NoContent().finish())
}
