//! The HTTP API, as an actix-web scope that another program can mount, too.

pub mod api_keys;
pub mod applicants;
pub mod applications;
pub mod callbacks;
pub mod cards;
pub mod credentials;
pub mod effects;
pub mod health;
pub mod licences;
pub mod log;
pub mod metadata;
mod openapi;
pub mod persons;
pub mod photos;
pub mod policy;
pub mod presentations;
pub mod records;
pub mod register;
pub mod request;
pub mod reviews;
pub mod schedules;
pub mod shown;
pub mod status;
pub mod sweeps;
pub mod verifications;
pub mod workflows;

use actix_web::web::{self, ServiceConfig};

pub use openapi::description;

use crate::problem::{BAD_REQUEST, INVALID, Problem, TOO_LARGE, UNSUPPORTED};

/// Bytes of a JSON body; the engine's own bound on commands, with room for the envelope.
pub const JSON_BYTES: usize = 128 * 1024;

/// Everything under `/v1`, and the pages beside it. Needs [`Desk`](crate::desk::Desk) as app data.
pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(JSON_BYTES).error_handler(|error, _| body(&error).into()))
        .app_data(web::PathConfig::default().error_handler(|error, _| {
            BAD_REQUEST.because(format!("the path cannot be read: {error}")).into()
        }))
        .app_data(web::QueryConfig::default().error_handler(|error, _| {
            BAD_REQUEST.because(format!("the query cannot be read: {error}")).into()
        }))
        .service(
            web::scope("/v1")
                .configure(applicants::configure)
                .configure(applications::configure)
                .configure(photos::configure)
                .configure(callbacks::configure)
                .configure(licences::configure)
                .configure(cards::configure)
                .configure(credentials::configure)
                .configure(presentations::configure)
                .configure(reviews::configure)
                .configure(verifications::configure)
                .configure(status::configure)
                .configure(log::configure)
                .configure(effects::configure)
                .configure(sweeps::configure)
                .configure(schedules::configure)
                .configure(records::configure)
                .configure(register::configure)
                .configure(persons::configure)
                .configure(api_keys::configure)
                .configure(policy::configure)
                .configure(workflows::configure),
        )
        .configure(verifications::well_known)
        .configure(metadata::configure)
        .configure(health::configure);
}

fn body(error: &actix_web::error::JsonPayloadError) -> Problem {
    use actix_web::error::JsonPayloadError as Error;
    match error {
        Error::Overflow { .. } | Error::OverflowKnownLength { .. } => {
            TOO_LARGE.because(format!("a JSON body may have {JSON_BYTES} bytes"))
        }
        Error::ContentType => UNSUPPORTED.because("the body must be sent as application/json"),
        Error::Deserialize(why) => INVALID.because(format!("the body is not as described: {why}")).fault(
            "",
            "shape",
            why.to_string(),
        ),
        other => BAD_REQUEST.because(format!("the body cannot be read: {other}")),
    }
}
