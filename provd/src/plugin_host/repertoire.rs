//! Which plugins there are: those the bundle offers, and how they and those of packages come and go while the server runs.
//!
//! A plugin an administrator removed is remembered, so that no start installs it again. The administrator's own files for
//! it stay: they are nobody else's.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::capabilities::capabilities;
use super::host::{Entry, PluginHost};
use super::installation::{Family, Installed, families};
use super::overrides::version_of_files;
use super::supervisor::Version;
use crate::domain::plugin::PluginState;
use crate::packages::compare_versions;
use crate::provisioning::PluginEvent;
use crate::provisioning::installation::{InstallationError, PlacedPlugin, PluginOffer};
use crate::provisioning::operations::Worker;
use crate::provisioning::store::{PluginRecord, Store, StoreError};

/// Parameter under which removed plugins are stored, as a JSON array.
const REMOVED: &str = "removed_plugins";
/// Longest time until a plugin is ready, or known not to become so: more than it may ask for itself.
const FIRST_START: Duration = Duration::from_secs(65);
/// Longest time until a plugin has ended, which itself is bounded by 15 s.
const END: Duration = Duration::from_secs(20);

/// Plugins that an administrator removed, and that no start installs.
pub async fn removed_plugins(store: &dyn Store) -> Result<BTreeSet<String>, StoreError> {
    let Some(stored) = store.parameter(REMOVED).await? else { return Ok(BTreeSet::new()) };
    serde_json::from_str(&stored).map_err(|error| StoreError::Corrupt {
        what: format!("parameter `{REMOVED}`"),
        why: error.to_string(),
    })
}

impl PluginHost {
    /// What the bundle offers, by id.
    pub(super) async fn offered(&self) -> Result<Vec<PluginOffer>, InstallationError> {
        let mut offers = Vec::new();
        for family in self.families().await? {
            let family = Arc::new(family);
            for id in &family.manifest.ids {
                let installed = self.find(id).filter(|entry| offers_nothing(&family, entry));
                offers.push(PluginOffer {
                    id: id.clone(),
                    version: family.manifest.version.clone(),
                    description: family.manifest.description.clone(),
                    is_installed: installed.is_some(),
                    capabilities: match installed {
                        Some(entry) => entry.shared.snapshot().capabilities,
                        None => capabilities(&family, id).await,
                    },
                    origin: None,
                });
            }
        }
        offers.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(offers)
    }

    async fn families(&self) -> Result<Vec<Family>, InstallationError> {
        let bundle = self.settings.bundle.clone();
        let (families, errors) = in_background(move || families(&bundle)).await?.map_err(failed)?;
        for error in errors {
            tracing::warn!("A plugin is not offered: {error}");
        }
        Ok(families)
    }

    /// Installs a version whose files are in their place and waits until it is ready.
    pub(super) async fn install_record(
        &self,
        record: PluginRecord,
    ) -> Result<PluginEvent, InstallationError> {
        let plugin = record.id.clone();
        let overrides = self.settings.data_dir.join("overrides").join(&plugin);
        let version = version_of_files(&record.folder, &overrides);
        match self.find(&plugin) {
            Some(entry) => self.take_over(&entry, record).await?,
            None => self.begin(record).await?,
        }
        Ok(PluginEvent::Ready { plugin, version })
    }

    /// Writes the version folder of the offered version of a plugin.
    pub(super) async fn put_in_place(
        &self,
        plugin: &str,
        worker: &Arc<Worker>,
    ) -> Result<PlacedPlugin, InstallationError> {
        let mut families = self.families().await?.into_iter();
        let family = families.find(|family| family.manifest.ids.iter().any(|id| id == plugin));
        let bundled = family.as_ref().map(|family| family.manifest.version.as_str());
        if let Some(found) = self.found(plugin, bundled).await? {
            return self.place_found(found, worker).await;
        }
        let family = family.ok_or_else(|| InstallationError::NotOffered(plugin.to_owned()))?;
        let (id, plugins) = (plugin.to_owned(), self.settings.data_dir.join("plugins"));
        let _alone = self.writing.lock().await;
        let installed = in_background(move || family.install(&id, &plugins)).await??;
        let is_installed = self.find(plugin).is_some_and(|entry| entry.folder == installed.folder);
        let Installed { id, version, folder } = installed;
        Ok(PlacedPlugin { id, version, folder, is_installed, is_packaged: false })
    }

