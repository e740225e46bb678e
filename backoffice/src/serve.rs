//! The server: one process that answers HTTP until it is told to stop.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::middleware::DefaultHeaders;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sealwright_storage::MasterKey;
use sealwright_workflows::policy::Policy;

use crate::api;
use crate::config::Config;
use crate::desk::Desk;

/// The environment variable with the master key, where no file is configured.
pub const MASTER_KEY: &str = "SEALWRIGHT_MASTER_KEY";

/// Connections at once, over all workers: beyond it the kernel's queue waits.
pub const CONNECTIONS: usize = 4_096;

/// How long a client may take for the headers of a request.
pub const HEADER_TIME: Duration = Duration::from_secs(10);

/// How long requests under way may take after the signal to stop.
pub const SHUTDOWN_SECONDS: u64 = 10;

/// How `serve` is started.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// The configuration file; `sealwright.toml` if none is given.
    pub config: Option<PathBuf>,
    /// Overrides `http.host`.
    pub host: Option<String>,
    /// Overrides `http.port`.
    pub port: Option<u16>,
    /// Overrides `store.url`.
    pub store: Option<String>,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// Whatever of configuration, store, keys and rules is not in order.
pub async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let mut config = Config::load(options.config.as_deref())?;
    config.http.host = options.host.unwrap_or(config.http.host);
    config.http.port = options.port.unwrap_or(config.http.port);
    config.store.url = options.store.unwrap_or(config.store.url);
    let master = master_key(&config)?;
    let policy = policy(&config)?;
    let recorder = recorder()?;
    let listener = listen(&config)?;
    let address = listener.local_addr()?;
    let desk = Desk::open(config, policy, master).await?;
    tracing::info!(%address, "serving");
    run(Data::new(desk), listener, recorder).await
}

/// The master key from its file or the environment. Without one there is no start: a key made up
/// here would seal data that the next start could not open.
///
/// # Errors
/// There is none, others may read the file, or it is no key.
pub fn master_key(config: &Config) -> anyhow::Result<MasterKey> {
    match &config.vault.master_key_file {
        Some(file) => MasterKey::from_file(file).context("the master key cannot be read"),
        None => MasterKey::from_env(MASTER_KEY).with_context(|| {
            format!("no master key: set vault.master_key_file, or {MASTER_KEY} to 32 random bytes in hex")
        }),
    }
}

/// The rules: the shipped ones, changed by the configured file and calendars.
///
/// # Errors
/// A file cannot be read, or its content is refused.
pub fn policy(config: &Config) -> anyhow::Result<Policy> {
    let text = match &config.policy.file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("the policy file {} cannot be read", file.display()))?,
        None => String::new(),
    };
    let mut policy = Policy::from_toml(&text).context("the policy cannot be used")?;
    for file in &config.policy.calendars {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the calendar {} cannot be read", file.display()))?;
        policy.calendar.load(&text).with_context(|| format!("the calendar {}", file.display()))?;
    }
    Ok(policy)
}

/// Collects figures for `/metrics`.
///
/// The recorder is the process's, so a second server in it shares the first one's.
pub(crate) fn recorder() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(recorder) = RECORDER.get() {
        return Ok(recorder.clone());
    }
    let recorder = PrometheusBuilder::new().install_recorder().context("figures cannot be collected")?;
    Ok(RECORDER.get_or_init(|| recorder).clone())
}

pub(crate) fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = (config.http.host.as_str(), config.http.port);
    TcpListener::bind(address).with_context(|| {
        format!("{}:{} cannot be listened on; choose another http.port", address.0, address.1)
    })
}

/// Answers HTTP on `listener` until Ctrl-C or SIGTERM, then lets the engine drain.
pub(crate) async fn run(
    desk: Data<Desk>,
    listener: TcpListener,
    recorder: PrometheusHandle,
) -> anyhow::Result<()> {
    let (shared, recorder) = (desk.clone(), Data::new(recorder));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(recorder.clone())
            .wrap(
                DefaultHeaders::new()
                    .add(("Sealwright-Version", env!("CARGO_PKG_VERSION")))
                    .add(("X-Content-Type-Options", "nosniff")),
            )
            .configure(api::configure)
    })
    .max_connections(CONNECTIONS)
    .client_request_timeout(HEADER_TIME)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .listen(listener)?
    .run();
    let served = server.await;
    tracing::info!("stopping: what is under way is finished or given back");
    desk.engine.stop().await;
    served.context("the HTTP server failed")
}
