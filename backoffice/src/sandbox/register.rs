//! The register: records by number, retained photos, what changed, digests of everything, and two doors for changing
//! records: `PUT /v1/records/{key}` for who has the token, and one without for the story teller on this machine.

use std::net::TcpListener;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, ETAG, IF_NONE_MATCH};
use actix_web::web::{self, Data, Json, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use sealwright_workflows::office::http::install_tls;
use sealwright_workflows::office::push::RECORD_CHANGED;
use sealwright_workflows::office::register::{CHANGES_PER_PAGE, DIGESTS_PER_PAGE};
use sealwright_workflows::office::webhook::WebhookSecret;
use sealwright_workflows::register::{LicenceNumber, LicenceRecord};
use serde::Deserialize;
use serde_json::{Value, json};

use super::people::{PEOPLE, record};

/// The photo the register keeps of everybody: a public-domain portrait on white.
const PHOTO: &[u8] = include_bytes!("../../../workflows/photos/accepted.jpg");

struct Book {
    token: String,
    push: Option<Pusher>,
    pages: Mutex<Pages>,
    trouble: Mutex<Trouble>,
}

/// What the register knows, and every change since it was opened. Cursors count changes.
struct Pages {
    all: Vec<Page>,
    changes: Vec<LicenceRecord>,
}

struct Page {
    key: &'static str,
    record: LicenceRecord,
}

/// How much of a list.
#[derive(Deserialize)]
struct Behind {
    after: Option<String>,
}

/// How the register misbehaves.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Trouble {
    /// It takes so long.
    delay_ms: u64,
    /// It answers 503 so many times.
    fail: u32,
}

/// Whom changes are pushed to.
struct Pusher {
    client: reqwest::Client,
    url: String,
    secret: WebhookSecret,
}

