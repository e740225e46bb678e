//! Reviews: the queue, leases, decisions.

use std::time::Duration;

use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_engine::store::{TaskClaim, TaskQuery, TaskRow};
use sealwright_engine::{InstanceId, Lease, Receipt, SendError, Timestamp};
use sealwright_workflows::application::{Application, Command, Rejection, Reviewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::applications::{informed, read};
use super::request::{Page, PageQuery, answer, command_id, envelope, instance};
use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{CONFLICT, INVALID, LEASE_LOST, Problem};
use crate::view::application::{Case, Offered, ReasonText, reasons};
use crate::view::information::Information;

/// How long a reviewer has a case before the lease must be renewed.
pub const LEASE: Duration = Duration::from_secs(300);

const REVIEWERS: [Role; 2] = [Role::Reviewer, Role::Lead];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/reviews", web::get().to(list))
        .route("/reviews/claim-next", web::post().to(claim_next))
        .route("/reviews/{application}/claim", web::post().to(claim))
        .route("/reviews/{application}/lease", web::put().to(renew))
        .route("/reviews/{application}/lease", web::delete().to(release))
        .route("/reviews/{application}/decisions", web::post().to(decide))
        .route("/reviews/{application}/undo", web::post().to(undo))
        .route("/reason-codes", web::get().to(codes));
}

/// A case in the queue.
#[derive(Serialize, ToSchema)]
pub struct Queued {
    /// The application.
    pub application: Uuid,
    /// The queue it stands in.
    pub queue: String,
    /// The task's key.
    pub task: String,
    /// When it has to be decided.
    #[schema(value_type = String)]
    pub due: Timestamp,
    /// Who has it, and until when.
    pub leased: Option<Holder>,
    /// Whether you may not take it, because you had a part in it.
    pub excluded_me: bool,
}

/// Who has a case.
#[derive(Serialize, ToSchema)]
pub struct Holder {
    /// Their user id.
    pub who: String,
    /// Until when.
    #[schema(value_type = String)]
    pub until: Timestamp,
}

impl Queued {
    fn of(row: TaskRow, who: &Principal, now: Timestamp) -> Self {
        let leased = row.leased.filter(|(_, until)| *until > now);
        Self {
            application: row.instance.0,
            queue: row.task.queue,
            task: row.task.key,
            due: row.task.due,
            leased: leased.map(|(who, until)| Holder { who, until }),
            excluded_me: row.task.excluded.contains(&who.subject),
        }
    }
}

/// The queue, soonest due first.
#[utoipa::path(get, path = "/v1/reviews", tag = "reviews", params(PageQuery),
    responses((status = 200, body = Page<Queued>)))]
pub async fn list(desk: Data<Desk>, who: Principal, page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Reviewer, Role::Lead, Role::Operator, Role::Auditor])?;
    let after = page.after::<QueueCursor>()?.map(|QueueCursor(due, id)| (due, id));
    let query = TaskQuery { after, limit: page.limit(), ..TaskQuery::default() };
    let rows = desk.engine.tasks(&query).await?;
    let items = rows.into_iter().map(|row| Queued::of(row, &who, desk.now())).collect();
    let cursor = |queued: &Queued| format!("{}.{}", queued.due.micros(), queued.application);
    Ok(HttpResponse::Ok().json(Page::of(items, query.limit, cursor)))
}

struct QueueCursor(Timestamp, InstanceId);

impl std::str::FromStr for QueueCursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (due, id) = text.split_once('.').ok_or(())?;
        let due = Timestamp::from_micros(due.parse().map_err(|_| ())?);
        Ok(Self(due, id.parse().map_err(|_| ())?))
    }
}

/// A case to decide.
#[derive(Serialize, ToSchema)]
pub struct Claimed {
    /// The application.
    pub application: Uuid,
    /// The lease: send it back with the decision.
    #[schema(value_type = Object)]
    pub lease: Lease,
    /// When it has to be decided.
    #[schema(value_type = String)]
    pub due: Timestamp,
    /// The photo.
    pub photo: Option<Offered>,
    /// Photos that were not taken before, with the reasons' codes.
    pub earlier: Vec<Earlier>,
    /// The record.
    pub information: Option<Information>,
    /// The application's version.
    pub version: u64,
}

/// A photo that was not taken.
#[derive(Serialize, ToSchema)]
pub struct Earlier {
    /// The photo.
    pub photo: Uuid,
    /// The reasons' codes.
    pub reasons: Vec<String>,
}

/// Takes the soonest due case that you may decide; 204 if there is none.
#[utoipa::path(post, path = "/v1/reviews/claim-next", tag = "reviews",
    responses((status = 200, body = Claimed), (status = 204)))]
pub async fn claim_next(desk: Data<Desk>, who: Principal) -> Result<HttpResponse, Problem> {
    match take(&desk, &who, None).await? {
        Some(claimed) => Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(claimed)),
        None => Ok(HttpResponse::NoContent().finish()),
    }
}

/// Takes this case.
#[utoipa::path(post, path = "/v1/reviews/{application}/claim", tag = "reviews",
    responses((status = 200, body = Claimed), (status = 409, body = Problem)))]
pub async fn claim(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let claimed = take(&desk, &who, Some(instance(*id))).await?;
    let claimed = match claimed {
        Some(claimed) => claimed,
        None => return Err(not_to_be_had(&desk, instance(*id)).await?),
    };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(claimed))
}

/// Why a case cannot be taken.
async fn not_to_be_had(desk: &Desk, id: InstanceId) -> Result<Problem, Problem> {
    let query = TaskQuery { instance: Some(id), limit: 1, ..TaskQuery::default() };
    let why = match desk.engine.tasks(&query).await?.is_empty() {
        true => "the case waits for no reviewer now",
        false => "somebody else has the case, or you may not decide it",
    };
    Ok(CONFLICT.because(why).todo("Take the next one."))
}

