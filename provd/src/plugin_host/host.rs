//! All installed plugins: who is there, who wants to be asked, and the calls as the use cases make them.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::audience::{Audience, Changes};
use super::filters::Filters;
use super::generation::{Generation, Plan};
use super::installation::Installed;
use super::manifest::{Manifest, ManifestError};
use super::process::Spawner;
use super::snapshot::Shared;
use super::supervisor::{CRASH_WINDOW, RestartRequest, Supervisor};
use crate::domain::plugin::PluginState;
use crate::provisioning::PluginEvent;
use crate::provisioning::plugins::PluginError;
use crate::provisioning::store::{PluginRecord, Store, StoreError};

/// When asking a plugin again that is not running may help.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Where plugins live, and with which program they are run.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// Holds `plugins/`, `overrides/` and `scratch/`.
    pub data_dir: PathBuf,
    /// Private folder for sockets; its path is short.
    pub runtime: PathBuf,
    /// This program: the launcher, and the runner of declarative plugins.
    pub program: PathBuf,
    /// Filter for the logs of plugins.
    pub log: String,
}

/// One installed plugin.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) version: String,
    pub(super) description: String,
    pub(super) overrides: PathBuf,
    pub(super) shared: Arc<Shared>,
    pub(super) restarts: mpsc::Sender<RestartRequest>,
}

