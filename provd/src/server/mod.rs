//! The composition root: everything is built here, runs, and is taken down in order. The only place that knows all rooms.

mod data_dir;
mod listening;
mod upkeep;
mod verifier;
mod welcome;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt as _;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::api::{self, ApiState, Listeners, Monitoring};
use crate::authoring::check::BeforeInstall;
use crate::domain::policy::HttpAuthStrategy;
use crate::firmware::Firmware;
use crate::listeners::dhcp;
use crate::listeners::http::{self, HttpSettings};
use crate::listeners::tftp::{self, TftpSettings};
use crate::metrics::Metrics;
use crate::pipeline::{Journal, Pipeline, PipelineSettings};
use crate::plugin_host::{
    Bundle, HostSettings, PluginHost, Python, TrialSettings, Trust, install, removed_plugins,
};
use crate::provisioning::events::Events;
use crate::provisioning::firmware::FirmwareAdministration as _;
use crate::provisioning::{PluginEvent, Provisioning};
use crate::settings::{IdentificationSettings, Isolation, Settings};
use crate::storage::Database;
use crate::synchronization::Synchronization;

use data_dir::DataDir;
use listening::Listening;
use upkeep::{Retention, keep_up};

/// How long the first phones wait for plugins to become ready when the server starts.
const PLUGINS_READY: Duration = Duration::from_secs(10);
/// How long everything may take to finish when the server stops.
const DRAIN: Duration = Duration::from_secs(25);

/// Whether a server says on stdout where it listens and what to try first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Welcome {
    /// For somebody who started it.
    Printed,
    /// It is part of something else that prints.
    Omitted,
}

/// Runs a server until `shutdown`.
pub async fn run(settings: Settings, welcome: Welcome, shutdown: CancellationToken) -> anyhow::Result<()> {
    let data_dir = DataDir::open(&settings.data_dir)?;
    let token = data_dir.administrator_token()?;
    let listening = Listening::bind(&settings).await?;
    let broadcasts = listening::passive_dhcp(&settings.dhcp_listen)?;
    let database = Database::open(&data_dir.database()).await?;
    let store = Arc::new(database.clone());
    let access = Access::open(&token, store.clone()).await?;
    let access = Arc::new(verifier::add(access, settings.access.verifier.clone())?);

    let (plugin_events, inbox) = mpsc::unbounded_channel();
    let events = Events::default();
    let host = start_plugins(&settings, &data_dir, store.clone(), plugin_events, events.clone()).await?;
    let firmware = Arc::new(open_firmware(&data_dir, &host, &database).await?);
    let base = listening.base_raw_config(settings.advertised_url.as_deref());
    let advertised = base_url(&base);
    let synchronizer = Arc::new(Synchronization::new(settings.synchronization.clone()));
    let provisioning = Provisioning::new(store, host.clone(), base)
        .telling(events)
        .synchronizing_by(synchronizer)
        .behind_nat(settings.identification.nat.clone())
        .requiring_url_keys(settings.identification.http_auth_strategy == HttpAuthStrategy::UrlKey);
    provisioning.load_parameters().await?;
    let provisioning = Arc::new(provisioning);
    provisioning.seed(&listening.advertised_host()).await?;
    host.settled(PLUGINS_READY).await;
    let (pending, inbox) = prepare(&provisioning, inbox).await;

    let addresses = listening.addresses;
    let journal = Arc::new(Journal::default());
    let pipeline = Pipeline::new(provisioning.clone(), policies(&settings.identification), journal.clone());
    let pipeline = Arc::new(pipeline);
    let state = ApiState::new(
        provisioning.clone(),
        host.clone(),
        firmware,
        pipeline.clone(),
        journal,
        settings.identification.retriever,
        access.clone(),
    );
    let metrics = Metrics {
        requests: pipeline.metrics(),
        plugins: host.metrics(),
        storage: database.metrics(),
        api: Arc::default(),
    };
    let (counting, listeners) = (Arc::new(database.clone()), Listeners::default());
    let monitoring = Monitoring::new(metrics, counting, data_dir.path().to_owned(), listeners.clone());
    let state = state.watching(monitoring);
    let mut tasks = listen(listening, &settings, pipeline.clone(), (state, listeners), &shutdown);
    if let Some(broadcasts) = broadcasts {
        tasks.spawn(dhcp::serve(broadcasts, pipeline.clone(), shutdown.clone()));
    }
    let retention =
        Retention { provisional_for: settings.identification.provisional_for, audit_for: settings.audit_for };
    let removed = removed_plugins(&database).await?;
    let work = keep_up(provisioning.clone(), access.clone(), pending, removed, inbox, retention);
    tasks.spawn(shutdown.clone().run_until_cancelled_owned(work).map(drop));

    data_dir.announce(&addresses)?;
    if welcome == Welcome::Printed {
        welcome::print(&addresses, &advertised, &data_dir);
    }
    shutdown.cancelled().await;
    tracing::info!("Stopping");
    take_down(tasks, &pipeline, &provisioning, &access, &host, &database).await;
    data_dir.withdraw();
    Ok(())
}

