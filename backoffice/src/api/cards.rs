//! The card: the page that the holder shows, drawn when it is asked for.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query, ServiceConfig, get};
use sealwright_credentials::card::{Form, Page, Showing};
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
use crate::problem::{INTERNAL, INVALID, NOT_FOUND, Problem};
use crate::rendering::{Model, Picture, refused};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/licences/{id}/card.svg", get().to(card_svg))
        .route("/licences/{id}/card.png", get().to(card_png))
        .route("/licences/{id}/card.pdf", get().to(card_pdf));
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

/// How large a picture is.
#[derive(IntoParams)]
#[expect(dead_code, reason = "it describes a part of WantedPng, which cannot flatten")]
pub struct Scaled {
    /// Pixels for each of the drawing's units, 1 to 6; 3 if left out.
    scale: Option<u32>,
}

/// Which page as a picture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedPng {
    #[serde(default)]
    page: WantedPage,
    #[serde(default)]
    form: WantedForm,
    live: Option<String>,
    scale: Option<u32>,
}

impl Wanted {
    fn picture(&self) -> (Page, Form) {
        let page = match self.page {
            WantedPage::Main => Page::Main,
            WantedPage::Secondary => Page::Secondary,
        };
        let form = match self.form {
            WantedForm::Phone => Form::Phone,
            WantedForm::Print => Form::Print,
        };
        (page, form)
    }
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
    let model = model(&desk, &who, *id, wanted.live.as_deref()).await?;
    let (page, form) = wanted.picture();
    let drawing = model.card().draw(page, form).map_err(refused)?;
    Ok(answer("image/svg+xml", drawing.svg().to_owned().into_bytes()))
}

/// The same as a PNG, where the server has fonts: see `card.svg`.
#[utoipa::path(get, path = "/v1/licences/{id}/card.png", tag = "licences",
    params(("id" = Uuid, Path), Wanted, Scaled),
    responses((status = 200, content_type = "image/png"), (status = 404, body = Problem),
        (status = 429, body = Problem), (status = 501, body = Problem)))]
pub async fn card_png(
    desk: Data<Desk>,
    who: Principal,
    id: Path<Uuid>,
    wanted: Query<WantedPng>,
) -> Result<HttpResponse, Problem> {
    let WantedPng { page, form, live, scale } = wanted.into_inner();
    let wanted = Wanted { page, form, live };
    let scale = scale.unwrap_or(3);
    if !(1..=6).contains(&scale) {
        let what = "a scale is 1 to 6 pixels a unit";
        return Err(INVALID.because(what).fault("/scale", "scale", what));
    }
    let model = model(&desk, &who, *id, wanted.live.as_deref()).await?;
    let (page, form) = wanted.picture();
    let drawn = desk.rendering.draw(model, Picture::Png(page, form, scale)).await?;
    Ok(answer("image/png", drawn))
}

/// Both pages of the live document for printing, where the server has fonts: see `card.svg`.
#[utoipa::path(get, path = "/v1/licences/{id}/card.pdf", tag = "licences", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "application/pdf"), (status = 404, body = Problem),
        (status = 429, body = Problem), (status = 501, body = Problem)))]
pub async fn card_pdf(desk: Data<Desk>, who: Principal, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let model = model(&desk, &who, *id, None).await?;
    Ok(answer("application/pdf", desk.rendering.draw(model, Picture::Pdf).await?))
}

fn answer(kind: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().content_type(kind).insert_header(("Cache-Control", "no-store")).body(bytes)
}

/// What the card of a live document is drawn of.
async fn model(desk: &Desk, who: &Principal, id: Uuid, typed: Option<&str>) -> Result<Model, Problem> {
    let live = live(desk, who, instance(id)).await?;
    let code = live.credential.code.as_str();
    let at = desk.now().secs();
    let now = match typed {
        Some(typed) => Some(showing(desk, instance(id), typed, at).await?),
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
    Ok(Model {
        status: status.unwrap_or_else(|| content.status_at_issue.clone()),
        content,
        photo,
        code: now.as_ref().map_or_else(|| code.to_owned(), |(code, _)| code.clone()),
        standing,
        points: record.map(|record| record.points.into()),
        at,
        showing: now.map_or(Showing::Document, |(_, until)| Showing::Live { until }),
    })
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
