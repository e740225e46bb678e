//! What a verifier has: keys, roots, status lists, evidence.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use sealwright_credentials::KeySet;
use sealwright_credentials::inspect::{Asked, Form};
use sealwright_credentials::log::{LogEvidence, LogTrust, Trusted};
use sealwright_credentials::presentation::Challenge;
use sealwright_credentials::sd_jwt::{Binding, HolderKey};
use sealwright_credentials::x509::Certificate;
use sealwright_engine::Timestamp;
use sealwright_engine::clock::{Clock, SystemClock};

use crate::cli::connection::Connection;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{dev_keys, unreadable};

/// Bytes of a file that is trusted or consulted: a status list of a million entries, and room.
const FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Flags of a verifier who asks nobody.
#[derive(Args, Debug, Default)]
pub(super) struct Kit {
    /// The issuer's document keys, as `/v1/keys` (JWK Set) or `/v1/keys.cbor` answers them: of licence codes,
    /// SD-JWTs and status lists; those of `sealwright dev` if left out
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The issuer's presentation keys, as `/v1/presentation-keys` answers them: of show codes
    #[arg(long, value_name = "FILE")]
    presenters: Option<PathBuf>,
    /// Trusted roots (IACA) of mdocs: certificates in PEM, or one in DER; those of `sealwright dev` if left out
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
    /// A status list, JWT or CWT; may be given several times
    #[arg(long, value_name = "FILE")]
    status: Vec<PathBuf>,
    /// Who issues: what an SD-JWT must name; whose status lists count for an mdoc
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The type that an SD-JWT must have (vct); any if left out
    #[arg(long = "type", value_name = "VCT")]
    vct: Option<String>,
    /// Evidence of the log that a document is older than the theft of its key
    #[arg(long, value_name = "FILE", requires = "log_trust")]
    evidence: Option<PathBuf>,
    /// Which log and witnesses to trust: lines `log KEY`, `witness NAME KEY`, `group NAME 2 WITNESS..`, `quorum NAME`
    #[arg(long, value_name = "FILE", requires = "evidence")]
    log_trust: Option<PathBuf>,
    /// The nonce that the holder of an SD-JWT was given
    #[arg(long, value_name = "TEXT", requires = "audience")]
    nonce: Option<String>,
    /// What this verifier called itself to the holder of an SD-JWT
    #[arg(long, value_name = "TEXT", requires = "nonce")]
    audience: Option<String>,
    /// The SessionTranscript of an mdoc's device response, CBOR
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// The device key that a show code's credential is bound to, a JWK
    #[arg(long, value_name = "FILE")]
    device_key: Option<PathBuf>,
    /// What was given for a show code to answer, 8 to 16 bytes in hex; also with --url
    #[arg(long, value_name = "HEX")]
    pub(super) challenge: Option<String>,
    /// The time to judge by, as 2026-11-23T08:00:00Z; now if left out
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

/// What was read.
pub(super) struct Trust {
    pub(super) keys: KeySet,
    pub(super) at: i64,
    presenters: KeySet,
    roots: Vec<Certificate>,
    status: Vec<Vec<u8>>,
    log: Option<(LogEvidence, LogTrust)>,
    session: Option<Vec<u8>>,
    device: Option<HolderKey>,
    challenge: Option<Challenge>,
}

impl Kit {
    /// Whether a flag is given that only counts where nobody is asked.
    pub(super) fn is_offline(&self) -> bool {
        let files = [
            &self.keys,
            &self.presenters,
            &self.roots,
            &self.evidence,
            &self.log_trust,
            &self.session,
            &self.device_key,
        ];
        let texts = [&self.issuer, &self.vct, &self.nonce, &self.audience];
        files.iter().any(|file| file.is_some())
            || texts.iter().any(|text| text.is_some())
            || !self.status.is_empty()
            || self.at.is_some()
    }

