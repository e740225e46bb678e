//! The card: the page that the holder shows, drawn when it is asked for.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query, ServiceConfig, get};
use sealwright_credentials::card::{Card, CardError, Form, Page, Showing};
use sealwright_credentials::presentation::{self, Asked, TypedCode};
use sealwright_credentials::{Standing, verify};
use sealwright_engine::InstanceId;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::licences::live;
use super::request::instance;
use crate::auth::Principal;
use crate::desk::Desk;
use crate::problem::{INTERNAL, NOT_FOUND, Problem, REFUSED};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/licences/{id}/card.svg", get().to(card_svg));
}

/// Which page, and for what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `main` (if left out) or `secondary`.
    #[serde(default)]
    #[param(inline)]
    page: WantedPage,
    /// `phone` (if left out), 360 px wide, or `print`, 148 x 105 mm.
    #[serde(default)]
    #[param(inline)]
    form: WantedForm,
    /// The typed form of a code that shows this licence now: the card shows that code, the time, and its end.
    live: Option<String>,
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum WantedPage {
    #[default]
    Main,
    Secondary,
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum WantedForm {
    #[default]
    Phone,
    Print,
}

/// One page of the live document: green, or red while the licence is suspended (`domain.md` 2.2).
#[utoipa::path(get, path = "/v1/licences/{id}/card.svg", tag = "licences", params(("id" = Uuid, Path), Wanted),
    responses((status = 200, content_type = "image/svg+xml"), (status = 404, body = Problem)))]
pub async fn card_svg(
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let live = live(&desk, &who, instance(*id)).await?;
    let code = live.credential.code.as_str();
    let at = desk.now().secs();
    let now = match &wanted.live {
        Some(typed) => Some(showing(&desk, instance(*id), typed, at).await?),
        None => None,
    };
    let standing = if live.document.standing == "suspended" { Standing::Suspended } else { Standing::Active };
    let report = verify(code, desk.office.keys().key_set(), at, Some(standing));
    let content = report.content.ok_or_else(|| INTERNAL.because("the stored code does not verify"))?;
    let photo = desk.dossiers.photo_of(live.person, &live.credential).await?;
    let photo = photo.ok_or_else(|| NOT_FOUND.because("the photo of the document was removed"))?;
    let record = desk.dossiers.record(live.person, None).await?.map(|dossier| dossier.record);
    let status =
        record.as_ref().map(|record| record.status.to_string()).filter(|letters| !letters.is_empty());
    let card = Card {
        content: &content,
        photo: &photo,
        code: now.as_ref().map_or(code, |(code, _)| code),
        standing,
        status: status.as_deref().unwrap_or(&content.status_at_issue),
        points: record.map(|record| record.points.into()),
        at,
        showing: now.as_ref().map_or(Showing::Document, |(_, until)| Showing::Live { until: *until }),
    };
    let page = match wanted.page {
        WantedPage::Main => Page::Main,
        WantedPage::Secondary => Page::Secondary,
    };
    let form = match wanted.form {
        WantedForm::Phone => Form::Phone,
        WantedForm::Print => Form::Print,
    };
    let drawing = card.draw(page, form).map_err(refused)?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header(("Cache-Control", "no-store"))
        .body(drawing.svg().to_owned()))
}

/// The code that shows this licence now and is typed like this, and when it ends.
async fn showing(desk: &Desk, licence: InstanceId, typed: &str, at: i64) -> Result<(String, i64), Problem> {
    let none = || {
        NOT_FOUND
            .because("no code that lives shows this licence and is typed like this")
            .todo("Make a fresh one: POST /v1/licences/{id}/presentations.")
    };
    let typed: TypedCode = typed.parse().map_err(|_| none())?;
    let kept = desk.presenting.kept.find(typed.as_str(), at).await?;
    let kept = kept.filter(|kept| kept.licence == licence).ok_or_else(none)?;
    let report = presentation::verify(&kept.code, &Asked::of(&desk.presenting.key_set(at), at));
    let until = report.presentation.map(|shown| shown.expires_at).filter(|until| *until > at);
    Ok((kept.code, until.ok_or_else(none)?))
}

fn refused(error: CardError) -> Problem {
    match error {
        CardError::NotShown(_) | CardError::NotYetValid | CardError::CodeOver | CardError::NotText(_) => {
            REFUSED.because(error.to_string())
        }
        error => INTERNAL.because(error.to_string()),
    }
}