async fn take(desk: &Desk, who: &Principal, id: Option<InstanceId>) -> Result<Option<Claimed>, Problem> {
    who.needs(&REVIEWERS)?;
    let claim = TaskClaim {
        queue: None,
        instance: id,
        who: who.subject.clone(),
        roles: who.role_names(),
        time: LEASE,
    };
    let Some((row, lease)) = desk.engine.claim(&claim).await? else { return Ok(None) };
    let case = read(desk, row.instance).await?;
    let information = informed(desk, &case).await.ok();
    let earlier = case
        .earlier
        .iter()
        .map(|(photo, reasons)| Earlier { photo: photo.0, reasons: reasons.iter().cloned().collect() });
    Ok(Some(Claimed {
        application: row.instance.0,
        due: row.task.due,
        earlier: earlier.collect(),
        information,
        version: case.version,
        photo: case.photo,
        lease,
    }))
}

/// A lease, as it was handed out.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The lease.
    #[schema(value_type = Object)]
    pub lease: Lease,
}

impl Held {
    /// The lease, if it is this person's on this case.
    fn of(&self, who: &Principal, id: InstanceId) -> Result<&Lease, Problem> {
        own(&self.lease, who, id)
    }
}

fn own<'a>(lease: &'a Lease, who: &Principal, id: InstanceId) -> Result<&'a Lease, Problem> {
    who.needs(&REVIEWERS)?;
    if lease.holder == who.subject && lease.instance == id {
        Ok(lease)
    } else {
        Err(LEASE_LOST.because("the lease is somebody else's, or on another case"))
    }
}

/// Renews a lease.
#[utoipa::path(put, path = "/v1/reviews/{application}/lease", tag = "reviews", request_body = Held,
    responses((status = 200, body = Held), (status = 409, body = Problem)))]
pub async fn renew(
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    body: Json<Held>,
) -> Result<HttpResponse, Problem> {
    let renewed = desk.engine.renew(body.of(&who, instance(*id))?, LEASE).await?;
    let lease = renewed.ok_or_else(|| LEASE_LOST.because("the lease had ended already"))?;
    Ok(HttpResponse::Ok().json(Held { lease }))
}

/// Gives a case back. May be sent again.
#[utoipa::path(delete, path = "/v1/reviews/{application}/lease", tag = "reviews", request_body = Held,
    responses((status = 204)))]
pub async fn release(
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    body: Json<Held>,
) -> Result<HttpResponse, Problem> {
    desk.engine.release(body.of(&who, instance(*id))?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The lease under which it is taken.
    #[schema(value_type = Object)]
    pub lease: Lease,
    /// What.
    pub outcome: Outcome,
    /// `reject`: the reasons' codes, at least one.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// `hold`: until when.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
}

/// What a reviewer can decide.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The photo meets the requirements.
    Approve,
    /// It does not.
    Reject,
    /// Somebody else should decide.
    SecondLook,
    /// Later.
    Hold,
}

/// Decides a case. The decision has no effect before its undo window is over.
#[utoipa::path(post, path = "/v1/reviews/{application}/decisions", tag = "reviews", request_body = Decision,
    params(("application" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Case), (status = 409, body = Problem)))]
pub async fn decide(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    body: Json<Decision>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    own(&body.lease, &who, instance(*id))?;
    let missing = |field: &str| {
        let why = format!("this outcome needs `{field}`");
        INVALID.because(why.clone()).fault(&format!("/{field}"), "missing", why)
    };
    let command = match body.outcome {
        Outcome::Approve => Reviewer::Approve,
        Outcome::Reject if body.reasons.is_empty() => return Err(missing("reasons")),
        Outcome::Reject => Reviewer::Reject { reasons: body.reasons.into_iter().collect() },
        Outcome::SecondLook => Reviewer::SecondLook,
        Outcome::Hold => Reviewer::Hold { until: body.until.ok_or_else(|| missing("until"))? },
    };
    let key = command_id(&request, "reviewer")?;
    let sent = desk.engine.complete::<Application>(&body.lease, key, Command::Reviewer(command)).await;
    decided(&desk, *id, sent).await
}

/// Takes one's own decision back, while its window lasts.
#[utoipa::path(post, path = "/v1/reviews/{application}/undo", tag = "reviews",
    params(("application" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Case), (status = 409, body = Problem)))]
pub async fn undo(
    request: HttpRequest,
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    who.needs(&REVIEWERS)?;
    let envelope = envelope(&request, "reviewer", who.reviewer(), Command::Reviewer(Reviewer::Undo))?;
    let sent = desk.engine.send::<Application>(instance(*id), envelope).await;
    decided(&desk, *id, sent).await
}

async fn decided(
    desk: &Desk,
    id: Uuid,
    sent: Result<Receipt, SendError<Rejection>>,
) -> Result<HttpResponse, Problem> {
    let receipt = sent?;
    let case = read(desk, instance(id)).await?;
    Ok(answer(HttpResponse::Ok(), case.version, Some(&receipt), &case))
}

/// The reasons a photo may be rejected for, as the applicant will read them.
#[utoipa::path(get, path = "/v1/reason-codes", tag = "reviews", responses((status = 200, body = Vec<ReasonText>)))]
pub async fn codes(desk: Data<Desk>, _: Principal) -> HttpResponse {
    let policy = desk.policy();
    HttpResponse::Ok().json(reasons(&policy, policy.reasons.keys().cloned()))
}
