//! The seam `provisioning` asks for, on a [`Database`]: each method is a read, or one change for the writer. Only what is
//! put or deleted by the thousand is several.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::stamps::Touched;
use super::writer::Statements;
use super::{Database, audit, change, configs, devices, files, parameters, plugins, presences, waiting};
use crate::domain::audit::AuditEntry;
use crate::domain::config::{Config, Configs};
use crate::domain::device::Device;
use crate::domain::plugin::{Crash, GeneratedFile, StoredFile};
use crate::domain::remote_state::Presence;
use crate::domain::waiting::WaitingDevice;
use crate::provisioning::basis::{Basis, Moment, Stripe};
use crate::provisioning::store::{
    AuditFilter, ConfigChange, DeviceChange, DeviceKey, PluginRecord, Store, StoreError,
};

/// Presences that are written in one transaction; others want to write too.
const PRESENCES_AT_ONCE: usize = 500;

#[async_trait]
impl Store for Database {
    fn moment(&self) -> Moment {
        self.stamps.now()
    }

    fn still_holds(&self, basis: &Basis) -> bool {
        self.stamps.support(basis)
    }

    async fn device(&self, id: &str) -> Result<Option<Device>, StoreError> {
        devices::one(&mut *self.read().await?, id).await
    }

    async fn find_devices(&self, key: &DeviceKey) -> Result<Vec<Arc<Device>>, StoreError> {
        let read = async {
            if let DeviceKey::Mac(mac) = key {
                return self.devices_by_mac(*mac).await;
            }
            let since = self.stamps.now();
            let found = devices::find(&mut *self.read().await?, key).await?;
            self.cache.keep_device_files(since, found.files);
            Ok(found.devices.into_iter().map(Arc::new).collect())
        };
        self.cache.devices(key, read).await
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

    async fn unconfigured_devices_of_plugin(&self, plugin: &str) -> Result<Vec<String>, StoreError> {
        devices::unconfigured_of_plugin(&mut *self.read().await?, plugin).await
    }

    async fn change_device(&self, change: DeviceChange) -> Result<Device, StoreError> {
        let bytes = change.files.as_ref().map_or(0, |configuration| size(&configuration.files));
        let apply = self.writer.write(
            bytes,
            change,
            |connection, change| change::apply(connection, change).boxed(),
            |_, applied| applied.touched.clone(),
        );
        Ok(apply.await?.device)
    }

    async fn delete_device(
        &self,
        id: &str,
        revision: Option<i64>,
        entries: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let input = (id.to_owned(), revision, entries);
        let delete = self.writer.write(
            0,
            input,
            |connection, (id, revision, entries)| {
                change::delete_device(connection, id, *revision, entries).boxed()
            },
            |_, deleted| deleted.clone().unwrap_or_default(),
        );
        Ok(delete.await?.is_some())
    }

    async fn count_created(&self, origin: &str) -> Result<u64, StoreError> {
        devices::count_created(&mut *self.read().await?, origin).await
    }

    async fn expired_devices(&self, since: SystemTime) -> Result<Vec<Device>, StoreError> {
        devices::expired(&mut *self.read().await?, since).await
    }

    async fn presence(&self, device: &str) -> Result<Option<Presence>, StoreError> {
        presences::one(&mut *self.read().await?, device).await
    }

    async fn presences(&self) -> Result<Vec<Presence>, StoreError> {
        presences::all(&mut *self.read().await?).await
    }

    async fn put_presences(&self, presences: Vec<Presence>) -> Result<(), StoreError> {
        for some in presences.chunks(PRESENCES_AT_ONCE) {
            let put = self
                .note(some.to_vec(), |connection, presences| presences::put(connection, presences).boxed());
            put.await?;
        }
        Ok(())
    }

    async fn waiting_devices(&self) -> Result<Vec<WaitingDevice>, StoreError> {
        waiting::all(&mut *self.read().await?).await
    }

    async fn put_waiting(&self, device: &WaitingDevice) -> Result<(), StoreError> {
        self.note(device.clone(), |connection, device| waiting::put(connection, device).boxed()).await
    }

    async fn remove_waiting(&self, id: &str) -> Result<bool, StoreError> {
        self.note(id.to_owned(), |connection, id| waiting::remove(connection, id).boxed()).await
    }

    async fn config(&self, id: &str) -> Result<Option<Arc<Config>>, StoreError> {
        let read = async { Ok(configs::one(&mut *self.read().await?, id).await?.map(Arc::new)) };
        self.cache.config(id, read).await
    }

    async fn configs(&self) -> Result<Vec<Config>, StoreError> {
        configs::all(&mut *self.read().await?).await
    }

    async fn lineage(&self, id: &str) -> Result<Configs, StoreError> {
        let writes = self.stamps.config_writes();
        let lineage = self.lineage_by_steps(id).await?;
        if self.stamps.config_writes() == writes {
            return Ok(lineage);
        }
        let lineage = configs::lineage(&mut *self.read().await?, id).await?;
        Ok(lineage.into_iter().map(|config| (config.id.clone(), config)).collect())
    }

    async fn descendants(&self, id: &str) -> Result<Vec<String>, StoreError> {
        configs::descendants(&mut *self.read().await?, id).await
    }

    async fn config_with_role(&self, role: &str) -> Result<Option<Config>, StoreError> {
        let read = async { configs::oldest_with_role(&mut *self.read().await?, role).await };
        self.cache.config_with_role(role, read).await
    }

    async fn put_config(&self, config: &Config, change: ConfigChange) -> Result<Config, StoreError> {
        let input = (config.clone(), change);
        let put = self.writer.write(
            0,
            input,
            |connection, (config, change)| change::put_config(connection, config, change).boxed(),
            |(config, _), _| if config.revision == 0 { Touched::nothing() } else { Touched::configs() },
        );
        put.await
    }

    async fn delete_config(&self, id: &str, change: ConfigChange) -> Result<bool, StoreError> {
        let input = (id.to_owned(), change);
        let delete = self.writer.write(
            0,
            input,
            |connection, (id, change)| change::delete_config(connection, id, change).boxed(),
            |_, _| Touched::configs(),
        );
        delete.await
    }

    async fn unfinished_changes(&self) -> Result<Vec<(String, String)>, StoreError> {
        configs::unfinished_changes(&mut *self.read().await?).await
    }

    async fn finish_change(&self, change: &str) -> Result<(), StoreError> {
        self.note(change.to_owned(), |connection, change| configs::finish_change(connection, change).boxed())
            .await
    }

    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, StoreError> {
        audit::find(&mut *self.read().await?, filter).await
    }

    async fn purge_audit(&self, before: SystemTime, keep: u32) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let purge = self.note((before, keep), |connection, (before, keep)| {
                audit::purge(connection, *before, *keep).boxed()
            });
            match purge.await? {
                0 => return Ok(all),
                purged => all += purged,
            }
        }
    }

    async fn device_file(&self, device: &str, path: &str) -> Result<Option<Arc<StoredFile>>, StoreError> {
        let key = (device.to_owned(), path.to_owned());
        let read =
            async { Ok(files::DEVICE.one(&mut *self.read().await?, device, path).await?.map(Arc::new)) };
        self.cache.device_file(key, read).await
    }

    async fn device_files(&self, device: &str) -> Result<Vec<StoredFile>, StoreError> {
        files::DEVICE.all(&mut *self.read().await?, device).await
    }

    async fn common_file(&self, plugin: &str, path: &str) -> Result<Option<Arc<StoredFile>>, StoreError> {
        let key = (plugin.to_owned(), path.to_owned());
        let read =
            async { Ok(files::COMMON.one(&mut *self.read().await?, plugin, path).await?.map(Arc::new)) };
        self.cache.common_file(key, read).await
    }

    async fn common_files(&self, plugin: &str) -> Result<Vec<StoredFile>, StoreError> {
        files::COMMON.all(&mut *self.read().await?, plugin).await
    }

    async fn put_common_files(&self, plugin: &str, files: Vec<GeneratedFile>) -> Result<(), StoreError> {
        let input = (plugin.to_owned(), files);
        let put = self.writer.write(
            size(&input.1),
            input,
            |connection, (plugin, files)| change::put_common_files(connection, plugin, files).boxed(),
            |(plugin, _), ()| Touched::one(Stripe::of_common_files(plugin)),
        );
        put.await
    }

    async fn plugins(&self) -> Result<Vec<PluginRecord>, StoreError> {
        plugins::all(&mut *self.read().await?).await
    }

    async fn put_plugin(&self, plugin: &PluginRecord) -> Result<(), StoreError> {
        self.note(plugin.clone(), |connection, plugin| plugins::put(connection, plugin).boxed()).await
    }

    async fn add_crash(&self, plugin: &str, crash: &Crash) -> Result<(), StoreError> {
        let input = (plugin.to_owned(), crash.clone());
        let add = self
            .note(input, |connection, (plugin, crash)| plugins::add_crash(connection, plugin, crash).boxed());
        add.await
    }

    async fn crashes(&self, plugin: &str, since: SystemTime) -> Result<Vec<Crash>, StoreError> {
        plugins::crashes(&mut *self.read().await?, plugin, since).await
    }

    async fn parameter(&self, name: &str) -> Result<Option<String>, StoreError> {
        parameters::one(&mut *self.read().await?, name).await
    }

    async fn set_parameter(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        let input = (name.to_owned(), value.map(str::to_owned));
        let set = self.note(input, |connection, (name, value)| {
            parameters::set(connection, name, value.as_deref()).boxed()
        });
        set.await
    }
}

impl Database {
    /// Writes what no answer that is kept rests on.
    async fn note<I, T>(&self, input: I, statements: Statements<I, T>) -> Result<T, StoreError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.writer.note(input, statements).await
    }

    /// A config and its ancestors, each read by itself: those that many have in common are in memory. If configs change
    /// meanwhile it is of no one moment.
    async fn lineage_by_steps(&self, id: &str) -> Result<Configs, StoreError> {
        let mut lineage = Configs::new();
        let mut next = vec![id.to_owned()];
        while let Some(id) = next.pop() {
            if lineage.contains_key(&id) {
                continue;
            }
            if let Some(config) = self.config(&id).await? {
                next.extend(config.parent_ids.iter().cloned());
                lineage.insert(id, Arc::unwrap_or_clone(config));
            }
        }
        Ok(lineage)
    }
}

fn size(files: &[GeneratedFile]) -> usize {
    files.iter().map(|file| file.content.len()).sum()
}
