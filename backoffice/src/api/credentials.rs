//! The live document in one of its forms, for its holder.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query, ServiceConfig, get};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::licences::{Live, live};
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
    /// `code` (if left out), the text inside the QR; `sd-jwt-vc`, for wallets and for showing single claims; or
    /// `mdoc`, the mobile driving licence of ISO/IEC 18013-5.
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
    Mdoc,
}

/// The live document, signed: all that its holder has, so it is for the holder alone. `text/plain` for the code,
/// `application/dc+sd-jwt` for the SD-JWT VC, and for the mdoc `application/cbor`: the bytes of its `IssuerSigned`, which
/// OpenID4VCI carries in base64url.
#[utoipa::path(get, path = "/v1/licences/{id}/credential", tag = "licences", params(("id" = Uuid, Path), Wanted),
    responses((status = 200, description = "The credential",
        content((String = "text/plain"), (String = "application/dc+sd-jwt"),
            (Vec<u8> = "application/cbor"))), (status = 404, body = Problem)))]
pub async fn credential(
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let Live { person, intent, credential, .. } = live(&desk, &who, instance(*id)).await?;
    let (kind, bytes) = match wanted.form {
        CredentialForm::Code => ("text/plain; charset=utf-8", String::from(credential.code).into_bytes()),
        CredentialForm::SdJwtVc => {
            let signed = credential.sd_jwt.ok_or_else(|| {
                NOT_FOUND
                    .because("this version was signed before there was the form `sd-jwt-vc`")
                    .todo("Use the code; the next version has this form, too.")
            })?;
            ("application/dc+sd-jwt", String::from(signed).into_bytes())
        }
        CredentialForm::Mdoc => {
            let signed = desk.dossiers.mdoc(person, instance(*id), intent.version).await?.ok_or_else(|| {
                NOT_FOUND.because("this version has no mdoc").todo(
                    "Register the wallet's key with PUT /v1/licences/{id}/device-key: the next version has one, if the \
                     office has a certificate for it and the name can be written in Latin letters.",
                )
            })?;
            ("application/cbor", signed)
        }
    };
    Ok(HttpResponse::Ok().content_type(kind).insert_header(("Cache-Control", "no-store")).body(bytes))
}
