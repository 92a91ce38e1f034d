//! Having a plugin generate the files of one device, and what a failure does to the device.
//!
//! Nothing is stored here: the caller puts device and files into one transaction.

use serde_json::{Map, Value};

use super::Provisioning;
use super::autocreation::unfilled;
use super::plugins::PluginError;
use super::store::{DeviceChange, StoreError};
use crate::domain::config::{self, Config, Configs};
use crate::domain::device::{Device, Failure};
use crate::domain::plugin::Configuration;
use crate::domain::raw_config::{self, RawConfig};

/// Why a device is not configured.
enum Obstacle {
    /// There is nothing to configure it from.
    NoConfig(String),
    /// Something went wrong that somebody can mend.
    Failure(String),
    /// The plugin cannot be asked now; time mends that.
    PluginAway(String),
}

impl Obstacle {
    fn reason(self) -> String {
        match self {
            Obstacle::NoConfig(reason) | Obstacle::Failure(reason) | Obstacle::PluginAway(reason) => reason,
        }
    }
}

/// The configs that files were generated from with their revisions, see [`DeviceChange::basis`].
type Basis = Vec<(String, i64)>;

/// What configuring gave.
pub(crate) struct Configured {
    /// Files that replace those of the device; absent: they stay.
    pub(crate) files: Option<Configuration>,
    /// See [`DeviceChange::basis`].
    pub(crate) basis: Basis,
}

impl Provisioning {
    /// The base raw config with defaults, from which common files are generated.
    pub fn base_raw_config(&self) -> RawConfig {
        RawConfig::new(self.base.clone())
    }

    /// A config's parameters with all it inherits, without defaults; nothing if it does not exist.
    pub async fn merged_raw_config(&self, config: &str) -> Result<Option<Map<String, Value>>, StoreError> {
        let lineage = self.store.lineage(config).await?;
        Ok(config::merge(&self.base, config, &lineage))
    }

    /// Configures a device: sets `configured` and `last_error`, and gives the files to store with it.
    ///
    /// `unstored` is a config the device will use that is not in the store yet. Where a device has nothing to be
    /// configured from any more, no file is left to it. Otherwise a failure gives no files: what was stored stays, so
    /// that a phone that works goes on working while somebody mends the mistake.
    pub(crate) async fn configure(
        &self,
        device: &mut Device,
        unstored: Option<&Config>,
    ) -> Result<Configured, StoreError> {
        let (raw_config, basis) = self.raw_config_of(device, unstored).await?;
        let outcome = match raw_config {
            Ok(raw_config) => {
                let plugin = device.plugin.as_deref().unwrap_or_default();
                tracing::info!("Configuring device {} with plugin {plugin}", device.id);
                self.generate(device, &raw_config).await
            }
            Err(obstacle) => Err(obstacle),
        };
        let configured = self.settle(device, outcome, basis);
        if let Some(failure) = &device.last_error {
            tracing::info!("Device {} is not configured: {}", device.id, failure.reason);
        }
        Ok(configured)
    }

    /// Notes in a device what it lacks to be configured, if that is plain without asking anybody.
    pub(super) fn settle_what_is_lacking(&self, device: &mut Device) -> Option<Configured> {
        let obstacle = self.config_of(device).err()?;
        Some(self.settle(device, Err(obstacle), Basis::new()))
    }

