//! Making applicants known: the door of an app's own server.

use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_workflows::policy::Locale;
use sealwright_workflows::register::{Contacts, DocumentKind, LicenceNumber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::request::idempotency_key;
use crate::auth::{self, Principal, Role};
use crate::desk::Desk;
use crate::problem::{INVALID, Problem};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/applicants", web::post().to(enrol));
}

/// A person who wants to apply. Whoever sends this has made sure who they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    /// The licence number (证号).
    pub licence_number: String,
    /// What kind of document the number is of.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub document_kind: Option<DocumentKind>,
    /// Their language: `en` or `zh`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub locale: Option<Locale>,
    /// Where mail goes if the register has no address.
    #[serde(default)]
    pub email: Option<String>,
    /// Where messages go if the register has no number.
    #[serde(default)]
    pub phone: Option<String>,
}

/// An applicant's references.
#[derive(Serialize, ToSchema)]
pub struct Enrolled {
    /// The person.
    pub person: Uuid,
    /// Their licence.
    pub licence: Uuid,
    /// Their own key. It is shown this once.
    pub api_key: String,
}

/// Makes an applicant known. The same number again has the same ids, and gets a fresh key.
#[utoipa::path(post, path = "/v1/applicants", tag = "applicants", request_body = Applicant,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Enrolled), (status = 422, body = Problem, content_type = "application/problem+json")))]
pub async fn enrol(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    body: Json<Applicant>,
) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Gateway, Role::Admin])?;
    idempotency_key(&request)?;
    let body = body.into_inner();
    let kind = body.document_kind.unwrap_or(DocumentKind::ResidentIdentityCard);
    let number = LicenceNumber::new(kind, &body.licence_number).map_err(|error| {
        INVALID.because(error.to_string()).fault("/licence_number", "licence-number", error.to_string())
    })?;
    let locale = body.locale.map(|locale| sealwright_engine::name_of(&locale).outer.to_owned());
    let contacts = Contacts { email: body.email, phone: body.phone, locale };
    // Known before, and nothing new said: what was said then stands.
    let told = contacts != Contacts::default();
    let known = desk.dossiers.admit(&number, told.then_some(&contacts), desk.now()).await?;
    let principal = Principal { subject: known.person.to_string(), roles: [Role::Applicant].into() };
    let (_, api_key) = auth::issue(&desk, &principal).await?;
    Ok(HttpResponse::Created().json(Enrolled { person: known.person.0, licence: known.licence.0, api_key }))
}
