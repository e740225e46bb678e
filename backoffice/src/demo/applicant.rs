//! An applicant with their app.

use reqwest::multipart::{Form, Part as FormPart};
use sealwright_credentials::PublicKey;
use serde_json::{Value, json};

use super::cast::Somebody;
use super::wait::{Look, STEP, until, wrong};
use super::world::{Issued, World};
use crate::cli::client::Client;
use crate::cli::exit::Failure;

/// The photos (`workflows/photos/README.md`).
pub(super) mod photos {
    /// Meets the requirements.
    pub(in crate::demo) const GOOD: &[u8] = include_bytes!("../../../workflows/photos/accepted.jpg");
    /// Another one that does.
    pub(in crate::demo) const ALBUM: &[u8] = include_bytes!("../../../workflows/photos/album.jpg");
    /// A flag behind, an orange suit.
    pub(in crate::demo) const FLAG: &[u8] = include_bytes!("../../../workflows/photos/flag-background.jpg");
    /// Too few pixels.
    pub(in crate::demo) const SMALL: &[u8] = include_bytes!("../../../workflows/photos/too-small.jpg");
}

/// An applicant, with an application.
pub(super) struct Applicant {
    client: Client,
    number: String,
    /// Where their mail goes.
    pub(super) email: String,
    /// Their licence.
    pub(super) licence: String,
    /// Their application.
    pub(super) application: String,
    locale: &'static str,
    photo: Option<String>,
}

impl Applicant {
    /// Enrols somebody through the app's server, and begins.
    pub(super) async fn begin(world: &World, part: &str, locale: &'static str) -> Result<Self, Failure> {
        let Somebody { number, email } = world.casting(part).await?;
        let gateway = world.client(|dev| &dev.gateway_key)?;
        let who = json!({"licence_number": number, "locale": locale});
        let enrolled = gateway.post("/v1/applicants", &who).await?;
        let client = gateway.with_key(&string(&enrolled, "api_key")?);
        let case = client.post("/v1/applications", &json!({"kind": "first_issue"})).await?;
        let (licence, application) = (string(&enrolled, "licence")?, string(&case, "id")?);
        Ok(Self { client, number, email, licence, application, locale, photo: None })
    }

    /// The application as it stands.
    pub(super) async fn case(&self) -> Result<Value, Failure> {
        self.client.get(&self.path("")).await
    }

    /// Waits until the application is in one of these phases.
    pub(super) async fn until(&self, phases: &[&str]) -> Result<Value, Failure> {
        until(&format!("the application to be in {}", phases.join(" or ")), STEP, async || {
            let case = self.case().await?;
            let phase = case["phase"].as_str().unwrap_or_default().to_owned();
            match phases.contains(&phase.as_str()) {
                true => Ok(Look::Yes(case)),
                false if case["closed"] == true => {
                    Err(wrong(format!("the application ended in `{phase}`: {case}")))
                }
                false => Ok(Look::NotYet(phase)),
            }
        })
        .await
    }

    /// Takes every step up to the submission, which is left to [`submit`](Self::submit). `path` and
    /// `photo` are for those whom the register has no photo of.
    pub(super) async fn walk(&mut self, path: &str, photo: &'static [u8]) -> Result<Value, Failure> {
        const MINE: [&str; 7] = ["path", "information", "liveness", "notice", "photo", "preview", "submit"];
        loop {
            let case = self.until(&MINE).await?;
            let phase = string(&case, "phase")?;
            match phase.as_str() {
                "submit" => return Ok(case),
                "path" => drop(self.act("choose-path", json!({"path": path})).await?),
                "information" => drop(self.confirm().await?),
                "liveness" => self.blink().await?,
                "notice" => drop(self.act("read-notice", json!({})).await?),
                "photo" => drop(self.offer(path, photo).await?),
                _ => drop(self.act("confirm-preview", json!({})).await?),
            }
        }
    }