/// All installed plugins.
pub struct PluginHost {
    pub(super) entries: BTreeMap<String, Entry>,
    // Replaced as a whole when a plugin changed; held for a clone of the Arc.
    audience: RwLock<Arc<Audience>>,
    pub(super) store: Arc<dyn Store>,
    pub(super) changes: Arc<Changes>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl PluginHost {
    /// Starts all plugins, each with its own supervisor, and tells of what becomes ready through `events`.
    pub async fn start(
        installed: Vec<Installed>,
        settings: &HostSettings,
        store: Arc<dyn Store>,
        events: mpsc::UnboundedSender<PluginEvent>,
    ) -> Result<Arc<PluginHost>, StoreError> {
        let mut records: BTreeMap<String, PluginRecord> =
            store.plugins().await?.into_iter().map(|record| (record.id.clone(), record)).collect();
        let spawner = Spawner::new().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let mut host = PluginHost {
            entries: BTreeMap::new(),
            audience: RwLock::new(Arc::new(Audience::new(0, Filters::default()))),
            store: store.clone(),
            changes: Arc::default(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        for plugin in &installed {
            let record = merge_record(records.get(&plugin.id), plugin);
            store.put_plugin(&record).await?;
            records.insert(record.id.clone(), record);
        }
        // Those that an earlier start installed from elsewhere are as installed as the others.
        for record in records.into_values() {
            let recent = store.crashes(&record.id, SystemTime::now() - CRASH_WINDOW).await?;
            let recent: VecDeque<SystemTime> = recent.iter().rev().map(|crash| crash.at).collect();
            host.supervise(record, recent, settings, &spawner, &events);
        }
        let host = Arc::new(host);
        host.tasks.spawn(keep_audience_current(host.clone()));
        Ok(host)
    }

    fn supervise(
        &mut self,
        record: PluginRecord,
        recent_crashes: VecDeque<SystemTime>,
        settings: &HostSettings,
        spawner: &Spawner,
        events: &mpsc::UnboundedSender<PluginEvent>,
    ) {
        let plan = match plan(&record, settings) {
            Ok(plan) => plan,
            Err(error) => {
                tracing::error!("Plugin {} cannot be started: {error}", record.id);
                return;
            }
        };
        let shared = Arc::new(Shared::new(self.changes.clone()));
        let (restarts, inbox) = mpsc::channel(8);
        let entry = Entry {
            version: record.version.clone(),
            description: plan.manifest.description.clone(),
            overrides: plan.overrides.clone(),
            shared: shared.clone(),
            restarts,
        };
        self.entries.insert(record.id.clone(), entry);
        let supervisor = Supervisor {
            plan,
            record,
            shared,
            spawner: spawner.clone(),
            store: self.store.clone(),
            events: events.clone(),
            restarts: inbox,
            shutdown: self.shutdown.clone(),
            tasks: self.tasks.clone(),
            recent_crashes,
        };
        self.tasks.spawn(supervisor.run());
    }

    /// Waits until no plugin is in its first start any more, or the deadline passes.
    pub async fn settled(&self, deadline: Duration) {
        let settled = async {
            loop {
                let changed = self.changes.next();
                let starting = |entry: &Entry| entry.shared.snapshot().state == PluginState::Starting;
                if !self.entries.values().any(starting) {
                    return;
                }
                changed.await;
            }
        };
        if tokio::time::timeout(deadline, settled).await.is_err() {
            tracing::warn!(
                "Not all plugins became ready within {} s; the server begins without them",
                deadline.as_secs()
            );
        }
        self.refresh_audience();
    }

    /// Stops all plugins in good order, side by side. Takes 15 s at most.
    pub async fn stop(&self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub(super) fn audience(&self) -> Arc<Audience> {
        self.audience.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refresh_audience(&self) {
        // Counted first, so that what changes meanwhile makes it out of date.
        let changes = self.changes.count();
        let generations: Vec<(&str, Arc<Generation>)> = self
            .entries
            .iter()
            .filter_map(|(id, entry)| Some((id.as_str(), entry.shared.generation()?)))
            .collect();
        let filters =
            generations.iter().map(|(id, generation)| (*id, generation.description.filters.as_slice()));
        match Filters::new(filters) {
            Ok(filters) => {
                let audience = Arc::new(Audience::new(changes, filters));
                *self.audience.write().unwrap_or_else(PoisonError::into_inner) = audience;
            }
            Err(error) => {
                tracing::error!("The request filters of all plugins together are not usable: {error}");
            }
        }
    }

    pub(super) fn entry(&self, plugin: &str) -> Result<&Entry, PluginError> {
        self.entries.get(plugin).ok_or_else(|| PluginError::NotInstalled(plugin.to_owned()))
    }

    /// The generation whose remembered answers hold; its process may have died.
    pub(super) fn generation(&self, plugin: &str) -> Result<Arc<Generation>, PluginError> {
        self.entry(plugin)?
            .shared
            .generation()
            .ok_or_else(|| unavailable(plugin, "it has not become ready yet"))
    }

    /// The generation to call.
    pub(super) fn running(&self, plugin: &str) -> Result<Arc<Generation>, PluginError> {
        let generation = self.generation(plugin)?;
        if generation.is_alive() {
            Ok(generation)
        } else {
            Err(unavailable(plugin, "it crashed and is being restarted"))
        }
    }
}

/// How an installed plugin is started.
fn plan(record: &PluginRecord, settings: &HostSettings) -> Result<Plan, ManifestError> {
    let folder = settings.data_dir.join("plugins").join(&record.id).join(&record.folder);
    Ok(Plan {
        id: record.id.clone(),
        manifest: Manifest::read(&folder)?,
        folder,
        overrides: settings.data_dir.join("overrides").join(&record.id),
        scratch: settings.data_dir.join("scratch").join(&record.id),
        runtime: settings.runtime.clone(),
        program: settings.program.clone(),
        log: settings.log.clone(),
    })
}

/// Makes another audience whenever a plugin changed; many changes at once cost one compilation.
async fn keep_audience_current(host: Arc<PluginHost>) {
    loop {
        // Made first, so that what changes while they are compiled is not missed.
        let changed = host.changes.next();
        host.refresh_audience();
        tokio::select! {
            () = changed => {}
            () = host.shutdown.cancelled() => return,
        }
    }
}

/// What is stored about a plugin after it was installed: a new version is given a new chance.
fn merge_record(stored: Option<&PluginRecord>, installed: &Installed) -> PluginRecord {
    let same = stored.filter(|stored| stored.folder == installed.folder);
    PluginRecord {
        id: installed.id.clone(),
        version: installed.version.clone(),
        folder: installed.folder.clone(),
        quarantine: same.and_then(|stored| stored.quarantine.clone()),
    }
}

pub(super) fn unavailable(plugin: &str, why: &str) -> PluginError {
    PluginError::Unavailable { plugin: plugin.to_owned(), why: why.to_owned(), retry_after: RETRY_AFTER }
}
