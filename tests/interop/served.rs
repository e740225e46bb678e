//! A running office with its sandbox, and what its HTTP API serves to a holder with a wallet. Each test binary of this
//! folder that needs one takes this file in.

use reqwest::Method;
use sealwright_credentials::PublicKey;
use serde_json::{Value, json};

#[allow(dead_code, reason = "the HTTP tests of the back office need more of it")]
#[path = "../../backoffice/tests/http/office.rs"]
mod office;

use office::{Caller, applicant, begun, identified};

/// What was served. Nothing of it was taken from anywhere but the HTTP API.
#[allow(dead_code, reason = "not every binary reads every form")]
pub(crate) struct Served {
    pub(crate) code: String,
    pub(crate) sd_jwt: String,
    pub(crate) mdoc: Vec<u8>,
    /// PEM blocks.
    pub(crate) roots: String,
    /// JWT VC Issuer Metadata.
    pub(crate) issuer: Value,
    /// Type Metadata.
    pub(crate) credential_type: Value,
}

/// Carries the application of a person of the sandbox's register through, whose wallet has this key.
pub(crate) async fn issued(person: &str, wallet: &PublicKey) -> Served {
    let (holder, known) = applicant(person).await;
    let licence = format!("/v1/licences/{}", known["licence"].as_str().unwrap());
    let registered =
        holder.send(Method::PUT, &format!("{licence}/device-key"), None, Some(json!(wallet))).await;
    assert_eq!(registered.status(), 200);
    let case = begun(&holder).await;
    let id = case["id"].as_str().unwrap().to_owned();
    identified(&holder, &case).await;
    holder.post(&format!("/v1/applications/{id}/actions/submit"), json!({})).await;
    holder.until(&id, |case| case["phase"] == "issued").await;
    let credential = async |form: &str| bytes(&holder, &format!("{licence}/credential?form={form}")).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Served {
        code: text(credential("code").await),
        sd_jwt: text(credential("sd-jwt-vc").await),
        mdoc: credential("mdoc").await,
        roots: text(bytes(&holder, "/v1/certificates?kind=root").await),
        issuer: holder.get("/.well-known/jwt-vc-issuer").await,
        credential_type: holder.get("/types/driving-licence/1").await,
    }
}

async fn bytes(caller: &Caller, path: &str) -> Vec<u8> {
    let answer = caller.send(Method::GET, path, None, None).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.bytes().await.unwrap().to_vec()
}
