//! The register: records by number, retained photos, and a door for changing records.

use std::net::TcpListener;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, Json, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use sealwright_workflows::register::{LicenceNumber, LicenceRecord};
use serde::Deserialize;
use serde_json::{Value, json};

use super::people::{PEOPLE, record};

/// The photo the register keeps of everybody: a public-domain portrait on white.
const PHOTO: &[u8] = include_bytes!("../../../workflows/photos/accepted.jpg");

struct Book {
    token: String,
    pages: Mutex<Vec<Page>>,
    trouble: Mutex<Trouble>,
}

struct Page {
    key: &'static str,
    record: LicenceRecord,
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

pub(super) fn start(listener: TcpListener, token: String) -> anyhow::Result<()> {
    let pages = PEOPLE
        .iter()
        .enumerate()
        .map(|(nth, person)| Ok(Page { key: person.key, record: record(nth, person)? }));
    let book = Data::new(Book {
        token,
        pages: Mutex::new(pages.collect::<anyhow::Result<_>>()?),
        trouble: Mutex::default(),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(book.clone())
            .route("/v1/records/query", web::post().to(query))
            .route("/v1/photos/{reference}", web::get().to(photo))
            .route("/admin/people", web::get().to(people))
            .route("/admin/people/{key}", web::put().to(change))
            .route("/admin/trouble", web::put().to(trouble))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    Ok(())
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Vec<Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
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
    match book.pages().iter().find(|page| page.record.number == *number) {
        Some(page) => HttpResponse::Ok().json(&page.record),
        None => HttpResponse::NotFound().json(json!({"code": "record_not_found"})),
    }
}

async fn photo(request: HttpRequest, book: Data<Book>, reference: Path<String>) -> HttpResponse {
    if let Err(refused) = book.admit(&request).await {
        return refused;
    }
    let known = book.pages().iter().any(|page| page.record.retained_photo.as_ref() == Some(&*reference));
    if known {
        HttpResponse::Ok().content_type("image/jpeg").body(PHOTO)
    } else {
        HttpResponse::NotFound().json(json!({"code": "photo_not_found"}))
    }
}

async fn people(book: Data<Book>) -> HttpResponse {
    let pages = book.pages();
    let people: Vec<Value> =
        pages.iter().map(|page| json!({"key": page.key, "record": page.record})).collect();
    HttpResponse::Ok().json(people)
}

/// Changes the named fields of a record; what comes out must be a record.
async fn change(
    book: Data<Book>,
    key: Path<String>,
    changes: Json<serde_json::Map<String, Value>>,
) -> HttpResponse {
    let mut pages = book.pages();
    let Some(page) = pages.iter_mut().find(|page| page.key == *key) else {
        return HttpResponse::NotFound().json(json!({"code": "record_not_found"}));
    };
    let mut record = serde_json::to_value(&page.record).unwrap_or_default();
    if let Some(fields) = record.as_object_mut() {
        fields.extend(changes.into_inner());
    }
    match serde_json::from_value(record) {
        Ok(changed) => {
            page.record = changed;
            HttpResponse::Ok().json(&page.record)
        }
        Err(error) => HttpResponse::UnprocessableEntity()
            .json(json!({"code": "no_record", "detail": error.to_string()})),
    }
}

async fn trouble(book: Data<Book>, trouble: Json<Trouble>) -> HttpResponse {
    *book.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble.into_inner();
    HttpResponse::NoContent().finish()
}
