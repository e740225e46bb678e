//! Applications.

mod act;
mod applicant;
mod describe;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::client::Client;
use super::connection::{As, Connection};
use super::exit::{Exit, Failure};
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
        /// The form: code; sd-jwt-vc for wallets and for showing single claims; mdoc, which is CBOR, in base64url with
        /// --json
        #[arg(long, default_value = "code", value_parser = ["code", "sd-jwt-vc", "mdoc"], conflicts_with = "svg")]
        form: String,
    },
    /// Register the public key of the applicant's wallet: the next version is bound to it, and is an mdoc, too
    DeviceKey {
        /// The application's id
        id: Uuid,
        /// A file with the key, a public JWK with P-256 or Ed25519
        #[arg(value_name = "FILE", required_unless_present = "remove")]
        jwk: Option<PathBuf>,
        /// Take the registered one back
        #[arg(long, conflicts_with = "jwk")]
        remove: bool,
        /// As the applicant with this licence number or name; or give the holder's own --key
        #[arg(long, value_name = "NUMBER|NAME")]
        number: Option<String>,
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
            App::DeviceKey { id, jwk, remove: _, number } => {
                let client = own_client(number, connection).await?;
                device_key(&client, output, id, jwk.as_deref()).await
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
        if form == "mdoc" && !output.json {
            return output.bytes(&credential);
        }
        let credential =
            if form == "mdoc" { URL_SAFE_NO_PAD.encode(credential).into_bytes() } else { credential };
        let credential = String::from_utf8_lossy(&credential).into_owned();
        return output.one(&json!({"form": form, "credential": credential}), || credential.clone());
    }
    if svg {
        return output.bytes(&client.bytes(&format!("{path}.svg")).await?);
    }
    let code = client.get(&path).await?;
    output.one(&code, || text(&code, "code").into_owned())
}

/// Registers the key in the file, or takes the registered one back.
async fn device_key(client: &Client, output: &Output, id: Uuid, jwk: Option<&Path>) -> Result<(), Failure> {
    let application = client.get(&format!("/v1/applications/{id}")).await?;
    let licence = application["licence"].as_str().unwrap_or_default();
    let path = format!("/v1/licences/{licence}/device-key");
    let Some(file) = jwk else {
        client.delete(&path).await?;
        return output.one(&json!({"removed": true}), || "no key is registered now".into());
    };
    let json = std::fs::read_to_string(file).map_err(|error| super::unreadable(file, &error))?;
    let jwk = serde_json::from_str(&json).map_err(|error| {
        let what = format!("{} is no JSON", file.display());
        Failure::new(Exit::Usage, "no-key", what, "Give a file with a public JWK.").because(error)
    })?;
    let registered = client.replace(&path, &jwk).await?;
    output.one(&registered, || {
        let bound = if registered["bound"] == true { "the live version" } else { "the next version" };
        format!("key {}: {bound} is bound to it", text(&registered, "kid"))
    })
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
