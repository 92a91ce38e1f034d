//! Firmware and languages of phones: which there are for a plugin, and installing and removing them while phones are served.
//!
//! Where they come from and where they lie is the business of [`FirmwareAdministration`], which `firmware` implements.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use thiserror::Error;

use super::Provisioning;
use super::many::Running;
use super::store::StoreError;
use crate::domain::device::Device;
use crate::domain::operation::Progress;
use crate::domain::parameter::Parameter;

/// The one word by which programs for 0.2 know installations of packages.
const LABEL: &str = "install_pkg";

/// A package of a plugin: offered, installed, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwarePackage {
    /// Which plugin.
    pub plugin: String,
    /// Its identifier within the plugin.
    pub id: String,
    /// The version that is offered; nothing if the plugin has it no more.
    pub offered: Option<String>,
    /// What is installed of it.
    pub installed: Option<InstalledFirmware>,
    /// One line about it.
    pub description: String,
    /// The same in other languages, by `fr` or `fr_FR`.
    pub descriptions: BTreeMap<String, String>,
    /// What it is made of.
    pub files: Vec<FirmwareFile>,
    /// Packages that are installed with it.
    pub depends: Vec<String>,
    /// Models it is for; empty: unknown.
    pub models: Vec<String>,
    /// Hardware revisions it is for; empty: all, or unknown.
    pub hardware: Vec<String>,
}

/// A package that phones can fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFirmware {
    /// Its version.
    pub version: String,
    /// Since when.
    pub at: SystemTime,
    /// Whether somebody asked for it, and not only for a package that needs it.
    pub is_explicit: bool,
    /// Whether it is just what is offered.
    pub is_current: bool,
    /// Paths that phones find it under.
    pub paths: Vec<String>,
}

/// A vendor's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareFile {
    /// Its name.
    pub name: String,
    /// Where it can be downloaded.
    pub url: String,
    /// In bytes, if it is known.
    pub size: Option<u64>,
    /// Its SHA-256, hexadecimal, if it is known.
    pub sha256: Option<String>,
    /// Its SHA-1, hexadecimal, if that is all that is stated.
    pub sha1: Option<String>,
    /// Whether it is here.
    pub is_present: bool,
}

impl FirmwarePackage {
    /// Bytes of all its files, as far as known.
    pub fn size(&self) -> u64 {
        self.files.iter().filter_map(|file| file.size).sum()
    }

    /// Bytes that are to be downloaded for it, as far as known.
    pub fn missing(&self) -> u64 {
        self.files.iter().filter(|file| !file.is_present).filter_map(|file| file.size).sum()
    }

    /// Whether it is for a phone, as far as its model says. Nobody knows, if the package names no models.
    pub fn is_for(&self, device: &Device) -> bool {
        let model = device.info.model.as_deref();
        model.is_some_and(|model| self.models.iter().any(|one| one.eq_ignore_ascii_case(model)))
    }
}

/// A file that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedFirmware {
    /// In bytes.
    pub size: u64,
    /// Hexadecimal.
    pub sha256: String,
    /// The packages that need it: plugin and package.
    pub packages: Vec<(String, String)>,
}

/// A package about to be installed. Nobody else installs or removes it until this is dropped.
pub struct PreparedFirmware {
    /// Which plugin.
    pub plugin: String,
    /// It and what it needs, in the order of installation; those that are installed as they are offered are left out.
    pub packages: Vec<String>,
    /// The one that was asked for.
    pub asked: String,
    /// Frees them when dropped.
    pub turn: Box<dyn std::any::Any + Send + Sync>,
}

/// Proxies that downloads go through, as the parameters of the same names spell them.
#[derive(Clone, Default)]
pub struct FirmwareProxies {
    /// `http_proxy`
    pub http: Option<String>,
    /// `https_proxy`
    pub https: Option<String>,
}

/// Told how far the parts of an installation are.
pub type FirmwareWatching = Arc<dyn Fn(Vec<Progress>) + Send + Sync>;

