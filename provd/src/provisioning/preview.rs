//! What a device would get, were it configured now or from another config. Stores nothing.

use super::{Provisioning, ProvisioningError};
use crate::domain::config::Config;
use crate::domain::plugin::{Configuration, StoredFile};

/// What a device has, and what it would get.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The files it has.
    pub stored: Vec<StoredFile>,
    /// The files it would get, or why it could not be configured.
    pub generated: Result<Configuration, String>,
}

impl Provisioning {
    /// Generates the files of a device without storing them. `config` stands in place of the config of the device; its own
    /// identifier does not matter.
    pub async fn preview_device(
        &self,
        id: &str,
        config: Option<Config>,
    ) -> Result<Preview, ProvisioningError> {
        let mut device = self.stored_device(id).await?;
        let stored = self.store.device_files(id).await?;
        let config = config.map(|mut config| {
            let own = device.config.get_or_insert_with(|| format!("preview of {id}"));
            config.id.clone_from(own);
            config
        });
        let generated = self.generate_unstored(&device, config.as_ref()).await?;
        Ok(Preview { stored, generated })
    }
}
