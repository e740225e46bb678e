//! What the certificates of document keys say, as configured.

use sealwright_credentials::x509::{Certificate, MAX_DOCUMENT_SIGNER_S, Subject, Terms};
use sealwright_credentials::{Algorithm, KeyDirectory, KeyFileError, KeyId, KeySet, KeyState};
use serde::{Deserialize, Serialize};

use crate::config::Config;

/// Seconds in a day.
pub const DAY_S: i64 = 86_400;

/// How long before its end a document signer's certificate is complained about, in days: mdocs are good for no
/// longer than it is.
pub const SOON_DAYS: i64 = 60;

/// The certificates of document keys, for mdocs (ISO/IEC 18013-5).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CertificatesConfig {
    /// The issuing country, two capital letters.
    pub country: String,
    /// The state or province as ISO 3166-2 has it, such as `CN-BJ`.
    pub state: Option<String>,
    /// The organisation.
    pub organisation: Option<String>,
    /// The authority's name, at most 40 characters; the issuer's host if empty.
    pub common_name: String,
    /// How to reach the authority, a URL or an e-mail address; the issuer's URL if empty.
    pub contact: String,
    /// The `http` or `https` URL at which the authority publishes what its root revoked.
    pub crl: String,
    /// How long a root is good, in days; at most 20 years.
    pub root_days: u32,
    /// How long a document signer's certificate is good, in days; at most 456.
    pub signer_days: u32,
}

impl Default for CertificatesConfig {
    fn default() -> Self {
        Self {
            country: "CN".into(),
            state: None,
            organisation: None,
            common_name: String::new(),
            contact: String::new(),
            crl: String::new(),
            root_days: 3_650,
            signer_days: (MAX_DOCUMENT_SIGNER_S / DAY_S - 2) as u32,
        }
    }
}

/// What certificates are to say, beside keys and times.
#[derive(Clone, Debug)]
pub struct Names {
    subject: Subject,
    contact: String,
    crl: String,
}

