//! The liveness vendor: sessions, a page for the applicant, a signed callback and a poll.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, Json, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use anyhow::Context as _;
use sealwright_engine::clock::{Clock, SystemClock};
use sealwright_workflows::office::liveness::Comparison;
use sealwright_workflows::office::webhook::WebhookSecret;
use serde::Deserialize;
use serde_json::json;

/// Sessions kept; the oldest is forgotten first.
const SESSIONS: usize = 10_000;

/// Times a callback is delivered before the vendor gives up; the poll remains.
const DELIVERIES: u32 = 5;

struct Vendor {
    url: String,
    token: String,
    secret: WebhookSecret,
    client: reqwest::Client,
    sessions: Mutex<HashMap<String, Session>>,
}

#[derive(Clone)]
struct Session {
    secret: String,
    order: String,
    state: String,
    callback: Option<String>,
    result: Option<serde_json::Value>,
    /// Counts the sessions, so that the oldest can be told.
    nth: usize,
}

pub(super) fn start(listener: TcpListener, url: String, token: String, secret: &str) -> anyhow::Result<()> {
    sealwright_workflows::office::http::install_tls();
    let vendor = Data::new(Vendor {
        url,
        token,
        secret: WebhookSecret::parse(secret).context("the callback secret")?,
        client: reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?,
        sessions: Mutex::default(),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(vendor.clone())
            .route("/v1/sessions", web::post().to(begin))
            .route("/v1/sessions/{reference}", web::get().to(poll))
            .route("/face/{secret}", web::get().to(page))
            .route("/face/{secret}", web::post().to(finish))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    Ok(())
}

impl Vendor {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, request: &HttpRequest) -> bool {
        let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        given == Some(&format!("Bearer {}", self.token))
    }
}

#[derive(Deserialize)]
struct Init {
    order: String,
    callback: Option<String>,
    state: String,
}

/// Makes a session. The same order again is the same session.
async fn begin(request: HttpRequest, vendor: Data<Vendor>, init: Json<Init>) -> HttpResponse {
    if !vendor.knows(&request) {
        return HttpResponse::Unauthorized().json(json!({"code": "wrong_token"}));
    }
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let init = init.into_inner();
    let mut sessions = vendor.sessions();
    if sessions.len() >= SESSIONS {
        let oldest = sessions.iter().min_by_key(|(_, session)| session.nth).map(|(order, _)| order.clone());
        oldest.and_then(|order| sessions.remove(&order));
    }
    let nth = sessions.values().map(|session| session.nth + 1).max().unwrap_or(0);
    let session = sessions.entry(init.order.clone()).or_insert_with(|| Session {
        secret: hex::encode(bytes),
        order: init.order,
        state: init.state,
        callback: init.callback,
        result: None,
        nth,
    });
    let url = format!("{}/face/{}", vendor.url, session.secret);
    HttpResponse::Created().json(json!({"reference": session.order, "url": url}))
}

async fn poll(request: HttpRequest, vendor: Data<Vendor>, reference: Path<String>) -> HttpResponse {
    if !vendor.knows(&request) {
        return HttpResponse::Unauthorized().json(json!({"code": "wrong_token"}));
    }
    match vendor.sessions().get(&*reference) {
        None => HttpResponse::NotFound().json(json!({"code": "session_not_found"})),
        Some(Session { result: None, .. }) => HttpResponse::Ok().json(json!({"status": "pending"})),
        Some(Session { result: Some(result), .. }) => {
            HttpResponse::Ok().json(json!({"status": "finished", "result": result}))
        }
    }
}

async fn page(vendor: Data<Vendor>, secret: Path<String>) -> HttpResponse {
    if vendor.sessions().values().any(|session| session.secret == *secret) {
        HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(
            "This stands for the camera. POST {\"outcome\": \"passed\", \"score\": 97.5, \"serial\": \"S-1\"} here to pass,\n\
             {\"outcome\": \"not_the_person\", \"serial\": \"S-1\"}, {\"outcome\": \"no_reference\"} or {\"outcome\": \"failed\"} not to.\n",
        )
    } else {
        HttpResponse::NotFound().finish()
    }
}

/// The applicant is done. The first result stands; it is called back, signed.
async fn finish(vendor: Data<Vendor>, secret: Path<String>, outcome: Json<Comparison>) -> HttpResponse {
    let Ok(result) = serde_json::to_value(outcome.into_inner()) else {
        return HttpResponse::UnprocessableEntity().finish();
    };
    let session = {
        let mut sessions = vendor.sessions();
        let Some(session) = sessions.values_mut().find(|session| session.secret == *secret) else {
            return HttpResponse::NotFound().finish();
        };
        session.result.get_or_insert(result);
        session.clone()
    };
    tokio::spawn(call_back(vendor.into_inner(), session));
    HttpResponse::NoContent().finish()
}

async fn call_back(vendor: Arc<Vendor>, session: Session) {
    let Some(callback) = &session.callback else { return };
    let body = json!({
        "type": "liveness.finished",
        "order": session.order,
        "state": session.state,
        "result": session.result,
    });
    let body = body.to_string();
    let id = format!("msg_{}", session.secret);
    for delivery in 0..DELIVERIES {
        let at = SystemClock.now().secs();
        let sent = vendor
            .client
            .post(callback)
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", vendor.secret.sign(&id, at, body.as_bytes()))
            .body(body.clone())
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => return,
            _ => tokio::time::sleep(Duration::from_millis(200 << delivery)).await,
        }
    }
}
