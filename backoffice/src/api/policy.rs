//! The rules at run time: another year of the working calendar.

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Principal, Role};
use crate::desk::Desk;
use crate::problem::{INTERNAL, INVALID, Problem};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/policy/calendar", web::post().to(calendar));
}

/// What came of a calendar.
#[derive(Serialize, ToSchema)]
pub struct Loaded {
    /// The year it covers.
    pub year: i32,
    /// Open reviews whose due time moved.
    pub recomputed: u64,
}

/// Loads a year of the working calendar, in the holiday-cn shape, until the next start; put the
/// file into `policy.calendars` to keep it. Provisional due times are computed again. May be sent again.
#[utoipa::path(post, path = "/v1/policy/calendar", tag = "operators",
    request_body(content_type = "application/json", content = String),
    responses((status = 200, body = Loaded), (status = 422, body = Problem)))]
pub async fn calendar(desk: Data<Desk>, who: Principal, body: Bytes) -> Result<HttpResponse, Problem> {
    who.needs(&[Role::Operator])?;
    let text = std::str::from_utf8(&body).map_err(|_| INVALID.because("the file is not UTF-8 text"))?;
    let mut policy = (*desk.policy()).clone();
    let year = policy.calendar.load(text).map_err(|refused| INVALID.because(refused.to_string()))?;
    desk.set_policy(policy).map_err(|error| INTERNAL.because(error.to_string()))?;
    let recomputed =
        desk.recompute_due(&who.subject).await.map_err(|error| INTERNAL.because(error.to_string()))?;
    Ok(HttpResponse::Ok().json(Loaded { year, recomputed }))
}
