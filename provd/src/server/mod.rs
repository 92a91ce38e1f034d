//! The composition root: everything is built here, runs, and is taken down in order. The only place that knows all rooms.

mod data_dir;
mod listening;
mod welcome;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::api::{self, ApiState};
use crate::listeners::http::{self, HttpSettings};
use crate::listeners::tftp::{self, TftpSettings};
use crate::pipeline::{Pipeline, PipelineSettings};
use crate::plugin_host::{Bundle, HostSettings, PluginHost, install};
use crate::provisioning::{PluginEvent, Provisioning};
use crate::settings::Settings;
use crate::storage::Database;

use data_dir::DataDir;
use listening::Listening;

/// How long the first phones wait for plugins to become ready when the server starts.
const PLUGINS_READY: Duration = Duration::from_secs(10);
/// How often devices are tried again whose plugin was away.
const RETRY_WAITING: Duration = Duration::from_secs(3);
/// How long everything may take to finish when the server stops.
const DRAIN: Duration = Duration::from_secs(25);

/// Runs a server until `shutdown`.
pub async fn run(settings: Settings, shutdown: CancellationToken) -> anyhow::Result<()> {
    let data_dir = DataDir::open(&settings.data_dir)?;
    let token = data_dir.administrator_token()?;
    let listening = Listening::bind(&settings).await?;
    let database = Database::open(&data_dir.database()).await?;
    let store = Arc::new(database.clone());

    let (events, mut inbox) = mpsc::unbounded_channel();
    let host = start_plugins(&settings, &data_dir, store.clone(), events).await?;
    let base = listening.base_raw_config(settings.advertised_url.as_deref());
    let advertised = base_url(&base);
    let provisioning = Arc::new(Provisioning::new(store, host.clone(), base));
    provisioning.seed(&listening.advertised_host()).await?;
    host.settled(PLUGINS_READY).await;
    let mut pending = Vec::new();
    while let Ok(event) = inbox.try_recv() {
        provisioning.prepare(&event).await;
        pending.push(event);
    }

    let addresses = listening.addresses;
    let pipeline = Arc::new(Pipeline::new(provisioning.clone(), PipelineSettings { nat: settings.nat }));
    let state = ApiState::new(provisioning.clone(), host.clone(), pipeline.clone(), &token);
    let mut tasks = listen(listening, &settings, pipeline.clone(), state, &shutdown);
    tasks.spawn(keep_up(provisioning, pending, inbox, shutdown.clone()));

    data_dir.announce(&addresses)?;
    welcome::print(&addresses, &advertised, &data_dir);
    shutdown.cancelled().await;
    tracing::info!("Stopping");
    take_down(tasks, &pipeline, &host, &database).await;
    data_dir.withdraw();
    Ok(())
}

/// Serves everything that listens.
fn listen(
    listening: Listening,
    settings: &Settings,
    pipeline: Arc<Pipeline>,
    state: ApiState,
    shutdown: &CancellationToken,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let http_settings = HttpSettings { trusted_proxies: settings.trusted_proxies, ..HttpSettings::default() };
    tasks.spawn(http::serve(listening.http, pipeline.clone(), http_settings, shutdown.clone()));
    tasks.spawn(api::serve(listening.api, state, shutdown.clone()));
    let shutdown = shutdown.clone();
    tasks.spawn(async move {
        if let Err(error) = tftp::serve(listening.tftp, pipeline, TftpSettings::default(), shutdown).await {
            tracing::error!("The TFTP listener ended: {error}");
        }
    });
    tasks
}

async fn start_plugins(
    settings: &Settings,
    data_dir: &DataDir,
    store: Arc<Database>,
    events: mpsc::UnboundedSender<PluginEvent>,
) -> anyhow::Result<Arc<PluginHost>> {
    let bundle = settings.plugins.clone().map_or(Bundle::Bundled, Bundle::Folder);
    let (installed, errors) =
        install(&bundle, &data_dir.plugins()).context("plugins could not be installed")?;
    for error in errors {
        tracing::error!("A plugin was not installed: {error}");
    }
    let host_settings = HostSettings {
        data_dir: data_dir.path().to_owned(),
        runtime: data_dir.runtime().to_owned(),
        program: std::env::current_exe().context("this program cannot find itself")?,
        log: std::env::var(provd_proto::environment::LOG).unwrap_or_else(|_| "info".to_owned()),
    };
    Ok(PluginHost::start(installed, &host_settings, store, events).await?)
}

/// Acts on what happens to plugins, and first on what changed since the last start.
async fn keep_up(
    provisioning: Arc<Provisioning>,
    pending: Vec<PluginEvent>,
    mut events: mpsc::UnboundedReceiver<PluginEvent>,
    shutdown: CancellationToken,
) {
    let work = async {
        if let Err(error) = provisioning.apply_base_raw_config().await {
            tracing::error!("Devices could not be brought up to date with this server's address: {error}");
        }
        for event in pending {
            provisioning.on_plugin_event(event).await;
        }
        let mut retry = tokio::time::interval(RETRY_WAITING);
        loop {
            tokio::select! {
                Some(event) = events.recv() => provisioning.on_plugin_event(event).await,
                _ = retry.tick() => provisioning.configure_waiting().await,
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = shutdown.cancelled() => {}
    }
}

/// Listeners first, so that nothing new begins; then the plugins they ask; then the database everything is kept in.
async fn take_down(mut tasks: JoinSet<()>, pipeline: &Pipeline, host: &PluginHost, database: &Database) {
    let everything = async {
        while tasks.join_next().await.is_some() {}
        pipeline.finish().await;
        host.stop().await;
    };
    if tokio::time::timeout(DRAIN, everything).await.is_err() {
        tracing::warn!("Not everything finished within {} s; stopping all the same", DRAIN.as_secs());
    }
    database.close().await;
}

fn base_url(base: &Map<String, Value>) -> String {
    base.get("http_base_url").and_then(Value::as_str).unwrap_or_default().to_owned()
}
