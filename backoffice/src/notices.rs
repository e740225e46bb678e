//! Notices with made-up content, in the configured texts.

use sealwright_engine::Timestamp;
use sealwright_workflows::office::notices::{Rendered, Sample, Texts, samples};
use sealwright_workflows::policy::{Locale, Policy};

use crate::assembly;
use crate::config::Config;
use crate::serve;

/// A moment that stands in some of them: 31 March 2026, noon in Shanghai.
const MOMENT: Timestamp = Timestamp::from_secs(1_774_929_600);

/// A notice as it would be sent.
pub struct Preview {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub letter: Rendered,
}

/// All of them.
///
/// # Errors
/// The texts or the policy cannot be used.
pub fn previews(config: &Config, locale: Locale) -> anyhow::Result<Vec<Preview>> {
    let (texts, policy) = (assembly::texts(config)?, serve::policy(config)?);
    Ok(samples(&policy, MOMENT).iter().map(|sample| written(&texts, &policy, locale, sample)).collect())
}

/// The one of this name, if there is one.
///
/// # Errors
/// As [`previews`].
pub fn preview(config: &Config, locale: Locale, name: &str) -> anyhow::Result<Option<Preview>> {
    Ok(previews(config, locale)?.into_iter().find(|preview| preview.name == name))
}

/// Reads all that sending notices needs: texts, gateways with their secrets, the key for DKIM. Answers the channels.
///
/// # Errors
/// Something of it cannot be used.
pub fn check(config: &Config) -> anyhow::Result<Vec<&'static str>> {
    let notices = assembly::notices(config)?;
    Ok(notices.channels.iter().map(|channel| channel.as_str()).collect())
}

fn written(texts: &Texts, policy: &Policy, locale: Locale, sample: &Sample) -> Preview {
    let name = match locale {
        Locale::En => "Test A",
        Locale::Zh => "测试甲",
    };
    Preview { name: sample.name, letter: texts.render(&sample.notice, locale, name, policy) }
}
