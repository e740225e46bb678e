//! An applicant's steps.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use uuid::Uuid;

use super::applicant::own_client;
use super::describe::describe;
use crate::cli::client::Client;
use crate::cli::connection::Connection;
use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::cli::unreadable;

/// A step of an applicant.
#[derive(Args, Debug)]
pub(crate) struct Act {
    /// The application's id
    id: Uuid,
    /// The step; `app show` says which are possible
    #[arg(value_enum)]
    action: Action,
    /// Act as the applicant with this licence number or name, by way of the gateway's key
    #[arg(long, value_name = "NUMBER|NAME")]
    number: Option<String>,
    /// choose-path: where the photo comes from; offer-photo: the same
    #[arg(long, value_parser = ["camera", "album"], required_if_eq_any([("action", "choose-path"), ("action", "offer-photo")]))]
    path: Option<String>,
    /// confirm-information: the revision that was shown; the present one if left out
    #[arg(long)]
    revision: Option<u64>,
    /// offer-photo: a JPEG or PNG
    #[arg(long, value_name = "FILE", required_if_eq("action", "offer-photo"))]
    photo: Option<PathBuf>,
    /// Only if the application still is at this version (412 and exit code 4 otherwise)
    #[arg(long, value_name = "VERSION")]
    if_version: Option<u64>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    ChoosePath,
    ConfirmInformation,
    RetryLiveness,
    ReadNotice,
    OfferPhoto,
    ConfirmPreview,
    Submit,
    Withdraw,
}

impl Act {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = own_client(self.number.clone(), connection).await?.expecting(self.if_version);
        let path = format!("/v1/applications/{}", self.id);
        let application = match self.action {
            Action::OfferPhoto => self.offer(&client, &path).await?,
            action => {
                let name =
                    action.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
                let body = match action {
                    Action::ChoosePath => json!({"path": self.path}),
                    Action::ConfirmInformation => json!({"revision": self.revision(&client, &path).await?}),
                    _ => json!({}),
                };
                client.post(&format!("{path}/actions/{name}"), &body).await?
            }
        };
        output.one(&application, || describe(&application))
    }

    async fn revision(&self, client: &Client, path: &str) -> Result<Value, Failure> {
        match self.revision {
            Some(revision) => Ok(revision.into()),
            None => Ok(client.get(&format!("{path}/information")).await?["revision"].take()),
        }
    }

    async fn offer(&self, client: &Client, path: &str) -> Result<Value, Failure> {
        let file = self.photo.clone().unwrap_or_default();
        let bytes = std::fs::read(&file).map_err(|error| unreadable(&file, &error))?;
        let form = Form::new().text("source", self.path.clone().unwrap_or_default());
        let form = form.part("photo", Part::bytes(bytes).file_name("photo"));
        Ok(client.upload(&format!("{path}/photos"), form).await?["application"].take())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    #[derive(Parser, Debug)]
    struct Line {
        #[command(subcommand)]
        app: super::super::App,
    }

    fn parse(line: &str) -> Result<Line, clap::Error> {
        let line = line.replace("ID", "019aa001-0000-7000-8000-000000000000");
        Line::try_parse_from(std::iter::once("test").chain(line.split(' ')))
    }

    #[test]
    fn steps_that_need_more_say_so() {
        assert!(parse("act ID submit").is_ok());
        assert!(parse("act ID choose-path").is_err());
        assert!(parse("act ID choose-path --path camera").is_ok());
        assert!(parse("act ID choose-path --path retained").is_err());
        assert!(parse("act ID offer-photo --path camera").is_err());
        assert!(parse("act ID offer-photo --path camera --photo me.jpg").is_ok());
        assert!(parse("act ID approve").is_err());
        assert!(parse("list --open --closed").is_err());
    }
}
