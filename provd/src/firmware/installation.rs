//! Installing and removing packages while phones are served: in what order, and one at a time of each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::spawn_blocking;

use super::definition::{Definitions, Package};
use super::fetching::Fetching;
use super::placement::Placement;
use super::record::{Record, fingerprint};
use super::sources;
use super::store::Store;
use crate::downloads::Proxies;
use crate::provisioning::firmware::{
    FirmwareAdministration, FirmwareError, FirmwarePackage, FirmwareProxies, FirmwareWatching,
    ImportedFirmware, PluginFolders, PreparedFirmware,
};

/// Firmware of all plugins. Clones share it.
#[derive(Clone)]
pub struct Firmware {
    pub(super) store: Store,
    pub(super) placement: Placement,
    pub(super) folders: Arc<dyn PluginFolders>,
    /// Packages that are being installed or removed.
    busy: Arc<SyncMutex<BTreeSet<(String, String)>>>,
    /// Held by whoever changes what phones find, or removes vendors' files.
    placing: Arc<Mutex<()>>,
}

/// Keeps others from these packages until dropped.
struct Turn {
    packages: Vec<(String, String)>,
    busy: Arc<SyncMutex<BTreeSet<(String, String)>>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        self.packages.iter().for_each(|package| {
            busy.remove(package);
        });
    }
}

impl Firmware {
    /// Opens what is below `firmware/` in the data directory, and has phones find what is installed.
    ///
    /// # Errors
    ///
    /// A folder that cannot be read or written.
    pub fn open(data_dir: &Path, folders: Arc<dyn PluginFolders>) -> Result<Firmware, FirmwareError> {
        let root = data_dir.join("firmware");
        let store = Store::open(&root).map_err(failed)?;
        let placement = Placement::open(&root).map_err(failed)?;
        Ok(Firmware { store, placement, folders, busy: Arc::default(), placing: Arc::default() })
    }

    /// What a plugin declares.
    pub(super) async fn definitions(&self, plugin: &str) -> Result<Definitions, FirmwareError> {
        let Some(folder) = self.folders.folder_of(plugin) else { return Ok(Definitions::new()) };
        let id = plugin.to_owned();
        let read = in_background(move || sources::read(&folder, &id)).await?;
        let wrong = |why: super::InvalidDefinition| FirmwareError::Definition {
            plugin: plugin.to_owned(),
            why: why.to_string(),
        };
        read.map_err(wrong)
    }

    pub(super) async fn records(&self, plugin: &str) -> Result<BTreeMap<String, Record>, FirmwareError> {
        let (placement, plugin) = (self.placement.clone(), plugin.to_owned());
        in_background(move || placement.records(&plugin)).await
    }

