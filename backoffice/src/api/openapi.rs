//! The description of the API, made from the handlers themselves.

use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

use super::{
    api_keys, applicants, applications, callbacks, cards, credentials, effects, health, licences, log,
    metadata, persons, photos, policy, presentations, records, register, reviews, schedules, status, sweeps,
    verifications, workflows,
};

/// The API as OpenAPI 3.1.
pub fn description() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sealwright",
        description = "Applications for an electronic driving licence, from the first click to the signed document.",
    ),
    paths(
        applicants::enrol, applications::begin, applications::list, applications::show, applications::information,
        applications::timeline, applications::act, photos::offer, photos::show, callbacks::liveness,
        licences::show, licences::code, licences::code_svg, licences::barcode_svg, licences::act,
        cards::card_svg, credentials::credential, presentations::show, presentations::keys,
        reviews::list, reviews::claim_next, reviews::claim, reviews::renew, reviews::release, reviews::decide,
        reviews::undo, reviews::codes, verifications::verify_code, verifications::keys, verifications::cose_keys,
        status::list, status::aggregation, log::checkpoint, log::inclusion, log::consistency, log::key,
        metadata::issuer, metadata::credential_type, effects::list,
        effects::redrive, effects::parked, sweeps::start, sweeps::list, sweeps::show, sweeps::act,
        schedules::list, schedules::show, schedules::run_now, records::history, records::audit_all,
        register::push, register::import, persons::show, persons::erase,
        api_keys::create, api_keys::remove, policy::calendar, workflows::diagram, health::live, health::ready,
        health::figures, health::version, health::problem
    ),
    modifiers(&Keys),
    security(("api_key" = []))
)]
struct Api;

struct Keys;

impl utoipa::Modify for Keys {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        api.components.get_or_insert_default().add_security_scheme("api_key", scheme);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_licence_is_described_where_it_is_asked_for() {
        let api = serde_json::to_value(description()).unwrap();
        let forms = |path: &str| {
            let get = &api["paths"][path]["get"];
            let form =
                get["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "form").unwrap();
            form["schema"]["enum"].clone()
        };
        assert_eq!(forms("/v1/licences/{id}/credential"), serde_json::json!(["code", "sd-jwt-vc"]));
        assert_eq!(forms("/v1/licences/{id}/card.svg"), serde_json::json!(["phone", "print"]));
        let answer = &api["paths"]["/v1/licences/{id}/credential"]["get"]["responses"]["200"]["content"];
        for kind in ["application/dc+sd-jwt", "text/plain"] {
            assert!(answer[kind].is_object(), "{answer}");
        }
    }
}
