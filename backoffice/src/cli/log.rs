//! The transparency log, as anybody may audit it: nothing a server says is believed unchecked.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use sealwright_credentials::Digest;
use sealwright_credentials::log::{
    LogEvidence, NoteKey, SignedCheckpoint, verify_consistency, verify_inclusion,
};
use serde_json::{Value, json};

use super::client::Client;
use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::unreadable;

/// `sealwright log`.
#[derive(Subcommand, Debug)]
pub(crate) enum Log {
    /// Print the newest signed checkpoint; keep it, to hold later ones against it
    Checkpoint(Trust),
    /// Print evidence that the log holds what was signed with this digest
    Inclusion {
        /// SHA-256 of the bytes that were signed, 64 hex digits
        digest: Digest,
        #[command(flatten)]
        trust: Trust,
    },
    /// Check that the newest checkpoint grew out of one that was kept
    Consistency {
        /// The file with the older checkpoint
        kept: PathBuf,
        #[command(flatten)]
        trust: Trust,
    },
}

/// Whom to believe.
#[derive(Args, Debug)]
pub(crate) struct Trust {
    /// The log's key, as `/v1/log/key` answers it; the server's own word for it if left out
    #[arg(long, value_name = "KEY")]
    log_key: Option<String>,
}

impl Log {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = connection.anybody()?;
        match self {
            Log::Checkpoint(trust) => {
                let (signed, _) = newest(&client, &trust).await?;
                let said = signed.checkpoint();
                let note = signed.to_string();
                let value =
                    json!({"origin": said.origin(), "size": said.size(), "root": said.root(), "note": note});
                output.one(&value, || note.trim_end().to_owned())
            }
            Log::Inclusion { digest, trust } => {
                let key = trust.key(&client).await?;
                let text = text(&client, &format!("/v1/log/inclusion/{digest}")).await?;
                let index = included(&text, &digest, &key)?;
                let value = json!({"digest": digest, "index": index, "evidence": text});
                output.one(&value, || text.trim_end().to_owned())
            }
            Log::Consistency { kept, trust } => {
                let (new, key) = newest(&client, &trust).await?;
                let old = read(&kept, &key)?;
                let (from, to) = (old.checkpoint().size(), new.checkpoint().size());
                let answer = match from <= to {
                    true => client.get(&format!("/v1/log/consistency?from={from}&to={to}")).await?,
                    false => Value::Null,
                };
                if !consistent(&old, &new, &answer) {
                    let what = "the log does not contain what it once signed: it was altered";
                    let todo =
                        "Keep both checkpoints: their signatures prove it. Tell whoever relies on the log.";
                    return Err(Failure::new(Exit::Refused, "log-altered", what, todo)
                        .because(format!("a tree of {to} leaves does not begin with the one of {from}")));
                }
                let value = json!({"from": from, "to": to, "consistent": true});
                output.one(&value, || {
                    format!("consistent: the {to} leaves begin with the {from} that were signed")
                })
            }
        }
    }
}

impl Trust {
    async fn key(&self, client: &Client) -> Result<NoteKey, Failure> {
        let text = match &self.log_key {
            Some(key) => key.clone(),
            None => text(client, "/v1/log/key").await?,
        };
        text.trim().parse().map_err(|error| {
            let todo = "Give --log-key as /v1/log/key answers it: name+hash+key.";
            Failure::new(Exit::Usage, "no-log-key", "this is no key of a log", todo).because(error)
        })
    }
}

async fn newest(client: &Client, trust: &Trust) -> Result<(SignedCheckpoint, NoteKey), Failure> {
    let key = trust.key(client).await?;
    let note = text(client, "/v1/log/checkpoint").await?;
    Ok((open(&note, &key)?, key))
}

async fn text(client: &Client, path: &str) -> Result<String, Failure> {
    String::from_utf8(client.bytes(path).await?).map_err(|error| {
        let what = format!("what {} answers is no text", client.url());
        Failure::new(Exit::Failed, "no-sealwright", what, "Check the address.").because(error)
    })
}

fn read(file: &Path, key: &NoteKey) -> Result<SignedCheckpoint, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    // What `log checkpoint` printed lacks no line, and an editor may have added some.
    open(&format!("{}\n", text.trim_end()), key)
}

fn open(note: &str, key: &NoteKey) -> Result<SignedCheckpoint, Failure> {
    SignedCheckpoint::open(note, key).map_err(|error| refused(&error))
}

