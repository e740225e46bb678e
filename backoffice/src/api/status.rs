//! Status lists, for anybody (IETF `draft-ietf-oauth-status-list-21`, parts 8 and 9).

use actix_web::http::header::{ACCEPT, CACHE_CONTROL, ETAG, IF_NONE_MATCH, VARY};
use actix_web::web::{Data, Path, ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use sealwright_credentials::status_list::{CWT_MEDIA_TYPE, JWT_MEDIA_TYPE};
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::problem::{NOT_ACCEPTABLE, NOT_FOUND, Problem};
use crate::publication::TTL_S;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/status", get().to(aggregation)).route("/status/{list}", get().to(list));
}

/// The forms of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Jwt,
    Cwt,
}

/// One list, as a signed token: a JWT, or a CWT if `Accept` prefers `application/statuslist+cwt`. A copy may be
/// kept as long as `Cache-Control` says. Needs no key.
#[utoipa::path(get, path = "/v1/status/{list}", tag = "verifiers", security(()),
    params(("list" = u32, Path, description = "The list's number, as in a credential's reference")),
    responses(
        (status = 200, content((String = "application/statuslist+jwt"), (Vec<u8> = "application/statuslist+cwt"))),
        (status = 304, description = "`If-None-Match` names the token that is out"),
        (status = 404, body = Problem), (status = 406, body = Problem)))]
pub async fn list(
    desk: Data<Desk>,
    list: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let accepted = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    let form = wanted(&accepted.collect::<Vec<_>>().join(",")).ok_or_else(|| {
        NOT_ACCEPTABLE.because(format!("a status list is {JWT_MEDIA_TYPE} or {CWT_MEDIA_TYPE}"))
    })?;
    let unknown = || NOT_FOUND.because("there is no such status list");
    let number = list.parse().map_err(|_| unknown())?;
    let issued = desk.publisher.lists().issued(number).await?.ok_or_else(unknown)?;
    let (media_type, name) = match form {
        Form::Jwt => (JWT_MEDIA_TYPE, "jwt"),
        Form::Cwt => (CWT_MEDIA_TYPE, "cwt"),
    };
    // `iat` grows with every token, so it names this one.
    let tag = format!("\"{}-{name}\"", issued.published.issued_at);
    let left = issued.published.expires_at.saturating_sub(desk.now().secs()).clamp(0, TTL_S.into());
    let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|tags| tags.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    });
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, format!("public, max-age={left}")))
        .insert_header((VARY, "Accept"));
    if known {
        return Ok(answer.finish());
    }
    answer.content_type(media_type);
    Ok(match form {
        Form::Jwt => answer.body(issued.jwt),
        Form::Cwt => answer.body(issued.cwt),
    })
}

/// All lists.
#[derive(Serialize, ToSchema)]
pub struct Aggregation {
    /// Their URIs.
    pub status_lists: Vec<String>,
}

/// The URIs of all lists, for verifiers that fetch ahead. Needs no key.
#[utoipa::path(get, path = "/v1/status", tag = "verifiers", security(()),
    responses((status = 200, body = Aggregation)))]
pub async fn aggregation(desk: Data<Desk>) -> Result<HttpResponse, Problem> {
    let states = desk.publisher.lists().states().await?;
    let published = states.into_iter().filter(|state| state.publication.published.is_some());
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, format!("public, max-age={TTL_S}")))
        .json(Aggregation { status_lists: published.map(|state| state.uri).collect() }))
}

/// The form that an `Accept` header likes best (RFC 9110 12.5.1): a JWT where it does not care; `None` if it
/// takes neither.
fn wanted(accept: &str) -> Option<Form> {
    if accept.trim().is_empty() {
        return Some(Form::Jwt);
    }
    let liking = |media_type: &str| {
        let ranges = [media_type, "application/*", "*/*"];
        // The most particular range that matches decides, whatever others say.
        let weights = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next()?;
            let exactness = ranges.iter().position(|known| known.eq_ignore_ascii_case(name))?;
            let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            Some((exactness, quality.map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0))))
        });
        weights.min_by_key(|(exactness, _)| *exactness).map_or(0.0, |(_, quality)| quality)
    };
    let (jwt, cwt) = (liking(JWT_MEDIA_TYPE), liking(CWT_MEDIA_TYPE));
    match jwt.max(cwt) > 0.0 {
        true if cwt > jwt => Some(Form::Cwt),
        true => Some(Form::Jwt),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_decides_the_form() {
        for (accept, form) in [
            ("", Some(Form::Jwt)),
            ("*/*", Some(Form::Jwt)),
            ("application/*", Some(Form::Jwt)),
            ("application/statuslist+jwt", Some(Form::Jwt)),
            ("application/statuslist+cwt", Some(Form::Cwt)),
            ("Application/StatusList+CWT", Some(Form::Cwt)),
            ("application/statuslist+cwt, application/statuslist+jwt;q=0.5", Some(Form::Cwt)),
            ("application/statuslist+cwt;q=0.2, */*", Some(Form::Jwt)),
            ("application/statuslist+jwt;q=0, */*", Some(Form::Cwt)),
            ("application/statuslist+jwt;q=0", None),
            ("text/html", None),
            ("text/html, */*;q=0", None),
            ("application/statuslist+cwt;q=nonsense", None),
        ] {
            assert_eq!(wanted(accept), form, "{accept}");
        }
    }
}
