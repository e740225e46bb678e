//! Keys for the HTTP API.

use clap::Subcommand;
use sealwright::auth::Role;
use serde_json::json;
use uuid::Uuid;

use super::connection::{As, Connection};
use super::exit::Failure;
use super::output::{Output, text};

/// `sealwright api-key`.
#[derive(Subcommand, Debug)]
pub(crate) enum ApiKey {
    /// Make a key; it is shown this once
    Create {
        /// Whose it is: a user id, not a name. Two people never share one
        name: String,
        /// What they may do; may be given several times
        #[arg(long = "role", value_enum, required = true)]
        roles: Vec<Role>,
    },
    /// Revoke a key
    Revoke {
        /// The key's id, as `create` printed it
        id: Uuid,
    },
}

impl ApiKey {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = connection.client(As::Admin)?;
        match self {
            ApiKey::Create { name, roles } => {
                let made = client.post("/v1/api-keys", &json!({"name": name, "roles": roles})).await?;
                output.note("Keep it now: nobody can read it again.");
                output.one(&made, || format!("id   {}\nkey  {}", text(&made, "id"), text(&made, "api_key")))
            }
            ApiKey::Revoke { id } => {
                client.delete(&format!("/v1/api-keys/{id}")).await?;
                output.one(&json!({"revoked": id}), || format!("{id} is revoked"))
            }
        }
    }
}
