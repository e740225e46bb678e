//! The port to status lists: where a credential's status will be found.

use async_trait::async_trait;
use sealwright_credentials::Serial;
use sealwright_credentials::sd_jwt::StatusReference;

use super::http::Unavailable;

/// Hands out entries of status lists.
#[async_trait]
pub trait StatusSlots: Send + Sync + 'static {
    /// The entry of the credential with this serial, reserved if it has none: the same serial has the same entry
    /// for ever. `None` where no lists are kept.
    ///
    /// # Errors
    /// Not now; ask again.
    async fn slot(&self, serial: &Serial) -> Result<Option<StatusReference>, Unavailable>;
}
