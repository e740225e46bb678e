//! Acting as an applicant.

use serde_json::json;

use crate::cli::client::Client;
use crate::cli::connection::{As, Connection, dev_server};
use crate::cli::exit::{Exit, Failure};
use crate::demo::cast;

/// A client for what only applicants themselves may do.
pub(super) async fn own_client(number: Option<String>, connection: &Connection) -> Result<Client, Failure> {
    match (number, &connection.key) {
        (Some(number), _) => applicant(number, connection).await,
        (None, Some(_)) => connection.client(As::Gateway),
        (None, None) => Err(Failure::new(
            Exit::Usage,
            "no-key",
            "only applicants themselves may do this, and it is not said who you are",
            "Give the applicant's key with --key, or their licence number with --number.",
        )),
    }
}

/// A client with a fresh key of the applicant with this number.
pub(super) async fn applicant(number: String, connection: &Connection) -> Result<Client, Failure> {
    let gateway = connection.client(As::Gateway)?;
    let number = resolved(number, connection).await?;
    let enrolled = gateway.post("/v1/applicants", &json!({"licence_number": number})).await?;
    Ok(gateway.with_key(enrolled["api_key"].as_str().unwrap_or_default()))
}

/// A licence number; a name is looked up in the register of `sealwright dev`. Numbers begin with a digit
/// or a capital.
pub(super) async fn resolved(number: String, connection: &Connection) -> Result<String, Failure> {
    if number.starts_with(|first: char| first.is_ascii_lowercase()) {
        let register = dev_server(&connection.data)?.sandbox.register_admin_url;
        return Ok(cast::find(&number, &register).await?.number);
    }
    Ok(number)
}