    fn turn(&self, plugin: &str, packages: &[String]) -> Result<Turn, FirmwareError> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let packages: Vec<_> = packages.iter().map(|id| (plugin.to_owned(), id.clone())).collect();
        if let Some((_, id)) = packages.iter().find(|package| busy.contains(*package)) {
            return Err(FirmwareError::Busy(id.clone()));
        }
        busy.extend(packages.iter().cloned());
        Ok(Turn { packages, busy: self.busy.clone() })
    }

    async fn install_one(
        &self,
        plugin: &str,
        id: &str,
        is_explicit: bool,
        fetching: &mut Fetching<'_>,
    ) -> Result<(), FirmwareError> {
        let mut definitions = self.definitions(plugin).await?;
        let package = definitions.remove(id).ok_or_else(|| not_found(plugin, id))?;
        let kept = fetching.fetch(&package).await?;
        fetching.installing();
        let _alone = self.placing.lock().await;
        self.check_still(plugin, &package).await?;
        let (placement, plugin, id) = (self.placement.clone(), plugin.to_owned(), id.to_owned());
        let version = package.version.clone();
        let (of, name) = (plugin.clone(), id.clone());
        let placed = in_background(move || {
            let made = placement.make(&package, &kept, is_explicit)?;
            placement.place(&plugin, &id, made)
        });
        placed.await?.map_err(|error| FirmwareError::Failed(format!("package {name}: {error}")))?;
        tracing::info!("Package {name} {version} of plugin {of} is installed");
        Ok(())
    }

    /// Refuses a package whose plugin went, or what it depends on, while it was downloaded. Nobody else places or removes
    /// meanwhile.
    async fn check_still(&self, plugin: &str, package: &Package) -> Result<(), FirmwareError> {
        if self.folders.folder_of(plugin).is_none() {
            return Err(FirmwareError::Failed(format!("the plugin {plugin} was removed meanwhile")));
        }
        let records = self.records(plugin).await?;
        // Packages that depend on each other come in any order.
        let is_gone = |needed: &&String| !records.contains_key(*needed) && !self.is_busy(plugin, needed);
        match package.depends.iter().find(is_gone) {
            Some(gone) => Err(FirmwareError::Failed(format!(
                "package {gone}, which {} depends on, was removed meanwhile; install again",
                package.id
            ))),
            None => Ok(()),
        }
    }

    fn is_busy(&self, plugin: &str, id: &str) -> bool {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.contains(&(plugin.to_owned(), id.to_owned()))
    }

    /// Removes packages, and vendors' files that nobody needs any more. `_alone` keeps others from placing meanwhile.
    async fn remove(
        &self,
        plugin: &str,
        packages: Vec<String>,
        _alone: MutexGuard<'_, ()>,
    ) -> Result<(), FirmwareError> {
        let (placement, of) = (self.placement.clone(), plugin.to_owned());
        let names = packages.join(", ");
        in_background(move || placement.remove(&of, &packages)).await?.map_err(failed)?;
        tracing::info!("Packages of plugin {plugin} were removed: {names}");
        self.sweep().await
    }

    /// Removes vendors' files that no installed package was made of, and that no package to be had needs.
    async fn sweep(&self) -> Result<(), FirmwareError> {
        let mut wanted = Vec::new();
        for plugin in self.folders.plugins() {
            match self.definitions(&plugin).await {
                Ok(definitions) => {
                    wanted.extend(definitions.into_values().flat_map(|package| package.files));
                }
                Err(error) => {
                    tracing::warn!("Files of vendors that nobody needs are kept for now: {error}");
                    return Ok(());
                }
            }
        }
        let (store, placement) = (self.store.clone(), self.placement.clone());
        let swept = in_background(move || {
            let kept =
                wanted.iter().filter_map(|file| store.find(&file.digest, None)).map(|kept| kept.sha256);
            let records = placement.plugins().into_iter().flat_map(|plugin| placement.records(&plugin));
            let used = kept.chain(records.flat_map(|(_, record)| record.sources)).collect();
            let loading = wanted.iter().map(|file| store.download(&file.digest)).collect();
            store.sweep(&used, &loading)
        });
        let freed = swept.await?.map_err(failed)?;
        if freed > 0 {
            tracing::info!("Files of vendors that nobody needs were removed: {freed} bytes");
        }
        Ok(())
    }
}

#[async_trait]
impl FirmwareAdministration for Firmware {
    async fn packages(&self, plugin: &str) -> Result<Vec<FirmwarePackage>, FirmwareError> {
        self.listed(plugin).await
    }

    async fn all_packages(&self) -> Vec<FirmwarePackage> {
        let mut all = Vec::new();
        for plugin in self.folders.plugins() {
            match self.listed(&plugin).await {
                Ok(packages) => all.extend(packages),
                Err(error) => tracing::error!("{error}"),
            }
        }
        all
    }

    async fn prepare(
        &self,
        plugin: &str,
        package: &str,
        is_upgrade: bool,
    ) -> Result<PreparedFirmware, FirmwareError> {
        let definitions = self.definitions(plugin).await?;
        let records = self.records(plugin).await?;
        if !definitions.contains_key(package) {
            return Err(not_found(plugin, package));
        }
        if is_upgrade && !records.contains_key(package) {
            return Err(FirmwareError::NotInstalled(package.to_owned()));
        }
        let mut packages = Vec::new();
        in_order(&definitions, package, &mut packages);
        packages.retain(|id| match (records.get(id), definitions.get(id)) {
            (Some(record), Some(defined)) if id == package => {
                record.fingerprint != fingerprint(defined) || !(is_upgrade || record.is_explicit)
            }
            // What it needs is there; it becomes newer when it is upgraded itself, or with what needs it.
            (Some(record), Some(defined)) => is_upgrade && record.fingerprint != fingerprint(defined),
            _ => true,
        });
        let turn = Box::new(self.turn(plugin, &packages)?);
        Ok(PreparedFirmware { plugin: plugin.to_owned(), packages, asked: package.to_owned(), turn })
    }

