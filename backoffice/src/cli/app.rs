//! Applications.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::client::Client;
use super::connection::{As, Connection, dev_server};
use super::exit::{Exit, Failure};
use super::output::{Output, text};
use super::table::Table;
use super::unreadable;
use crate::demo::cast;

/// `sealwright app`.
#[derive(Subcommand, Debug)]
pub(crate) enum App {
    /// Begin an application
    Begin {
        /// The licence number (证号), or who in the register of `sealwright dev`: retained, camera, suspended ...
        #[arg(value_name = "NUMBER|NAME")]
        number: String,
        /// The language to speak in
        #[arg(long, default_value = "en", value_parser = ["en", "zh"])]
        locale: String,
        /// Where mail goes; the register's address if left out
        #[arg(long)]
        email: Option<String>,
    },
    /// List applications, newest first
    List {
        /// In this phase, such as photo_review
        #[arg(long)]
        phase: Option<String>,
        /// Only those that are over
        #[arg(long, conflicts_with = "open")]
        closed: bool,
        /// Only those that are not over
        #[arg(long)]
        open: bool,
        /// Of this person
        #[arg(long, value_name = "ID")]
        person: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show one
    Show {
        /// The application's id
        id: String,
        /// With what happened so far
        #[arg(long)]
        timeline: bool,
    },
    /// Take a step as the applicant: needs the applicant's own key, or --number
    Act(Act),
}

/// A step of an applicant.
#[derive(Args, Debug)]
pub(crate) struct Act {
    /// The application's id
    id: String,
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

impl App {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        match self {
            App::Begin { number, locale, email } => begin(connection, output, number, locale, email).await,
            App::List { phase, closed, open, person, limit } => {
                let filter = [
                    ("phase", phase),
                    ("closed", (closed || open).then(|| closed.to_string())),
                    ("person", person),
                ];
                list(&connection.client(As::Operator)?, output, filter, limit).await
            }
            App::Show { id, timeline } => {
                show(&connection.client(As::Operator)?, output, &id, timeline).await
            }
            App::Act(act) => act.run(connection, output).await,
        }
    }
}

async fn begin(
    connection: &Connection,
    output: &Output,
    number: String,
    locale: String,
    email: Option<String>,
) -> Result<(), Failure> {
    let gateway = connection.client(As::Gateway)?;
    let number = resolved(number, connection).await?;
    let applicant = json!({"licence_number": number, "locale": locale, "email": email});
    let enrolled = gateway.post("/v1/applicants", &applicant).await?;
    let key = enrolled["api_key"].as_str().unwrap_or_default();
    let application = gateway.with_key(key).post("/v1/applications", &json!({"kind": "first_issue"})).await?;
    let begun = json!({"application": application, "person": enrolled["person"], "api_key": key});
    output.one(&begun, || {
        format!(
            "application  {}\nperson       {}\nkey          {key}   (the applicant's own; shown this once)",
            text(&application, "id"),
            text(&enrolled, "person")
        )
    })
}

/// A licence number; a name is looked up in the register of `sealwright dev`. Numbers begin with a digit
/// or a capital.
async fn resolved(number: String, connection: &Connection) -> Result<String, Failure> {
    if number.starts_with(|first: char| first.is_ascii_lowercase()) {
        return cast::number_of(&number, &dev_server(&connection.data)?.sandbox.register_admin_url).await;
    }
    Ok(number)
}

async fn list(
    client: &Client,
    output: &Output,
    filter: [(&'static str, Option<String>); 3],
    limit: usize,
) -> Result<(), Failure> {
    let query: Vec<_> = filter.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let items = client.list("/v1/applications", &query, limit).await?;
    output.many(&items, "There are no such applications.", || {
        let mut table = Table::new(["ID", "PHASE", "VERSION", "UPDATED", "PARKED"]);
        for item in &items {
            table.row(["id", "phase", "version", "updated_at", "parked"].map(|field| text(item, field)));
        }
        table
    })
}

async fn show(client: &Client, output: &Output, id: &str, timeline: bool) -> Result<(), Failure> {
    let mut application = client.get(&format!("/v1/applications/{id}")).await?;
    if timeline {
        application["timeline"] =
            client.get(&format!("/v1/applications/{id}/timeline")).await?["items"].take();
    }
    output.one(&application, || describe(&application))
}

impl Act {
    async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = self.client(connection).await?.expecting(self.if_version);
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

    async fn client(&self, connection: &Connection) -> Result<Client, Failure> {
        match (&self.number, &connection.key) {
            (Some(number), _) => {
                let gateway = connection.client(As::Gateway)?;
                let number = resolved(number.clone(), connection).await?;
                let enrolled = gateway.post("/v1/applicants", &json!({"licence_number": number})).await?;
                Ok(gateway.with_key(enrolled["api_key"].as_str().unwrap_or_default()))
            }
            (None, Some(_)) => connection.client(As::Gateway),
            (None, None) => Err(Failure::new(
                Exit::Usage,
                "no-key",
                "only applicants themselves take steps in their applications, and it is not said who you are",
                "Give the applicant's key with --key, or their licence number with --number.",
            )),
        }
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

/// An application for people.
pub(super) fn describe(application: &Value) -> String {
    let mut lines = String::new();
    let mut line = |name: &str, value: &str| lines.push_str(&format!("{name:<12} {value}\n"));
    for (name, field) in [("application", "id"), ("phase", "phase"), ("version", "version"), ("path", "path")]
    {
        line(name, &text(application, field));
    }
    let waiting = &application["waiting_on"];
    if waiting.is_object() {
        line("waits for", &format!("{} ({})", text(waiting, "kind"), text(waiting, "why")));
    }
    if !application["due"].is_null() {
        let provisional = application["due_provisional"] == true;
        let note = if provisional { "  (provisional: that year's calendar is not loaded)" } else { "" };
        line("due", &format!("{}{note}", text(application, "due")));
    }
    let actions: Vec<_> =
        application["allowed_actions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !actions.is_empty() {
        line("possible", &actions.join(", "));
    }
    if let Some(url) = application["liveness"]["url"].as_str() {
        line("liveness", url);
    }
    for reason in application["reasons"].as_array().into_iter().flatten() {
        line("reason", &format!("{} {}", text(reason, "text_en"), text(reason, "fix_en")));
    }
    if application["refusal"].is_object() {
        let refusal = &application["refusal"];
        line("refused", &format!("{}: {}", text(refusal, "code"), text(refusal, "text_en")));
    }
    if !application["serial"].is_null() {
        line(
            "licence",
            &format!("{}, version {}", text(application, "licence"), text(application, "licence_version")),
        );
        line("serial", &text(application, "serial"));
    }
    if !application["parked"].is_null() {
        line("parked", &text(application, "parked"));
    }
    for row in application["timeline"].as_array().into_iter().flatten() {
        lines.push_str(&format!("  {} {} {}\n", text(row, "at"), text(row, "command"), text(row, "events")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser, Debug)]
    struct Line {
        #[command(subcommand)]
        app: App,
    }

    fn parse(line: &str) -> Result<Line, clap::Error> {
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

    #[test]
    fn a_description_says_what_there_is() {
        let application = json!({"id": "1", "phase": "photo", "version": 7, "allowed_actions": ["offer-photo", "withdraw"],
            "waiting_on": {"kind": "applicant", "why": "photo"}, "due": null, "refusal": null,
            "reasons": [{"text_en": "The background is not white.", "fix_en": "Stand before a wall."}]});
        let text = describe(&application);
        assert!(text.contains("possible     offer-photo, withdraw\n"), "{text}");
        assert!(text.contains("The background is not white. Stand before a wall."), "{text}");
        assert!(!text.contains("due") && !text.contains("refused") && !text.contains("serial"), "{text}");
    }
}