impl Names {
    /// As configured; what is left empty follows from the issuer's name.
    pub fn of(config: &Config) -> Self {
        let (office, own) = (&config.office, &config.certificates);
        let host = office.issuer.split_once("://").map_or(&*office.issuer, |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or(host);
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        Self {
            subject: Subject {
                country: own.country.clone(),
                common_name: or(&own.common_name, host),
                organisation: own.organisation.clone(),
                state: own.state.clone(),
            },
            contact: or(&own.contact, &office.issuer),
            crl: own.crl.clone(),
        }
    }

    /// Makes a root that is good for so many days.
    ///
    /// # Errors
    /// The directory's; see [`KeyDirectory::make_root`].
    pub fn root(
        &self,
        keys: &KeyDirectory,
        days: u32,
        at: i64,
        another: bool,
    ) -> Result<Certificate, KeyFileError> {
        let subject =
            Subject { common_name: format!("{} IACA", self.subject.common_name), ..self.subject.clone() };
        keys.make_root(&self.terms(&subject, days, at), at, another)
    }

    /// Makes a document signer's certificate that is good for so many days.
    ///
    /// # Errors
    /// The directory's; see [`KeyDirectory::certify`].
    pub fn signer(
        &self,
        keys: &KeyDirectory,
        key: &KeyId,
        days: u32,
        at: i64,
    ) -> Result<Certificate, KeyFileError> {
        let id: String = key.to_string().chars().take(8).collect();
        let common_name = format!("{} DS {id}", self.subject.common_name);
        keys.certify(key, &self.terms(&Subject { common_name, ..self.subject.clone() }, days, at), at)
    }

    fn terms<'a>(&'a self, subject: &'a Subject, days: u32, at: i64) -> Terms<'a> {
        let validity = KeyDirectory::validity(at, until(at, days));
        Terms { subject, validity, contact: &self.contact, crl: &self.crl }
    }
}

/// The end of what is made `at` for so many days.
pub fn until(at: i64, days: u32) -> i64 {
    at.saturating_add(i64::from(days).saturating_mul(DAY_S))
}

/// The keys that sign, or are to.
pub fn certifiable(set: &KeySet) -> Vec<KeyId> {
    let signs = |state| matches!(state, KeyState::Active | KeyState::Pending);
    set.iter().filter(|(.., state)| signs(*state)).map(|(id, ..)| *id).collect()
}

/// For a server to try things out: a root, and a certificate for each key that has none, of names that are configured
/// or invented.
///
/// # Errors
/// The directory's.
pub fn furnish(keys: &KeyDirectory, config: &Config, at: i64) -> Result<(), KeyFileError> {
    let mut config = config.clone();
    if config.certificates.crl.is_empty() {
        // The reserved name says that there is none.
        config.certificates.crl = "https://sealwright.example/revoked.crl".into();
    }
    let names = Names::of(&config);
    if keys.certificates()?.root(at).is_none() {
        names.root(keys, config.certificates.root_days, at, false)?;
    }
    let known = keys.certificates()?;
    for id in certifiable(&keys.key_set()?) {
        if known.signer_of(&id, at).is_none() {
            names.signer(keys, &id, config.certificates.signer_days, at)?;
        }
    }
    Ok(())
}

/// What somebody should know about the certificates of the keys that sign at `at`; nothing if all is well.
///
/// # Errors
/// The directory's.
pub fn complaints(keys: &KeyDirectory, at: i64) -> Result<Vec<String>, KeyFileError> {
    let (set, certificates) = (keys.key_set()?, keys.certificates()?);
    let days = |certificate: &Certificate| (certificate.validity().not_after - at) / DAY_S;
    let mut found = Vec::new();
    match certificates.root(at) {
        None => found.push("there is no root certificate that is good now".into()),
        Some(root) if days(root) < SOON_DAYS => {
            found.push(format!("the root certificate ends in {} days", days(root)));
        }
        Some(_) => {}
    }
    for id in Algorithm::ALL.iter().filter_map(|algorithm| set.active(*algorithm)) {
        match certificates.signer_of(id, at) {
            None => found
                .push(format!("key {id} has no certificate that is good now: no mdocs are issued with it")),
            Some(signer) if days(signer) < SOON_DAYS => {
                found.push(format!(
                    "the certificate of key {id} ends in {} days, and with it every mdoc that it signed",
                    days(signer)
                ));
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_320_000;

    #[test]
    fn a_new_directory_is_furnished_once_and_complained_about_when_its_end_is_near() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyDirectory::plain(folder.path());
        keys.generate(Algorithm::Ed25519).unwrap();
        let complained = |at| complaints(&keys, at).unwrap().join("; ");
        assert!(complained(NOW).contains("no root") && complained(NOW).contains("no mdocs are issued"));
        let mut config = Config::default();
        config.certificates.organisation = Some("示例交管局".into());
        furnish(&keys, &config, NOW).unwrap();
        assert_eq!(complained(NOW), "");
        let made = keys.certificates().unwrap();
        furnish(&keys, &config, NOW + 1).unwrap();
        assert_eq!(keys.certificates().unwrap(), made, "nothing is made twice");
        let subject = made.roots().next().unwrap().subject().clone();
        assert_eq!((subject.country.as_str(), subject.organisation.as_deref()), ("CN", Some("示例交管局")));
        assert_eq!(subject.common_name, "sealwright.example IACA");

        keys.generate(Algorithm::Es256).unwrap();
        assert!(complained(NOW).contains("no mdocs are issued"));
        furnish(&keys, &config, NOW).unwrap();
        let late = NOW + i64::from(config.certificates.signer_days) * DAY_S - 10 * DAY_S;
        assert_eq!(complained(late).matches("ends in 10 days").count(), 2, "{}", complained(late));
    }
}
