//! What the use cases need of plugins, stated without processes. Implemented by `plugin_host`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use super::PluginEvent;
use super::installation::{InstallationError, PlacedPlugin, PluginOffer, SentPackage};
use super::operations::Worker;
use super::repositories::PluginRepositories;
use crate::domain::answer::ServedFile;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::dhcp::DhcpHint;
use crate::domain::plugin::{Configuration, FileReference, PluginLog, PluginStatus, Support};
use crate::domain::raw_config::RawConfig;
use crate::domain::request::Request;
use crate::domain::synchronization::SynchronizationMethod;

/// Why a plugin did not do as asked. The text is for administrators and holds no secrets.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum PluginError {
    /// No such plugin is installed.
    #[error("the plugin {0} is not installed")]
    NotInstalled(String),
    /// It cannot be asked now: crashed, starting, hanging, overloaded.
    #[error("the plugin {plugin} is not available: {why}")]
    Unavailable {
        /// Which plugin.
        plugin: String,
        /// What is wrong with it.
        why: String,
        /// When asking again may help.
        retry_after: Duration,
    },
    /// It says that this cannot work: no MAC address, no line, not supported.
    #[error("{0}")]
    Refused(String),
    /// It answered something that no plugin may answer.
    #[error("the plugin {plugin} is defective: {why}")]
    Defective {
        /// Which plugin.
        plugin: String,
        /// What it did.
        why: String,
    },
}

/// What plugins said of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Votes {
    /// Distinct answers, in the order of the first plugin that gave each.
    pub votes: Arc<[Vote]>,
    /// Whether all plugins that wanted to be asked answered. If not, the phone may be known to one that is away.
    pub complete: bool,
    /// Whether all of them say so of every request of this [`Shape`].
    pub may_be_remembered: bool,
}

/// Everything in a request that what plugins say of it rests on, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// How many changes of plugins there have been: one came, went, or was started anew.
    pub changes: u64,
    /// The same for two requests that are alike to all plugins.
    pub text: String,
}

/// What a plugin says that it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAnswer {
    /// Which file.
    pub reference: FileReference,
    /// Whether it says so of every such request of the device, as long as the record is the same.
    pub may_be_remembered: bool,
}

/// Facts that these plugins agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Who says so; at least one.
    pub plugins: Vec<String>,
    /// What they say; the address is never among it.
    pub info: DeviceInfo,
}

/// All installed plugins, as the use cases see them.
#[async_trait]
pub trait Plugins: Send + Sync {
    /// Identifiers of all installed plugins, in order.
    fn installed(&self) -> Vec<String>;
    /// Whether a plugin is installed.
    fn is_installed(&self, plugin: &str) -> bool;
    /// Whether a plugin could be asked now: it is ready, and did not fail again and again just before.
    fn is_available(&self, plugin: &str) -> bool;
    /// Facts about the phone behind a request, by all plugins whose filters match it, in order of their identifiers. One
    /// that cannot be asked now leaves the votes incomplete.
    async fn extract(&self, request: &Request) -> Votes;
    /// What a request is to plugins; nothing while one of them changes.
    fn shape(&self, request: &Request) -> Option<Shape>;
    /// How many changes of plugins there have been.
    fn changes(&self) -> u64;
    /// How well a plugin supports a phone.
    async fn associate(&self, plugin: &str, info: &DeviceInfo) -> Result<Support, PluginError>;
    /// Generates the files all devices of a plugin share.
    async fn configure_common(
        &self,
        plugin: &str,
        raw_config: &RawConfig,
    ) -> Result<Configuration, PluginError>;
    /// Generates the files of a device by the plugin it names.
    async fn configure(&self, device: &Device, raw_config: &RawConfig) -> Result<Configuration, PluginError>;
    /// Lets a plugin forget a device.
    async fn deconfigure(&self, plugin: &str, device: &Device) -> Result<(), PluginError>;
    /// How a device is told to fetch its files again, by the plugin it names. Refused where its phones cannot be told.
    async fn synchronize(
        &self,
        device: &Device,
        raw_config: &RawConfig,
    ) -> Result<SynchronizationMethod, PluginError>;
    /// What a plugin answers to a request of one of its devices.
    async fn serve_file(
        &self,
        plugin: &str,
        device: &Device,
        request: &Request,
    ) -> Result<FileAnswer, PluginError>;
    /// Opens a static file of a plugin: the administrator's own first, then the plugin's, then one of installed firmware.
    /// Nothing outside those folders is ever opened, whatever the path says.
    fn open_served(&self, plugin: &str, path: &str) -> Option<ServedFile>;
    /// Opens a file of the firmware that is installed for a plugin, of which the plugin itself knows nothing.
    fn open_firmware(&self, plugin: &str, path: &str) -> Option<ServedFile>;
    /// Whether a file of this base name holds secrets, in the plugin's own judgement.
    fn is_sensitive(&self, plugin: &str, base_name: &str) -> bool;
}

