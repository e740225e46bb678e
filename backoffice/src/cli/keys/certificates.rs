//! Certificates of document keys: a root, and a document signer's for each key.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use sealwright::certificates::{Names, certifiable, until};
use sealwright::config::Config;
use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{KeyDirectory, KeyFileError, KeyId};
use sealwright_engine::Timestamp;
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use super::super::connection::Connection;
use super::super::exit::{Exit, Failure};
use super::super::output::{Output, text};
use super::super::table::Table;
use super::folder::Folder;
use super::told;

/// `sealwright keys certificates`.
#[derive(Subcommand, Debug)]
pub(crate) enum Certificates {
    /// Make a root (IACA) with a key of its own, sealed beside the others: what verifiers of mdocs trust
    Root(Root),
    /// Make certificates for the document keys that have none, or for one key
    Signer(Signer),
    /// Renew the document keys' certificates, one key's, or the root: same key, same names, another end
    Renew(Renew),
    /// List the certificates
    List(List),
}

/// What certificates say, instead of the configuration's `[certificates]`.
#[derive(Args, Debug)]
struct Named {
    /// The issuing country, two capital letters
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// The state or province, such as CN-BJ
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// The organisation
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// The authority's name; the issuer's host if neither here nor configured
    #[arg(long, value_name = "NAME")]
    common_name: Option<String>,
    /// How to reach the authority: a URL or an e-mail address; the issuer's URL if neither here nor configured
    #[arg(long, value_name = "URL|EMAIL")]
    contact: Option<String>,
    /// The URL at which the authority publishes what its root revoked
    #[arg(long, value_name = "URL")]
    crl: Option<String>,
}

/// `sealwright keys certificates root`.
#[derive(Args, Debug)]
pub(crate) struct Root {
    #[command(flatten)]
    named: Named,
    /// How long it is good; at most 20 years
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    /// Make one although there is one that is good: verifiers have to be given it, too
    #[arg(long)]
    another: bool,
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    folder: Folder,
}

/// `sealwright keys certificates signer`.
#[derive(Args, Debug)]
pub(crate) struct Signer {
    /// The document key; every one that signs or is to and has no certificate, if left out
    #[arg(value_name = "KEY")]
    kid: Option<KeyId>,
    #[command(flatten)]
    named: Named,
    /// How long it is good; at most 456, and no longer than the root
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    folder: Folder,
}

/// `sealwright keys certificates renew`.
#[derive(Args, Debug)]
pub(crate) struct Renew {
    /// The document key; every one that signs or is to and has a certificate, if left out
    #[arg(value_name = "KEY")]
    kid: Option<KeyId>,
    /// Renew the root instead
    #[arg(long, conflicts_with = "kid")]
    root: bool,
    /// How long it is good from now on
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    folder: Folder,
}

/// `sealwright keys certificates list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Print them as PEM
    #[arg(long)]
    pem: bool,
    #[command(flatten)]
    folder: Folder,
}

#[derive(Args, Debug)]
struct Out {
    /// Where the PEM goes; stdout if left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Certificates {
    pub(super) fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        match self {
            Certificates::Root(root) => root.run(connection, output),
            Certificates::Signer(signer) => signer.run(connection, output),
            Certificates::Renew(renew) => renew.run(connection, output),
            Certificates::List(list) => list.run(output),
        }
    }
}

impl Named {
    /// The configuration with what was said in its place.
    fn over(self, config: &mut Config) -> Result<Names, Failure> {
        let own = &mut config.certificates;
        let texts = [
            (&mut own.country, self.country),
            (&mut own.common_name, self.common_name),
            (&mut own.contact, self.contact),
            (&mut own.crl, self.crl),
        ];
        for (configured, said) in texts {
            if let Some(said) = said {
                *configured = said;
            }
        }
        own.state = self.state.or_else(|| own.state.take());
        own.organisation = self.organisation.or_else(|| own.organisation.take());
        if own.crl.is_empty() {
            let what =
                "a certificate must say where its root's revocations are published (ISO/IEC 18013-5 B.1)";
            let todo = "Give --crl, or set certificates.crl in the configuration, such as https://licences.example/iaca.crl.";
            return Err(Failure::new(Exit::Usage, "no-crl", what, todo));
        }
        Ok(Names::of(config))
    }
}

impl Root {
    fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let mut config = self.folder.config()?;
        let names = self.named.over(&mut config)?;
        let directory = self.folder.private(connection, output)?;
        let days = self.days.unwrap_or(config.certificates.root_days);
        let made = names.root(&directory, days, now(), self.another).map_err(told)?;
        output.note("Give it to verifiers on a way that they trust; whoever has its private key can be you.");
        output.note("Back up the folder and the master key. Next: `sealwright keys certificates signer`.");
        self.out.write(&[made], output)
    }
}

