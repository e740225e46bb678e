//! What verifiers of SD-JWT VC find by the names inside a credential: the issuer's keys and the type's description.

use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_credentials::sd_jwt::issuer_metadata;

use super::verifications::FOR_A_WHILE;
use crate::desk::Desk;
use crate::problem::{NOT_FOUND, Problem};

const ISSUER: &str = "/.well-known/jwt-vc-issuer";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(ISSUER, web::get().to(issuer))
        .route("/.well-known/jwt-vc-issuer/{issuer:.*}", web::get().to(issuer))
        .route("/types/{name:.*}", web::get().to(credential_type));
}

/// The issuer's keys that may verify (SD-JWT VC, "JWT VC Issuer Metadata"). The path of the issuer's URL, if it has
/// one, follows.
#[utoipa::path(get, path = "/.well-known/jwt-vc-issuer", tag = "verifiers",
    responses((status = 200, description = "JWT VC Issuer Metadata"), (status = 404, body = Problem)))]
pub async fn issuer(request: HttpRequest, desk: Data<Desk>) -> Result<HttpResponse, Problem> {
    let issuer = desk.office.issuer();
    let path = path_of(issuer).unwrap_or_default();
    if request.path().strip_prefix(ISSUER) != Some(path.trim_end_matches('/')) {
        return Err(NOT_FOUND.because("this server issues under another name"));
    }
    Ok(json(issuer_metadata(issuer, desk.office.keys().key_set())))
}

/// What a licence is a credential of (SD-JWT VC, "Type Metadata"), byte for byte as `vct#integrity` has its digest.
#[utoipa::path(get, path = "/types/{name}", tag = "verifiers", params(("name" = String, Path)),
    responses((status = 200, description = "Type Metadata"), (status = 404, body = Problem)))]
pub async fn credential_type(
    request: HttpRequest,
    desk: Data<Desk>,
    _name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let named = desk.office.credential_type();
    if path_of(named.vct()) != Some(request.path()) {
        return Err(NOT_FOUND.because("there is no credential type of this name"));
    }
    Ok(json(named.metadata().to_owned()))
}

fn json(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header(FOR_A_WHILE).content_type("application/json").body(text)
}

/// The path of an https URL as it is written, from its first slash; `None` for other names.
fn path_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    Some(rest.find('/').map_or("", |slash| &rest[slash..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_name_is_what_follows_its_host() {
        for (url, path) in [
            ("https://a.example", Some("")),
            ("https://a.example/", Some("/")),
            ("https://a.example:8443/types/licence/1", Some("/types/licence/1")),
            ("urn:example:licence", None),
        ] {
            assert_eq!(path_of(url), path, "{url}");
        }
    }
}
