//! What the use cases need of a database, stated without one. The only implementation with SQL is `storage`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::basis::{Basis, Moment};
use super::bulk::BulkStore;
use super::find::Finder;
use crate::domain::audit::AuditEntry;
use crate::domain::config::{Config, Configs};
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::mac::Mac;
use crate::domain::plugin::{Configuration, Crash, GeneratedFile, StoredFile};
use crate::domain::remote_state::Presence;
use crate::domain::waiting::WaitingDevice;

/// Why the store did not do as asked. Nothing of the failed change is stored.
#[derive(Debug, Clone, Error)]
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

impl DeviceKey {
    /// Everything in these facts that says which phone it is, the strongest first: MAC address, serial number, UUID.
    pub fn identities(info: &DeviceInfo) -> impl Iterator<Item = DeviceKey> {
        let keys = [
            info.mac.map(DeviceKey::Mac),
            info.sn.clone().map(DeviceKey::Sn),
            info.uuid.clone().map(DeviceKey::Uuid),
        ];
        keys.into_iter().flatten()
    }
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
    /// What is kept of it for those who ask who changed what.
    pub audit: Vec<AuditEntry>,
}

/// What comes with the change of a config; stored with it or not at all.
#[derive(Debug, Clone, Default)]
pub struct ConfigChange {
    /// Identifier under which the change is remembered until [`Store::finish_change`], because its heirs are still to be
    /// configured anew.
    pub unfinished: Option<String>,
    /// What is kept of it for those who ask who changed what.
    pub audit: Vec<AuditEntry>,
}

/// Which audit entries are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// `device` or `config`.
    pub kind: Option<String>,
    /// Of one device or config.
    pub subject: Option<String>,
    /// By one actor, as it is displayed.
    pub actor: Option<String>,
    /// At or after a moment.
    pub since: Option<SystemTime>,
    /// At most so many, the newest.
    pub limit: u32,
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
    /// Whether it came in a package, or somebody returned to it: a start leaves it as it is, whatever came with the program.
    pub is_packaged: bool,
    /// The version it took the place of, to which one can return.
    pub previous: Option<PreviousVersion>,
}

/// A version of a plugin that is not running any more, and whose folder is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousVersion {
    /// Version of the plugin itself.
    pub version: String,
    /// Name of its version folder.
    pub folder: String,
    /// Whether a start left it as it was.
    pub is_packaged: bool,
}

impl PreviousVersion {
    /// The version a record is of.
    pub fn of(record: &PluginRecord) -> PreviousVersion {
        PreviousVersion {
            version: record.version.clone(),
            folder: record.folder.clone(),
            is_packaged: record.is_packaged,
        }
    }
}

/// The database, as the use cases see it.
#[async_trait]
pub trait Store: Finder<Device> + Finder<Config> + BulkStore + Send + Sync {
    /// Now. What is read from here on is not older.
    fn moment(&self) -> Moment;
    /// Whether nothing that an answer rests on was written since. That it was is known before whoever wrote it is told so.
    fn still_holds(&self, basis: &Basis) -> bool;

    /// One device.
    async fn device(&self, id: &str) -> Result<Option<Device>, StoreError>;
    /// Devices with this fact, oldest first.
    async fn find_devices(&self, key: &DeviceKey) -> Result<Vec<Arc<Device>>, StoreError>;
    /// All devices, oldest first.
    async fn devices(&self) -> Result<Vec<Device>, StoreError>;
    /// Identifiers of the devices that use one of these configs.
    async fn devices_of_configs(&self, configs: &[String]) -> Result<Vec<String>, StoreError>;
    /// Identifiers of the devices a plugin serves.
    async fn devices_of_plugin(&self, plugin: &str) -> Result<Vec<String>, StoreError>;
    /// Identifiers of devices of a plugin that have a config and are not configured.
    async fn unconfigured_devices_of_plugin(&self, plugin: &str) -> Result<Vec<String>, StoreError>;
    /// Stores a change in one transaction and gives the device back with its new revision.
    async fn change_device(&self, change: DeviceChange) -> Result<Device, StoreError>;
    /// Deletes a device, at any revision or only at this one, its files and, if it was the last to use it, its transient
    /// config. False if there is none.
    async fn delete_device(
        &self,
        id: &str,
        revision: Option<i64>,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError>;
    /// How many devices requests from a network created that nobody has changed since.
    async fn count_created(&self, origin: &str) -> Result<u64, StoreError>;
    /// Devices known only by their address that were neither created nor seen since a moment.
    async fn expired_devices(&self, since: SystemTime) -> Result<Vec<Device>, StoreError>;

    /// What was last seen of a device.
    async fn presence(&self, device: &str) -> Result<Option<Presence>, StoreError>;
    /// What was last seen of all devices.
    async fn presences(&self) -> Result<Vec<Presence>, StoreError>;
    /// Replaces what was last seen of some devices; those that are gone are left out.
    async fn put_presences(&self, presences: Vec<Presence>) -> Result<(), StoreError>;

    /// Devices that wait to be approved, oldest first.
    async fn waiting_devices(&self) -> Result<Vec<WaitingDevice>, StoreError>;
    /// Inserts or replaces a device that waits.
    async fn put_waiting(&self, waiting: &WaitingDevice) -> Result<(), StoreError>;
    /// Removes a device that waits. False if there is none.
    async fn remove_waiting(&self, id: &str) -> Result<bool, StoreError>;

    /// One config.
    async fn config(&self, id: &str) -> Result<Option<Arc<Config>>, StoreError>;
    /// All configs, oldest first.
    async fn configs(&self) -> Result<Vec<Config>, StoreError>;
    /// A config and all of its ancestors that exist, by id; empty if it does not exist itself.
    async fn lineage(&self, id: &str) -> Result<Configs, StoreError>;
    /// Identifiers of a config, existing or not, and of all that inherit from it.
    async fn descendants(&self, id: &str) -> Result<Vec<String>, StoreError>;
    /// The oldest config with this role.
    async fn config_with_role(&self, role: &str) -> Result<Option<Config>, StoreError>;
    /// Inserts a config (`revision` 0) or replaces it (its stored revision).
    async fn put_config(&self, config: &Config, change: ConfigChange) -> Result<Config, StoreError>;
    /// Deletes a config. False if there is none.
    async fn delete_config(&self, id: &str, change: ConfigChange) -> Result<bool, StoreError>;
    /// Changes of configs that are not finished: identifier of the change, and of the config.
    async fn unfinished_changes(&self) -> Result<Vec<(String, String)>, StoreError>;
    /// Says that all heirs of a changed config are configured anew.
    async fn finish_change(&self, change: &str) -> Result<(), StoreError>;

    /// Audit entries, newest first.
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, StoreError>;
    /// Forgets audit entries before a moment, and all but the newest so many.
    async fn purge_audit(&self, before: SystemTime, keep: u32) -> Result<u64, StoreError>;

    /// A generated file of a device, by [canonical path](crate::domain::mac::canonical_path).
    async fn device_file(&self, device: &str, path: &str) -> Result<Option<Arc<StoredFile>>, StoreError>;
    /// All generated files of a device.
    async fn device_files(&self, device: &str) -> Result<Vec<StoredFile>, StoreError>;
    /// A common file of a plugin, by canonical path.
    async fn common_file(&self, plugin: &str, path: &str) -> Result<Option<Arc<StoredFile>>, StoreError>;
    /// All common files of a plugin.
    async fn common_files(&self, plugin: &str) -> Result<Vec<StoredFile>, StoreError>;
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