    /// Another version takes the place of one that may be running.
    async fn take_over(&self, entry: &Entry, mut record: PluginRecord) -> Result<(), InstallationError> {
        record.previous = entry.version_before(&record.folder);
        let plan = self.plan(&record).map_err(failed)?;
        let next = Entry {
            version: record.version.clone(),
            folder: record.folder.clone(),
            description: plan.manifest.description.clone(),
            is_packaged: record.is_packaged,
            previous: record.previous.clone(),
            overrides: plan.overrides.clone(),
            shared: entry.shared.clone(),
            restarts: entry.restarts.clone(),
            stop: entry.stop.clone(),
        };
        let id = record.id.clone();
        let version = Box::new(Version { plan, record });
        self.replace_process(entry, Some(version)).await.map_err(InstallationError::Failed)?;
        let kept = next.version_folders();
        self.enter(id.clone(), Arc::new(next));
        self.forget_versions(&id, kept).await;
        Ok(())
    }

    /// A plugin that was not installed begins its life.
    async fn begin(&self, record: PluginRecord) -> Result<(), InstallationError> {
        self.store.put_plugin(&record).await?;
        self.remember_removed(|removed| removed.remove(&record.id)).await?;
        let entry = self.supervise(record).await?.map_err(failed)?;
        let ready = async {
            loop {
                let changed = self.changes.next();
                let snapshot = entry.shared.snapshot();
                match snapshot.state {
                    PluginState::Starting => changed.await,
                    PluginState::Ready | PluginState::Degraded => return Ok(()),
                    _ => return Err(snapshot.reason.unwrap_or_else(|| "it was stopped".to_owned())),
                }
            }
        };
        let outcome = timeout(FIRST_START, ready).await;
        outcome
            .unwrap_or_else(|_| Err("it did not become ready".to_owned()))
            .map_err(InstallationError::Failed)
    }

    /// Ends a plugin and removes what was installed of it.
    pub(super) async fn remove(&self, plugin: &str) -> Result<(), InstallationError> {
        if self.find(plugin).is_none() {
            return Err(InstallationError::NotInstalled(plugin.to_owned()));
        }
        // First of all: whatever goes wrong now, the next start leaves it out.
        self.remember_removed(|removed| removed.insert(plugin.to_owned())).await?;
        if let Some(entry) = self.take(plugin) {
            entry.stop.cancel();
            self.ended(plugin, &entry).await;
        }
        self.clear_away(plugin).await
    }

    /// Removes the folders of a plugin that is not to be there.
    pub(super) async fn clear_away(&self, plugin: &str) -> Result<(), InstallationError> {
        let folders = ["plugins", "scratch"].map(|kind| self.settings.data_dir.join(kind).join(plugin));
        in_background(move || folders.iter().try_for_each(|folder| remove_folder(folder)))
            .await?
            .map_err(failed)
    }

    async fn ended(&self, plugin: &str, entry: &Entry) {
        let ended = async {
            loop {
                let changed = self.changes.next();
                if entry.shared.state() == PluginState::Stopped {
                    return;
                }
                changed.await;
            }
        };
        if timeout(END, ended).await.is_err() {
            tracing::warn!(
                "Plugin {plugin} did not end within {} s; it is removed all the same",
                END.as_secs()
            );
        }
    }

    async fn remember_removed(
        &self,
        change: impl FnOnce(&mut BTreeSet<String>) -> bool,
    ) -> Result<(), InstallationError> {
        let mut removed = self.removed.lock().await;
        let mut changed = removed.clone();
        if !change(&mut changed) {
            return Ok(());
        }
        let document = serde_json::to_string(&changed).map_err(failed)?;
        self.store.set_parameter(REMOVED, Some(&document)).await?;
        *removed = changed;
        Ok(())
    }
}

/// Whether the version of a family is the one that is installed, or older than one that came in a package.
fn offers_nothing(family: &Family, installed: &Entry) -> bool {
    let is_older = || compare_versions(&family.manifest.version, &installed.version).is_lt();
    installed.folder == family.folder || (installed.is_packaged && is_older())
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io::Error::new(error.kind(), format!("{} cannot be removed: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

/// Work on files, apart from what must not wait.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, InstallationError> {
    spawn_blocking(work).await.map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err calls")]
pub(super) fn failed(error: impl ToString) -> InstallationError {
    InstallationError::Failed(error.to_string())
}