/// Why firmware was not installed, removed or taken in.
#[derive(Debug, Error)]
pub enum FirmwareError {
    /// The plugin has no such package.
    #[error("package not found: the plugin {plugin} has no package {package}")]
    NotFound {
        /// Which plugin.
        plugin: String,
        /// Which package.
        package: String,
    },
    /// There is nothing to remove or upgrade.
    #[error("the package {0} is not installed")]
    NotInstalled(String),
    /// One thing at a time.
    #[error("the package {0} is being installed or removed; wait until that is done")]
    Busy(String),
    /// Others would not work without it.
    #[error("the package {package} is needed by {}; remove them first", .by.join(", "))]
    Needed {
        /// Which package.
        package: String,
        /// The packages that need it.
        by: Vec<String>,
    },
    /// Nobody needs the file.
    #[error(
        "no package of an installed plugin needs a file with SHA-256 {sha256} and SHA-1 {sha1}; `provd firmware show` lists those that are needed"
    )]
    Unwanted {
        /// Hexadecimal.
        sha256: String,
        /// Hexadecimal.
        sha1: String,
    },
    /// The plugin's own account of its packages is wrong.
    #[error("the plugin {plugin} does not say properly which packages it has: {why}")]
    Definition {
        /// Which plugin.
        plugin: String,
        /// What is wrong.
        why: String,
    },
    /// It could not be done, and why.
    #[error("{0}")]
    Failed(String),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the files of an installed plugin are. Implemented by `plugin_host`.
pub trait PluginFolders: Send + Sync {
    /// Its version folder, which never changes.
    fn folder_of(&self, plugin: &str) -> Option<PathBuf>;
    /// All installed plugins.
    fn plugins(&self) -> Vec<String>;
}

/// What an administrator can see and do about firmware. Implemented by `firmware`.
#[async_trait]
pub trait FirmwareAdministration: Send + Sync {
    /// All packages of a plugin, by id.
    async fn packages(&self, plugin: &str) -> Result<Vec<FirmwarePackage>, FirmwareError>;
    /// Those of all plugins. A plugin whose packages cannot be told is left out, and the log says why.
    async fn all_packages(&self) -> Vec<FirmwarePackage>;
    /// What is to be installed to have a package in the version that is offered. With `is_upgrade` it must be installed.
    async fn prepare(
        &self,
        plugin: &str,
        package: &str,
        is_upgrade: bool,
    ) -> Result<PreparedFirmware, FirmwareError>;
    /// Downloads what is missing, and has phones find it. All or nothing of each package; what is installed is served until the
    /// new takes its place.
    async fn install(
        &self,
        prepared: PreparedFirmware,
        proxies: FirmwareProxies,
        watching: FirmwareWatching,
    ) -> Result<(), FirmwareError>;
    /// Removes a package, and what nobody needs any more.
    async fn uninstall(&self, plugin: &str, package: &str) -> Result<(), FirmwareError>;
    /// Removes all of a plugin that is gone.
    async fn forget_plugin(&self, plugin: &str) -> Result<(), FirmwareError>;
    /// Takes in a file that some package needs. Nobody needs to be trusted: it is what its digest says.
    async fn import(
        &self,
        content: BoxStream<'static, Result<Bytes, String>>,
    ) -> Result<ImportedFirmware, FirmwareError>;
}

impl Provisioning {
    /// Installs a package of a plugin, or upgrades it, as an operation in this collection of REST.
    ///
    /// # Errors
    ///
    /// There is no such package, it is to be upgraded and not installed, or somebody else is at it.
    pub async fn install_firmware(
        self: &Arc<Self>,
        firmware: Arc<dyn FirmwareAdministration>,
        (plugin, package): (&str, &str),
        is_upgrade: bool,
        collection: String,
    ) -> Result<Running, FirmwareError> {
        let prepared = firmware.prepare(plugin, package, is_upgrade).await?;
        let step = if is_upgrade { "upgrade" } else { "install" };
        let what = format!("{step} package {package} of plugin {plugin}");
        let proxies = self.firmware_proxies();
        Ok(self.operations.run(collection, what, None, |worker| {
            worker.label(LABEL);
            async move {
                if prepared.packages.is_empty() {
                    return Ok(Some("it is installed as it is offered".to_owned()));
                }
                let telling = worker.clone();
                let watching: FirmwareWatching = Arc::new(move |parts| telling.show(parts));
                let installed = firmware.install(prepared, proxies, watching).await;
                installed.map_err(|error| error.to_string()).map(|()| None)
            }
        }))
    }

    fn firmware_proxies(&self) -> FirmwareProxies {
        let value = |name| self.parameter(Parameter::named(name)?, None);
        FirmwareProxies { http: value("http_proxy"), https: value("https_proxy") }
    }

    /// Devices of a plugin.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub async fn phones_of_plugin(&self, plugin: &str) -> Result<Vec<Device>, StoreError> {
        let mut devices = Vec::new();
        for id in self.store.devices_of_plugin(plugin).await? {
            devices.extend(self.store.device(&id).await?);
        }
        Ok(devices)
    }
}
