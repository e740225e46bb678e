//! Text messages and pushes: the port to a gateway, and a client of one that takes signed webhooks.
//!
//! ```text
//! POST {url}      webhook-id, webhook-timestamp, webhook-signature (Standard Webhooks)
//!   {"type": "notice.sms", "timestamp": "<when it was decided>",
//!    "data": {"to": "+8613800138000", "title": "..", "text": "..", "language": "zh-Hans"}}
//!   2xx it has the message · 422 it never will · 410 nobody is there any more
//!   429, 503 with Retry-After: then · everything else, and silence: again, and later more seldom
//! ```
//! A push goes to the id of a person (`"type": "notice.push"`); the gateway knows their phones. The same message has
//! the same `webhook-id` for ever, so a gateway that got it twice sends it once.

mod address;
mod answer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use sealwright_engine::Timestamp;
use serde::Serialize;

pub use address::{Lookup, SystemLookup, is_public};

use super::webhook::WebhookSecret;
use crate::policy::Locale;
use address::{Guard, Stayed};

/// Connecting, its name's look-up and TLS included.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Secrets in force at once: an old one, the present one, the next one.
const SECRETS: std::ops::RangeInclusive<usize> = 1..=3;

/// Hands short messages over.
#[async_trait]
pub trait Gateway: Send + Sync + 'static {
    /// Hands one message over. After [`Handed::Failed`] it may or may not have been taken: hand it over again, with
    /// the same id.
    async fn hand(&self, message: &Message, now: Timestamp) -> Handed;
}

/// One short message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id: who gets the same one twice has one message. Up to 100 visible ASCII characters.
    pub id: String,
    /// When it was decided on.
    pub at: Timestamp,
    /// To whom.
    pub to: Recipient,
    /// A line above it, for channels that have one.
    pub title: String,
    /// The text.
    pub text: String,
    /// Its language.
    pub locale: Locale,
}

/// Who gets a short message.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// The phone of this number.
    Phone(String),
    /// The phones of the person of this id, as the gateway knows them.
    Person(String),
}

/// How handing a message over ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// It is taken.
    Accepted,
    /// It will not be taken, now or later. Says why, without the receiver.
    Refused(String),
    /// The gateway asks for patience.
    Later(Timestamp),
    /// It failed, or nobody knows.
    Failed(String),
    /// There is no gateway any more.
    Gone,
}

/// A gateway that takes webhooks.
#[derive(Clone)]
pub struct GatewayConfig {
    /// Its address: `https`.
    pub url: String,
    /// The secrets in force; each webhook is signed with all of them.
    pub secrets: Vec<WebhookSecret>,
    /// How long one message may take, from the look-up of the name to the answer.
    pub time: Duration,
    /// Whether it may be on this machine or in a private network, by plain `http` as well.
    pub private: bool,
}

/// A gateway's configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayRefused {
    /// Not an address.
    #[error("a gateway's address must be such as https://sms.example/messages, without user and password")]
    Address,
    /// It is not reached over TLS.
    #[error("a gateway is reached over https; plain http needs notices.private_addresses = true")]
    InTheClear,
    /// Nothing but public addresses is called.
    #[error(
        "the gateway's address is on this machine or in a private network; that needs notices.private_addresses = true"
    )]
    Private,
    /// None, or too many.
    #[error("a gateway has 1 to 3 secrets in force, one a line")]
    Secrets,
    /// The TLS library did not start.
    #[error("no TLS for the gateway: {0}")]
    Tls(String),
}

/// A gateway reached by signed webhooks.
///
/// Its name is looked up by us, every address that it has must be public, and the connection goes to one of those
/// that were checked. No redirection is followed and no proxy is used: either would go somewhere else.
pub struct HttpGateway {
    url: Url,
    secrets: Vec<WebhookSecret>,
    client: Client,
}

impl HttpGateway {
    /// A client of a gateway. Nothing is sent yet.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn new(config: GatewayConfig) -> Result<Self, GatewayRefused> {
        Self::with_lookup(config, Arc::new(SystemLookup))
    }

    /// As [`new`](Self::new), with somebody else to look names up.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_lookup(config: GatewayConfig, lookup: Arc<dyn Lookup>) -> Result<Self, GatewayRefused> {
        super::http::install_tls();
        let url = address::checked(&config.url, config.private)?;
        if !SECRETS.contains(&config.secrets.len()) {
            return Err(GatewayRefused::Secrets);
        }
        let client = Client::builder()
            .dns_resolver(Arc::new(Guard { lookup, private: config.private }))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(config.time)
            .user_agent("sealwright")
            .build()
            .map_err(|error| GatewayRefused::Tls(error.to_string()))?;
        Ok(Self { url, secrets: config.secrets, client })
    }
}

#[async_trait]
impl Gateway for HttpGateway {
    async fn hand(&self, message: &Message, now: Timestamp) -> Handed {
        let body = match body(message) {
            Ok(body) => body,
            Err(error) => return Handed::Failed(format!("the message cannot be written: {error}")),
        };
        let signatures = WebhookSecret::sign_all(&self.secrets, &message.id, now.secs(), &body);
        let asked = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", now.secs())
            .header("webhook-signature", signatures)
            .body(body);
        match asked.send().await {
            Ok(answered) => answer::read(answered, now).await,
            // The error's own text may hold the address, and with it a token in its path.
            Err(error) => Handed::Failed(
                match () {
                    () if Stayed::is_cause_of(&error) => {
                        "the gateway's name leads to an address that is not public: nothing was sent"
                    }
                    () if error.is_timeout() => {
                        "the gateway did not answer in time; whether it has the message is not known"
                    }
                    () if error.is_connect() => "the gateway cannot be reached",
                    () => "the gateway broke the connection off; whether it has the message is not known",
                }
                .into(),
            ),
        }
    }
}

/// The same message gives the same bytes.
fn body(message: &Message) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Event<'a> {
        r#type: &'static str,
        timestamp: String,
        data: Data<'a>,
    }
    #[derive(Serialize)]
    struct Data<'a> {
        to: &'a str,
        title: &'a str,
        text: &'a str,
        language: &'static str,
    }
    let (kind, to) = match &message.to {
        Recipient::Phone(number) => ("notice.sms", number),
        Recipient::Person(id) => ("notice.push", id),
    };
    let language = match message.locale {
        Locale::En => "en",
        Locale::Zh => "zh-Hans",
    };
    let Message { title, text, .. } = message;
    serde_json::to_vec(&Event {
        r#type: kind,
        timestamp: message.at.to_string(),
        data: Data { to, title, text, language },
    })
}
