//! Where a credential's status is published: the port to whoever hands out the entries of status lists.

use async_trait::async_trait;
use sealwright_credentials::Serial;
use sealwright_credentials::StatusReference;

use super::http::Unavailable;

/// Hands out entries of status lists.
#[async_trait]
pub trait StatusSlots: Send + Sync + 'static {
    /// The entry of the credential with this serial; `None` if its status is not published. It is signed, so it
    /// must never be given to another serial. The same serial again gets the same entry. A serial that was asked
    /// for may never be issued: a crash draws another one.
    async fn slot(&self, serial: &Serial) -> Result<Option<StatusReference>, Unavailable>;
}

/// No status is published: whoever wants to know asks the issuer.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoStatusLists;

#[async_trait]
impl StatusSlots for NoStatusLists {
    async fn slot(&self, _serial: &Serial) -> Result<Option<StatusReference>, Unavailable> {
        Ok(None)
    }
}