    /// The config of a device that has all it needs, or what it lacks.
    fn config_of<'d>(&self, device: &'d Device) -> Result<&'d str, Obstacle> {
        let failure = |reason: String| Err(Obstacle::Failure(reason));
        let Some(plugin) = device.plugin.as_deref() else {
            return failure("it has no plugin: set one, or let the phone ask for a file".to_owned());
        };
        if !self.plugins.is_installed(plugin) {
            return failure(format!("the plugin {plugin} is not installed"));
        }
        device.config.as_deref().ok_or_else(|| Obstacle::NoConfig("it has no config".to_owned()))
    }

    /// Notes in a device how configuring it ended.
    fn settle(
        &self,
        device: &mut Device,
        outcome: Result<Configuration, Obstacle>,
        basis: Basis,
    ) -> Configured {
        let (files, reason) = match outcome {
            Ok(configuration) => (Some(configuration), None),
            Err(Obstacle::NoConfig(reason)) => (Some(Configuration::default()), Some(reason)),
            Err(Obstacle::Failure(reason)) => (None, Some(reason)),
            Err(Obstacle::PluginAway(reason)) => {
                self.configure_later(&device.id, device.plugin.as_deref());
                (None, Some(reason))
            }
        };
        if let Some(configuration) = &files {
            device.trigger_path.clone_from(&configuration.trigger_path);
        }
        device.configured = reason.is_none();
        device.last_error = reason.map(Failure::now);
        Configured { files, basis }
    }

    /// Generates the files of a device, or says why it cannot be configured. Nothing follows from it.
    pub(super) async fn generate_unstored(
        &self,
        device: &Device,
        unstored: Option<&Config>,
    ) -> Result<Result<Configuration, String>, StoreError> {
        let (raw_config, _) = self.raw_config_of(device, unstored).await?;
        let outcome = match raw_config {
            Ok(raw_config) => self.generate(device, &raw_config).await,
            Err(obstacle) => Err(obstacle),
        };
        Ok(outcome.map_err(Obstacle::reason))
    }

    /// What a device is configured from; nothing if it lacks something that only an administrator can give it.
    pub(super) async fn raw_config_if_complete(
        &self,
        device: &Device,
    ) -> Result<Option<RawConfig>, StoreError> {
        Ok(self.raw_config_of(device, None).await?.0.ok())
    }

    async fn generate(&self, device: &Device, raw_config: &RawConfig) -> Result<Configuration, Obstacle> {
        let configuration =
            self.plugins.configure(device, raw_config).await.map_err(|error| match error {
                PluginError::Unavailable { .. } => Obstacle::PluginAway(error.to_string()),
                error => Obstacle::Failure(error.to_string()),
            })?;
        for (parameter, message) in &configuration.warnings {
            tracing::warn!("Device {}: {parameter}: {message}", device.id);
        }
        Ok(configuration)
    }

    /// The raw config to configure a device with, or why there is none, and which configs that is true of.
    async fn raw_config_of(
        &self,
        device: &Device,
        unstored: Option<&Config>,
    ) -> Result<(Result<RawConfig, Obstacle>, Basis), StoreError> {
        let id = match self.config_of(device) {
            Ok(id) => id,
            Err(obstacle) => return Ok((Err(obstacle), Basis::new())),
        };
        let mut lineage = match unstored {
            Some(config) => self.lineage_above(config).await?,
            None => self.store.lineage(id).await?,
        };
        if let Some(config) = unstored {
            lineage.insert(config.id.clone(), config.clone());
        }
        let basis = basis(id, &lineage);
        let Some(mut merged) = config::merge(&self.base, id, &lineage) else {
            return Ok((Err(Obstacle::NoConfig(format!("its config {id} does not exist"))), basis));
        };
        let raw_config = match (raw_config::check(&merged), unfilled(&merged)) {
            (Ok(()), None) => {
                let keyed = self.add_url_key(device, &mut merged);
                keyed.map(|()| RawConfig::new(merged)).map_err(Obstacle::Failure)
            }
            (Err(problems), _) => Err(Obstacle::Failure(problems.to_string())),
            (Ok(()), Some(path)) => Err(Obstacle::Failure(format!(
                "{path}: inherited from the template for new phones, whose placeholders stand for nothing here; state a value"
            ))),
        };
        Ok((raw_config, basis))
    }

    async fn lineage_above(&self, config: &Config) -> Result<Configs, StoreError> {
        let mut lineage = Configs::new();
        for parent in &config.parent_ids {
            lineage.extend(self.store.lineage(parent).await?);
        }
        Ok(lineage)
    }
}

/// The configs of a lineage, and those it names that do not exist. One that is not stored yet cannot change.
fn basis(start: &str, lineage: &Configs) -> Basis {
    let stored = lineage.values().filter(|config| config.revision > 0);
    let mut basis: Basis = stored.map(|config| (config.id.clone(), config.revision)).collect();
    let named = lineage.values().flat_map(|config| &config.parent_ids).map(String::as_str);
    let missing = named.chain([start]).filter(|id| !lineage.contains_key(*id));
    basis.extend(missing.map(|id| (id.to_owned(), 0)));
    basis
}

impl DeviceChange {
    /// The change of a device that was configured.
    pub(crate) fn configured(device: Device, configured: Configured) -> DeviceChange {
        let Configured { files, basis } = configured;
        DeviceChange { device, basis, files, ..DeviceChange::default() }
    }
}