    /// Reads what is given. Licence codes and SD-JWTs take the keys of `sealwright dev` where none are.
    pub(super) fn load(&self, form: Form, connection: &Connection) -> Result<Trust, Failure> {
        let needed = matches!(form, Form::Code | Form::SdJwt);
        let keys = match &self.keys {
            Some(file) => key_set(file)?,
            None if needed => key_set(&dev_keys(connection).join("keys.json"))?,
            None => KeySet::default(),
        };
        let presenters = self.presenters.as_deref().map(key_set).transpose()?.unwrap_or_default();
        let log = match (&self.evidence, &self.log_trust) {
            (Some(evidence), Some(trust)) => Some((
                parsed(evidence, "Give the evidence as the log answered it.")?,
                parsed(
                    trust,
                    "Give lines `log KEY`, `witness NAME KEY`, `group NAME 2 WITNESS..`, `quorum NAME`.",
                )?,
            )),
            _ => None,
        };
        let device = |file: &PathBuf| {
            let jwk = text(file)?;
            HolderKey::from_jwk(&jwk).map_err(|error| unfit(file, error, "Give a public JWK."))
        };
        let challenge = |text: &String| {
            let bytes = hex::decode(text).ok();
            bytes.and_then(|bytes| Challenge::new(&bytes)).ok_or_else(|| {
                let what = "--challenge is none";
                Failure::new(
                    Exit::Usage,
                    "challenge",
                    what,
                    "Give the 8 to 16 bytes in hex that the holder was given.",
                )
            })
        };
        Ok(Trust {
            keys,
            at: self.at.unwrap_or_else(|| SystemClock.now()).secs(),
            presenters,
            roots: self.roots_for(form, connection)?,
            status: self.status.iter().map(|file| bytes(file)).collect::<Result<_, _>>()?,
            log,
            session: self.session.as_deref().map(bytes).transpose()?,
            device: self.device_key.as_ref().map(device).transpose()?,
            challenge: self.challenge.as_ref().map(challenge).transpose()?,
        })
    }

    /// Those that were given, or of an mdoc those of `sealwright dev`, where there are any.
    fn roots_for(&self, form: Form, connection: &Connection) -> Result<Vec<Certificate>, Failure> {
        let own = dev_keys(connection).join("certificates.pem");
        match &self.roots {
            Some(file) => certificates(file),
            None if matches!(form, Form::Mdoc | Form::DeviceResponse) && own.exists() => certificates(&own),
            None => Ok(Vec::new()),
        }
    }

    /// What is asked of what is shown.
    pub(super) fn asked<'a>(&'a self, trust: &'a Trust) -> Asked<'a> {
        let binding = self.audience.as_deref().zip(self.nonce.as_deref());
        Asked {
            presenters: &trust.presenters,
            roots: &trust.roots,
            evidence: trust.log.as_ref().map(|(evidence, trust)| Trusted { evidence, trust }),
            status_lists: &trust.status,
            issuer: self.issuer.as_deref(),
            vct: self.vct.as_deref(),
            binding: binding.map(|(audience, nonce)| Binding::to(audience, nonce)),
            session: trust.session.as_deref(),
            device: trust.device.as_ref().map(HolderKey::key),
            challenge: trust.challenge.as_ref(),
            ..Asked::of(&trust.keys, trust.at)
        }
    }
}

/// Public keys from a file, as JWK Set or COSE_KeySet.
pub(in crate::cli) fn key_set(file: &Path) -> Result<KeySet, Failure> {
    let todo = "Give --keys with the issuer's key set (its /v1/keys), or --url to ask the issuer.";
    let bytes = bytes(file).map_err(|failure| Failure { what_to_do: todo.into(), ..failure })?;
    let read = match std::str::from_utf8(&bytes) {
        Ok(json) => KeySet::from_json(json),
        Err(_) => KeySet::from_cose(&bytes),
    };
    read.map_err(|error| {
        let what = format!("{} holds no keys", file.display());
        Failure::new(Exit::Usage, "no-keys", what, "Give the key set that the issuer publishes at /v1/keys.")
            .because(error)
    })
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, Failure> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let bytes = bytes(file)?;
    let read: Result<Vec<_>, _> = match std::str::from_utf8(&bytes) {
        Ok(pem) => {
            pem.split(BEGIN).skip(1).map(|block| Certificate::from_pem(&format!("{BEGIN}{block}"))).collect()
        }
        Err(_) => Certificate::from_der(&bytes).map(|certificate| vec![certificate]),
    };
    let todo = "Give the issuer's root certificates in PEM.";
    match read {
        Ok(found) if found.is_empty() => Err(unfit(file, "there is no certificate in it", todo)),
        Ok(found) => Ok(found),
        Err(error) => Err(unfit(file, error, todo)),
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(file: &Path, todo: &str) -> Result<T, Failure> {
    text(file)?.parse().map_err(|error| unfit(file, error, todo))
}

fn text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(file)?).map_err(|_| unfit(file, "it is no text", "Give a text file."))
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file).and_then(|open| open.take(FILE_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(file, &error))?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(unfit(file, "it is too long", "Give a file of at most 4 MiB."));
    }
    Ok(bytes)
}

fn unfit(file: &Path, why: impl std::fmt::Display, todo: &str) -> Failure {
    let what = format!("{} is not what it must be", file.display());
    Failure::new(Exit::Usage, "unfit-file", what, todo).because(why)
}