fn refused(error: &dyn std::fmt::Display) -> Failure {
    let todo = "Check --log-key; if it is right, whoever answers is not the log.";
    Failure::new(Exit::Refused, "not-the-log", "this is not the word of the log", todo).because(error)
}

/// The place of what was signed, if the evidence shows that the log holds it there.
fn included(evidence: &str, digest: &Digest, key: &NoteKey) -> Result<u64, Failure> {
    let evidence: LogEvidence = evidence.parse().map_err(|error| refused(&error))?;
    let signed = open(&evidence.checkpoint, key)?;
    let (size, root) = (signed.checkpoint().size(), signed.checkpoint().root());
    let leaf = evidence.entry.leaf();
    let holds = evidence.entry.signed == *digest
        && verify_inclusion(&leaf, evidence.index, size, root, &evidence.proof);
    if holds { Ok(evidence.index) } else { Err(refused(&"the proof does not lead to the signed root")) }
}

fn consistent(old: &SignedCheckpoint, new: &SignedCheckpoint, answer: &Value) -> bool {
    let hash = |hash: &Value| STANDARD.decode(hash.as_str()?).ok()?.try_into().ok().map(Digest::from_bytes);
    let hashes =
        answer["hashes"].as_array().map(|hashes| hashes.iter().map(hash).collect::<Option<Vec<_>>>());
    let Some(Some(proof)) = hashes else { return false };
    let (old, new) = (old.checkpoint(), new.checkpoint());
    verify_consistency(old.size(), old.root(), new.size(), new.root(), &proof)
}

#[cfg(test)]
mod tests {
    use sealwright_credentials::log::{Checkpoint, Entry, Frontier, Kind, consistency, inclusion};
    use sealwright_credentials::{Ed25519Signer, Signer};
    use std::collections::HashMap;

    use super::*;

    fn entry(n: u8) -> Entry {
        Entry { kind: Kind::Code, signed_at: 0, signed: Digest::of(&[n]) }
    }

    /// A log of so many entries, its newest checkpoint, and its nodes.
    fn log(entries: u8) -> (SignedCheckpoint, HashMap<sealwright_credentials::log::Node, Digest>) {
        let (mut tree, mut nodes) = (Frontier::default(), HashMap::new());
        (0..entries).for_each(|n| nodes.extend(tree.append(entry(n).leaf())));
        let signer = Ed25519Signer::from_seed(&[1; 32]);
        (Checkpoint::of("office.example/log", &tree).unwrap().sign(&signer).unwrap(), nodes)
    }

    fn key(seed: u8) -> NoteKey {
        NoteKey::log("office.example/log", Ed25519Signer::from_seed(&[seed; 32]).public_key()).unwrap()
    }

    #[test]
    fn only_what_leads_to_a_signed_root_is_included() {
        let (signed, nodes) = log(7);
        let proof = inclusion(4, 7, |node| nodes.get(&node).copied()).unwrap();
        let evidence = LogEvidence { entry: entry(4), index: 4, proof, checkpoint: signed.to_string() };
        let text = evidence.to_string();
        assert_eq!(included(&text, &Digest::of(&[4]), &key(1)).unwrap(), 4);
        assert_eq!(included(&text, &Digest::of(&[5]), &key(1)).unwrap_err().exit, Exit::Refused);
        assert_eq!(included(&text, &Digest::of(&[4]), &key(2)).unwrap_err().exit, Exit::Refused);
        let elsewhere = LogEvidence { index: 5, ..evidence }.to_string();
        assert!(included(&elsewhere, &Digest::of(&[4]), &key(1)).is_err());
        assert!(included("nonsense", &Digest::of(&[4]), &key(1)).is_err());
    }

    #[test]
    fn a_log_that_forgot_something_is_not_consistent() {
        let ((old, _), (new, nodes)) = (log(3), log(7));
        let proof = consistency(3, 7, |node| nodes.get(&node).copied()).unwrap();
        let hashes: Vec<_> = proof.iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect();
        assert!(consistent(&old, &new, &json!({"hashes": hashes})));
        assert!(!consistent(&new, &old, &json!({"hashes": hashes})));
        for wrong in [json!({"hashes": []}), json!({"hashes": ["?"]}), json!({"hashes": [1]}), Value::Null] {
            assert!(!consistent(&old, &new, &wrong), "{wrong}");
        }
    }
}
