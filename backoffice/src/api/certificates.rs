//! The X.509 certificates behind mdocs, for verifiers.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query, ServiceConfig, get};
use sealwright_credentials::x509::Certificate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::verifications::FOR_A_WHILE;
use crate::desk::Desk;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/certificates", get().to(certificates));
}

/// Which certificates.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `all` (if left out), `root` or `signer`.
    #[serde(default)]
    #[param(inline)]
    kind: CertificateKind,
}

#[derive(Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CertificateKind {
    #[default]
    All,
    Root,
    Signer,
}

/// The root certificates (IACA) of this office and those of its document keys, in PEM. A verifier of mdocs trusts the
/// roots, and should learn on a safer way than this one that they are ours.
#[utoipa::path(get, path = "/v1/certificates", tag = "verifiers", params(Wanted),
    responses((status = 200, description = "PEM blocks; none where no mdocs are issued",
        content((String = "application/pem-certificate-chain")))))]
pub async fn certificates(desk: Data<Desk>, wanted: Query<Wanted>) -> HttpResponse {
    let keys = desk.office.keys();
    let published = keys.certificates().published(keys.key_set());
    let pem: String = match wanted.kind {
        CertificateKind::All => published.to_pem(),
        CertificateKind::Root => published.roots().map(Certificate::to_pem).collect(),
        CertificateKind::Signer => published.signers().map(Certificate::to_pem).collect(),
    };
    HttpResponse::Ok().insert_header(FOR_A_WHILE).content_type("application/pem-certificate-chain").body(pem)
}