    async fn install(
        &self,
        prepared: PreparedFirmware,
        proxies: FirmwareProxies,
        watching: FirmwareWatching,
    ) -> Result<(), FirmwareError> {
        let FirmwareProxies { http, https } = proxies;
        let proxies = Proxies::read(http.as_deref(), https.as_deref()).map_err(failed)?;
        let PreparedFirmware { plugin, packages, asked, turn: _turn } = prepared;
        let definitions = self.definitions(&plugin).await?;
        let all = packages.iter().filter_map(|id| definitions.get(id));
        let mut fetching = Fetching::new(&self.store, proxies, watching, all);
        let records = self.records(&plugin).await?;
        for id in &packages {
            let was_explicit = records.get(id).is_some_and(|record| record.is_explicit);
            self.install_one(&plugin, id, *id == asked || was_explicit, &mut fetching).await?;
        }
        fetching.done();
        // What an older version was made of may be needed by nobody now.
        let _alone = self.placing.lock().await;
        if let Err(error) = self.sweep().await {
            tracing::warn!("Files of vendors that nobody needs are kept for now: {error}");
        }
        Ok(())
    }

    async fn uninstall(&self, plugin: &str, package: &str) -> Result<(), FirmwareError> {
        let alone = self.placing.lock().await;
        let mut records = self.records(plugin).await?;
        if records.remove(package).is_none() {
            return Err(FirmwareError::NotInstalled(package.to_owned()));
        }
        let by: Vec<String> = needing(&records, package).map(str::to_owned).collect();
        if !by.is_empty() {
            return Err(FirmwareError::Needed { package: package.to_owned(), by });
        }
        let mut packages = vec![package.to_owned()];
        packages.extend(orphans(&mut records));
        let _turn = self.turn(plugin, &packages)?;
        self.remove(plugin, packages, alone).await
    }

    async fn forget_plugin(&self, plugin: &str) -> Result<(), FirmwareError> {
        // Whatever is being installed of it is refused when its turn to be placed comes.
        let alone = self.placing.lock().await;
        let packages: Vec<String> = self.records(plugin).await?.into_keys().collect();
        if packages.is_empty() { Ok(()) } else { self.remove(plugin, packages, alone).await }
    }

    async fn import(
        &self,
        content: BoxStream<'static, Result<Bytes, String>>,
    ) -> Result<ImportedFirmware, FirmwareError> {
        self.take_in(content).await
    }
}

/// A package after all it depends on. Those that depend on each other come in any order.
fn in_order(definitions: &Definitions, id: &str, order: &mut Vec<String>) {
    fn visit(definitions: &Definitions, id: &str, seen: &mut BTreeSet<String>, order: &mut Vec<String>) {
        let Some(package) = definitions.get(id).filter(|_| seen.insert(id.to_owned())) else { return };
        package.depends.iter().for_each(|needed| visit(definitions, needed, seen, order));
        order.push(id.to_owned());
    }
    visit(definitions, id, &mut BTreeSet::new(), order);
}

fn needing<'a>(records: &'a BTreeMap<String, Record>, package: &str) -> impl Iterator<Item = &'a str> {
    let needing =
        records.iter().filter(move |(_, record)| record.depends.iter().any(|needed| needed == package));
    needing.map(|(id, _)| id.as_str()).collect::<Vec<_>>().into_iter()
}

/// What was only installed for others, none of which is there any more.
fn orphans(records: &mut BTreeMap<String, Record>) -> Vec<String> {
    let mut orphans = Vec::new();
    loop {
        let orphan = records
            .iter()
            .find(|(id, record)| !record.is_explicit && needing(records, id).next().is_none())
            .map(|(id, _)| id.clone());
        let Some(orphan) = orphan else { return orphans };
        records.remove(&orphan);
        orphans.push(orphan);
    }
}

fn not_found(plugin: &str, package: &str) -> FirmwareError {
    FirmwareError::NotFound { plugin: plugin.to_owned(), package: package.to_owned() }
}

/// Work on files, apart from what must not wait.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FirmwareError> {
    spawn_blocking(work).await.map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err calls")]
pub(super) fn failed(error: impl ToString) -> FirmwareError {
    FirmwareError::Failed(error.to_string())
}
