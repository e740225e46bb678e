//! What people are told, and how, from the configuration. Everything is checked before the server starts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sealwright_workflows::office::gateway::{Gateway, GatewayConfig, HttpGateway};
use sealwright_workflows::office::mail::Dkim;
use sealwright_workflows::office::notices::Texts;
use sealwright_workflows::office::{Channel, Notices};

use super::{secret, webhook_secrets};
use crate::config::{Config, GatewaySection, MailConfig};

/// Time for one message to a gateway, all phases together.
const GATEWAY_TIME: Duration = Duration::from_secs(10);

pub(super) fn open(config: &Config) -> anyhow::Result<Notices> {
    let channels: BTreeSet<_> = config.notices.channels.iter().copied().collect();
    let gateway = |channel: Channel, section: &GatewaySection| -> anyhow::Result<Option<Arc<dyn Gateway>>> {
        if !channels.contains(&channel) {
            return Ok(None);
        }
        let made = gateway(channel.as_str(), section, config.notices.private_addresses)?;
        Ok(Some(Arc::new(made)))
    };
    Ok(Notices {
        texts: texts(config)?,
        sms: gateway(Channel::Sms, &config.sms)?,
        push: gateway(Channel::Push, &config.push)?,
        channels,
    })
}

/// The texts: the shipped ones, changed by the configured folder.
pub(crate) fn texts(config: &Config) -> anyhow::Result<Texts> {
    match &config.notices.texts {
        Some(folder) => Texts::from_folder(folder).context("notices.texts cannot be used"),
        None => Ok(Texts::shipped()),
    }
}

fn gateway(name: &str, section: &GatewaySection, private: bool) -> anyhow::Result<HttpGateway> {
    if section.url.is_empty() {
        bail!("notices.channels has `{name}`, and {name}.url is not set: give the gateway's address");
    }
    let Some(file) = &section.secret_file else {
        bail!(
            "{name}.secret_file is not set: give the file with the secret that its webhooks are signed with"
        )
    };
    let secrets = webhook_secrets(file)?;
    let config = GatewayConfig { url: section.url.clone(), secrets, time: GATEWAY_TIME, private };
    HttpGateway::new(config).with_context(|| format!("{name}.url"))
}

/// What mails are signed with, if a key is configured.
pub(super) fn dkim(mail: &MailConfig) -> anyhow::Result<Option<Dkim>> {
    let Some(file) = &mail.dkim_key_file else { return Ok(None) };
    if mail.dkim_selector.is_empty() {
        bail!("mail.dkim_selector is not set: the public key is in the DNS at `selector._domainkey.domain`");
    }
    let own = mail.from.rsplit('@').next().unwrap_or_default().trim_end_matches('>').trim();
    let domain = if mail.dkim_domain.is_empty() { own } else { &mail.dkim_domain };
    let key = zeroize::Zeroizing::new(secret(file)?);
    Ok(Some(Dkim::new(domain, &mail.dkim_selector, &key).with_context(|| file.display().to_string())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(toml: &str) -> String {
        let config = Config::from_parts(toml, "test", []).unwrap();
        format!("{:#}", open(&config).err().unwrap())
    }

    #[test]
    fn a_channel_without_its_gateway_is_no_start() {
        assert!(open(&Config::default()).is_ok());
        assert!(refused("[notices]\nchannels = [\"sms\"]").contains("sms.url"));
        let no_secret = "[notices]\nchannels = [\"push\"]\n[push]\nurl = \"https://push.example/\"";
        assert!(refused(no_secret).contains("push.secret_file"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n").unwrap();
        let sms = |url: &str, more: &str| {
            format!(
                "[notices]\nchannels = [\"sms\"]\n{more}\n[sms]\nurl = \"{url}\"\nsecret_file = {:?}",
                file.display().to_string()
            )
        };
        for url in ["http://sms.example/", "https://127.0.0.1/", "https://10.0.0.1/", "ftp://sms.example/"] {
            assert!(refused(&sms(url, "")).contains("sms.url"), "{url}");
        }
        for (url, more) in
            [("https://sms.example/x", ""), ("http://127.0.0.1:1/", "private_addresses = true")]
        {
            let config = Config::from_parts(&sms(url, more), "test", []).unwrap();
            assert!(open(&config).is_ok(), "{url}");
        }
    }

    #[test]
    fn texts_of_an_offices_own_are_checked_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let toml = format!("[notices]\ntexts = {:?}", folder.path().display().to_string());
        let config = Config::from_parts(&toml, "test", []).unwrap();
        assert!(open(&config).is_ok(), "an empty folder changes nothing");
        std::fs::write(folder.path().join("en.ftl"), "expred = Over\n    .text = Over\n").unwrap();
        assert!(refused(&toml).contains("`expred`"));
    }

    #[test]
    fn a_dkim_key_needs_a_selector_and_must_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("dkim.pem");
        std::fs::write(&key, "no key").unwrap();
        let mail = MailConfig { dkim_key_file: Some(key), ..MailConfig::default() };
        assert!(dkim(&mail).err().unwrap().to_string().contains("dkim_selector"));
        let mail = MailConfig { dkim_selector: "2026a".into(), ..mail };
        assert!(format!("{:#}", dkim(&mail).err().unwrap()).contains("PKCS#8"));
        assert!(dkim(&MailConfig::default()).unwrap().is_none());
    }
}
