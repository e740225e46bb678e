//! What vendors send.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_engine::SendError;
use sealwright_workflows::application::Application;
use sealwright_workflows::office::liveness::Callback;
use sealwright_workflows::office::webhook::WebhookHeaders;

use crate::desk::Desk;
use crate::problem::{BAD_REQUEST, Problem, UNAUTHENTICATED};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/callbacks/liveness", web::post().to(liveness));
}

/// A liveness result, signed by the vendor (Standard Webhooks). A repeat changes nothing.
#[utoipa::path(post, path = "/v1/callbacks/liveness", tag = "vendors",
    request_body(content_type = "application/json", content = String),
    responses((status = 204), (status = 401, body = Problem)))]
pub async fn liveness(request: HttpRequest, desk: Data<Desk>, body: Bytes) -> Result<HttpResponse, Problem> {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let headers = WebhookHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let callback = Callback::verify(&desk.callback_secrets, headers, &body, desk.now())
        .map_err(|error| UNAUTHENTICATED.because(error.to_string()))?;
    let envelope = callback.envelope().map_err(|error| BAD_REQUEST.because(error.to_string()))?;
    match desk.engine.send::<Application>(callback.application(), envelope).await {
        // A result that comes too late, or for a session that is over, is not the vendor's concern.
        Ok(_) | Err(SendError::Rejected(_) | SendError::KeyReused) => Ok(HttpResponse::NoContent().finish()),
        Err(error) => Err(error.into()),
    }
}