pub(super) fn start(
    listener: TcpListener,
    token: String,
    push: Option<(String, String)>,
) -> anyhow::Result<()> {
    let pusher = push.map(|(url, secret)| {
        install_tls();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build()?;
        anyhow::Ok(Pusher { client, url, secret: WebhookSecret::parse(&secret)? })
    });
    let pages = PEOPLE
        .iter()
        .enumerate()
        .map(|(nth, person)| Ok(Page { key: person.key, record: record(nth, person)? }));
    let all = pages.collect::<anyhow::Result<_>>()?;
    let book = Data::new(Book {
        token,
        push: pusher.transpose()?,
        pages: Mutex::new(Pages { all, changes: vec![] }),
        trouble: Mutex::default(),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(book.clone())
            .route("/v1/records/query", web::post().to(query))
            .route("/v1/photos/{reference}", web::get().to(photo))
            .route("/v1/changes", web::get().to(changes))
            .route("/v1/digests", web::get().to(digests))
            .route("/v1/records/{key}", web::put().to(correct))
            .route("/admin/people", web::get().to(people))
            .route("/admin/people/{key}", web::put().to(change))
            .route("/admin/push/{key}", web::post().to(deliver))
            .route("/admin/trouble", web::put().to(trouble))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    Ok(())
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(
        &self,
        key: &str,
        fields: serde_json::Map<String, Value>,
    ) -> Result<LicenceRecord, Box<HttpResponse>> {
        let mut pages = self.pages();
        let count = pages.changes.len() as u64 + 1;
        let Some(page) = pages.all.iter_mut().find(|page| page.key == key) else {
            return Err(Box::new(HttpResponse::NotFound().json(json!({"code": "record_not_found"}))));
        };
        let mut record = serde_json::to_value(&page.record).unwrap_or_default();
        if let Some(known) = record.as_object_mut() {
            known.extend(fields);
            known.insert("revision".into(), count.into());
        }
        let changed: LicenceRecord = serde_json::from_value(record).map_err(|error| {
            let detail = error.to_string();
            Box::new(HttpResponse::UnprocessableEntity().json(json!({"code": "no_record", "detail": detail})))
        })?;
        page.record = changed.clone();
        pages.changes.push(changed.clone());
        Ok(changed)
    }

    /// Misbehaves as told, and lets in whoever has the token.
    async fn admit(&self, request: &HttpRequest) -> Result<(), HttpResponse> {
        let (delay, fails) = {
            let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            let fails = trouble.fail > 0;
            trouble.fail = trouble.fail.saturating_sub(1);
            (trouble.delay_ms, fails)
        };
        tokio::time::sleep(Duration::from_millis(delay)).await;
        if fails {
            return Err(HttpResponse::ServiceUnavailable().json(json!({"code": "out_of_order"})));
        }
        let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if given == Some(&format!("Bearer {}", self.token)) {
            Ok(())
        } else {
            Err(HttpResponse::Unauthorized().json(json!({"code": "wrong_token"})))
        }
    }
}

async fn query(request: HttpRequest, book: Data<Book>, number: Json<LicenceNumber>) -> HttpResponse {
    if let Err(refused) = book.admit(&request).await {
        return refused;
    }
    match book.pages().all.iter().find(|page| page.record.number == *number) {
        Some(page) => HttpResponse::Ok().json(&page.record),
        None => HttpResponse::NotFound().json(json!({"code": "record_not_found"})),
    }
}

async fn photo(request: HttpRequest, book: Data<Book>, reference: Path<String>) -> HttpResponse {
    if let Err(refused) = book.admit(&request).await {
        return refused;
    }
    let known = book.pages().all.iter().any(|page| page.record.retained_photo.as_ref() == Some(&*reference));
    if known {
        HttpResponse::Ok().content_type("image/jpeg").body(PHOTO)
    } else {
        HttpResponse::NotFound().json(json!({"code": "photo_not_found"}))
    }
}

async fn people(book: Data<Book>) -> HttpResponse {
    let pages = book.pages();
    let people: Vec<Value> =
        pages.all.iter().map(|page| json!({"key": page.key, "record": page.record})).collect();
    HttpResponse::Ok().json(people)
}

async fn changes(request: HttpRequest, book: Data<Book>, behind: web::Query<Behind>) -> HttpResponse {
    if let Err(refused) = book.admit(&request).await {
        return refused;
    }
    let pages = book.pages();
    let Some(from) = place(behind.after.as_deref(), pages.changes.len()) else {
        return unknown_cursor();
    };
    let to = pages.changes.len().min(from + CHANGES_PER_PAGE);
    let lines: Vec<Value> = pages.changes[from..to].iter().map(|record| json!({"record": record})).collect();
    let etag = format!("\"{from}-{to}\"");
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known == Some(&etag) {
        return HttpResponse::NotModified().insert_header((ETAG, etag)).finish();
    }
    let more = to < pages.changes.len();
    HttpResponse::Ok()
        .insert_header((ETAG, etag))
        .json(json!({"changes": lines, "next": to.to_string(), "more": more}))
}

async fn digests(request: HttpRequest, book: Data<Book>, behind: web::Query<Behind>) -> HttpResponse {
    if let Err(refused) = book.admit(&request).await {
        return refused;
    }
    let pages = book.pages();
    let Some(from) = place(behind.after.as_deref(), pages.all.len()) else {
        return unknown_cursor();
    };
    let to = pages.all.len().min(from + DIGESTS_PER_PAGE);
    let line = |page: &Page| json!({"number": page.record.number, "digest": page.record.digest()});
    let lines: Vec<Value> = pages.all[from..to].iter().map(line).collect();
    HttpResponse::Ok().json(json!({"digests": lines, "next": to.to_string(), "more": to < pages.all.len()}))
}

fn place(after: Option<&str>, lines: usize) -> Option<usize> {
    let place: usize = after.map_or(Some(0), |after| after.parse().ok())?;
    (place <= lines).then_some(place)
}

fn unknown_cursor() -> HttpResponse {
    HttpResponse::BadRequest().json(json!({"code": "unknown_cursor"}))
}

/// As [`change`], for who has the token.
async fn correct(
    request: HttpRequest,
    book: Data<Book>,
    key: Path<String>,
    fields: Json<serde_json::Map<String, Value>>,
) -> HttpResponse {
    match book.admit(&request).await {
        Ok(()) => change(book, key, fields).await,
        Err(refused) => refused,
    }
}

/// Changes the named fields of a record; what comes out must be a record. The register counts its changes.
async fn change(
    book: Data<Book>,
    key: Path<String>,
    fields: Json<serde_json::Map<String, Value>>,
) -> HttpResponse {
    match book.change(&key, fields.into_inner()) {
        Ok(record) => HttpResponse::Ok().json(&record),
        Err(refused) => *refused,
    }
}

/// As [`change`], and pushes the record to who wants to know. 200 only if it was taken.
async fn deliver(
    book: Data<Book>,
    key: Path<String>,
    fields: Json<serde_json::Map<String, Value>>,
) -> HttpResponse {
    let record = match book.change(&key, fields.into_inner()) {
        Ok(record) => record,
        Err(refused) => return *refused,
    };
    let Some(pusher) = &book.push else {
        return HttpResponse::NotFound().json(json!({"code": "nobody_to_push_to"}));
    };
    match pusher.send(&record).await {
        Ok(status) if (200..300).contains(&status) => HttpResponse::Ok().json(json!({"status": status})),
        Ok(status) => HttpResponse::BadGateway().json(json!({"code": "refused", "detail": status})),
        Err(error) => {
            HttpResponse::BadGateway().json(json!({"code": "not_delivered", "detail": error.to_string()}))
        }
    }
}

impl Pusher {
    /// One delivery. The event's id is that of the change, so that it is the same when sent again.
    async fn send(&self, record: &LicenceRecord) -> reqwest::Result<u16> {
        let id = format!("change-{}", record.revision.unwrap_or(0));
        let event = json!({
            "specversion": "1.0", "id": id, "source": "/sandbox/register", "type": RECORD_CHANGED,
            "datacontenttype": "application/json", "data": {"record": record},
        });
        let (body, now) = (event.to_string(), chrono::Utc::now().timestamp());
        let signature = self.secret.sign(&id, now, body.as_bytes());
        let request = self.client.post(&self.url).header("content-type", "application/cloudevents+json");
        let request = request.header("webhook-id", &id).header("webhook-timestamp", now.to_string());
        Ok(request.header("webhook-signature", signature).body(body).send().await?.status().as_u16())
    }
}

async fn trouble(book: Data<Book>, trouble: Json<Trouble>) -> HttpResponse {
    *book.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble.into_inner();
    HttpResponse::NoContent().finish()
}
