//! Who plays the applicants: people of the sandbox register, by the name of their part.

use serde_json::Value;

use crate::cli::client::Client;
use crate::cli::exit::{Exit, Failure};

/// The licence number of the person who is called `part` in the register of `sealwright dev`.
pub(crate) async fn number_of(part: &str, register_admin_url: &str) -> Result<String, Failure> {
    let register = Client::new(register_admin_url, None)?;
    pick(part, &register.get("/people").await?)
}

fn pick(part: &str, people: &Value) -> Result<String, Failure> {
    let people = people.as_array().map(Vec::as_slice).unwrap_or_default();
    let found = people.iter().find(|person| person["key"] == part);
    let number = found.and_then(|person| person["record"]["number"]["value"].as_str());
    number.map(str::to_owned).ok_or_else(|| {
        let names: Vec<_> = people.iter().filter_map(|person| person["key"].as_str()).collect();
        let what = format!("nobody in the sandbox register is called `{part}`");
        Failure::new(Exit::NotFound, "nobody", what, format!("There are {}.", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_by_its_name_or_the_names_are_told() {
        let people =
            serde_json::json!([{"key": "camera", "record": {"number": {"kind": "k", "value": "110"}}}]);
        assert_eq!(pick("camera", &people).unwrap(), "110");
        let failure = pick("nobody", &people).unwrap_err();
        assert_eq!((failure.exit, failure.what_to_do.as_str()), (Exit::NotFound, "There are camera."));
    }
}
