//! Configuration: built-in values, then `sealwright.toml`, then `SEALWRIGHT__SECTION__KEY` from the
//! environment, then flags. An unknown key is an error.

use std::path::{Path, PathBuf};

use sealwright_workflows::office::Channel;
use serde::{Deserialize, Serialize};

use crate::certificates::CertificatesConfig;

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP server.
    pub http: Http,
    /// Where instances and the vault live.
    pub store: StoreConfig,
    /// Personal data.
    pub vault: VaultConfig,
    /// Document keys.
    pub keys: Keys,
    /// The certificates of document keys.
    pub certificates: CertificatesConfig,
    /// Cards as pictures.
    pub card: CardConfig,
    /// The rules.
    pub policy: PolicyConfig,
    /// The office itself.
    pub office: OfficeConfig,
    /// The authority's register.
    pub register: RegisterConfig,
    /// The liveness vendor.
    pub liveness: LivenessConfig,
    /// Outgoing mail.
    pub mail: MailConfig,
    /// What people are told, and how.
    pub notices: NoticesConfig,
    /// The gateway for text messages.
    pub sms: GatewaySection,
    /// The gateway for pushes.
    pub push: GatewaySection,
}

/// The HTTP server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// The address to listen on.
    pub host: String,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// How the world reaches this server; used for callbacks. Its own address if empty.
    pub public_url: String,
    /// Whether a proxy stands before this server and appends to `X-Forwarded-For` who asks. Without one, leave it
    /// false: anybody could write there whom they like.
    pub behind_proxy: bool,
}

/// Where instances and the vault live.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite:path` or `postgres://...`.
    pub url: String,
}

/// Personal data.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VaultConfig {
    /// The file with the master key, mode 0600. Without one the key comes from the environment
    /// variable `SEALWRIGHT_MASTER_KEY`.
    pub master_key_file: Option<PathBuf>,
}

/// Document keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The folder with `keys.json` and the private keys.
    pub dir: PathBuf,
    /// The token that has keys of `sealwright keys adopt`.
    pub token: Option<TokenConfig>,
}

/// A PKCS#11 token: a smart card, an HSM, or a program that plays one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// The PKCS#11 module, a shared library.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
    /// The file with the user's PIN, readable by its owner alone.
    pub pin_file: PathBuf,
}

/// Cards as pictures, PNG and PDF; in a program built with the feature `render`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardConfig {
    /// Font files, those that are tried first given first; one must have Chinese glyphs. Without any no pictures are
    /// drawn; SVG needs none.
    pub fonts: Vec<PathBuf>,
}

/// The rules.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyConfig {
    /// A file that changes the shipped policy.
    pub file: Option<PathBuf>,
    /// Further years of the working calendar, in the holiday-cn shape.
    pub calendars: Vec<PathBuf>,
}

/// The office itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OfficeConfig {
    /// The issuer's name inside every credential; a URL.
    pub issuer: String,
    /// The name of what licences are credentials of (`vct`), an https URL under `/types/` on this server or a
    /// `urn:`; `/types/driving-licence/1` at the issuer's host if empty. Never give it to another kind of credential.
    pub credential_type: String,
    /// Who is told when something is stuck.
    pub operator_email: Option<String>,
}

/// The authority's register.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegisterConfig {
    /// Its base URL.
    pub url: String,
    /// The file with the token for it.
    pub token_file: Option<PathBuf>,
    /// The file with the secrets its pushes are signed with (`whsec_...`), one a line: two while one follows the
    /// other. Without it pushes are refused.
    pub push_secret_file: Option<PathBuf>,
}

/// The liveness vendor.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LivenessConfig {
    /// Its base URL.
    pub url: String,
    /// The file with the token for it.
    pub token_file: Option<PathBuf>,
    /// The file with the secret its callbacks are signed with (`whsec_...`).
    pub callback_secret_file: Option<PathBuf>,
}

/// Outgoing mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The server: `smtp://host:port`, `smtps://user:password@host:port` or with `?tls=required`.
    pub url: String,
    /// The sender.
    pub from: String,
    /// The file with the password, if it is not in the URL.
    pub password_file: Option<PathBuf>,
    /// The file with the private key for DKIM: PKCS#8 in PEM, RSA or Ed25519. Without one, mails are not signed here.
    pub dkim_key_file: Option<PathBuf>,
    /// Under which name the public key is in the DNS: `{selector}._domainkey.{domain}`.
    pub dkim_selector: String,
    /// The domain that signs; that of `from` if empty.
    pub dkim_domain: String,
}

