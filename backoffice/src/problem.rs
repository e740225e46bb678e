//! Errors as RFC 9457 problems: what, why, what to do.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use sealwright_engine::store::StoreError;
use sealwright_engine::{SendError, VaultError, name_of};
use sealwright_workflows::office::dossier::DossierError;
use serde::Serialize;
use utoipa::ToSchema;

/// An error as it goes over the wire: `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Problem(Box<Document>);

/// The document of a problem.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Document {
    /// Where the problem is explained; resolves on this server.
    #[serde(rename = "type")]
    kind: String,
    /// The HTTP status.
    status: u16,
    /// A stable code, for programs.
    code: &'static str,
    /// What, in general.
    title: &'static str,
    /// What and why, in this case.
    detail: String,
    /// What to do.
    what_to_do: String,
    /// The workflow's own code, if it was the workflow that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<String>,
    /// Parts of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

/// One part of a request that is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Fault {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// A stable code.
    pub code: String,
    /// What and why.
    pub detail: String,
}

/// A kind of problem: status, code, title, what to do in general.
#[derive(Clone, Copy, Debug)]
pub struct Kind(pub u16, pub &'static str, pub &'static str, pub &'static str);

macro_rules! kinds {
    ($($name:ident = $status:literal $code:literal, $title:literal, $todo:literal;)*) => {
        $(#[doc = $title] pub const $name: Kind = Kind($status, $code, $title, $todo);)*
        /// Every kind of problem this server answers with.
        pub const KINDS: &[Kind] = &[$($name),*];
    };
}

kinds! {
    BAD_REQUEST = 400 "bad-request", "The request cannot be read", "Correct the request; the API description is at /openapi.json.";
    KEY_MISSING = 400 "idempotency-key-missing", "An Idempotency-Key is needed", "Send an Idempotency-Key header with a fresh UUID, and the same one when you repeat the request.";
    UNAUTHENTICATED = 401 "unauthenticated", "Who is asking is not known", "Send `Authorization: Bearer` with an API key that has not been revoked.";
    NOT_PERMITTED = 403 "not-permitted", "This is not permitted with this key", "Use a key with the role that the API description names for this operation.";
    NOT_FOUND = 404 "not-found", "There is no such thing", "Check the id; each applicant sees their own only.";
    NOT_ACCEPTABLE = 406 "not-acceptable", "It is not available in the form that was asked for", "Send an Accept header with one of the media types that the API description names, or none.";
    LEASE_LOST = 409 "lease-lost", "The lease on this task has ended", "Claim the case again; what you had typed is still yours.";
    CONFLICT = 409 "conflict", "Something else is there already", "Read the present state and decide again.";
    PARKED = 409 "waiting-for-operator", "The case waits for an operator", "An operator corrects the cause and redrives it; try again afterwards.";
    REFUSED = 409 "action-not-allowed", "This is refused now", "Read the case: `allowed_actions` says what is possible.";
    STALE = 412 "stale-version", "The case has changed meanwhile", "Read it again and decide again.";
    TOO_LARGE = 413 "payload-too-large", "The request is too large", "Send less; the limits are in the API description.";
    UNSUPPORTED = 415 "unsupported-media", "This media type is not supported", "Send application/json, or multipart/form-data for photos.";
    INVALID = 422 "invalid", "A value is not acceptable", "Correct the values named in `errors`.";
    KEY_REUSED = 422 "idempotency-key-reused", "The Idempotency-Key was used for another request", "Use a fresh key for a new request.";
    PHOTO_REJECTED = 422 "photo-rejected-preflight", "The photo cannot be used", "Take another photo as the reasons in `errors` say.";
    BUSY = 429 "busy", "Too much is going on", "Wait as long as Retry-After says and repeat the same request.";
    INTERNAL = 500 "internal", "Something went wrong here", "Repeat the same request; if it stays so, tell the operator.";
    NOT_SET_UP = 501 "not-set-up", "This server is not set up for it", "Ask the operator, or take another form that the API description names.";
    UNAVAILABLE = 503 "unavailable", "A part of the system is not available", "Repeat the same request after Retry-After.";
    FULL = 507 "storage-full", "There is no space left", "Free space on the server; nothing was lost. Then repeat the request.";
}

impl Kind {
    /// A problem of this kind.
    pub fn because(self, detail: impl Into<String>) -> Problem {
        let Kind(status, code, title, todo) = self;
        Problem(Box::new(Document {
            kind: format!("/problems/{code}"),
            status,
            code,
            title,
            detail: detail.into(),
            what_to_do: todo.into(),
            rejection: None,
            errors: Vec::new(),
            retry_after_ms: matches!(status, 429 | 503).then_some(1_000),
        }))
    }
}

impl Problem {
    /// Whether it is of this kind.
    pub fn is(&self, kind: Kind) -> bool {
        self.0.code == kind.1
    }

    /// With something more particular to do.
    #[must_use]
    pub fn todo(mut self, what_to_do: impl Into<String>) -> Self {
        self.0.what_to_do = what_to_do.into();
        self
    }

    /// To be tried again after so many seconds.
    #[must_use]
    pub fn after(mut self, seconds: u64) -> Self {
        self.0.retry_after_ms = Some(seconds.saturating_mul(1_000));
        self
    }

    /// With a part of the request that is wrong.
    #[must_use]
    pub fn fault(mut self, pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        self.0.errors.push(Fault { pointer: pointer.into(), code: code.into(), detail: detail.into() });
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        // What is not set up is no failure, and is told to an operator when the server starts.
        if self.0.status >= 500 && self.0.status != NOT_SET_UP.0 {
            tracing::error!(problem = self.0.code, detail = %self.0.detail, "a request failed");
        }
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        if let Some(wait) = self.0.retry_after_ms {
            response.insert_header((RETRY_AFTER, wait.div_ceil(1_000).to_string()));
        }
        response.json(self)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Full(_) => FULL.because(error.to_string()),
            StoreError::Failed(_) => INTERNAL.because(error.to_string()),
            _ => UNAVAILABLE.because(error.to_string()),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match &error {
            VaultError::Erased => NOT_FOUND.because("the person's data was erased at their request"),
            VaultError::NoPerson => NOT_FOUND.because(error.to_string()),
            VaultError::Unavailable(_) => UNAVAILABLE.because(error.to_string()),
            _ => INTERNAL.because(error.to_string()),
        }
    }
}

impl From<DossierError> for Problem {
    fn from(error: DossierError) -> Self {
        match error {
            DossierError::Vault(error) => error.into(),
            DossierError::TooManyPhotos => REFUSED.because(error.to_string()),
            DossierError::Unreadable(_) => INTERNAL.because(error.to_string()),
        }
    }
}

impl<R: std::error::Error + Serialize> From<SendError<R>> for Problem {
    fn from(error: SendError<R>) -> Self {
        let detail = error.to_string();
        match error {
            SendError::Rejected(rejection) => {
                let mut problem = REFUSED.because(detail);
                problem.0.rejection = Some(name_of(&rejection).to_string());
                problem
            }
            SendError::Stale { .. } => STALE.because(detail),
            SendError::KeyReused => KEY_REUSED.because(detail),
            SendError::LeaseLost => LEASE_LOST.because(detail),
            SendError::NotFound => NOT_FOUND.because(detail),
            SendError::Exists => CONFLICT.because(detail),
            SendError::WrongWorkflow(_) => NOT_FOUND.because(detail),
            SendError::Busy(wait) => {
                let mut problem = BUSY.because(detail);
                problem.0.retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                problem
            }
            SendError::Parked(_) => PARKED.because(detail),
            SendError::TooLarge(_) => TOO_LARGE.because(detail),
            SendError::Malformed(_) => BAD_REQUEST.because(detail),
            SendError::Store(error) => error.into(),
            _ => UNAVAILABLE.because(detail),
        }
    }
}
