//! Installing, upgrading, returning and removing plugins while the server runs, and what that means for their devices.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;

use super::installation::{InstallationError, PlacedPlugin, PluginOffer, SentPackage, Terms};
use super::many::{PARALLEL, Running};
use super::operations::Worker;
use super::plugins::PluginAdministration;
use super::store::StoreError;
use super::{PluginEvent, Provisioning, ProvisioningError};

/// Where installations are in REST.
const INSTALL: &str = "/0.2/pg_mgr/install/install";
/// Where upgrades are in REST.
const UPGRADE: &str = "/0.2/pg_mgr/install/upgrade";
/// Where returns to the version before are in REST.
const ROLLBACK: &str = "/0.2/pg_mgr/install/rollback";

/// The one word by which programs for 0.2 know both.
const LABEL: &str = "install";

/// Which version is to be installed.
enum Source {
    Offered,
    Placed(PlacedPlugin),
    Previous,
}

/// Plugins that come or go at the moment.
#[derive(Debug, Default)]
pub(super) struct Installations(Arc<Mutex<HashSet<String>>>);

/// Keeps others from the same plugin until dropped.
#[derive(Debug)]
struct Turn {
    plugin: String,
    busy: Arc<Mutex<HashSet<String>>>,
}

impl Installations {
    fn begin(&self, plugin: &str) -> Result<Turn, InstallationError> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(plugin.to_owned());
        if is_free {
            Ok(Turn { plugin: plugin.to_owned(), busy: self.0.clone() })
        } else {
            Err(InstallationError::Busy(plugin.to_owned()))
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.plugin);
    }
}

impl Provisioning {
    /// Installs a plugin and configures the devices that name it, as an operation.
    ///
    /// # Errors
    ///
    /// It is installed already, is not offered, or somebody else is at it.
    pub async fn install_plugin(
        self: &Arc<Self>,
        plugins: Arc<dyn PluginAdministration>,
        plugin: &str,
    ) -> Result<Running, InstallationError> {
        let turn = self.installations.begin(plugin)?;
        if plugins.status(plugin).await.is_some() {
            return Err(InstallationError::AlreadyInstalled(plugin.to_owned()));
        }
        offer(&*plugins, plugin).await?;
        Ok(self.begin_installation(INSTALL, plugins, turn, Source::Offered, Terms::default()))
    }

    /// Replaces a plugin by the version that is offered and configures its devices anew, as an operation. The new version is
    /// tried out on all of them first: one that is not fit changes nothing. Where the offered version is installed there is
    /// nothing to do, and that succeeds.
    ///
    /// # Errors
    ///
    /// It is not installed, is not offered, or somebody else is at it.
    pub async fn upgrade_plugin(
        self: &Arc<Self>,
        plugins: Arc<dyn PluginAdministration>,
        plugin: &str,
        terms: Terms,
    ) -> Result<Running, InstallationError> {
        let turn = self.installations.begin(plugin)?;
        if plugins.status(plugin).await.is_none() {
            return Err(InstallationError::NotInstalled(plugin.to_owned()));
        }
        let offer = offer(&*plugins, plugin).await?;
        if !offer.is_installed {
            return Ok(self.begin_installation(UPGRADE, plugins, turn, Source::Offered, terms));
        }
        Ok(self.nothing_to_do(
            plugin,
            format!("nothing newer than the installed version is offered; the newest is {}", offer.version),
        ))
    }

    /// Installs the plugin in a package, in place of another version if it is installed, and configures its devices, as an
    /// operation. Where that very version is installed there is nothing to do, and that succeeds.
    ///
    /// # Errors
    ///
    /// It is no package, nobody trusted signed it, or somebody else is at this plugin.
    pub async fn install_package(
        self: &Arc<Self>,
        plugins: Arc<dyn PluginAdministration>,
        package: SentPackage,
        terms: Terms,
    ) -> Result<(PlacedPlugin, Running), InstallationError> {
        let placed = plugins.place(package).await?;
        let turn = self.installations.begin(&placed.id)?;
        let running = if placed.is_installed {
            self.nothing_to_do(&placed.id, format!("{} of this package is installed", placed.version))
        } else {
            let is_new = plugins.status(&placed.id).await.is_none();
            let collection = if is_new { INSTALL } else { UPGRADE };
            self.begin_installation(collection, plugins, turn, Source::Placed(placed.clone()), terms)
        };
        Ok((placed, running))
    }

    fn nothing_to_do(&self, plugin: &str, reason: String) -> Running {
        self.operations.run(UPGRADE, what(UPGRADE, plugin), None, |worker| {
            worker.label(LABEL);
            async { Ok(Some(reason)) }
        })
    }

