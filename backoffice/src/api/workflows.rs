//! The workflows, drawn from their code.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};

use crate::auth::Principal;
use crate::desk::Desk;
use crate::diagrams;
use crate::problem::{NOT_FOUND, NOT_PERMITTED, Problem};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/workflows/{name}/{file}", web::get().to(diagram));
}

/// A workflow's state diagram: `diagram.mmd` (Mermaid) or `diagram.svg`.
#[utoipa::path(get, path = "/v1/workflows/{name}/{file}", tag = "operators",
    params(("name" = String, Path), ("file" = String, Path)),
    responses((status = 200, description = "Mermaid or SVG"), (status = 404, body = Problem)))]
pub async fn diagram(
    _: Data<Desk>,
    who: Principal,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    if !who.is_office() {
        return Err(NOT_PERMITTED.because("diagrams are for the office"));
    }
    let (name, file) = path.into_inner();
    let diagram =
        diagrams::of(&name).ok_or_else(|| NOT_FOUND.because(format!("there is no workflow `{name}`")))?;
    match file.as_str() {
        "diagram.mmd" => {
            Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(diagram.to_mermaid()))
        }
        "diagram.svg" => Ok(HttpResponse::Ok().content_type("image/svg+xml").body(diagram.to_svg())),
        _ => Err(NOT_FOUND.because("a diagram is diagram.mmd or diagram.svg")),
    }
}
