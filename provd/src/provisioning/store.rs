//! What the use cases need of a database, stated without one. The only implementation with SQL is `storage`.

use std::net::IpAddr;
use std::time::SystemTime;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::config::{Config, Configs};
use crate::domain::device::Device;
use crate::domain::mac::Mac;
use crate::domain::plugin::{Configuration, Crash, GeneratedFile, StoredFile};

/// Why the store did not do as asked. Nothing of the failed change is stored.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The record was changed, or deleted, by somebody else since it was read.
    #[error("{0} was changed by somebody else at the same time")]
    Conflict(String),
    /// The identifier is taken.
    #[error("the id `{0}` is already in use")]
    Duplicate(String),
    /// The database cannot be used now: disk full, I/O error, locked for too long.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// What is stored cannot be understood.
    #[error("{what} in the database cannot be read: {why}")]
    Corrupt {
        /// Which record.
        what: String,
        /// What is wrong with it.
        why: String,
    },
}

/// An indexed fact to find devices by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DeviceKey {
    /// By MAC address.
    Mac(Mac),
    /// By serial number.
    Sn(String),
    /// By UUID.
    Uuid(String),
    /// By address. Of more than a hundred devices behind one address only the oldest are given: nobody can tell which of
    /// so many it is.
    Ip(IpAddr),
    /// By address, those whose MAC address is not known.
    IpWithoutMac(IpAddr),
}

/// Everything one change of a device brings with it; stored whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct DeviceChange {
    /// The record as it shall be. A `revision` of 0 means it is new; else it must still be the stored one.
    pub device: Device,
    /// The configs its files were generated from with their revisions, 0 for one that did not exist. If one of them
    /// changed since, that is a conflict.
    pub basis: Vec<(String, i64)>,
    /// Whether the device was discovered: that another has its MAC address, serial number or UUID is then a conflict.
    pub discovered: bool,
    /// A config to insert first.
    pub new_config: Option<Config>,
    /// Files that replace all generated files of the device; absent: they stay as they are.
    pub files: Option<Configuration>,
    /// A provisional device that turned out to be this one: deleted if it is still at this revision.
    pub absorbed: Option<Device>,
    /// Whether other devices lose the address this one has.
    pub takes_address: bool,
    /// A config the device leaves: deleted if it is transient and nobody uses it any more.
    pub left_config: Option<String>,
}

/// What is stored about an installed plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRecord {
    /// `aastra-3.2.2.1136`
    pub id: String,
    /// Version of the plugin itself.
    pub version: String,
    /// Name of its version folder below `plugins/<id>/`.
    pub folder: String,
    /// Why it is not started until an administrator says so.
    pub quarantine: Option<String>,
}

/// The database, as the use cases see it.
#[async_trait]
pub trait Store: Send + Sync {
    /// One device.
    async fn device(&self, id: &str) -> Result<Option<Device>, StoreError>;
    /// Devices with this fact, oldest first.
    async fn find_devices(&self, key: &DeviceKey) -> Result<Vec<Device>, StoreError>;
    /// All devices, oldest first.
    async fn devices(&self) -> Result<Vec<Device>, StoreError>;
    /// Identifiers of the devices that use one of these configs.
    async fn devices_of_configs(&self, configs: &[String]) -> Result<Vec<String>, StoreError>;
    /// Identifiers of the devices a plugin serves.
    async fn devices_of_plugin(&self, plugin: &str) -> Result<Vec<String>, StoreError>;
    /// Stores a change in one transaction and gives the device back with its new revision.
    async fn change_device(&self, change: DeviceChange) -> Result<Device, StoreError>;
    /// Deletes a device, its files and, if it was the last to use it, its transient config. False if there is none.
    async fn delete_device(&self, id: &str) -> Result<bool, StoreError>;

    /// One config.
    async fn config(&self, id: &str) -> Result<Option<Config>, StoreError>;
    /// All configs, oldest first.
    async fn configs(&self) -> Result<Vec<Config>, StoreError>;
    /// A config and all of its ancestors that exist, by id; empty if it does not exist itself.
    async fn lineage(&self, id: &str) -> Result<Configs, StoreError>;
    /// Identifiers of a config, existing or not, and of all that inherit from it.
    async fn descendants(&self, id: &str) -> Result<Vec<String>, StoreError>;
    /// The oldest config with this role.
    async fn config_with_role(&self, role: &str) -> Result<Option<Config>, StoreError>;
    /// Inserts a config (`revision` 0) or replaces it (its stored revision).
    async fn put_config(&self, config: &Config) -> Result<Config, StoreError>;
    /// Deletes a config. False if there is none.
    async fn delete_config(&self, id: &str) -> Result<bool, StoreError>;

    /// A generated file of a device, by [canonical path](crate::domain::mac::canonical_path).
    async fn device_file(&self, device: &str, path: &str) -> Result<Option<StoredFile>, StoreError>;
    /// All generated files of a device.
    async fn device_files(&self, device: &str) -> Result<Vec<StoredFile>, StoreError>;
    /// A common file of a plugin, by canonical path.
    async fn common_file(&self, plugin: &str, path: &str) -> Result<Option<StoredFile>, StoreError>;
    /// Replaces all common files of a plugin. Files whose bytes are unchanged keep their time.
    async fn put_common_files(&self, plugin: &str, files: Vec<GeneratedFile>) -> Result<(), StoreError>;

    /// All installed plugins, by id.
    async fn plugins(&self) -> Result<Vec<PluginRecord>, StoreError>;
    /// Inserts or replaces what is stored about a plugin.
    async fn put_plugin(&self, plugin: &PluginRecord) -> Result<(), StoreError>;
    /// Adds a crash to the history of a plugin, which keeps the last twenty.
    async fn add_crash(&self, plugin: &str, crash: &Crash) -> Result<(), StoreError>;
    /// Crashes of a plugin since a moment, newest first.
    async fn crashes(&self, plugin: &str, since: SystemTime) -> Result<Vec<Crash>, StoreError>;

    /// A parameter of the server, as JSON text.
    async fn parameter(&self, name: &str) -> Result<Option<String>, StoreError>;
    /// Sets a parameter, or removes it.
    async fn set_parameter(&self, name: &str, value: Option<&str>) -> Result<(), StoreError>;
}
