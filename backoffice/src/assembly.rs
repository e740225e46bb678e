//! Puts the office together from the configuration.

mod notices;

pub(crate) use notices::texts;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sealwright_credentials::KeyWatch;
use sealwright_credentials::sd_jwt::CredentialType;
use sealwright_engine::Vault;
use sealwright_engine::clock::{Clock, SystemClock};
use sealwright_storage::MasterKey;
use sealwright_workflows::office::http::Peer;
use sealwright_workflows::office::ledger::Ledger;
use sealwright_workflows::office::liveness::HttpVendor;
use sealwright_workflows::office::mail::{Post, Protection, SmtpConfig, SmtpPost};
use sealwright_workflows::office::register::HttpRegister;
use sealwright_workflows::office::status::StatusSlots;
use sealwright_workflows::office::webhook::WebhookSecret;
use sealwright_workflows::office::{Notices, Office, Parts};
use sealwright_workflows::policy::Policy;

use crate::certificates;
use crate::config::{Config, MailConfig, OfficeConfig};
use crate::document_keys;

/// Time for one question to register or vendor: they answer in under a second, or not.
const PEER_TIME: Duration = Duration::from_secs(10);

/// Time for one mail, all phases together.
const MAIL_TIME: Duration = Duration::from_secs(30);

/// How often a liveness session is asked for, beside the vendor's callback.
const POLL_EVERY: Duration = Duration::from_secs(5);

/// Questions to the register, and to the vendor, at once: their limit is usually lower than ours.
const OUTSIDE: usize = 32;

/// Idle connections to the mail server.
const MAIL_CONNECTIONS: usize = 4;

/// The office, and the watch over its document keys.
pub(crate) fn office(
    config: &Config,
    vault: Arc<dyn Vault>,
    policy: &Policy,
    master: &MasterKey,
    status: Arc<dyn StatusSlots>,
    ledger: Arc<dyn Ledger>,
) -> anyhow::Result<(Office, KeyWatch)> {
    let directory = document_keys::with_token(&config.keys, &config.keys.dir, Some(master))?;
    let set = directory.key_set().context("the document keys cannot be loaded")?;
    let plain = document_keys::in_the_clear(&directory, &set);
    if plain > 0 {
        tracing::warn!(
            plain,
            "private document keys lie in the clear: `sealwright keys generate` seals them"
        );
    }
    for complaint in certificates::complaints(&directory, SystemClock.now().secs())? {
        tracing::warn!(complaint, "`sealwright keys certificates` makes and renews certificates");
    }
    let (watch, keys) = KeyWatch::start(directory).context("the document keys cannot be loaded")?;
    let register = peer("register", &config.register.url, config.register.token_file.as_deref())?;
    let vendor = peer("liveness", &config.liveness.url, config.liveness.token_file.as_deref())?;
    let public = config.http.public_url.trim_end_matches('/');
    let callback = (!public.is_empty()).then(|| format!("{public}/v1/callbacks/liveness"));
    let office = Office::new(Parts {
        vault,
        register: Arc::new(HttpRegister::new(&register)?),
        vendor: Arc::new(HttpVendor::new(&vendor, callback)?),
        post: post(&config.mail)?,
        notices: notices::open(config)?,
        keys,
        policy: policy.clone(),
        issuer: config.office.issuer.clone(),
        credential_type: credential_type(&config.office)?,
        status,
        ledger,
        operator: config.office.operator_email.clone(),
        poll_every: POLL_EVERY,
        outside: OUTSIDE,
    });
    Ok((office, watch))
}

/// How people are told things. Reads what mails are signed with as well.
pub(crate) fn notices(config: &Config) -> anyhow::Result<Notices> {
    notices::dkim(&config.mail)?;
    notices::open(config)
}

/// What licences are credentials of: the configured name, or one at the issuer's host.
fn credential_type(office: &OfficeConfig) -> anyhow::Result<CredentialType> {
    let name = match office.credential_type.as_str() {
        "" => {
            let issuer = reqwest::Url::parse(&office.issuer);
            let issuer = issuer.context("office.issuer must be a URL such as https://licences.example")?;
            format!("{}/types/driving-licence/1", issuer.origin().ascii_serialization())
        }
        name => name.to_owned(),
    };
    CredentialType::licence(&name).with_context(|| {
        format!(
            "`{name}` cannot name a credential type: set office.credential_type to an https URL or a urn, or \
             office.issuer to an https URL"
        )
    })
}

