//! The life of a config, and what a change of it does to the devices that inherit from it.

use futures_util::StreamExt as _;

use super::{Provisioning, ProvisioningError, new_id};
use crate::domain::config::Config;
use crate::domain::device::check_id;
use crate::domain::raw_config;

/// Devices configured at the same time when a config changes. More would only queue before the plugins.
const PARALLEL: usize = 16;

impl Provisioning {
    /// Stores a new config. Devices that named it before it existed are configured.
    pub async fn insert_config(&self, mut config: Config) -> Result<Config, ProvisioningError> {
        if config.id.is_empty() {
            config.id = new_id();
        }
        check_id(&config.id)?;
        check_parameters(&config)?;
        config.revision = 0;
        let config = self.store.put_config(&config).await?;
        self.reconfigure_heirs(&config.id).await?;
        Ok(config)
    }

    /// Replaces the document of a config; all devices that inherit from it are configured anew. An equal document changes
    /// nothing.
    pub async fn update_config(&self, mut config: Config) -> Result<Config, ProvisioningError> {
        let _guard = self.locks.lock(format!("config {}", config.id)).await;
        let Some(stored) = self.store.config(&config.id).await? else {
            return Err(ProvisioningError::NoSuchConfig(config.id));
        };
        check_parameters(&config)?;
        config.revision = stored.revision;
        if config == stored {
            return Ok(stored);
        }
        let config = self.store.put_config(&config).await?;
        self.reconfigure_heirs(&config.id).await?;
        Ok(config)
    }

    /// Deletes a config that may be. Devices keep naming it, and are configured without it.
    pub async fn delete_config(&self, id: &str) -> Result<(), ProvisioningError> {
        let Some(stored) = self.store.config(id).await? else {
            return Err(ProvisioningError::NoSuchConfig(id.to_owned()));
        };
        if stored.deletable == Some(false) {
            return Err(ProvisioningError::NotDeletable(id.to_owned()));
        }
        self.store.delete_config(id).await?;
        self.reconfigure_heirs(id).await
    }

    async fn reconfigure_heirs(&self, config: &str) -> Result<(), ProvisioningError> {
        let heirs = self.store.descendants(config).await?;
        let devices = self.store.devices_of_configs(&heirs).await?;
        self.reconfigure_all(devices).await;
        Ok(())
    }

    /// Configures many devices anew, some at a time. One that fails does not keep the others from it.
    pub(crate) async fn reconfigure_all(&self, devices: Vec<String>) {
        let one = |id: String| async move {
            match self.reconfigure_device(&id).await {
                // Deleted since the list was made: nothing is left to do.
                Ok(_) | Err(ProvisioningError::NoSuchDevice(_)) => {}
                Err(error) => tracing::error!("Device {id} could not be configured anew: {error}"),
            }
        };
        futures_util::stream::iter(devices).for_each_concurrent(PARALLEL, one).await;
    }
}

fn check_parameters(config: &Config) -> Result<(), ProvisioningError> {
    let problems = raw_config::check(&config.raw_config);
    if problems.is_empty() { Ok(()) } else { Err(ProvisioningError::InvalidRawConfig(problems)) }
}
