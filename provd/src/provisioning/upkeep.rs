//! What follows when a plugin becomes ready, or the server's own address changes: common files, devices that waited.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use futures_util::StreamExt as _;

use super::many::{Done, PARALLEL, ended};
use super::store::StoreError;
use super::{Provisioning, ProvisioningError};
use crate::domain::plugin::Configuration;

/// Parameter under which the base raw config of the last start is kept.
pub(super) const BASE_OF_LAST_START: &str = "base_raw_config";

/// Prefix of the parameters under which the version that generated the files of a plugin is kept.
const VERSION_OF_FILES: &str = "version_of_files.";

/// Something about a plugin that devices depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginEvent {
    /// It can be asked now.
    Ready {
        /// Which plugin.
        plugin: String,
        /// What its files are generated from: version of the plugin and the administrator's overrides. If it is not
        /// that of the last time, all files are out of date.
        version: String,
    },
}

impl Provisioning {
    /// Acts on an event. Errors are logged: whoever reports an event cannot mend them.
    pub async fn on_plugin_event(self: &Arc<Self>, event: PluginEvent) {
        let PluginEvent::Ready { plugin, version } = event;
        if let Err(error) = self.refresh(&plugin, &version).await {
            tracing::error!("What depends on plugin {plugin} could not be brought up to date: {error}");
        }
    }

    /// Remembers to configure a device when that may be possible again: its plugin is back, or the database.
    pub(crate) fn configure_later(&self, device: &str, plugin: Option<&str>) {
        let mut waiting = self.unconfigured.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(device.to_owned(), plugin.map(str::to_owned));
    }

    /// Configures the devices that wait and whose plugin can be asked. One that hung or was overloaded becomes well without
    /// ever having been restarted, so this is to be called every few seconds. It ends early where nothing can be stored.
    pub async fn configure_waiting(&self) {
        let ready =
            |plugin: &Option<String>| plugin.as_deref().is_none_or(|id| self.plugins.is_available(id));
        let waiting: Vec<String> = {
            let waiting = self.unconfigured.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.iter().filter(|(_, plugin)| ready(plugin)).map(|(device, _)| device.clone()).collect()
        };
        let stored = AtomicBool::new(true);
        let one = async |device: String| {
            let _place = self.places.acquire().await;
            if !stored.load(Ordering::Relaxed) {
                return;
            }
            self.unconfigured.lock().unwrap_or_else(PoisonError::into_inner).remove(&device);
            match self.reconfigure_device(&device).await {
                Ok(_) | Err(ProvisioningError::NoSuchDevice(_)) => {}
                Err(error) => {
                    self.configure_later(&device, None);
                    if stored.swap(false, Ordering::Relaxed) {
                        tracing::error!("Devices that wait to be configured go on waiting: {error}");
                    }
                }
            }
        };
        futures_util::stream::iter(waiting).for_each_concurrent(PARALLEL, one).await;
    }

    /// The part of an event that cannot wait until the first phone asks: the common files.
    pub async fn prepare(&self, event: &PluginEvent) {
        let PluginEvent::Ready { plugin, .. } = event;
        if let Err(error) = self.refresh_common_files(plugin).await {
            tracing::error!("The common files of {plugin} could not be stored: {error}");
        }
    }

    /// What follows when a plugin is ready: its common files, and its devices that are not configured, or not by this version.
    pub(super) async fn refresh(self: &Arc<Self>, plugin: &str, version: &str) -> Result<(), StoreError> {
        // Whoever comes second finds that everything is done.
        let _turn = self.locks.lock(format!("plugin {plugin}")).await;
        let parameter = format!("{VERSION_OF_FILES}{plugin}");
        let last = self.store.parameter(&parameter).await?;
        self.refresh_common_files(plugin).await?;
        let changed = last.is_some_and(|last| last != version);
        let stale = self.stale_devices(plugin, changed).await?;
        let what = format!("configure devices of plugin {plugin}");
        self.configure_stale(what, stale, Done::Parameter(parameter, version.to_owned())).await
    }

    /// Waits until these devices are configured, if there are any, and that is recorded.
    async fn configure_stale(
        self: &Arc<Self>,
        what: String,
        devices: Vec<String>,
        done: Done,
    ) -> Result<(), StoreError> {
        if devices.is_empty() {
            return self.record(done).await;
        }
        ended(self.configure_many(what, devices, done)).await;
        Ok(())
    }

    /// Compares the base raw config with the one files were generated from at the last start. If it changed, say
    /// because the server moved to another address, every device is configured anew.
    pub async fn apply_base_raw_config(self: &Arc<Self>) -> Result<(), ProvisioningError> {
        let current = self.basis_of_files();
        let last = self.store.parameter(BASE_OF_LAST_START).await?;
        if last.as_deref() == Some(&current) {
            return Ok(());
        }
        let mut devices: Vec<_> = self.store.devices().await?.into_iter().map(|device| device.id).collect();
        if last.is_none() {
            devices.clear();
        }
        if !devices.is_empty() {
            tracing::info!(
                "The address phones use to reach this server changed: {} devices are configured anew",
                devices.len()
            );
        }
        let what = "configure all devices for this server's new address".to_owned();
        let done = Done::Parameter(BASE_OF_LAST_START.to_owned(), current);
        Ok(self.configure_stale(what, devices, done).await?)
    }

    /// What all files are generated from besides configs: the base raw config, and the keys in URLs as a digest.
    pub(super) fn basis_of_files(&self) -> String {
        let base = serde_json::Value::Object(self.base.clone()).to_string();
        match self.url_key_digest() {
            Some(digest) => format!("{base} {digest}"),
            None => base,
        }
    }

    async fn refresh_common_files(&self, plugin: &str) -> Result<(), StoreError> {
        match self.plugins.configure_common(plugin, &self.base_raw_config()).await {
            Ok(Configuration { files, warnings, .. }) => {
                for (parameter, message) in warnings {
                    tracing::warn!("Common files of {plugin}: {parameter}: {message}");
                }
                self.store.put_common_files(plugin, files).await
            }
            Err(error) => {
                tracing::error!("The common files of {plugin} stay as they were: {error}");
                Ok(())
            }
        }
    }

    /// All devices of a changed plugin, else those that could not be configured while it was away.
    async fn stale_devices(&self, plugin: &str, changed: bool) -> Result<Vec<String>, StoreError> {
        if changed {
            self.store.devices_of_plugin(plugin).await
        } else {
            self.store.unconfigured_devices_of_plugin(plugin).await
        }
    }
}
