//! All installed plugins: who is there, who wants to be asked, and the calls as the use cases make them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::audience::{Audience, Changes};
use super::examination::Examiner;
use super::filters::Filters;
use super::generation::{Generation, Plan};
use super::installation::{Bundle, Installed};
use super::placing::Trust;
use super::process::Spawner;
use super::python::Python;
use super::repertoire::removed_plugins;
use super::shared_process::SharedProcesses;
use super::snapshot::Shared;
use super::supervisor::{CRASH_WINDOW, RestartRequest, Supervisor};
use crate::domain::plugin::PluginState;
use crate::domain::sandbox::SandboxPolicy;
use crate::metrics::PluginMetrics;
use crate::packages::{Manifest, ManifestError, Repository};
use crate::provisioning::PluginEvent;
use crate::provisioning::events::Events;
use crate::provisioning::plugins::PluginError;
use crate::provisioning::store::{PluginRecord, PreviousVersion, Store, StoreError};

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
    /// Runs plugins that are written in Python.
    pub python: Python,
    /// Filter for the logs of plugins.
    pub log: String,
    /// What can be installed while the server runs.
    pub bundle: Bundle,
    /// Whose packages are installed.
    pub trust: Trust,
    /// Where packages come from, besides what parameters say.
    pub repositories: Vec<Repository>,
    /// What plugins are kept from.
    pub sandbox: SandboxPolicy,
    /// Whether plugins of wazo-provd share a process with their family.
    pub share_processes: bool,
    /// Who looks at plugins that come in packages before they are let in.
    pub examiner: Arc<dyn Examiner>,
}

/// One installed plugin.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) version: String,
    /// Name of its version folder.
    pub(super) folder: String,
    pub(super) description: String,
    /// Whether it came in a package, and not with the program.
    pub(super) is_packaged: bool,
    /// The version it took the place of.
    pub(super) previous: Option<PreviousVersion>,
    pub(super) overrides: PathBuf,
    pub(super) shared: Arc<Shared>,
    pub(super) restarts: mpsc::Sender<RestartRequest>,
    /// Ends its supervisor.
    pub(super) stop: CancellationToken,
}

