//! Document keys.

mod certificates;
mod folder;
mod withdraw;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use sealwright_credentials::{
    Algorithm, ChangeRefused, Custody, KeyDirectory, KeyFileError, KeyId, KeySet, KeyState,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output::{Output, text};
use super::table::Table;
use super::unreadable;
use certificates::Certificates;
use folder::Folder;
use withdraw::{Compromise, Retire};

/// Bytes of a PEM file with one key, and plenty.
const PEM_BYTES: u64 = 16 * 1024;

/// `sealwright keys`.
#[derive(Subcommand, Debug)]
pub(crate) enum Keys {
    /// Make a key: the first one of its algorithm signs, a later one waits for `keys rotate`
    Generate(Generate),
    /// List the keys, withdrawn ones first
    List(Folder),
    /// Let the newest pending key, or a named one, sign; the one before it goes on verifying
    Rotate(Rotate),
    /// Withdraw a key that signs no more, and destroy its private half
    Retire(Retire),
    /// Declare that others may have a private key: nothing of it counts from then on
    Compromise(Compromise),
    /// Take in a private key that was made elsewhere
    Import(Import),
    /// Take in a key that stays on the PKCS#11 token of the configuration
    Adopt(Adopt),
    /// Write the public keys, for verifiers
    Export(Export),
    /// Certificates of the document keys, for mdocs
    #[command(subcommand)]
    Certificates(Certificates),
}

/// `sealwright keys generate`.
#[derive(Args, Debug)]
pub(crate) struct Generate {
    /// What it signs with
    #[arg(long, value_enum, default_value = "ed25519")]
    algorithm: AlgorithmName,
    /// Let it sign at once; verifiers that fetched their keys before do not know it
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    folder: Folder,
}

/// `sealwright keys rotate`.
#[derive(Args, Debug)]
pub(crate) struct Rotate {
    /// The key that is to sign; the newest pending one if left out
    #[arg(value_name = "KEY")]
    kid: Option<KeyId>,
    #[command(flatten)]
    folder: Folder,
}

/// `sealwright keys import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// An unencrypted PKCS#8 PEM with an Ed25519 or P-256 private key; - reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    folder: Folder,
}

/// `sealwright keys adopt`.
#[derive(Args, Debug)]
pub(crate) struct Adopt {
    /// The key on the token, such as pkcs11:object=licences-2027 by its label, or pkcs11:id=%01%AF by its id
    #[arg(value_name = "URI")]
    name: String,
    #[command(flatten)]
    folder: Folder,
}

/// `sealwright keys export`.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// A JWK Set with states, or a COSE_KeySet of the keys that may verify
    #[arg(long, value_enum, default_value = "jwks")]
    format: Format,
    /// Where to; stdout if left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
}

/// What a key signs with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum AlgorithmName {
    Ed25519,
    Es256,
}

/// A form of the public keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    Jwks,
    Cose,
}

impl Keys {
    pub(super) fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        match self {
            Keys::Generate(generate) => generate.run(connection, output),
            Keys::List(folder) => list(&folder.public()?, output),
            Keys::Rotate(rotate) => rotate.run(connection, output),
            Keys::Retire(retire) => retire.run(connection, output),
            Keys::Compromise(compromise) => compromise.run(connection, output),
            Keys::Import(import) => import.run(connection, output),
            Keys::Adopt(adopt) => adopt.run(connection, output),
            Keys::Export(export) => export.run(output),
            Keys::Certificates(certificates) => certificates.run(connection, output),
        }
    }
}

impl Generate {
    fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let directory = self.folder.private(connection, output)?;
        let algorithm = match self.algorithm {
            AlgorithmName::Ed25519 => Algorithm::Ed25519,
            AlgorithmName::Es256 => Algorithm::Es256,
        };
        let made =
            if self.now { directory.generate_active(algorithm) } else { directory.generate(algorithm) };
        added(&directory, &made.map_err(told)?, output)
    }
}

impl Import {
    fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let pem = read(&self.file)?;
        let directory = self.folder.private(connection, output)?;
        let id = directory.import(&pem, &self.file).map_err(told)?;
        output.note("Destroy the file it came from: whoever has it can sign.");
        added(&directory, &id, output)
    }
}

impl Adopt {
    fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let directory = self.folder.private(connection, output)?;
        added(&directory, &directory.adopt(&self.name).map_err(told)?, output)
    }
}

fn read(file: &Path) -> Result<Zeroizing<String>, Failure> {
    // Room for all of it at once: a buffer that grows leaves copies of the key behind.
    let mut pem = Zeroizing::new(String::with_capacity(PEM_BYTES as usize));
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(PEM_BYTES).read_to_string(&mut pem)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(PEM_BYTES).read_to_string(&mut pem))
    };
    match read {
        Ok(_) => Ok(pem),
        Err(error) => Err(unreadable(file, &error)),
    }
}

