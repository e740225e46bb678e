//! Applications.

mod act;
mod applicant;
mod describe;

use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::client::Client;
use super::connection::{As, Connection};
use super::exit::Failure;
use super::output::{Output, text};
use super::table::Table;
use act::Act;
use applicant::{applicant, own_client, resolved};
pub(super) use describe::describe;

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
        /// Where mail goes if the register knows no address
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
        person: Option<Uuid>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show one
    Show {
        /// The application's id
        id: Uuid,
        /// With what happened so far
        #[arg(long)]
        timeline: bool,
        /// As the applicant with this licence number or name, who alone sees where to go for liveness
        #[arg(long, value_name = "NUMBER|NAME")]
        number: Option<String>,
    },
    /// Print the licence that came of it, as its holder: its code, or another signed form
    Code {
        /// The application's id
        id: Uuid,
        /// As the applicant with this licence number or name; or give the holder's own --key
        #[arg(long, value_name = "NUMBER|NAME")]
        number: Option<String>,
        /// The drawn QR instead of its text
        #[arg(long)]
        svg: bool,
        /// The form: code, or sd-jwt-vc for wallets and for showing single claims
        #[arg(long, default_value = "code", value_parser = ["code", "sd-jwt-vc"], conflicts_with = "svg")]
        form: String,
    },
    /// Take a step as the applicant: needs the applicant's own key, or --number
    Act(Act),
}

impl App {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        match self {
            App::Begin { number, locale, email } => begin(connection, output, number, locale, email).await,
            App::List { phase, closed, open, person, limit } => {
                let filter = [
                    ("phase", phase),
                    ("closed", (closed || open).then(|| closed.to_string())),
                    ("person", person.map(|person| person.to_string())),
                ];
                list(&connection.client(As::Operator)?, output, filter, limit).await
            }
            App::Show { id, timeline, number } => {
                let client = match number {
                    Some(number) => applicant(number, connection).await?,
                    None => connection.client(As::Operator)?,
                };
                show(&client, output, id, timeline).await
            }
            App::Code { id, number, svg, form } => {
                let client = own_client(number, connection).await?;
                code(&client, output, id, svg, &form).await
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

async fn code(client: &Client, output: &Output, id: Uuid, svg: bool, form: &str) -> Result<(), Failure> {
    let application = client.get(&format!("/v1/applications/{id}")).await?;
    let licence = format!("/v1/licences/{}", application["licence"].as_str().unwrap_or_default());
    let path = format!("{licence}/code");
    if form != "code" {
        let credential = client.bytes(&format!("{licence}/credential?form={form}")).await?;
        let credential = String::from_utf8_lossy(&credential).into_owned();
        return output.one(&json!({"form": form, "credential": credential}), || credential.clone());
    }
    if svg {
        return output.bytes(&client.bytes(&format!("{path}.svg")).await?);
    }
    let code = client.get(&path).await?;
    output.one(&code, || text(&code, "code").into_owned())
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

async fn show(client: &Client, output: &Output, id: Uuid, timeline: bool) -> Result<(), Failure> {
    let mut application = client.get(&format!("/v1/applications/{id}")).await?;
    if timeline {
        application["timeline"] =
            client.get(&format!("/v1/applications/{id}/timeline")).await?["items"].take();
    }
    output.one(&application, || describe(&application))
}
