//! The live document in one of its forms, for its holder.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query, ServiceConfig, get};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::licences::live;
use super::request::instance;
use crate::auth::Principal;
use crate::desk::Desk;
use crate::problem::{NOT_FOUND, Problem};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/licences/{id}/credential", get().to(credential));
}

/// Which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `code` (if left out), the text inside the QR, or `sd-jwt-vc`, for wallets and for showing single claims.
    #[serde(default)]
    #[param(inline)]
    form: CredentialForm,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum CredentialForm {
    #[default]
    Code,
    SdJwtVc,
}

/// The live document, signed: all that its holder has, so it is for the holder alone. `text/plain` for the code,
/// `application/dc+sd-jwt` for the other form.
#[utoipa::path(get, path = "/v1/licences/{id}/credential", tag = "licences", params(("id" = Uuid, Path), Wanted),
    responses((status = 200, description = "The credential",
        content((String = "text/plain"), (String = "application/dc+sd-jwt"))), (status = 404, body = Problem)))]
pub async fn credential(
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let credential = live(&desk, &who, instance(*id)).await?.credential;
    let (kind, text) = match wanted.form {
        CredentialForm::Code => ("text/plain; charset=utf-8", String::from(credential.code)),
        CredentialForm::SdJwtVc => {
            let signed = credential.sd_jwt.ok_or_else(|| {
                NOT_FOUND
                    .because("this version was signed before there was the form `sd-jwt-vc`")
                    .todo("Use the code; the next version has this form, too.")
            })?;
            ("application/dc+sd-jwt", String::from(signed))
        }
    };
    Ok(HttpResponse::Ok().content_type(kind).insert_header(("Cache-Control", "no-store")).body(text))
}
