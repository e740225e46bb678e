//! Who plays the applicants: people of the sandbox register, by the name of their part.

use serde_json::Value;

use crate::cli::client::Client;
use crate::cli::exit::{Exit, Failure};

/// Somebody in the register.
pub(crate) struct Somebody {
    /// Their licence number.
    pub(crate) number: String,
    /// The address that the register knows: mail goes there and nowhere else.
    pub(crate) email: String,
}

/// The person who is called `part` in the register of `sealwright dev`.
pub(crate) async fn find(part: &str, register_admin_url: &str) -> Result<Somebody, Failure> {
    let register = Client::new(register_admin_url, None)?;
    pick(part, &register.get("/people").await?)
}

fn pick(part: &str, people: &Value) -> Result<Somebody, Failure> {
    let people = people.as_array().map(Vec::as_slice).unwrap_or_default();
    let found = people.iter().find(|person| person["key"] == part);
    let somebody = found.and_then(|person| {
        let record = &person["record"];
        let number = record["number"]["value"].as_str()?.to_owned();
        let email = record["contacts"]["email"].as_str().unwrap_or_default().to_owned();
        Some(Somebody { number, email })
    });
    somebody.ok_or_else(|| {
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
        let people = serde_json::json!([{"key": "camera", "record": {"number": {"kind": "k", "value": "110"},
            "contacts": {"email": "c@x.example"}}}]);
        let somebody = pick("camera", &people).unwrap();
        assert_eq!((somebody.number.as_str(), somebody.email.as_str()), ("110", "c@x.example"));
        let failure = pick("nobody", &people).err().unwrap();
        assert_eq!((failure.exit, failure.what_to_do.as_str()), (Exit::NotFound, "There are camera."));
    }
}
