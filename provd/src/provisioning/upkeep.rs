//! What follows when a plugin becomes ready, or the server's own address changes: common files, devices that waited.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;

use super::many::{PARALLEL, ended};
use super::store::StoreError;
use super::{Provisioning, ProvisioningError};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::plugin::Configuration;

/// Parameter under which the base raw config of the last start is kept.
const BASE_OF_LAST_START: &str = "base_raw_config";

/// Prefix of the parameters under which the version that generated the files of a plugin is kept.
const VERSION_OF_FILES: &str = "version_of_files.";

/// Audit entries that are kept whatever their age; each takes about 200 bytes.
const AUDIT_ENTRIES: u32 = 1_000_000;

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

    /// Deletes devices that are known only by their address and were not seen for so long.
    pub async fn expire_provisional(&self, unseen_for: Duration) -> Result<(), StoreError> {
        self.write_presences().await;
        for device in self.store.expired_devices(SystemTime::now() - unseen_for).await? {
            if self.presences.has_news_of(&device.id) {
                continue;
            }
            let why =
                vec![format!("known only by its address, not seen for {} h", unseen_for.as_secs() / 3600)];
            let entry = AuditEntry::device(&Actor::Server, "expired", &device.id, why);
            if self.store.delete_device(&device.id, Some(device.revision), vec![entry]).await? {
                tracing::info!(
                    "Device {} is deleted: it was known only by its address, and not seen since",
                    device.id
                );
                self.deconfigure(&device).await;
            }
        }
        Ok(())
    }

    /// The part of an event that cannot wait until the first phone asks: the common files.
    pub async fn prepare(&self, event: &PluginEvent) {
        let PluginEvent::Ready { plugin, .. } = event;
        if let Err(error) = self.refresh_common_files(plugin).await {
            tracing::error!("The common files of {plugin} could not be stored: {error}");
        }
    }

    /// Forgets audit entries that are older than this, and the oldest of too many.
    pub async fn purge_audit(&self, kept_for: Duration) -> Result<(), StoreError> {
        let purged = self.store.purge_audit(SystemTime::now() - kept_for, AUDIT_ENTRIES).await?;
        if purged > 0 {
            tracing::info!("{purged} old audit entries are deleted");
        }
        Ok(())
    }

    async fn refresh(self: &Arc<Self>, plugin: &str, version: &str) -> Result<(), StoreError> {
        let parameter = format!("{VERSION_OF_FILES}{plugin}");
        let last = self.store.parameter(&parameter).await?;
        self.refresh_common_files(plugin).await?;
        let changed = last.is_some_and(|last| last != version);
        self.refresh_devices(plugin, changed).await?;
        self.store.set_parameter(&parameter, Some(version)).await
    }

    /// Compares the base raw config with the one files were generated from at the last start. If it changed, say
    /// because the server moved to another address, every device is configured anew.
    pub async fn apply_base_raw_config(self: &Arc<Self>) -> Result<(), ProvisioningError> {
        let current = serde_json::Value::Object(self.base.clone()).to_string();
        let last = self.store.parameter(BASE_OF_LAST_START).await?;
        if last.as_deref() == Some(&current) {
            return Ok(());
        }
        let devices: Vec<_> = self.store.devices().await?.into_iter().map(|device| device.id).collect();
        if last.is_some() && !devices.is_empty() {
            tracing::info!(
                "The address phones use to reach this server changed: {} devices are configured anew",
                devices.len()
            );
            let what = "configure all devices for this server's new address".to_owned();
            ended(self.configure_many(what, devices, None)).await;
        }
        Ok(self.store.set_parameter(BASE_OF_LAST_START, Some(&current)).await?)
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
    async fn refresh_devices(self: &Arc<Self>, plugin: &str, changed: bool) -> Result<(), StoreError> {
        let mut waiting = Vec::new();
        for id in self.store.devices_of_plugin(plugin).await? {
            let stale = match self.store.device(&id).await? {
                Some(device) => changed || (!device.configured && device.config.is_some()),
                None => false,
            };
            if stale {
                waiting.push(id);
            }
        }
        if !waiting.is_empty() {
            ended(self.configure_many(format!("configure devices of plugin {plugin}"), waiting, None)).await;
        }
        Ok(())
    }
}
