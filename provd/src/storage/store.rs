//! The seam `provisioning` asks for, on a [`Database`]: each method is a read, or one transaction.

use std::time::SystemTime;

use async_trait::async_trait;

use super::{Database, change, configs, devices, files, parameters, plugins};
use crate::domain::config::{Config, Configs};
use crate::domain::device::Device;
use crate::domain::plugin::{Crash, GeneratedFile, StoredFile};
use crate::provisioning::store::{DeviceChange, DeviceKey, PluginRecord, Store, StoreError};

#[async_trait]
impl Store for Database {
    async fn device(&self, id: &str) -> Result<Option<Device>, StoreError> {
        devices::one(&mut *self.read().await?, id).await
    }

    async fn find_devices(&self, key: &DeviceKey) -> Result<Vec<Device>, StoreError> {
        self.cache.devices(key, async { devices::find(&mut *self.read().await?, key).await }).await
    }

    async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        devices::all(&mut *self.read().await?).await
    }

    async fn devices_of_configs(&self, configs: &[String]) -> Result<Vec<String>, StoreError> {
        devices::ids_of_configs(&mut *self.read().await?, configs).await
    }

    async fn devices_of_plugin(&self, plugin: &str) -> Result<Vec<String>, StoreError> {
        devices::ids_of_plugin(&mut *self.read().await?, plugin).await
    }

    async fn change_device(&self, change: DeviceChange) -> Result<Device, StoreError> {
        let database = self.clone();
        let write = async move {
            let mut transaction = database.write().await?;
            let device = change::apply(&mut transaction, change).await?;
            transaction.commit().await?;
            Ok(device)
        };
        self.to_the_end(write).await
    }

    async fn delete_device(&self, id: &str) -> Result<bool, StoreError> {
        let (database, id) = (self.clone(), id.to_owned());
        let write = async move {
            let mut transaction = database.write().await?;
            let deleted = change::delete(&mut transaction, &id, None).await?;
            transaction.commit().await?;
            Ok(deleted)
        };
        self.to_the_end(write).await
    }

    async fn config(&self, id: &str) -> Result<Option<Config>, StoreError> {
        self.cache.config(id, async { configs::one(&mut *self.read().await?, id).await }).await
    }

    async fn configs(&self) -> Result<Vec<Config>, StoreError> {
        configs::all(&mut *self.read().await?).await
    }

    async fn lineage(&self, id: &str) -> Result<Configs, StoreError> {
        let lineage = configs::lineage(&mut *self.read().await?, id).await?;
        Ok(lineage.into_iter().map(|config| (config.id.clone(), config)).collect())
    }

    async fn descendants(&self, id: &str) -> Result<Vec<String>, StoreError> {
        configs::descendants(&mut *self.read().await?, id).await
    }

    async fn config_with_role(&self, role: &str) -> Result<Option<Config>, StoreError> {
        configs::oldest_with_role(&mut *self.read().await?, role).await
    }

    async fn put_config(&self, config: &Config) -> Result<Config, StoreError> {
        let (database, config) = (self.clone(), config.clone());
        let write = async move {
            let mut transaction = database.write().await?;
            let stored = configs::save(&mut transaction, &config).await?;
            transaction.commit().await?;
            Ok(stored)
        };
        self.to_the_end(write).await
    }

    async fn delete_config(&self, id: &str) -> Result<bool, StoreError> {
        let (database, id) = (self.clone(), id.to_owned());
        let write = async move {
            let mut transaction = database.write().await?;
            let deleted = configs::delete(&mut transaction, &id).await?;
            transaction.commit().await?;
            Ok(deleted)
        };
        self.to_the_end(write).await
    }

    async fn device_file(&self, device: &str, path: &str) -> Result<Option<StoredFile>, StoreError> {
        let key = (device.to_owned(), path.to_owned());
        let read = async { files::DEVICE.one(&mut *self.read().await?, device, path).await };
        self.cache.device_file(key, read).await
    }

    async fn device_files(&self, device: &str) -> Result<Vec<StoredFile>, StoreError> {
        files::DEVICE.all(&mut *self.read().await?, device).await
    }

    async fn common_file(&self, plugin: &str, path: &str) -> Result<Option<StoredFile>, StoreError> {
        let key = (plugin.to_owned(), path.to_owned());
        let read = async { files::COMMON.one(&mut *self.read().await?, plugin, path).await };
        self.cache.common_file(key, read).await
    }

    async fn put_common_files(&self, plugin: &str, files: Vec<GeneratedFile>) -> Result<(), StoreError> {
        let (database, plugin) = (self.clone(), plugin.to_owned());
        let write = async move {
            let mut transaction = database.write().await?;
            files::COMMON.replace(&mut transaction, &plugin, files).await?;
            Ok(transaction.commit().await?)
        };
        self.to_the_end(write).await
    }

    async fn plugins(&self) -> Result<Vec<PluginRecord>, StoreError> {
        plugins::all(&mut *self.read().await?).await
    }

    async fn put_plugin(&self, plugin: &PluginRecord) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        plugins::put(&mut transaction, plugin).await?;
        Ok(transaction.commit().await?)
    }

    async fn add_crash(&self, plugin: &str, crash: &Crash) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        plugins::add_crash(&mut transaction, plugin, crash).await?;
        Ok(transaction.commit().await?)
    }

    async fn crashes(&self, plugin: &str, since: SystemTime) -> Result<Vec<Crash>, StoreError> {
        plugins::crashes(&mut *self.read().await?, plugin, since).await
    }

    async fn parameter(&self, name: &str) -> Result<Option<String>, StoreError> {
        parameters::one(&mut *self.read().await?, name).await
    }

    async fn set_parameter(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        match value {
            Some(value) => parameters::put(&mut transaction, name, value).await?,
            None => parameters::remove(&mut transaction, name).await?,
        }
        Ok(transaction.commit().await?)
    }
}
