//! Connections to a mail server that are used again.
//!
//! lettre has a pool, too. There a connection whose mail was cut short, by a time limit or a shutdown, goes back
//! into the pool with the server's answer still on its way. Here it is simply dropped: only what went well comes back.

use std::sync::{Mutex, PoisonError};

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::{Protection, SmtpConfig, SmtpRefused};

pub(super) struct Pool {
    config: SmtpConfig,
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

pub(super) enum Trouble {
    /// A definite no to this mail, with its code.
    Refused(u16),
    /// Not now, or nobody knows.
    Unreachable(String),
}

impl Pool {
    pub(super) fn new(config: SmtpConfig) -> Result<Self, SmtpRefused> {
        let tls = match config.protection {
            Protection::None => None,
            Protection::Tls | Protection::StartTls => {
                let tls = TlsParameters::new(config.host.clone());
                Some(tls.map_err(|error| SmtpRefused::Tls(error.to_string()))?)
            }
        };
        let login = config.login.as_ref();
        let login = login.map(|(user, password)| Credentials::new(user.clone(), password.to_string()));
        Ok(Self { config, tls, login, idle: Mutex::default() })
    }

    pub(super) async fn send(&self, envelope: &Envelope, mail: &[u8]) -> Result<(), Trouble> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        match connection.send(envelope, mail).await {
            Ok(_) => {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                if idle.len() < self.config.idle {
                    idle.push(connection);
                }
                Ok(())
            }
            Err(error) => Err(during_mail(&error, envelope)),
        }
    }

    /// An idle connection that still answers. Servers close idle ones without a word.
    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = idle?;
            if connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let hello = ClientId::default();
        let server = (self.config.host.as_str(), self.config.port);
        let at_once = self.tls.clone().filter(|_| self.config.protection == Protection::Tls);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.config.time), &hello, at_once, None)
                .await
                .map_err(|error| before_mail("greeting", &error))?;
        if self.config.protection == Protection::StartTls
            && let Some(tls) = self.tls.clone()
        {
            let upgrade = connection.starttls(tls, &hello).await;
            upgrade.map_err(|error| before_mail("STARTTLS", &error))?;
        }
        if let Some(login) = &self.login {
            let welcome = connection.auth(DEFAULT_MECHANISMS, login).await;
            welcome.map_err(|error| before_mail("login", &error))?;
        }
        Ok(connection)
    }
}

/// Whatever the server says before it has seen a mail is about us, not about the receiver.
fn before_mail(step: &str, error: &Error) -> Trouble {
    Trouble::Unreachable(match error.status() {
        Some(code) => format!("the mail server answered {code} at the {step}"),
        None => format!("no connection to the mail server ({step}): {}", kind_of(error)),
    })
}

/// The error's own text may hold what the server says, and with it the address.
fn during_mail(error: &Error, envelope: &Envelope) -> Trouble {
    match error.status() {
        // 530 and its kin say that we may not send, 421 and 4xx say later.
        Some(code) if error.is_permanent() && !(530..=539).contains(&u16::from(code)) => {
            Trouble::Refused(u16::from(code))
        }
        Some(code) => Trouble::Unreachable(format!("the mail server answered {code}")),
        None if error.is_client() && envelope.to().iter().any(|to| !to.to_string().is_ascii()) => {
            // The server does not carry such addresses (SMTPUTF8).
            Trouble::Refused(553)
        }
        None => Trouble::Unreachable(format!(
            "the connection to the mail server failed during a mail ({}); whether it has the mail is not known",
            kind_of(error)
        )),
    }
}

fn kind_of(error: &Error) -> &'static str {
    match () {
        () if error.is_timeout() => "it timed out",
        () if error.is_tls() => "TLS failed",
        () if error.is_response() => "its answer makes no sense",
        () if error.is_client() => "it does not offer what is needed",
        () => "it is not reachable or broke off",
    }
}
