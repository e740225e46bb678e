//! Everything on one machine, for trying things out: the server, and beside it a register, a liveness
//! vendor and a mail server of our own, each a real service on a port of its own.
//!
//! It listens on 127.0.0.1 alone. What it needs it makes in its data folder: keys, the master key,
//! tokens. None of that is for real use.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use actix_web::web::Data;
use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealwright_credentials::Algorithm;
use sealwright_storage::MasterKey;
use sealwright_workflows::policy::Policy;
use serde::{Deserialize, Serialize};

use crate::auth::{Principal, Role, issue};
use crate::config::{Config, LivenessConfig, MailConfig, RegisterConfig};
use crate::desk::Desk;
use crate::document_keys;
use crate::sandbox::{Sandbox, SandboxPlan};
use crate::serve::{listen, recorder, run};

/// How `dev` is started.
#[derive(Clone, Debug)]
pub struct DevOptions {
    /// Where everything is kept.
    pub data: PathBuf,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// How long a decision can be undone, if not as the policy says.
    pub undo_window: Option<Duration>,
    /// How long the signer takes before it signs, to have time for pulling the plug.
    pub signing_delay: Option<Duration>,
}

impl Default for DevOptions {
    fn default() -> Self {
        Self { data: ".sealwright".into(), port: 8080, undo_window: None, signing_delay: None }
    }
}

/// What `dev` writes to `dev.json` when it is ready: where it is, and a key for each part to play.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DevFile {
    /// The server.
    pub url: String,
    /// An app's own server.
    pub gateway_key: String,
    /// A reviewer.
    pub reviewer_key: String,
    /// Another one.
    pub second_reviewer_key: String,
    /// A lead.
    pub lead_key: String,
    /// An operator.
    pub operator_key: String,
    /// A verifier.
    pub verifier_key: String,
    /// An admin.
    pub admin_key: String,
    /// The services beside it.
    pub sandbox: SandboxFile,
}

/// The services beside the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SandboxFile {
    /// The register.
    pub register_url: String,
    /// The register's door for changing records.
    pub register_admin_url: String,
    /// The liveness vendor.
    pub liveness_url: String,
    /// The mail server's list of mails.
    pub mail_url: String,
    /// The folder with the mails.
    pub mail_dir: PathBuf,
}

/// Secrets that the services beside the server share with it. Made once per data folder.
#[derive(Clone, Serialize, Deserialize)]
struct Tokens {
    register: String,
    liveness: String,
    callback: String,
    push: String,
}

/// Serves until Ctrl-C or SIGTERM. `ready` is told once, when everything answers.
///
/// # Errors
/// The data folder cannot be written, a port is taken, or a part does not start.
pub async fn dev(options: DevOptions, ready: impl FnOnce(&DevFile, Duration)) -> anyhow::Result<()> {
    let begun = Instant::now();
    let data = &options.data;
    let folder = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    folder.with_context(|| format!("{} cannot be made", data.display()))?;
    // Whoever waits for it must not find that of an earlier start.
    let _ = std::fs::remove_file(data.join("dev.json"));

    let tokens = tokens(data)?;
    let mail_dir = data.join("mail");
    let mut config = Config::default();
    config.http.port = options.port;
    let listener = listen(&config)?;
    let url = format!("http://{}", listener.local_addr()?);
    let sandbox = Sandbox::start(SandboxPlan {
        host: Ipv4Addr::LOCALHOST.into(),
        register_token: tokens.register.clone(),
        liveness_token: tokens.liveness.clone(),
        callback_secret: tokens.callback.clone(),
        push: Some((format!("{url}/v1/registry-events"), tokens.push.clone())),
        mail_dir: mail_dir.clone(),
    })
    .await
    .context("the services beside the server did not start")?;

    config.http.public_url.clone_from(&url);
    config.store.url = format!("sqlite:{}", data.join("dev.db").display());
    config.keys.dir = data.join("keys");
    config.register = RegisterConfig {
        url: sandbox.register_url.clone(),
        token_file: Some(data.join("register.token")),
        push_secret_file: Some(data.join("push.secret")),
    };
    config.liveness = LivenessConfig {
        url: sandbox.liveness_url.clone(),
        token_file: Some(data.join("liveness.token")),
        callback_secret_file: Some(data.join("callback.secret")),
    };
    config.mail = MailConfig { url: smtp(sandbox.smtp), ..MailConfig::default() };
    config.office.operator_email = Some("operator@sealwright.example".into());

    let master = data.join("master.key");
    let master = if master.exists() { MasterKey::from_file(&master) } else { MasterKey::create(&master) }?;
    let keys = document_keys::directory(&config.keys.dir, Some(&master));
    if keys.key_set()?.is_empty() {
        keys.generate(Algorithm::Ed25519).context("no document key could be made")?;
    }
    let recorder = recorder()?;
    sealwright_storage::migrate(&config.store.url).await.context("the store cannot be migrated")?;
    let desk = Desk::open_with(config, policy(&options)?, master, options.signing_delay).await?;
    let file = DevFile {
        url,
        gateway_key: key(&desk, "app", Role::Gateway).await?,
        reviewer_key: key(&desk, "reviewer", Role::Reviewer).await?,
        second_reviewer_key: key(&desk, "second-reviewer", Role::Reviewer).await?,
        lead_key: key(&desk, "lead", Role::Lead).await?,
        operator_key: key(&desk, "operator", Role::Operator).await?,
        verifier_key: key(&desk, "verifier", Role::Verifier).await?,
        admin_key: key(&desk, "admin", Role::Admin).await?,
        sandbox: SandboxFile {
            register_url: sandbox.register_url.clone(),
            register_admin_url: sandbox.register_admin_url.clone(),
            liveness_url: sandbox.liveness_url.clone(),
            mail_url: sandbox.mail_url.clone(),
            mail_dir,
        },
    };
    let text = serde_json::to_string_pretty(&file)?;
    // In one step: whoever sees the file sees all of it.
    write_private(&data.join("dev.json.new"), &text)?;
    std::fs::rename(data.join("dev.json.new"), data.join("dev.json"))?;
    ready(&file, begun.elapsed());
    run(Data::new(desk), listener, recorder).await
}

fn policy(options: &DevOptions) -> anyhow::Result<Policy> {
    let changes = match options.undo_window {
        Some(window) => format!("[review]\nundo_seconds = {}\n", window.as_secs()),
        None => String::new(),
    };
    Policy::from_toml(&changes).context("the policy cannot be used")
}

async fn key(desk: &Desk, name: &str, role: Role) -> anyhow::Result<String> {
    let principal = Principal { subject: name.into(), roles: BTreeSet::from([role]) };
    Ok(issue(desk, &principal).await?.1)
}

fn smtp(address: SocketAddr) -> String {
    format!("smtp://{address}")
}

fn tokens(data: &Path) -> anyhow::Result<Tokens> {
    let file = data.join("tokens.json");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; delete it", file.display()));
    }
    let random = || {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map(|()| bytes)
    };
    let tokens = Tokens {
        register: hex::encode(random()?),
        liveness: hex::encode(random()?),
        callback: format!("whsec_{}", STANDARD.encode(random()?)),
        push: format!("whsec_{}", STANDARD.encode(random()?)),
    };
    write_private(&data.join("push.secret"), &tokens.push)?;
    write_private(&data.join("register.token"), &tokens.register)?;
    write_private(&data.join("liveness.token"), &tokens.liveness)?;
    write_private(&data.join("callback.secret"), &tokens.callback)?;
    write_private(&file, &serde_json::to_string(&tokens)?)?;
    Ok(tokens)
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", path.display()))
}