/// A version of a plugin that runs beside the installed one, if there is one, and that nobody else asks.
#[async_trait]
pub trait Trial: Send + Sync {
    /// Generates the files all its devices would share.
    async fn configure_common(&self, raw_config: &RawConfig) -> Result<Configuration, PluginError>;
    /// Generates the files a device would have.
    async fn configure(&self, device: &Device, raw_config: &RawConfig) -> Result<Configuration, PluginError>;
    /// Ends its process in good order.
    async fn end(self: Box<Self>);
}

/// What an administrator can see and do about plugins. Implemented by `plugin_host`.
#[async_trait]
pub trait PluginAdministration: PluginRepositories {
    /// All installed plugins, by id.
    async fn statuses(&self) -> Vec<PluginStatus>;
    /// The same without their crashes, which are in the database: for whoever must not wait for it.
    fn overview(&self) -> Vec<PluginStatus>;
    /// One plugin.
    async fn status(&self, plugin: &str) -> Option<PluginStatus>;
    /// Last log lines of a plugin, those of earlier processes included, but for the first `seen` there ever were.
    fn log(&self, plugin: &str, seen: u64) -> Option<PluginLog>;
    /// What each installed plugin hints at for DHCP servers, by id; nothing for one that never was ready.
    fn dhcp_hints(&self) -> Vec<(String, Option<Vec<DhcpHint>>)>;
    /// Replaces the process of a plugin: the new one is ready before the old one drains, so that no request fails. Lifts a
    /// quarantine. Gives the new status.
    async fn restart(&self, plugin: &str) -> Result<PluginStatus, PluginError>;
    /// What there is to install, by id, installed or not.
    async fn offers(&self) -> Result<Vec<PluginOffer>, InstallationError>;
    /// Puts the files of the offered version of a plugin into their place, where they harm nobody until they are installed. If
    /// they have to be downloaded, the operation tells how far that is.
    async fn place_offered(
        &self,
        plugin: &str,
        worker: &Arc<Worker>,
    ) -> Result<PlacedPlugin, InstallationError>;
    /// Checks a package, and puts its files into their place likewise.
    async fn place(&self, package: SentPackage) -> Result<PlacedPlugin, InstallationError>;
    /// The version of a plugin that ran before the one that is installed, if its files are still in their place.
    async fn previous(&self, plugin: &str) -> Result<PlacedPlugin, InstallationError>;
    /// Starts a version whose files are in their place, beside whatever runs.
    async fn try_out(&self, placed: &PlacedPlugin) -> Result<Box<dyn Trial>, InstallationError>;
    /// Installs a version whose files are in their place, in place of another if it is installed. Gives what follows from it
    /// when it is ready. If it cannot become so, an installed one goes on; a new one stays, and its state says what is wrong.
    async fn install_placed(&self, placed: PlacedPlugin) -> Result<PluginEvent, InstallationError>;
    /// Ends a plugin in good order and removes it, but not the administrator's own files for it. The next start does not
    /// install it again.
    async fn uninstall(&self, plugin: &str) -> Result<(), InstallationError>;
}