/// All installed plugins.
pub struct PluginHost {
    // Changed when a plugin is installed, upgraded or removed; held for a look.
    entries: RwLock<BTreeMap<String, Arc<Entry>>>,
    // Replaced as a whole when a plugin changed; held for a clone of the Arc.
    audience: RwLock<Arc<Audience>>,
    pub(super) store: Arc<dyn Store>,
    pub(super) changes: Arc<Changes>,
    pub(super) settings: HostSettings,
    /// Those an administrator removed; held by whoever changes what is stored of them.
    pub(super) removed: Mutex<BTreeSet<String>>,
    /// Held while the files of a version are written: they are written beside their place first.
    pub(super) writing: Mutex<()>,
    pub(super) spawner: Spawner,
    shared: Arc<SharedProcesses>,
    events: mpsc::UnboundedSender<PluginEvent>,
    /// Who is told how plugins are.
    listeners: Events,
    pub(super) metrics: Arc<PluginMetrics>,
    shutdown: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl PluginHost {
    /// Starts all plugins, each with its own supervisor, and tells of what becomes ready through `events`.
    pub async fn start(
        installed: Vec<Installed>,
        settings: HostSettings,
        store: Arc<dyn Store>,
        events: mpsc::UnboundedSender<PluginEvent>,
        listeners: Events,
    ) -> Result<Arc<PluginHost>, StoreError> {
        let removed = removed_plugins(&*store).await?;
        let mut records: BTreeMap<String, PluginRecord> =
            store.plugins().await?.into_iter().map(|record| (record.id.clone(), record)).collect();
        let spawner = Spawner::new().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let host = PluginHost {
            entries: RwLock::default(),
            audience: RwLock::new(Arc::new(Audience::new(0, Filters::default()))),
            store: store.clone(),
            changes: Arc::default(),
            settings,
            removed: Mutex::new(removed.clone()),
            writing: Mutex::default(),
            spawner,
            shared: Arc::default(),
            events,
            listeners,
            metrics: Arc::default(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let is_kept = |plugin: &&Installed| records.get(&plugin.id).is_some_and(|record| record.is_packaged);
        let kept: BTreeSet<_> = installed.iter().filter(is_kept).map(|plugin| plugin.id.clone()).collect();
        for plugin in installed.iter().filter(|plugin| !kept.contains(&plugin.id)) {
            let record = merge_record(records.get(&plugin.id), plugin);
            store.put_plugin(&record).await?;
            records.insert(record.id.clone(), record);
        }
        // The server may have ended in the midst of removing them.
        for plugin in &removed {
            if let Err(error) = host.clear_away(plugin).await {
                tracing::error!("What remained of plugin {plugin} could not be removed: {error}");
            }
        }
        // Those that an earlier start installed from elsewhere are as installed as the others.
        for record in records.into_values().filter(|record| !removed.contains(&record.id)) {
            let id = record.id.clone();
            if let Err(error) = host.supervise(record).await? {
                tracing::error!("Plugin {id} cannot be started: {error}");
            }
        }
        let host = Arc::new(host);
        host.tasks.spawn(keep_audience_current(host.clone()));
        Ok(host)
    }

    /// Starts an installed plugin, with a supervisor of its own.
    pub(super) async fn supervise(
        &self,
        record: PluginRecord,
    ) -> Result<Result<Arc<Entry>, ManifestError>, StoreError> {
        let recent = self.store.crashes(&record.id, SystemTime::now() - CRASH_WINDOW).await?;
        let plan = match self.plan(&record) {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(error)),
        };
        let (restarts, inbox) = mpsc::channel(8);
        let counters = self.metrics.of(&record.id);
        let (id, changes) = (record.id.clone(), self.changes.clone());
        let shared = Arc::new(Shared::new(id, counters, changes, self.listeners.clone()));
        let stop = self.shutdown.child_token();
        let entry = Arc::new(Entry {
            version: record.version.clone(),
            folder: record.folder.clone(),
            description: plan.manifest.description.clone(),
            is_packaged: record.is_packaged,
            previous: record.previous.clone(),
            overrides: plan.overrides.clone(),
            shared: shared.clone(),
            restarts,
            stop: stop.clone(),
        });
        self.enter(record.id.clone(), entry.clone());
        let supervisor = Supervisor {
            plan,
            record,
            shared,
            spawner: self.spawner.clone(),
            store: self.store.clone(),
            events: self.events.clone(),
            restarts: inbox,
            shutdown: stop,
            tasks: self.tasks.clone(),
            recent_crashes: recent.iter().rev().map(|crash| crash.at).collect(),
            is_unstored: false,
        };
        self.tasks.spawn(supervisor.run());
        Ok(Ok(entry))
    }

    /// How an installed plugin is started.
    pub(super) fn plan(&self, record: &PluginRecord) -> Result<Plan, ManifestError> {
        let HostSettings { data_dir, runtime, program, python, log, sandbox, .. } = &self.settings;
        let folder = data_dir.join("plugins").join(&record.id).join(&record.folder);
        Ok(Plan {
            id: record.id.clone(),
            manifest: Manifest::read(&folder)?,
            folder,
            overrides: data_dir.join("overrides").join(&record.id),
            scratch: data_dir.join("scratch").join(&record.id),
            runtime: runtime.clone(),
            program: program.clone(),
            python: python.clone(),
            log: log.clone(),
            sandbox: sandbox.clone(),
            shared: self.settings.share_processes.then(|| self.shared.clone()),
        })
    }

    /// What is counted and timed of plugins.
    pub fn metrics(&self) -> Arc<PluginMetrics> {
        self.metrics.clone()
    }

    /// Waits until no plugin is in its first start any more, or the deadline passes.
    pub async fn settled(&self, deadline: Duration) {
        let settled = async {
            loop {
                let changed = self.changes.next();
                let starting = |entry: &Entry| entry.shared.state() == PluginState::Starting;
                if !self.all().iter().any(|(_, entry)| starting(entry)) {
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
        let generations: Vec<(String, Arc<Generation>)> =
            self.all().into_iter().filter_map(|(id, entry)| Some((id, entry.shared.generation()?))).collect();
        let filters = generations
            .iter()
            .map(|(id, generation)| (id.as_str(), generation.description.filters.as_slice()));
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

    /// Identifiers of all installed plugins, in order.
    pub(super) fn ids(&self) -> Vec<String> {
        self.look(|entries| entries.keys().cloned().collect())
    }

    /// All installed plugins, by id.
    pub(super) fn all(&self) -> Vec<(String, Arc<Entry>)> {
        self.look(|entries| entries.iter().map(|(id, entry)| (id.clone(), entry.clone())).collect())
    }

    pub(super) fn find(&self, plugin: &str) -> Option<Arc<Entry>> {
        self.look(|entries| entries.get(plugin).cloned())
    }

    pub(super) fn entry(&self, plugin: &str) -> Result<Arc<Entry>, PluginError> {
        self.find(plugin).ok_or_else(|| PluginError::NotInstalled(plugin.to_owned()))
    }

    fn look<T>(&self, look: impl FnOnce(&BTreeMap<String, Arc<Entry>>) -> T) -> T {
        look(&self.entries.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a plugin among the installed ones, in place of what is known of it.
    pub(super) fn enter(&self, id: String, entry: Arc<Entry>) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).insert(id, entry);
    }

    /// Takes a plugin out of the installed ones: nobody is asked any more.
    pub(super) fn take(&self, id: &str) -> Option<Arc<Entry>> {
        let entry = self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.changes.happened();
        entry
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
    let other = stored.filter(|stored| stored.folder != installed.folder);
    PluginRecord {
        id: installed.id.clone(),
        version: installed.version.clone(),
        folder: installed.folder.clone(),
        quarantine: same.and_then(|stored| stored.quarantine.clone()),
        is_packaged: false,
        previous: same.and_then(|stored| stored.previous.clone()).or_else(|| other.map(PreviousVersion::of)),
    }
}

pub(super) fn unavailable(plugin: &str, why: &str) -> PluginError {
    PluginError::Unavailable { plugin: plugin.to_owned(), why: why.to_owned(), retry_after: RETRY_AFTER }
}