/// What people are told, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticesConfig {
    /// The channels: `email`, `sms`, `push`.
    pub channels: Vec<Channel>,
    /// A folder whose `en.ftl`, `zh.ftl` and `letter.html` change the shipped texts.
    pub texts: Option<PathBuf>,
    /// Whether gateways may be on this machine or in a private network, by plain http as well.
    pub private_addresses: bool,
}

/// A gateway that takes signed webhooks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewaySection {
    /// Its address.
    pub url: String,
    /// The file with the secrets that webhooks are signed with (`whsec_...`), one a line, while one follows another.
    pub secret_file: Option<PathBuf>,
}

impl Default for Http {
    fn default() -> Self {
        Self { host: "127.0.0.1".into(), port: 8080, public_url: String::new(), behind_proxy: false }
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { url: "sqlite:.sealwright/sealwright.db".into() }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self { dir: ".sealwright/keys".into(), token: None }
    }
}

impl Default for OfficeConfig {
    fn default() -> Self {
        Self {
            issuer: "https://sealwright.example".into(),
            credential_type: String::new(),
            operator_email: None,
        }
    }
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            from: "Sealwright <no-reply@sealwright.example>".into(),
            password_file: None,
            dkim_key_file: None,
            dkim_selector: String::new(),
            dkim_domain: String::new(),
        }
    }
}

impl Default for NoticesConfig {
    fn default() -> Self {
        Self { channels: vec![Channel::Email], texts: None, private_addresses: false }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {why}. Give the path of a readable file, or none", path = .0.display(), why = .1)]
    File(PathBuf, std::io::Error),
    /// It is no TOML, or has a key or value that does not belong there.
    #[error("{origin}: {why}{hint}")]
    Content {
        /// The file or the environment.
        origin: String,
        /// What the parser says.
        why: String,
        /// The key that may have been meant.
        hint: String,
    },
}

impl Config {
    /// Loads the configuration. Without a path `sealwright.toml` in the working folder is used if it
    /// is there.
    ///
    /// # Errors
    /// A file that cannot be read, a key that does not exist, a value of the wrong kind.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let (text, origin) = match path {
            Some(path) => (read(path)?, path.display().to_string()),
            None => match std::fs::read_to_string("sealwright.toml") {
                Ok(text) => (text, "sealwright.toml".into()),
                Err(_) => (String::new(), "the environment".into()),
            },
        };
        Self::from_parts(&text, &origin, std::env::vars())
    }

    /// As [`load`](Self::load), from given texts.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_parts(
        toml: &str,
        origin: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let content =
            |why: String| ConfigError::Content { origin: origin.into(), hint: did_you_mean(&why), why };
        let mut table: toml::Table =
            toml.parse().map_err(|error: toml::de::Error| content(error.to_string()))?;
        for (name, value) in environment {
            let Some(name) = name.strip_prefix("SEALWRIGHT__") else { continue };
            let Some((section, key)) = name.split_once("__") else { continue };
            let section =
                table.entry(section.to_lowercase()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let Some(section) = section.as_table_mut() {
                section.insert(key.to_lowercase(), literal(&value));
            }
        }
        table.try_into().map_err(|error: toml::de::Error| content(error.to_string()))
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::File(path.into(), error))
}

/// A value from the environment: a number, a truth value or a list where it reads as one, else text.
fn literal(value: &str) -> toml::Value {
    let parsed = format!("value = {value}").parse::<toml::Table>();
    let literal = parsed.ok().and_then(|mut table| table.remove("value"));
    literal.filter(|value| !value.is_datetime()).unwrap_or_else(|| toml::Value::String(value.into()))
}

/// The known key nearest to the unknown one that the parser complains about.
fn did_you_mean(why: &str) -> String {
    let mut quoted = why.split('`').skip(1).step_by(2);
    let Some(unknown) = quoted.next().filter(|_| why.contains("unknown field")) else { return String::new() };
    let near = quoted.min_by_key(|known| strsim::damerau_levenshtein(known, unknown));
    near.map(|known| format!(". Did you mean `{known}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Config::from_parts(toml, "test", environment)
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = load("[http]\nport = 1", &[("SEALWRIGHT__HTTP__PORT", "2")]).unwrap();
        assert_eq!(config.http.port, 2);
        let config = load("", &[("SEALWRIGHT__STORE__URL", "sqlite:x.db")]).unwrap();
        assert_eq!(config.store.url, "sqlite:x.db");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
        let error = load("[http]\nprot = 1", &[]).unwrap_err().to_string();
        assert!(error.contains("prot") && error.contains("Did you mean `port`?"), "{error}");
    }
}
