//! Photo reviews.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use super::app::describe;
use super::client::Client;
use super::connection::{As, Connection};
use super::exit::{Exit, Failure};
use super::output::{Output, text};
use super::table::Table;

/// `sealwright review`.
#[derive(Subcommand, Debug)]
pub(crate) enum Review {
    /// The queue, soonest due first
    List {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Take the case that is due next (exit code 3 if there is none)
    Next {
        /// Where to put the photo
        #[arg(long, value_name = "FILE")]
        photo: Option<PathBuf>,
    },
    /// The photo meets the requirements
    Approve {
        /// The application's id
        application: Uuid,
    },
    /// It does not
    Reject {
        /// The application's id
        application: Uuid,
        /// Codes of reasons; `review reasons` lists them
        #[arg(required = true)]
        reasons: Vec<String>,
    },
    /// Take your decision back, while its window lasts
    Undo {
        /// The application's id
        application: Uuid,
    },
    /// Give a case back
    Release {
        /// The application's id
        application: Uuid,
    },
    /// The reasons a photo may be rejected for
    Reasons,
}

impl Review {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = connection.client(As::Reviewer)?;
        match self {
            Review::List { limit } => list(&client, output, limit).await,
            Review::Next { photo } => next(&client, output, photo).await,
            Review::Approve { application } => {
                decide(&client, output, application, json!({"outcome": "approve"})).await
            }
            Review::Reject { application, reasons } => {
                decide(&client, output, application, json!({"outcome": "reject", "reasons": reasons})).await
            }
            Review::Undo { application } => {
                let case = client.post(&format!("/v1/reviews/{application}/undo"), &json!({})).await?;
                output.one(&case, || describe(&case))
            }
            Review::Release { application } => release(&client, output, application).await,
            Review::Reasons => reasons(&client, output).await,
        }
    }
}

async fn list(client: &Client, output: &Output, limit: usize) -> Result<(), Failure> {
    let items = client.list("/v1/reviews", &[], limit).await?;
    output.many(&items, "Nothing waits for a review.", || {
        let mut table = Table::new(["APPLICATION", "DUE", "WITH", "NOT FOR YOU"]);
        for item in &items {
            let mine = if item["excluded_me"] == true { "you had a part in it" } else { "" };
            table.row([
                text(item, "application"),
                text(item, "due"),
                text(&item["leased"], "who"),
                mine.into(),
            ]);
        }
        table
    })
}

async fn next(client: &Client, output: &Output, photo: Option<PathBuf>) -> Result<(), Failure> {
    let case = client.post("/v1/reviews/claim-next", &json!({})).await?;
    if case.is_null() {
        return Err(Failure::new(
            Exit::NotFound,
            "nothing-waits",
            "nothing waits for you",
            "Ask again later.",
        ));
    }
    if let Some(file) = &photo {
        let id = case["photo"]["id"].as_str().or(case["photo"].as_str()).unwrap_or_default();
        let jpeg = client.bytes(&format!("/v1/photos/{id}")).await?;
        std::fs::write(file, jpeg).map_err(|error| {
            let what = format!("the photo cannot be written to {}", file.display());
            Failure::new(Exit::Failed, "unwritable", what, "Give the path of a writable file.").because(error)
        })?;
        output.note(&format!("The photo is in {}.", file.display()));
    }
    output.one(&case, || taken(&case))
}

fn taken(case: &Value) -> String {
    let information = &case["information"];
    let hints = case["hints"].as_array().or(case["photo"]["hints"].as_array());
    let hints: Vec<_> = hints.into_iter().flatten().map(hint).collect();
    let earlier = case["earlier"].as_array().map_or(0, Vec::len);
    let id = text(case, "application");
    format!(
        "application  {id}\ndue          {}\nyours until  {}\nholder       {} {} classes {}\nhints        {}\nearlier      {earlier} photo(s) not taken\n\
         next: sealwright review approve {id}   or   review reject {id} CODE...",
        text(case, "due"),
        text(&case["lease"], "until"),
        text(information, "name"),
        text(information, "number_masked"),
        text(information, "classes"),
        if hints.is_empty() { "none".to_owned() } else { hints.join(", ") },
    )
}

fn hint(hint: &Value) -> String {
    hint.as_str().map_or_else(|| text(hint, "name").into_owned(), str::to_owned)
}

/// Takes the case, which changes nothing if it is ours already, and decides it under that lease.
async fn decide(
    client: &Client,
    output: &Output,
    application: Uuid,
    mut decision: Value,
) -> Result<(), Failure> {
    decision["lease"] = claim(client, application).await?;
    let case = client.post(&format!("/v1/reviews/{application}/decisions"), &decision).await?;
    output.note(
        "Decided. It has no effect before the undo window is over: `sealwright review undo` takes it back.",
    );
    output.one(&case, || describe(&case))
}

async fn claim(client: &Client, application: Uuid) -> Result<Value, Failure> {
    Ok(client.post(&format!("/v1/reviews/{application}/claim"), &json!({})).await?["lease"].take())
}

async fn release(client: &Client, output: &Output, application: Uuid) -> Result<(), Failure> {
    let lease = claim(client, application).await?;
    client.delete_with(&format!("/v1/reviews/{application}/lease"), &json!({"lease": lease})).await?;
    output.one(&json!({"released": application}), || format!("{application} is back in the queue"))
}

async fn reasons(client: &Client, output: &Output) -> Result<(), Failure> {
    let mut codes = client.get("/v1/reason-codes").await?;
    let codes = codes.as_array_mut().map(std::mem::take).unwrap_or_default();
    output.many(&codes, "The policy has no reasons.", || {
        let mut table = Table::new(["CODE", "SEVERITY", "TEXT"]);
        for code in &codes {
            table.row(["code", "severity", "text_en"].map(|field| text(code, field)));
        }
        table
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_case_says_whose_it_is_and_what_comes_next() {
        let case = json!({"application": "7", "due": "2026-11-24T16:00:00Z", "lease": {"until": "u"}, "earlier": [{}],
            "photo": {"id": "p", "hints": ["background"]}, "information": {"name": "王小明", "number_masked": "11*", "classes": "C1"}});
        let text = taken(&case);
        assert!(text.contains("hints        background"), "{text}");
        assert!(text.contains("earlier      1 photo(s)") && text.contains("review approve 7"), "{text}");
    }
}
