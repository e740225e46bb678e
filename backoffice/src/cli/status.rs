//! Status lists, as a verifier reads them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;
use sealwright_credentials::KeySet;
use sealwright_credentials::status_list::{Expected, Read, Status as Value, read_jwt};
use sealwright_engine::Timestamp;
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::json;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output::{Output, text};

/// `sealwright status`.
#[derive(Subcommand, Debug)]
pub(crate) enum Status {
    /// Fetch a list, verify it with the server's keys, and say what it says
    Show {
        /// The list's number
        #[arg(default_value_t = 1)]
        list: u32,
        /// One entry
        #[arg(long, value_name = "N")]
        index: Option<u32>,
    },
}

impl Status {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let Status::Show { list, index } = self;
        let client = connection.anybody()?;
        let token = client.bytes(&format!("/v1/status/{list}")).await?;
        let keys = client.get("/v1/keys").await?.to_string();
        let keys = KeySet::from_json(&keys).map_err(|error| refused(&error))?;
        let token = String::from_utf8(token).map_err(|error| refused(&error))?;
        let read = read(&token, &keys, SystemClock.now().secs())?;
        let mut said = json!({
            "list": list,
            "entries": read.list().entries(),
            "issued_at": Timestamp::from_secs(read.issued_at()),
            "expires_at": Timestamp::from_secs(read.expires_at()),
        });
        if let Some(index) = index {
            let status = read.status(index).map_err(|error| {
                Failure::new(Exit::NotFound, "no-entry", "the list has no such entry", "Check --index.")
                    .because(error)
            })?;
            said["index"] = index.into();
            said["status"] = json!(status);
        } else {
            for status in [Value::Valid, Value::Invalid, Value::Suspended, Value::RefreshNeeded] {
                let count =
                    (0..read.list().entries()).filter(|index| read.status(*index) == Ok(status)).count();
                let name = json!(status);
                said[name.as_str().unwrap_or_default()] = count.into();
            }
        }
        output.one(&said, || describe(&said))
    }
}

/// Reads a token of whatever issuer it names: the server was asked, and its keys decide.
fn read(token: &str, keys: &KeySet, at: i64) -> Result<Read, Failure> {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: serde_json::Value =
        claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default();
    let (issuer, uri) = (claims["iss"].as_str().unwrap_or(""), claims["sub"].as_str().unwrap_or(""));
    read_jwt(token, &Expected { issuer, uri, keys, at, seen: None }).map_err(|error| refused(&error))
}

fn refused(error: &dyn std::fmt::Display) -> Failure {
    let what = "what the server answers is no status list that may be believed";
    Failure::new(Exit::Refused, "no-status-list", what, "Check the address and the clock.").because(error)
}

fn describe(said: &serde_json::Value) -> String {
    let head = format!(
        "list {} of {} entries, from {} until {}",
        text(said, "list"),
        text(said, "entries"),
        text(said, "issued_at"),
        text(said, "expires_at")
    );
    match said.get("index") {
        Some(index) => format!("{head}\nentry {index}: {}", text(said, "status")),
        None => {
            let counts = ["valid", "invalid", "suspended", "refresh_needed"];
            let counts = counts.map(|name| format!("{} {}", text(said, name), name.replace('_', " ")));
            format!("{head}\n{}, decoys among them", counts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use sealwright_credentials::status_list::{StatusList, Token, Width};
    use sealwright_credentials::{Ed25519Signer, KeyState, Signer};

    use super::*;

    #[test]
    fn a_token_is_read_with_the_keys_and_not_without() {
        let signer = Ed25519Signer::from_seed(&[1; 32]);
        let mut list = StatusList::new(Width::Two, 64).unwrap();
        list.change(7, Value::Suspended).unwrap();
        let token = Token {
            issuer: "https://office.example",
            uri: "https://office.example/v1/status/1",
            aggregation_uri: "https://office.example/v1/status",
            issued_at: 1_800_000_000,
            expires_at: 1_800_040_000,
            ttl_s: 300,
            chain: &[],
        };
        let jwt = token.jwt(&list.pack(), &signer).unwrap();
        let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
        assert_eq!(read(&jwt, &keys, 1_800_000_001).unwrap().status(7), Ok(Value::Suspended));
        assert_eq!(read(&jwt, &keys, 1_800_040_000).unwrap_err().exit, Exit::Refused);
        assert!(read(&jwt, &KeySet::of([]), 1_800_000_001).is_err());
        assert!(read("nonsense", &keys, 1_800_000_001).is_err());
    }

    #[test]
    fn one_entry_or_all_are_told() {
        let head = json!({"list": 1, "entries": 64, "issued_at": "a", "expires_at": "b"});
        let mut one = head.clone();
        one["index"] = 7.into();
        one["status"] = "suspended".into();
        assert!(describe(&one).ends_with("entry 7: suspended"), "{}", describe(&one));
        let mut all = head;
        all["valid"] = 63.into();
        assert!(describe(&all).contains("63 valid"), "{}", describe(&all));
    }
}
