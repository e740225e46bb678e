//! For machines that watch machines.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use metrics_exporter_prometheus::PrometheusHandle;

use super::openapi::description;
use crate::desk::Desk;
use crate::problem::{KINDS, Kind, NOT_FOUND, Problem, UNAVAILABLE};

/// How long the store may take to answer before this node is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/livez", web::get().to(live))
        .route("/readyz", web::get().to(ready))
        .route("/metrics", web::get().to(figures))
        .route("/version", web::get().to(version))
        .route("/openapi.json", web::get().to(openapi))
        .route("/problems/{code}", web::get().to(problem));
}

/// Whether the process runs.
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Whether it can work: the store answers and there is a key to sign with.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200), (status = 503, body = Problem)))]
pub async fn ready(desk: Data<Desk>) -> Result<HttpResponse, Problem> {
    let asked = tokio::time::timeout(PATIENCE, desk.engine.store().feed_end()).await;
    asked.map_err(|_| UNAVAILABLE.because("the store does not answer in time"))??;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
}

/// Figures in Prometheus' text form.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, content_type = "text/plain")))]
pub async fn figures(desk: Data<Desk>, recorder: Option<Data<PrometheusHandle>>) -> HttpResponse {
    metrics::counter!("sealwright_flushes_total").absolute(desk.engine.store().flushes());
    let text = recorder.map(|recorder| recorder.render()).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text)
}

/// The build.
#[utoipa::path(get, path = "/version", tag = "health", responses((status = 200)))]
pub async fn version() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"name": "sealwright", "version": env!("CARGO_PKG_VERSION")}))
}

/// This API, as OpenAPI 3.1.
pub async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(description())
}

/// What a problem's code means and what to do.
#[utoipa::path(get, path = "/problems/{code}", tag = "health", params(("code" = String, Path)),
    responses((status = 200, content_type = "text/plain"), (status = 404, body = Problem)))]
pub async fn problem(code: Path<String>) -> Result<HttpResponse, Problem> {
    let known = KINDS.iter().find(|Kind(_, other, _, _)| *other == code.as_str());
    let Kind(status, code, title, todo) =
        known.ok_or_else(|| NOT_FOUND.because("there is no such problem"))?;
    let page = format!("{title} ({status}, {code})\n\n{todo}\n");
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(page))
}
