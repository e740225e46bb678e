//! What requests have in common: keys, versions, pages, answers.

use actix_web::http::header::{ETAG, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use sealwright_engine::store::{InstanceQuery, Order};
use sealwright_engine::{Actor, CommandId, Envelope, InstanceId, Receipt, Version, limits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::problem::{BAD_REQUEST, KEY_MISSING, Problem};

/// The client's key for a command. `door` keeps keys of different parties apart.
pub(super) fn command_id(request: &HttpRequest, door: &str) -> Result<CommandId, Problem> {
    let key = idempotency_key(request)?;
    CommandId::client(&format!("{door}:{key}")).map_err(|error| KEY_MISSING.because(error.to_string()))
}

/// The `Idempotency-Key` header.
pub(super) fn idempotency_key(request: &HttpRequest) -> Result<&str, Problem> {
    let header = request.headers().get("Idempotency-Key").and_then(|value| value.to_str().ok());
    match header.map(str::trim) {
        Some(key) if (1..=100).contains(&key.len()) => Ok(key),
        Some(_) => {
            Err(KEY_MISSING.because("the Idempotency-Key must have 1 to 100 visible ASCII characters"))
        }
        None => Err(KEY_MISSING.because("this request changes something, and carries no Idempotency-Key")),
    }
}

/// A command as the request sends it: its key, and the version it expects if there is an `If-Match`.
pub(super) fn envelope<C>(
    request: &HttpRequest,
    door: &str,
    actor: Actor,
    command: C,
) -> Result<Envelope<C>, Problem> {
    let envelope = Envelope::new(command_id(request, door)?, actor, command);
    Ok(match expected(request)? {
        Some(version) => envelope.expecting(version),
        None => envelope,
    })
}

fn expected(request: &HttpRequest) -> Result<Option<Version>, Problem> {
    let Some(header) = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    match header.trim().trim_matches('"') {
        "*" => Ok(None),
        version => version.parse().map(Some).map_err(|_| {
            BAD_REQUEST
                .because(format!("If-Match must be an ETag of this server, such as \"3\", not {header}"))
        }),
    }
}

/// An answer with the ETag of the version it shows.
pub(super) fn answer(
    mut response: HttpResponseBuilder,
    version: Version,
    receipt: Option<&Receipt>,
    body: &impl Serialize,
) -> HttpResponse {
    response.insert_header((ETAG, format!("\"{version}\"")));
    if receipt.is_some_and(|receipt| receipt.repeated) {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response.json(body)
}

/// Which part of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most so many items, up to 500; 50 if left out.
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, limits::PAGE)
    }

    pub(super) fn after<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let parse = |cursor: &String| {
            cursor.parse().map_err(|_| BAD_REQUEST.because("the cursor is none of this list's"))
        };
        self.cursor.as_ref().map(parse).transpose()
    }

    /// The page as a query over instances, newest first.
    pub(super) fn instances(&self, workflow: &str) -> Result<InstanceQuery, Problem> {
        Ok(InstanceQuery {
            workflow: Some(workflow.into()),
            after: self.after::<InstanceId>()?,
            order: Order::Newest,
            limit: self.limit(),
            ..InstanceQuery::default()
        })
    }
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none on the last one.
    pub next_cursor: Option<String>,
}

impl<T: ToSchema> Page<T> {
    /// A page that was asked for with `limit`; a full one has a next.
    pub(super) fn of(items: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> String) -> Self {
        let next_cursor = items.last().filter(|_| items.len() >= limit).map(cursor);
        Self { items, next_cursor }
    }
}

/// An id in a path.
pub(super) fn instance(id: Uuid) -> InstanceId {
    InstanceId(id)
}