/// Tells of a new key.
fn added(directory: &KeyDirectory, id: &KeyId, output: &Output) -> Result<(), Failure> {
    let set = directory.key_set().map_err(told)?;
    let mut made = described(directory, &set, id);
    made["dir"] = json!(directory.path());
    if set.get(id).is_some_and(|(_, state)| state == KeyState::Pending) {
        output
            .note("It is handed out to verifiers; when they had time to fetch it: `sealwright keys rotate`.");
    } else {
        output.note("A running server signs with it in a few seconds.");
    }
    output.note("Back up the folder and the master key: a lost key cannot be made again.");
    output.one(&made, || {
        let (alg, state) = (text(&made, "alg"), text(&made, "state"));
        format!("key {id} ({alg}, {state}) in {}", directory.path().display())
    })
}

impl Rotate {
    fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let directory = self.folder.private(connection, output)?;
        let rotation = directory.rotate(self.kid.as_ref()).map_err(told)?;
        let gave_way: Vec<_> = rotation.verify_only.iter().map(ToString::to_string).collect();
        output.note(
            "A running server follows in a few seconds. What is prepared already is signed with the old key.",
        );
        output.one(&json!({"active": rotation.active, "verify_only": gave_way}), || {
            let gave_way = if gave_way.is_empty() { "no key".into() } else { gave_way.join(", ") };
            format!("key {} signs now; {gave_way} gave way to it", rotation.active)
        })
    }
}

fn list(directory: &KeyDirectory, output: &Output) -> Result<(), Failure> {
    let set = some_keys(directory)?;
    let keys: Vec<Value> = set.iter().map(|(id, ..)| described(directory, &set, id)).collect();
    output.many(&keys, "", || {
        let mut table = Table::new(["KEY", "ALGORITHM", "STATE", "PRIVATE KEY", "REASON"]);
        for key in &keys {
            table.row(["kid", "alg", "state", "private_key", "reason"].map(|column| text(key, column)));
        }
        table
    })
}

impl Export {
    fn run(self, output: &Output) -> Result<(), Failure> {
        let set = some_keys(&self.folder.public()?)?;
        let bytes = match self.format {
            Format::Jwks => (set.to_json() + "\n").into_bytes(),
            Format::Cose => set.to_cose(),
        };
        let Some(file) = self.out else { return output.bytes(&bytes) };
        let written = std::fs::File::create(&file).and_then(|mut out| out.write_all(&bytes));
        written.map_err(|error| {
            let what = format!("{} cannot be written", file.display());
            Failure::new(Exit::Failed, "unwritable", what, "Give a path that can be written.").because(error)
        })?;
        output.one(&json!({"file": file, "bytes": bytes.len()}), || file.display().to_string())
    }
}

/// The keys of a directory that must have some.
fn some_keys(directory: &KeyDirectory) -> Result<KeySet, Failure> {
    let set = directory.key_set().map_err(told)?;
    if set.is_empty() { Err(told(KeyFileError::NoKeys { dir: directory.path().into() })) } else { Ok(set) }
}

/// A key as JSON.
fn described(directory: &KeyDirectory, set: &KeySet, id: &KeyId) -> Value {
    let custody = directory.custody(id);
    let (alg, state) = set.get(id).map_or(("", ""), |(key, state)| (key.algorithm().jose(), state.name()));
    let since = match set.get(id) {
        Some((_, KeyState::Compromised { since })) => Some(since),
        _ => None,
    };
    json!({
        "kid": id,
        "alg": alg,
        "state": state,
        "compromised_since": since,
        "reason": set.reason(id),
        "private_key": match custody {
            Custody::Sealed => "sealed",
            Custody::Plain => "in the clear",
            Custody::Token => "on the token",
            Custody::Absent => "not here",
        },
        "private_key_here": custody != Custody::Absent,
    })
}

fn told(error: KeyFileError) -> Failure {
    let (exit, code) = match &error {
        KeyFileError::NoKeys { .. }
        | KeyFileError::NoRoot { .. }
        | KeyFileError::NoCertificate { .. }
        | KeyFileError::Change(ChangeRefused::Unknown(_)) => (Exit::NotFound, "not-found"),
        KeyFileError::Known { .. } | KeyFileError::RootThere { .. } => (Exit::Conflict, "conflict"),
        KeyFileError::Change(_) | KeyFileError::SignsNoMore { .. } => (Exit::Refused, "refused"),
        KeyFileError::Certificate(_) => (Exit::Usage, "unfit-certificate"),
        KeyFileError::NotAKey { .. } => (Exit::Usage, "not-a-key"),
        KeyFileError::NoKeychain { .. } => (Exit::Usage, "no-token"),
        KeyFileError::Sealed { .. } | KeyFileError::WouldBePlain { .. } => (Exit::Usage, "no-master-key"),
        _ => (Exit::Failed, "keys"),
    };
    let todo = match code {
        "no-master-key" => folder::WHERE_THE_MASTER_KEY_IS,
        "unfit-certificate" => "Correct the flag, or `[certificates]` in the configuration.",
        "conflict" if matches!(error, KeyFileError::RootThere { .. }) => {
            "`sealwright keys certificates renew --root`, or root --another."
        }
        _ => "",
    };
    // The text says what to do.
    Failure::new(exit, code, error.to_string(), todo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_it_says_how_to_make_one() {
        let quiet = Output { json: false, quiet: true, colour: false };
        let failure = list(&KeyDirectory::plain("no/such/folder"), &quiet).unwrap_err();
        assert_eq!(failure.exit, Exit::NotFound);
        assert!(failure.what.contains("keys generate"), "{failure}");
    }
}
