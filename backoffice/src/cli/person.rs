//! What is kept of a person.

use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use super::confirm::confirm;
use super::connection::{As, Connection};
use super::exit::Failure;
use super::output::{Output, text};

/// `sealwright person`.
#[derive(Subcommand, Debug)]
pub(crate) enum Person {
    /// Show what is kept, masked; the look is logged
    Show {
        /// The person's id
        id: Uuid,
    },
    /// Forget a person for good: their key is destroyed, the journal stays and names nobody
    Erase {
        /// The person's id
        id: Uuid,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

impl Person {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = connection.client(As::Operator)?;
        match self {
            Person::Show { id } => {
                let person = client.get(&format!("/v1/persons/{id}")).await?;
                output.one(&person, || describe(&person))
            }
            Person::Erase { id, yes } => {
                let person = client.get(&format!("/v1/persons/{id}")).await?;
                confirm(&warning(&person, client.url()), yes)?;
                client.delete(&format!("/v1/persons/{id}")).await?;
                output.one(&json!({"erased": id}), || format!("{id} is forgotten"))
            }
        }
    }
}

fn warning(person: &Value, url: &str) -> String {
    let applications = person["applications"].as_array().map_or(0, Vec::len);
    format!(
        "{} at {url} will be forgotten for good: name, number, address, contacts, photos; {applications} application(s) \
         stay as numbers only, and licence {} is invalid from then on. This cannot be taken back.",
        text(person, "id"),
        text(person, "licence"),
    )
}

fn describe(person: &Value) -> String {
    let mut lines =
        format!("person       {}\nlicence      {}\n", text(person, "id"), text(person, "licence"));
    for (name, value) in person["information"].as_object().into_iter().flatten() {
        lines.push_str(&format!(
            "{name:<16} {}\n",
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        ));
    }
    for application in person["applications"].as_array().into_iter().flatten() {
        lines.push_str(&format!(
            "application  {}  {}\n",
            text(application, "id"),
            text(application, "phase")
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_what_is_lost() {
        let person = json!({"id": "p1", "licence": "l1", "applications": [{}, {}]});
        let question = warning(&person, "http://h");
        for part in ["p1", "l1", "2 application(s)", "http://h", "cannot be taken back"] {
            assert!(question.contains(part), "{question}");
        }
    }
}