    /// Confirms what the record says, at the revision that was shown.
    async fn confirm(&self) -> Result<Value, Failure> {
        let shown = self.client.get(&self.path("/information")).await?;
        let masked = string(&shown, "number_masked")?;
        if masked == self.number || !masked.contains('*') {
            return Err(wrong("the licence number is shown unmasked"));
        }
        self.act("confirm-information", json!({"revision": shown["revision"]})).await
    }

    /// Does before the vendor's camera what the vendor asks, and waits until its result is in.
    async fn blink(&self) -> Result<(), Failure> {
        let url = until("a liveness session", STEP, async || {
            let case = self.case().await?;
            Ok(match case["liveness"]["url"].as_str() {
                Some(url) => Look::Yes(url.to_owned()),
                None => Look::NotYet(case["liveness"].to_string()),
            })
        });
        self.client
            .tell(&url.await?, &json!({"outcome": "passed", "score": 93.5, "serial": "DEMO-1"}))
            .await?;
        until("the vendor's result", STEP, async || {
            let phase = string(&self.case().await?, "phase")?;
            Ok(if phase == "liveness" { Look::NotYet(phase) } else { Look::Yes(()) })
        })
        .await
    }

    /// Gives a photo; answers its hints.
    pub(super) async fn offer(&mut self, source: &str, photo: &'static [u8]) -> Result<Value, Failure> {
        let file = FormPart::bytes(photo).file_name("photo.jpg");
        let form = Form::new().text("source", source.to_owned()).part("photo", file);
        let accepted = self.client.upload(&self.path("/photos"), form).await?;
        self.photo = Some(string(&accepted, "digest")?);
        Ok(accepted)
    }

    /// Registers the key of their wallet.
    pub(super) async fn bind(&self, wallet: &PublicKey) -> Result<(), Failure> {
        let path = format!("/v1/licences/{}/device-key", self.licence);
        self.client.replace(&path, &json!(wallet)).await?;
        Ok(())
    }

    /// Submits.
    pub(super) async fn submit(&self) -> Result<Value, Failure> {
        self.act("submit", json!({})).await
    }

    /// Submits under a key of the app's own; whether the server knew it already.
    pub(super) async fn submit_as(&self, key: &str) -> Result<bool, Failure> {
        Ok(self.client.post_as(key, &self.path("/actions/submit"), &json!({})).await?.replayed)
    }

    /// Takes a step.
    pub(super) async fn act(&self, action: &str, body: Value) -> Result<Value, Failure> {
        self.client.post(&self.path(&format!("/actions/{action}")), &body).await
    }

    /// Waits until the licence is there, and keeps it for the scenes to come.
    pub(super) async fn receive(&self, world: &mut World) -> Result<Issued, Failure> {
        let case = self.until(&["issued"]).await?;
        let (holder, licence) = (self.client.clone(), self.licence.clone());
        let (number, photo) = (self.number.clone(), self.photo.clone());
        let issued = Issued { holder, licence, number, photo, serial: string(&case, "serial")? };
        world.issued.push(issued.clone());
        let subject = if self.locale == "zh" {
            "您的电子驾驶证已生成"
        } else {
            "Your electronic driving licence is ready"
        };
        world.mails.push((self.email.clone(), subject));
        Ok(issued)
    }

    /// The names of the events so far.
    pub(super) async fn events(&self) -> Result<Vec<String>, Failure> {
        let timeline = self.client.get(&self.path("/timeline")).await?;
        let rows = timeline["items"].as_array().into_iter().flatten();
        let names = rows.flat_map(|row| row["events"].as_array().into_iter().flatten());
        Ok(names.filter_map(|name| name.as_str().map(str::to_owned)).collect())
    }

    /// Their licence as it stands.
    pub(super) async fn document(&self) -> Result<Value, Failure> {
        self.client.get(&format!("/v1/licences/{}", self.licence)).await
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/applications/{}{rest}", self.application)
    }
}

/// A text that must be there.
pub(super) fn string(value: &Value, field: &str) -> Result<String, Failure> {
    let found = value[field].as_str().map(str::to_owned);
    found.ok_or_else(|| wrong(format!("the answer has no `{field}`: {value}")))
}
