//! What the register says without being asked: signed pushes, and records from a file.

use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_engine::Actor;
use sealwright_workflows::office::NotFollowed;
use sealwright_workflows::office::push::Push;
use sealwright_workflows::office::webhook::{WebhookHeaders, WebhookRefused};
use sealwright_workflows::register::LicenceRecord;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{INTERNAL, INVALID, Problem, TOO_LARGE, UNAUTHENTICATED, UNAVAILABLE};

/// Bytes of a push: one record; a hundred times what a real one has.
const PUSH_BYTES: usize = 256 * 1024;

/// Bytes of one part of a file.
pub const IMPORT_BYTES: usize = 2 * 1024 * 1024;

/// Records in one part of a file: each waits for the disk, and the whole for an answer.
pub const IMPORT_LINES: usize = 200;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/registry-events")
                .app_data(PayloadConfig::new(PUSH_BYTES))
                .route(web::post().to(push)),
        )
        .service(
            web::resource("/register/records")
                .app_data(PayloadConfig::new(IMPORT_BYTES))
                .route(web::post().to(import)),
        );
}

/// A change of a record: a CloudEvent 1.0 (structured JSON), signed by the register (Standard Webhooks). A repeat
/// changes nothing, and the order does not matter. Answered when what was learnt is durable; 503 means: send it again.
#[utoipa::path(post, path = "/v1/registry-events", tag = "register",
    request_body(content_type = "application/cloudevents+json", content = String),
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
pub async fn push(request: HttpRequest, desk: Data<Desk>, body: Bytes) -> Result<HttpResponse, Problem> {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let headers = WebhookHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let push = Push::verify(&desk.push_secrets, headers, &body, desk.now()).map_err(|error| match error {
        WebhookRefused::Body(_) => INVALID.because(error.to_string()),
        _ => UNAUTHENTICATED
            .because(error.to_string())
            .todo("Sign with a secret that register.push_secret_file holds, and send the present time."),
    })?;
    desk.office.take_push(&desk.engine, push).await.map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// What came of the lines of a file.
#[derive(Serialize, ToSchema)]
pub struct Imported {
    /// One for each line that is not empty, in order.
    pub lines: Vec<Line>,
}

/// What came of a line.
#[derive(Serialize, ToSchema)]
pub struct Line {
    /// Counted from 1 within this request.
    pub line: usize,
    /// `unknown` (nobody applied with this number: nothing is kept), `unchanged`, `reissued`, `suspended`,
    /// `restored`, `hidden`, `invalidated`, `noted`; none if the line was not taken.
    pub outcome: Option<&'static str>,
    /// Why it was not taken. Names places, no values.
    pub error: Option<String>,
    /// Whether it may be taken later as it is.
    pub retry: bool,
}

/// Records from a file, one JSON object a line, at most 200 lines and 2 MiB. Each line counts for itself; the same
/// lines again change nothing.
#[utoipa::path(post, path = "/v1/register/records", tag = "register",
    request_body(content_type = "application/x-ndjson", content = String),
    responses((status = 200, body = Imported), (status = 403, body = Problem), (status = 413, body = Problem)))]
pub async fn import(desk: Data<Desk>, who: Principal, body: Bytes) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    let lines = body.split(|byte| *byte == b'\n').enumerate();
    let lines: Vec<_> = lines.filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    if lines.len() > IMPORT_LINES {
        return Err(TOO_LARGE.because(format!("{} lines; {IMPORT_LINES} are the most", lines.len())));
    }
    let mut taken = Vec::with_capacity(lines.len());
    for (at, line) in lines {
        let (outcome, error, retry) = match serde_json::from_slice::<LicenceRecord>(line) {
            Ok(record) => match desk.office.follow_as_is(&desk.engine, record, errand(&who, line)).await {
                Ok(followed) => (Some(followed.as_str()), None, false),
                Err(error) => (None, Some(error.to_string()), matches!(error, NotFollowed::NotNow(_))),
            },
            // The parser's own words may repeat a value.
            Err(error) => {
                let why =
                    format!("it is no record: {:?} error at column {}", error.classify(), error.column());
                (None, Some(why), false)
            }
        };
        taken.push(Line { line: at + 1, outcome, error, retry });
    }
    let refused = taken.iter().filter(|line| line.error.is_some()).count();
    tracing::info!(target: "sealwright::audit", operator = who.subject, lines = taken.len(), refused, "records were imported");
    Ok(HttpResponse::Ok().json(Imported { lines: taken }))
}

/// The same line by the same operator is the same errand, so that an import that broke off counts honestly.
fn errand(who: &Principal, line: &[u8]) -> Actor {
    let digest = Sha256::new().chain_update(&who.subject).chain_update([0]).chain_update(line).finalize();
    Actor::Operator(format!("register-import:{}", hex::encode(&digest[..16])))
}

fn problem(error: NotFollowed) -> Problem {
    match error {
        NotFollowed::NotNow(why) => UNAVAILABLE.because(why).after(10),
        NotFollowed::Unreadable(_) => INVALID.because(error.to_string()),
        NotFollowed::Refused(why) => INTERNAL.because(why),
    }
}
