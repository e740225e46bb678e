//! Photos: taken in, checked, kept sealed, shown to whom they concern.

use actix_multipart::Multipart;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use futures_util::TryStreamExt;
use sealwright_engine::{Actor, InstanceId, PersonId, PhotoId};
use sealwright_workflows::application::{Applicant, Application, Command};
use sealwright_workflows::office::PhotoNotTaken;
use sealwright_workflows::office::photo::{Hint, PreparedPhoto, Verdict};
use sealwright_workflows::policy::Path as Source;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::applications::{read, visible};
use super::request::{answer, envelope, idempotency_key, instance};
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{BUSY, INTERNAL, INVALID, NOT_FOUND, PHOTO_REJECTED, Problem, TOO_LARGE, UNSUPPORTED};
use crate::view::application::Case;

/// Bytes of an uploaded photo.
pub const PHOTO_BYTES: usize = 5 * 1024 * 1024;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/applications/{id}/photos", web::post().to(offer))
        .route("/photos/{id}", web::get().to(show));
}

/// A photo that was taken in.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    /// Its id.
    pub photo: Uuid,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// SHA-256 of what is kept.
    pub digest: String,
    /// Measured hints. They decide nothing.
    #[schema(value_type = Vec<Object>)]
    pub hints: Vec<Hint>,
    /// The application after it.
    pub application: Case,
}

/// The parts of an upload.
#[derive(Default)]
struct Upload {
    photo: Option<Vec<u8>>,
    source: Option<String>,
    made_on: Option<String>,
}

/// Gives a photo: multipart with `photo` (JPEG or PNG up to 5 MiB), `source` (`camera` or `album`)
/// and, if known, `made_on` (a date).
#[utoipa::path(post, path = "/v1/applications/{id}/photos", tag = "applications",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    request_body(content_type = "multipart/form-data", content = String),
    responses((status = 201, body = Accepted), (status = 422, body = Problem)))]
pub async fn offer(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    let key = idempotency_key(&request)?.to_owned();
    visible(&desk, &who, instance(*id)).await?;
    let upload = receive(form).await?;
    let missing = |field: &str| {
        let why = format!("the part `{field}` is missing");
        INVALID.because(why.clone()).fault(&format!("/{field}"), "missing", why)
    };
    let bytes = upload.photo.ok_or_else(|| missing("photo"))?;
    let source: Source = part(upload.source, "source")?.ok_or_else(|| missing("source"))?;
    let made_on: Option<NaiveDate> = part(upload.made_on, "made_on")?;
    let prepared = check(&desk, bytes).await?;
    // The same key is the same photo: a repeat stores nothing new.
    let key = format!("{id}\n{key}");
    let fresh = PhotoId::new(desk.now());
    let photo = PhotoId(desk.vault.claim("photo_upload", &key, fresh.0, Some(person)).await?);
    desk.vault.put_photo(photo, person, instance(*id), &prepared.jpeg).await?;
    let unmet = prepared.hints.iter().filter(|hint| hint.verdict != Verdict::Pass);
    let hints = unmet.map(|hint| sealwright_engine::name_of(&hint.name).to_string()).collect();
    let command = Command::Applicant(Applicant::OfferPhoto { photo, source, hints, made_on });
    let actor = Actor::Applicant(person.to_string());
    let envelope = envelope(&request, "applicant", actor, command)?;
    let receipt = match desk.engine.send::<Application>(instance(*id), envelope).await {
        Ok(receipt) => receipt,
        Err(error) => {
            // Nothing refers to it: it is an orphan, and goes at once.
            if !error.is_transient() {
                desk.vault.drop_photo(photo).await?;
            }
            return Err(error.into());
        }
    };
    let application = read(&desk, instance(*id)).await?;
    let accepted = Accepted {
        photo: photo.0,
        width: prepared.width,
        height: prepared.height,
        digest: prepared.digest,
        hints: prepared.hints,
        application,
    };
    Ok(answer(HttpResponse::Created(), accepted.application.version, Some(&receipt), &accepted))
}

/// Reads the upload, never more than its bound.
async fn receive(mut form: Multipart) -> Result<Upload, Problem> {
    let unreadable = |error: actix_multipart::MultipartError| {
        UNSUPPORTED.because(format!("the form cannot be read: {error}"))
    };
    let mut upload = Upload::default();
    while let Some(mut field) = form.try_next().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let limit = if name == "photo" { PHOTO_BYTES } else { 64 };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.try_next().await.map_err(unreadable)? {
            if bytes.len() + chunk.len() > limit {
                return Err(TOO_LARGE.because(format!("the part `{name}` may have {limit} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        match name.as_str() {
            "photo" => upload.photo = Some(bytes),
            "source" => upload.source = text(bytes),
            "made_on" => upload.made_on = text(bytes),
            _ => return Err(INVALID.because(format!("the form has no part `{name}`"))),
        }
    }
    Ok(upload)
}

fn part<T: serde::de::DeserializeOwned>(text: Option<String>, field: &str) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    serde_json::from_value(serde_json::Value::String(text)).map(Some).map_err(|error| {
        INVALID.because(format!("`{field}`: {error}")).fault(&format!("/{field}"), "value", error.to_string())
    })
}

async fn check(desk: &Desk, bytes: Vec<u8>) -> Result<PreparedPhoto, Problem> {
    let rules = desk.policy().photo.intake.clone();
    desk.photos.take_in(bytes, rules).await.map_err(|error| match error {
        PhotoNotTaken::Refused(refused) => PHOTO_REJECTED
            .because(refused.in_english())
            .fault("/photo", refused.code(), refused.in_english())
            .fault("/photo", refused.code(), refused.in_chinese()),
        PhotoNotTaken::Busy => BUSY.because(error.to_string()),
        PhotoNotTaken::Failed => INTERNAL.because(error.to_string()),
    })
}

/// A photo, for its owner and for reviewers.
#[utoipa::path(get, path = "/v1/photos/{id}", tag = "reviews",
    responses((status = 200, content_type = "image/jpeg"), (status = 404, body = Problem)))]
pub async fn show(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let no_such = || NOT_FOUND.because("there is no photo of this id for you");
    let (person, case, jpeg) = desk.vault.photo(PhotoId(*id)).await?.ok_or_else(no_such)?;
    let reviews = who.needs(&[Role::Reviewer, Role::Lead]).is_ok();
    if !reviews && who.person().ok() != Some(person) {
        return Err(no_such());
    }
    if reviews {
        viewed(&who, case, person);
    }
    Ok(HttpResponse::Ok()
        .content_type("image/jpeg")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Content-Security-Policy", "sandbox; default-src 'none'"))
        .body(jpeg))
}

/// Who looked at which case's photo stands in the log.
fn viewed(who: &Principal, case: InstanceId, _: PersonId) {
    tracing::info!(target: "sealwright::audit", reviewer = who.subject, instance.id = %case, "a photo was looked at");
}
