//! Having a plugin generate the files of one device, and what a failure does to the device.
//!
//! Nothing is stored here: the caller puts device and files into one transaction.

use serde_json::{Map, Value};

use super::Provisioning;
use super::plugins::PluginError;
use super::store::StoreError;
use crate::domain::config::{self, Config, Configs};
use crate::domain::device::Device;
use crate::domain::plugin::Configuration;
use crate::domain::raw_config::{self, RawConfig};

/// Why a device is not configured.
enum Obstacle {
    /// There is nothing to configure it from.
    NoConfig(String),
    /// Something went wrong that somebody, or time, can mend.
    Failure(String),
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
    ) -> Result<Option<Configuration>, StoreError> {
        let outcome = match self.raw_config_of(device, unstored).await? {
            Ok(raw_config) => self.generate(device, &raw_config).await,
            Err(obstacle) => Err(obstacle),
        };
        let (files, reason) = match outcome {
            Ok(configuration) => (Some(configuration), None),
            Err(Obstacle::NoConfig(reason)) => (Some(Configuration::default()), Some(reason)),
            Err(Obstacle::Failure(reason)) => (None, Some(reason)),
        };
        if let Some(reason) = &reason {
            tracing::info!("Device {} is not configured: {reason}", device.id);
        }
        if let Some(configuration) = &files {
            device.trigger_path.clone_from(&configuration.trigger_path);
        }
        device.configured = reason.is_none();
        device.last_error = reason;
        Ok(files)
    }

    async fn generate(&self, device: &Device, raw_config: &RawConfig) -> Result<Configuration, Obstacle> {
        let plugin = device.plugin.as_deref().unwrap_or_default();
        tracing::info!("Configuring device {} with plugin {plugin}", device.id);
        let configuration = self
            .plugins
            .configure(device, raw_config)
            .await
            .map_err(|error: PluginError| Obstacle::Failure(error.to_string()))?;
        for (parameter, message) in &configuration.warnings {
            tracing::warn!("Device {}: {parameter}: {message}", device.id);
        }
        Ok(configuration)
    }

    /// The raw config to configure a device with, or why there is none.
    async fn raw_config_of(
        &self,
        device: &Device,
        unstored: Option<&Config>,
    ) -> Result<Result<RawConfig, Obstacle>, StoreError> {
        let failure = |reason: String| Ok(Err(Obstacle::Failure(reason)));
        let Some(plugin) = device.plugin.as_deref() else {
            return failure("it has no plugin: set one, or let the phone ask for a file".to_owned());
        };
        if !self.plugins.is_installed(plugin) {
            return failure(format!("the plugin {plugin} is not installed"));
        }
        let Some(id) = device.config.as_deref() else {
            return Ok(Err(Obstacle::NoConfig("it has no config".to_owned())));
        };
        let mut lineage = match unstored {
            Some(config) => self.lineage_above(config).await?,
            None => self.store.lineage(id).await?,
        };
        if let Some(config) = unstored {
            lineage.insert(config.id.clone(), config.clone());
        }
        let Some(merged) = config::merge(&self.base, id, &lineage) else {
            return Ok(Err(Obstacle::NoConfig(format!("its config {id} does not exist"))));
        };
        let problems = raw_config::check(&merged);
        if problems.is_empty() {
            return Ok(Ok(RawConfig::new(merged)));
        }
        failure(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }

    async fn lineage_above(&self, config: &Config) -> Result<Configs, StoreError> {
        let mut lineage = Configs::new();
        for parent in &config.parent_ids {
            lineage.extend(self.store.lineage(parent).await?);
        }
        Ok(lineage)
    }
}
