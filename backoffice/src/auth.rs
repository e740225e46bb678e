//! API keys: who asks, and what they may do.
//!
//! A key is 32 random bytes. The vault knows it by a keyed hash only, as it knows licence numbers:
//! directory `api_key` leads to the key's id, under which its owner is kept, sealed. Revoking a key
//! erases that id.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealwright_engine::{Actor, PersonId, Vault, VaultError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::problem::{NOT_PERMITTED, Problem, UNAUTHENTICATED};

/// What somebody may do.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An app's own server: makes applicants known.
    Gateway,
    /// A person, for their own applications and licence.
    Applicant,
    /// Decides about photos.
    Reviewer,
    /// Decides where reviewers disagree.
    Lead,
    /// Runs the system.
    Operator,
    /// Reads everything but photos.
    Auditor,
    /// Verifies credentials.
    Verifier,
    /// Makes and revokes keys.
    Admin,
}

impl Role {
    /// The role's name in JSON, in tasks and on the command line.
    pub fn name(self) -> &'static str {
        sealwright_engine::name_of(&self).outer
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Principal {
    /// A user id or, for applicants, the person's reference. Not personal data.
    pub subject: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
}

impl Principal {
    /// Refuses whoever has none of `roles`.
    ///
    /// # Errors
    /// A problem that names the roles.
    pub fn needs(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.iter().any(|role| self.roles.contains(role)) {
            return Ok(());
        }
        let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
        Err(NOT_PERMITTED.because(format!("this takes one of the roles {}", names.join(", "))))
    }

    /// Whether they belong to the office, and may see other people's cases.
    pub fn is_office(&self) -> bool {
        const OFFICE: [Role; 4] = [Role::Reviewer, Role::Lead, Role::Operator, Role::Auditor];
        OFFICE.iter().any(|role| self.roles.contains(role))
    }

    /// As an applicant.
    ///
    /// # Errors
    /// They are none.
    pub fn person(&self) -> Result<PersonId, Problem> {
        self.needs(&[Role::Applicant])?;
        self.subject.parse().map(PersonId).map_err(|_| NOT_PERMITTED.because("this key belongs to nobody"))
    }

    /// As a reviewer's actor.
    pub fn reviewer(&self) -> Actor {
        Actor::Reviewer { id: self.subject.clone(), roles: self.role_names() }
    }

    /// The names of their roles.
    pub fn role_names(&self) -> BTreeSet<String> {
        self.roles.iter().map(|role| role.name().to_owned()).collect()
    }
}

const DIRECTORY: &str = "api_key";
const FIELD: &str = "principal";

/// Makes a key for `principal` and answers its id and the key, which nobody can read again.
///
/// # Errors
/// The vault's.
pub async fn issue(desk: &Desk, principal: &Principal) -> Result<(PersonId, String), VaultError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| VaultError::Unavailable(error.to_string()))?;
    let key = format!("sw_{}", URL_SAFE_NO_PAD.encode(secret));
    let id = PersonId::new(desk.engine.clock().now());
    let text = serde_json::to_vec(principal).unwrap_or_default();
    desk.vault.enrol(id).await?;
    desk.vault.put(id, FIELD, &text).await?;
    desk.vault.claim(DIRECTORY, &key, id.0, Some(id)).await?;
    Ok((id, key))
}

/// Revokes a key by its id. May be called again.
///
/// # Errors
/// The vault's.
pub async fn revoke(desk: &Desk, id: PersonId) -> Result<(), VaultError> {
    desk.vault.erase(id, desk.engine.clock().now()).await
}

async fn principal(vault: &dyn Vault, key: &str) -> Result<Option<Principal>, VaultError> {
    let Some(id) = vault.find(DIRECTORY, key).await? else { return Ok(None) };
    match vault.get(PersonId(id), FIELD, None).await {
        Ok(Some(record)) => Ok(serde_json::from_slice(&record.value).ok()),
        Ok(None) | Err(VaultError::Erased | VaultError::NoPerson) => Ok(None),
        Err(error) => Err(error),
    }
}

impl FromRequest for Principal {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let desk = request.app_data::<web::Data<Desk>>().cloned();
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = header.and_then(|value| value.strip_prefix("Bearer ")).map(|key| key.trim().to_owned());
        Box::pin(async move {
            let Some(desk) = desk else { return Err(UNAUTHENTICATED.because("this server has no desk")) };
            let Some(key) = key else {
                return Err(UNAUTHENTICATED.because("the request carries no API key"));
            };
            match principal(&*desk.vault, &key).await? {
                Some(principal) => Ok(principal),
                None => Err(UNAUTHENTICATED.because("the API key is unknown or revoked")),
            }
        })
    }
}
