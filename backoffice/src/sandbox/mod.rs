//! The outside world for trying things out: an authority's register, a liveness vendor and a mail
//! server, each a real service on a port of its own. Fictitious people, and no security to speak of:
//! they listen where they are told to, and `dev` tells them 127.0.0.1.

mod liveness;
mod mail;
pub mod people;
mod register;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;

/// What the services are started with.
#[derive(Clone, Debug)]
pub struct SandboxPlan {
    /// The address to listen on; the ports are free ones.
    pub host: IpAddr,
    /// The token the register expects.
    pub register_token: String,
    /// The token the vendor expects.
    pub liveness_token: String,
    /// The secret the vendor signs its callbacks with, `whsec_...`.
    pub callback_secret: String,
    /// Where the register pushes changes, and the secret it signs them with; without it pushes nothing.
    pub push: Option<(String, String)>,
    /// The folder for mails.
    pub mail_dir: PathBuf,
}

/// The running services. They end with the process.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// The register.
    pub register_url: String,
    /// The register's door for looking at people and changing their records.
    pub register_admin_url: String,
    /// The vendor.
    pub liveness_url: String,
    /// The list of mails received.
    pub mail_url: String,
    /// The mail server.
    pub smtp: SocketAddr,
}

impl Sandbox {
    /// Starts all three.
    ///
    /// # Errors
    /// A port or the mail folder is not to be had.
    pub async fn start(plan: SandboxPlan) -> anyhow::Result<Self> {
        let listen = || TcpListener::bind((plan.host, 0));
        let (register, vendor, mails) = (listen()?, listen()?, listen()?);
        let url = |listener: &TcpListener| listener.local_addr().map(|address| format!("http://{address}"));
        let sandbox = Self {
            register_url: url(&register)?,
            register_admin_url: format!("{}/admin", url(&register)?),
            liveness_url: url(&vendor)?,
            mail_url: format!("{}/mails", url(&mails)?),
            smtp: mail::start(plan.host, mails, plan.mail_dir).await?,
        };
        register::start(register, plan.register_token, plan.push)?;
        liveness::start(vendor, sandbox.liveness_url.clone(), plan.liveness_token, &plan.callback_secret)?;
        Ok(sandbox)
    }
}