/// The secrets that callbacks are signed with: one a line, so that two are in force while one follows the other.
pub(crate) fn callback_secrets(config: &Config) -> anyhow::Result<Vec<WebhookSecret>> {
    secrets(config.liveness.callback_secret_file.as_deref())
}

/// The secrets that the register's pushes are signed with, likewise.
pub(crate) fn push_secrets(config: &Config) -> anyhow::Result<Vec<WebhookSecret>> {
    secrets(config.register.push_secret_file.as_deref())
}

fn secrets(file: Option<&Path>) -> anyhow::Result<Vec<WebhookSecret>> {
    file.map_or_else(|| Ok(Vec::new()), webhook_secrets)
}

fn webhook_secrets(file: &Path) -> anyhow::Result<Vec<WebhookSecret>> {
    let text = secret(file)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let parsed = lines.map(|line| WebhookSecret::parse(line).with_context(|| file.display().to_string()));
    parsed.collect()
}

fn peer(section: &str, url: &str, token: Option<&Path>) -> anyhow::Result<Peer> {
    if url.is_empty() {
        bail!("{section}.url is not set: without it applications could not go on");
    }
    let Some(token) = token else {
        bail!("{section}.token_file is not set: give the file with the token it expects")
    };
    Ok(Peer { url: url.into(), token: secret(token)?.trim().to_owned().into(), time: PEER_TIME })
}

fn post(mail: &MailConfig) -> anyhow::Result<Option<Arc<dyn Post>>> {
    if mail.url.is_empty() {
        tracing::warn!("mail.url is not set: nobody is written to");
        return Ok(None);
    }
    let url = reqwest::Url::parse(&mail.url).context("mail.url must be such as smtps://mail.example:465")?;
    let protection = match url.scheme() {
        "smtps" => Protection::Tls,
        "smtp+starttls" => Protection::StartTls,
        "smtp" => Protection::None,
        other => bail!("mail.url: `{other}` is none of smtps, smtp+starttls, smtp"),
    };
    let password = mail.password_file.as_deref().map(secret).transpose()?;
    let login = match (url.username(), password) {
        ("", _) => None,
        (user, Some(password)) => Some((user.to_owned(), password.trim().to_owned().into())),
        (_, None) => bail!("mail.url names a user; put the password into mail.password_file"),
    };
    let Some(host) = url.host_str() else { bail!("mail.url names no host") };
    let port = url.port().unwrap_or(match protection {
        Protection::Tls => 465,
        Protection::StartTls => 587,
        Protection::None => 25,
    });
    let config = SmtpConfig {
        host: host.into(),
        port,
        protection,
        login,
        from: mail.from.clone(),
        dkim: notices::dkim(mail)?,
        time: MAIL_TIME,
        idle: MAIL_CONNECTIONS,
    };
    Ok(Some(Arc::new(SmtpPost::new(config)?)))
}

pub(crate) fn secret(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(issuer: &str, credential_type: &str) -> anyhow::Result<String> {
        let (issuer, credential_type) = (issuer.into(), credential_type.into());
        let office = OfficeConfig { issuer, credential_type, operator_email: None };
        Ok(super::credential_type(&office)?.vct().to_owned())
    }

    #[test]
    fn a_credential_type_is_named_by_the_configuration_or_at_the_issuers_host() {
        let named = name("https://licences.example", "urn:example:licence:2").unwrap();
        assert_eq!(named, "urn:example:licence:2");
        for issuer in ["https://licences.example", "https://licences.example/office/7"] {
            assert_eq!(name(issuer, "").unwrap(), "https://licences.example/types/driving-licence/1");
        }
        for (issuer, named) in
            [("http://licences.example", ""), ("office 7", ""), ("https://a.example", "licence")]
        {
            let why = format!("{:#}", name(issuer, named).unwrap_err());
            assert!(why.contains("office.issuer"), "{why}");
        }
    }
}
