//! A reviewer at their console.

use serde_json::{Value, json};

use super::applicant::string;
use super::wait::{Look, STEP, hold, until, wrong};
use crate::cli::client::Client;
use crate::cli::exit::{Exit, Failure};

/// A reviewer.
pub(super) struct Reviewer(pub(super) Client);

/// A case that they have taken.
pub(super) struct Taken {
    application: String,
    lease: Value,
    /// The photo's bytes.
    pub(super) photo: Vec<u8>,
    /// How many photos came before.
    pub(super) earlier: usize,
}

impl Reviewer {
    /// Takes the next case, which must be this one: there is no other.
    pub(super) async fn next(&self, application: &str) -> Result<Taken, Failure> {
        let case = until("a case to review", STEP, async || {
            let case = self.0.post("/v1/reviews/claim-next", &json!({})).await?;
            Ok(if case.is_null() { Look::NotYet("an empty queue".into()) } else { Look::Yes(case) })
        });
        let case = case.await?;
        let given = string(&case, "application")?;
        hold(given == application, || format!("the queue gave case {given} instead of {application}"))?;
        let id = string(&case["photo"], "id")?;
        let photo = self.0.bytes(&format!("/v1/photos/{id}")).await?;
        hold(photo.starts_with(&[0xff, 0xd8]), || "the reviewer was shown something that is no JPEG".into())?;
        let earlier = case["earlier"].as_array().map_or(0, Vec::len);
        Ok(Taken { application: given, lease: case["lease"].clone(), photo, earlier })
    }

    /// Decides. It must have no effect yet.
    pub(super) async fn decide(&self, taken: &Taken, outcome: &str, reasons: &[&str]) -> Result<(), Failure> {
        let decision = json!({"lease": taken.lease, "outcome": outcome, "reasons": reasons});
        let case = self.0.post(&format!("/v1/reviews/{}/decisions", taken.application), &decision).await?;
        hold(case["phase"] == "photo_review", || {
            format!("the decision had an effect inside its undo window: {case}")
        })
    }

    /// Takes the decision back.
    pub(super) async fn undo(&self, taken: &Taken) -> Result<(), Failure> {
        self.0.post(&format!("/v1/reviews/{}/undo", taken.application), &json!({})).await.map(drop)
    }

    /// May not take this case.
    pub(super) async fn is_turned_away(&self, application: &str) -> Result<(), Failure> {
        match self.0.post(&format!("/v1/reviews/{application}/claim"), &json!({})).await {
            Err(failure) if failure.exit == Exit::Conflict => Ok(()),
            Err(failure) => Err(failure),
            Ok(_) => Err(wrong("the first reviewer was given the case for the second look, too")),
        }
    }
}