impl Signer {
    fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let mut config = self.folder.config()?;
        let names = self.named.over(&mut config)?;
        let directory = self.folder.private(connection, output)?;
        let days = self.days.unwrap_or(config.certificates.signer_days);
        let keys = match self.kid {
            Some(key) => vec![key],
            None => lacking(&directory)?,
        };
        let made = keys.iter().map(|key| names.signer(&directory, key, days, now()).map_err(told));
        let made: Vec<_> = made.collect::<Result<_, _>>()?;
        if made.is_empty() {
            output.note(
                "Every key that signs or is to has a certificate: `sealwright keys certificates renew`.",
            );
        } else {
            output.note(
                "A running server issues mdocs with it in a few seconds, to holders with a device key.",
            );
        }
        self.out.write(&made, output)
    }
}

impl Renew {
    fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let config = self.folder.config()?.certificates;
        let directory = self.folder.private(connection, output)?;
        let now = now();
        if self.root {
            let end = until(now, self.days.unwrap_or(config.root_days));
            let made = directory.renew_root(end, now).map_err(told)?;
            output.note(
                "Give it to verifiers before the old one ends, and renew the signers' certificates then.",
            );
            return self.out.write(&[made], output);
        }
        let end = until(now, self.days.unwrap_or(config.signer_days));
        let keys = match self.kid {
            Some(key) => vec![key],
            None => certified(&directory)?,
        };
        let made = keys.iter().map(|key| directory.renew_signer(key, end, now).map_err(told));
        let made: Vec<_> = made.collect::<Result<_, _>>()?;
        if made.is_empty() {
            let what = "no key that signs or is to has a certificate";
            let todo = "Make one: `sealwright keys certificates signer`.";
            return Err(Failure::new(Exit::NotFound, "not-found", what, todo));
        }
        self.out.write(&made, output)
    }
}

impl List {
    fn run(self, output: &Output) -> Result<(), Failure> {
        let certificates = self.folder.public()?.certificates().map_err(told)?;
        if self.pem && !output.json {
            return output.bytes(certificates.to_pem().as_bytes());
        }
        let all: Vec<Value> = certificates.iter().map(described).collect();
        output.many(&all, "No certificates: `sealwright keys certificates root` makes a root.", || {
            let mut table = Table::new(["KIND", "KEY", "NAME", "FROM", "UNTIL"]);
            for one in &all {
                table.row(
                    ["kind", "kid", "common_name", "not_before", "not_after"].map(|column| text(one, column)),
                );
            }
            table
        })
    }
}

impl Out {
    fn write(&self, made: &[Certificate], output: &Output) -> Result<(), Failure> {
        let pem: String = made.iter().map(Certificate::to_pem).collect();
        for certificate in made {
            let one = described(certificate);
            let told = ["kind", "common_name", "not_after"].map(|field| text(&one, field).into_owned());
            output.note(&format!("{} `{}`, good until {}", told[0], told[1], told[2]));
        }
        if let Some(file) = &self.out {
            let written = std::fs::File::create(file).and_then(|mut out| out.write_all(pem.as_bytes()));
            written.map_err(|error| {
                let what = format!("{} cannot be written", file.display());
                let todo = "The certificate is in the folder: `sealwright keys certificates list --pem`.";
                Failure::new(Exit::Failed, "unwritable", what, todo).because(error)
            })?;
        }
        if output.json {
            return made.iter().try_for_each(|one| output.one(&described(one), String::new));
        }
        if self.out.is_none() { output.bytes(pem.as_bytes()) } else { Ok(()) }
    }
}

/// A certificate as JSON.
fn described(certificate: &Certificate) -> Value {
    let (subject, validity) = (certificate.subject(), certificate.validity());
    json!({
        "kind": if certificate.is_root() { "root" } else { "signer" },
        "kid": certificate.key().key_id(),
        "alg": certificate.key().algorithm().jose(),
        "country": subject.country,
        "state": subject.state,
        "organisation": subject.organisation,
        "common_name": subject.common_name,
        "contact": certificate.contact(),
        "crl": certificate.crl(),
        "serial": certificate.serial().iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "not_before": Timestamp::from_secs(validity.not_before),
        "not_after": Timestamp::from_secs(validity.not_after),
        "pem": certificate.to_pem(),
    })
}

/// The keys that sign or are to and have no certificate.
fn lacking(directory: &KeyDirectory) -> Result<Vec<KeyId>, Failure> {
    let set = super::some_keys(directory)?;
    let known = directory.certificates().map_err(told)?;
    let lacks = |key: &KeyId| known.signer_of(key, now()).is_none();
    Ok(certifiable(&set).into_iter().filter(lacks).collect())
}

/// Those that have one, also one that is over.
fn certified(directory: &KeyDirectory) -> Result<Vec<KeyId>, Failure> {
    let read = || -> Result<_, KeyFileError> { Ok((directory.key_set()?, directory.certificates()?)) };
    let (set, known) = read().map_err(told)?;
    let has = |key: &KeyId| known.signers().any(|signer| signer.key().key_id() == *key);
    Ok(certifiable(&set).into_iter().filter(has).collect())
}

fn now() -> i64 {
    SystemClock.now().secs()
}