/// What phones need of plugins before the first of them asks. The rest of what these events ask for is done beside them.
async fn prepare(
    provisioning: &Provisioning,
    mut inbox: mpsc::UnboundedReceiver<PluginEvent>,
) -> (Vec<PluginEvent>, mpsc::UnboundedReceiver<PluginEvent>) {
    let mut pending = Vec::new();
    while let Ok(event) = inbox.try_recv() {
        provisioning.prepare(&event).await;
        pending.push(event);
    }
    (pending, inbox)
}

fn policies(settings: &IdentificationSettings) -> PipelineSettings {
    PipelineSettings {
        retriever: settings.retriever,
        updater: settings.updater,
        auto_creation: settings.auto_creation,
    }
}

/// Serves everything that listens.
fn listen(
    listening: Listening,
    settings: &Settings,
    pipeline: Arc<Pipeline>,
    (state, listeners): (ApiState, Listeners),
    shutdown: &CancellationToken,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let http_settings = HttpSettings { trusted_proxies: settings.trusted_proxies, ..HttpSettings::default() };
    let serving = listeners.serving("http");
    let serve = http::serve(listening.http, pipeline.clone(), http_settings, shutdown.clone());
    tasks.spawn(serve.map(move |()| drop(serving)));
    tasks.spawn(api::serve(listening.api, state, shutdown.clone()));
    let (shutdown, serving) = (shutdown.clone(), listeners.serving("tftp"));
    tasks.spawn(async move {
        let _serving = serving;
        if let Err(error) = tftp::serve(listening.tftp, pipeline, TftpSettings::default(), shutdown).await {
            tracing::error!("The TFTP listener ended: {error}");
        }
    });
    tasks
}

/// Firmware without that of plugins that were removed, should the last server have ended in the midst of it.
async fn open_firmware(
    data_dir: &DataDir,
    host: &Arc<PluginHost>,
    database: &Database,
) -> anyhow::Result<Firmware> {
    let firmware = Firmware::open(data_dir.path(), host.clone())?;
    for plugin in removed_plugins(database).await? {
        if let Err(error) = firmware.forget_plugin(&plugin).await {
            tracing::error!("Firmware of plugin {plugin} remains: {error}");
        }
    }
    Ok(firmware)
}

async fn start_plugins(
    settings: &Settings,
    data_dir: &DataDir,
    store: Arc<Database>,
    plugin_events: mpsc::UnboundedSender<PluginEvent>,
    events: Events,
) -> anyhow::Result<Arc<PluginHost>> {
    let bundle = settings.plugins.clone().map_or(Bundle::Bundled, Bundle::Folder);
    let removed = removed_plugins(&*store).await?;
    let (installed, errors) =
        install(&bundle, &data_dir.plugins(), &removed).context("plugins could not be installed")?;
    for error in errors {
        tracing::error!("A plugin was not installed: {error}");
    }
    let python = Python::new(settings.python.clone(), data_dir.path().join("python"));
    let examiner = BeforeInstall(TrialSettings {
        folder: data_dir.trials()?,
        runtime: data_dir.runtime().to_owned(),
        sandbox: settings.sandbox.clone(),
        python: python.clone(),
    });
    let host_settings = HostSettings {
        data_dir: data_dir.path().to_owned(),
        runtime: data_dir.runtime().to_owned(),
        program: std::env::current_exe().context("this program cannot find itself")?,
        python,
        log: std::env::var(provd_proto::environment::LOG).unwrap_or_else(|_| "info".to_owned()),
        bundle,
        trust: Trust {
            keys: settings.packages.trusted.clone(),
            allow_unsigned: settings.packages.allow_unsigned,
        },
        repositories: settings.packages.repositories.clone(),
        sandbox: settings.sandbox.clone(),
        share_processes: settings.isolation == Isolation::Family,
        examiner: Arc::new(examiner),
    };
    Ok(PluginHost::start(installed, host_settings, store, plugin_events, events).await?)
}

/// Listeners first, so that nothing new begins; then the plugins they ask; then the database everything is kept in.
async fn take_down(
    mut tasks: JoinSet<()>,
    pipeline: &Pipeline,
    provisioning: &Provisioning,
    access: &Access,
    host: &PluginHost,
    database: &Database,
) {
    let everything = async {
        while tasks.join_next().await.is_some() {}
        pipeline.finish().await;
        provisioning.operations().stop().await;
        provisioning.write_presences().await;
        access.note_uses().await;
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
