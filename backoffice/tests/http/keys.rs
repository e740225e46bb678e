//! The document keys over HTTP, and a rotation while the server runs.

use std::time::Duration;

use reqwest::Method;
use sealwright::document_keys;
use sealwright_credentials::sd_jwt::CredentialType;
use sealwright_credentials::{Algorithm, Custody, KeyDirectory, KeySet, KeyState};
use sealwright_storage::MasterKey;

use crate::office::{Caller, problem, server};

fn directory() -> KeyDirectory {
    let data = server().sandbox.mail_dir.parent().expect("in the data folder");
    let master = MasterKey::from_file(data.join("master.key")).map_err(|error| error.to_string()).unwrap();
    document_keys::directory(&data.join("keys"), Some(&master))
}

async fn served() -> KeySet {
    let verifier = Caller::with(&server().verifier_key);
    KeySet::from_json(&verifier.get("/v1/keys").await.to_string()).unwrap()
}

/// The keys that the server answers, once they are `wanted`; at most 30 seconds.
async fn until(wanted: &KeySet) {
    for _ in 0..300 {
        if served().await == *wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the server did not follow: {:?}", served().await);
}

/// One test, since it changes the keys that all tests' server signs with.
#[tokio::test]
async fn a_running_server_follows_its_keys_and_hands_them_out_in_both_forms() {
    let keys = directory();
    let first = *keys.key_set().unwrap().active(Algorithm::Ed25519).unwrap();
    assert_eq!(keys.custody(&first), Custody::Sealed);

    let next = keys.generate(Algorithm::Ed25519).unwrap();
    let es256 = keys.generate(Algorithm::Es256).unwrap();
    until(&keys.key_set().unwrap()).await;
    assert_eq!(served().await.get(&next).unwrap().1, KeyState::Pending);
    keys.rotate(None).unwrap();
    until(&keys.key_set().unwrap()).await;
    let set = served().await;
    let states = [(first, KeyState::VerifyOnly), (next, KeyState::Active), (es256, KeyState::Active)];
    assert!(set.iter().map(|(id, _, state)| (*id, state)).eq(states));

    keys.compromise(&es256, 5, Some("a test")).unwrap();
    until(&keys.key_set().unwrap()).await;

    let anybody = reqwest::Client::new();
    let ask = async |path: &str| {
        let answer = anybody.request(Method::GET, format!("{}{path}", server().url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["cache-control"], "public, max-age=300");
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, answer.bytes().await.unwrap())
    };
    let (kind, jwks) = ask("/.well-known/jwks.json").await;
    assert_eq!((kind.as_str(), &jwks), ("application/json", &ask("/v1/keys").await.1));
    let (kind, cose) = ask("/.well-known/cose-keys").await;
    assert_eq!((kind.as_str(), &cose), ("application/cose-key-set", &ask("/v1/keys.cbor").await.1));
    let good = KeySet::from_cose(&cose).unwrap();
    assert!(good.iter().map(|(id, ..)| *id).eq([first, next]), "no withdrawn key");

    let (kind, metadata) = ask("/.well-known/jwt-vc-issuer").await;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).unwrap();
    assert_eq!(
        (kind.as_str(), &metadata["issuer"]),
        ("application/json", &"https://sealwright.example".into())
    );
    let good = KeySet::from_json(&metadata["jwks"].to_string()).unwrap();
    assert!(good.iter().map(|(id, ..)| *id).eq([first, next]), "no withdrawn key");
}

#[tokio::test]
async fn the_type_of_a_credential_is_served_byte_for_byte_where_its_name_points() {
    let ask = async |path: &str| reqwest::get(format!("{}{path}", server().url)).await.unwrap();
    let answer = ask("/types/driving-licence/1").await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    let licence = CredentialType::licence("https://sealwright.example/types/driving-licence/1").unwrap();
    assert_eq!(answer.text().await.unwrap(), licence.metadata());
    for elsewhere in ["/types/driving-licence/2", "/types/", "/.well-known/jwt-vc-issuer/other"] {
        problem(ask(elsewhere).await, "not-found").await;
    }
}
