//! Mail: the port, and a pool of SMTP connections.

mod dkim;
mod message;
mod pool;

use std::time::Duration;

use async_trait::async_trait;
use lettre::Address;
use lettre::message::Mailbox;
use sealwright_engine::Timestamp;
use zeroize::Zeroizing;

pub use dkim::{Dkim, DkimRefused};

use super::http::Unavailable;
use message::{Unwritable, write};
use pool::{Pool, Trouble};

/// Hands mail over to be delivered.
#[async_trait]
pub trait Post: Send + Sync + 'static {
    /// Sends one mail. After [`Unavailable`] it may or may not have gone out: send it again, with the same id.
    async fn send(&self, mail: &Mail) -> Result<Posted, Unavailable>;
}

/// One mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id, which becomes the left half of the Message-ID: who gets the same one twice sees one mail.
    pub id: String,
    /// Its date.
    pub at: Timestamp,
    /// The receiver's name, as it is; what a header cannot carry is left out.
    pub name: Option<String>,
    /// The receiver's address, as it is.
    pub address: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
}

/// What the mail server said, definitely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It has the mail.
    Accepted,
    /// It will not take this mail, now or later. Says why, without the address.
    Refused(String),
}

/// A mail server.
#[derive(Clone)]
pub struct SmtpConfig {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub protection: Protection,
    /// User and password, if it wants them. Not over [`Protection::None`].
    pub login: Option<(String, Zeroizing<String>)>,
    /// Who the mails are from, such as `电子驾驶证 <licence@office.example>`.
    pub from: String,
    /// What the mails are signed with; without, they are not signed here.
    pub dkim: Option<Dkim>,
    /// How long one mail may take, from connecting to the server's last word.
    pub time: Duration,
    /// Idle connections kept.
    pub idle: usize,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte (port 465).
    Tls,
    /// TLS after `STARTTLS`, which must be offered (port 587).
    StartTls,
    /// None: for a server on this machine.
    None,
}

/// A mail server's configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpRefused {
    /// The sender.
    #[error("the sender of mails is no mailbox; give one such as `Licences <licence@office.example>`")]
    From,
    /// A password would travel in the clear.
    #[error("a password would be sent without TLS; use `tls` or `starttls`, or no login")]
    InTheClear,
    /// The host's name cannot stand in a certificate.
    #[error("no TLS with this mail server: {0}")]
    Tls(String),
}

/// A mail server reached by SMTP.
///
/// lettre's own time limit covers connecting and no more, so ours covers everything. A connection whose mail was
/// cut short is closed and never used again: the server's late answer would be taken for the next mail's.
pub struct SmtpPost {
    pool: Pool,
    from: Mailbox,
    dkim: Option<Dkim>,
    time: Duration,
}

impl SmtpPost {
    /// A pool of connections to a mail server. None is made yet.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn new(mut config: SmtpConfig) -> Result<Self, SmtpRefused> {
        super::http::install_tls();
        if config.login.is_some() && config.protection == Protection::None {
            return Err(SmtpRefused::InTheClear);
        }
        let from = config.from.parse().map_err(|_| SmtpRefused::From)?;
        let (dkim, time) = (config.dkim.take(), config.time);
        Ok(Self { pool: Pool::new(config)?, from, dkim, time })
    }
}

#[async_trait]
impl Post for SmtpPost {
    async fn send(&self, mail: &Mail) -> Result<Posted, Unavailable> {
        let (envelope, mut bytes) = match write(&self.from, mail) {
            Ok(written) => written,
            Err(Unwritable::Address) => return Ok(Posted::Refused("the address is none".into())),
            Err(Unwritable::Other(why)) => return Err(Unavailable(why)),
        };
        if let Some(dkim) = &self.dkim {
            bytes = dkim.sign(&bytes, mail.at).map_err(|why| Unavailable(why.to_string()))?;
        }
        let sending = self.pool.send(&envelope, &bytes);
        let trouble = match tokio::time::timeout(self.time, sending).await {
            Ok(Ok(())) => return Ok(Posted::Accepted),
            Ok(Err(trouble)) => trouble,
            Err(_) => {
                return Err(Unavailable(format!(
                    "the mail server did not finish within {} s; whether it has the mail is not known",
                    self.time.as_secs_f32()
                )));
            }
        };
        match trouble {
            Trouble::Refused(code) => Ok(Posted::Refused(format!("the mail server says {code}"))),
            Trouble::Unreachable(why) => Err(Unavailable(why)),
        }
    }
}

/// Whether a text is an address that mail can be sent to.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}