    /// Returns to the version of a plugin that ran before, as an operation. That too is tried out first. Until somebody upgrades
    /// it again it stays in that version, whatever comes with the program.
    ///
    /// # Errors
    ///
    /// It is not installed, there is no version to return to, or somebody else is at it.
    pub async fn roll_back_plugin(
        self: &Arc<Self>,
        plugins: Arc<dyn PluginAdministration>,
        plugin: &str,
        terms: Terms,
    ) -> Result<Running, InstallationError> {
        let turn = self.installations.begin(plugin)?;
        plugins.previous(plugin).await?;
        Ok(self.begin_installation(ROLLBACK, plugins, turn, Source::Previous, terms))
    }

    fn begin_installation(
        self: &Arc<Self>,
        collection: &'static str,
        plugins: Arc<dyn PluginAdministration>,
        turn: Turn,
        source: Source,
        terms: Terms,
    ) -> Running {
        let provisioning = self.clone();
        self.operations.run(collection, what(collection, &turn.plugin), None, |worker| {
            worker.label(LABEL);
            async move {
                let placed = match source {
                    Source::Offered => plugins.place_offered(&turn.plugin, &worker).await,
                    Source::Placed(placed) => Ok(placed),
                    Source::Previous => plugins.previous(&turn.plugin).await,
                };
                let placed = placed.map_err(|error| error.to_string())?;
                let is_new = collection == INSTALL;
                let done = provisioning.put_in_force(&*plugins, placed, is_new, terms, &worker).await;
                done.map_err(|error| error.to_string())
            }
        })
    }

    /// Has a placed version take over, once it was tried out on the devices it gets. Gives what is worth knowing.
    async fn put_in_force(
        self: &Arc<Self>,
        plugins: &dyn PluginAdministration,
        placed: PlacedPlugin,
        is_new: bool,
        terms: Terms,
        worker: &Worker,
    ) -> Result<Option<String>, InstallationError> {
        if !is_new || terms.is_dry_run {
            let findings = self.try_out(plugins, &placed, terms, worker).await?;
            worker.found(&findings);
        }
        if terms.is_dry_run {
            return Ok(Some("nothing was changed: this was a dry run".to_owned()));
        }
        let PluginEvent::Ready { plugin, version } = plugins.install_placed(placed).await?;
        self.refresh(&plugin, &version).await?;
        Ok(None)
    }

    /// Removes a plugin. Its devices keep it, and are not configured any more.
    ///
    /// # Errors
    ///
    /// It is not installed, somebody else is at it, or the server could not do it.
    pub async fn uninstall_plugin(
        &self,
        plugins: &dyn PluginAdministration,
        plugin: &str,
    ) -> Result<(), InstallationError> {
        let _turn = self.installations.begin(plugin)?;
        plugins.uninstall(plugin).await?;
        let devices = self.store.devices_of_plugin(plugin).await?;
        Ok(self.forget_plugin(plugin, devices).await?)
    }

    /// Carries on with the removal of a plugin, should the server have ended in the midst of it.
    ///
    /// # Errors
    ///
    /// Somebody installs it at this moment, or the database refuses.
    pub async fn finish_removal(&self, plugin: &str) -> Result<(), InstallationError> {
        let _turn = self.installations.begin(plugin)?;
        if self.plugins.is_installed(plugin) {
            return Ok(());
        }
        let mut devices = Vec::new();
        for id in self.store.devices_of_plugin(plugin).await? {
            let device = self.store.device(&id).await?;
            devices.extend(device.filter(|device| device.configured).map(|device| device.id));
        }
        Ok(self.forget_plugin(plugin, devices).await?)
    }

    /// Without a plugin there are no common files of it, and these devices are not configured.
    async fn forget_plugin(&self, plugin: &str, devices: Vec<String>) -> Result<(), StoreError> {
        self.store.put_common_files(plugin, Vec::new()).await?;
        let unconfigure = async |device: String| match self.reconfigure_device(&device).await {
            Ok(_) | Err(ProvisioningError::NoSuchDevice(_)) => {}
            Err(error) => tracing::error!("Device {device} still counts as configured: {error}"),
        };
        futures_util::stream::iter(devices).for_each_concurrent(PARALLEL, unconfigure).await;
        Ok(())
    }
}

/// What is offered under an identifier.
async fn offer(plugins: &dyn PluginAdministration, plugin: &str) -> Result<PluginOffer, InstallationError> {
    let offers = plugins.offers().await?;
    let offer = offers.into_iter().find(|offer| offer.id == plugin);
    offer.ok_or_else(|| InstallationError::NotOffered(plugin.to_owned()))
}

fn what(collection: &str, plugin: &str) -> String {
    match collection {
        UPGRADE => format!("upgrade plugin {plugin}"),
        ROLLBACK => format!("return plugin {plugin} to the version before"),
        _ => format!("install plugin {plugin}"),
    }
}
