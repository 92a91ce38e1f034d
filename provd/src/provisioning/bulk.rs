//! Storing what a whole file brings, stated without a database. Implemented by `storage`.

use std::sync::Arc;

use async_trait::async_trait;

use super::store::{ConfigChange, DeviceChange, StoreError};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::mac::Mac;

/// Changes of many configs and devices that are one change.
#[derive(Debug, Clone, Default)]
pub struct Bulk {
    /// Configs to insert (`revision` 0) or replace (their stored revision), with what comes with each. They come first.
    pub configs: Vec<(Config, ConfigChange)>,
    /// Devices.
    pub devices: Vec<DeviceChange>,
}

impl Bulk {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.configs.is_empty() && self.devices.is_empty()
    }
}

/// Whoever reads and stores many records at a time.
#[async_trait]
pub trait BulkStore: Send + Sync {
    /// Devices with one of these identifiers or one of these MAC addresses, oldest first.
    async fn known_devices(&self, ids: &[String], macs: &[Mac]) -> Result<Vec<Device>, StoreError>;

    /// Stores all of it in one transaction, or nothing. Gives the devices back with their new revisions, in order.
    async fn store_bulk(&self, bulk: Arc<Bulk>) -> Result<Vec<Device>, StoreError>;
}
