//! The life of a device as the API drives it: insert, update, delete, reconfigure. Requests of phones take the same steps
//! through the pipeline.

use super::audit::device_changes;
use super::store::{DeviceChange, StoreError};
use super::{DeviceGuard, Provisioning, ProvisioningError, new_id};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::config::Config;
use crate::domain::device::{Device, check_id};
use crate::domain::event::Action;
use crate::domain::plugin::Configuration;

/// How often a change is tried again when somebody else changed the record at the same time.
const ATTEMPTS: usize = 5;

impl Provisioning {
    /// Stores a new device and configures it. An empty `id` is replaced by a new one.
    pub async fn insert_device(
        &self,
        mut device: Device,
        actor: &Actor,
    ) -> Result<Device, ProvisioningError> {
        if device.id.is_empty() {
            device.id = new_id();
        }
        check_id(&device.id)?;
        let _guard = self.lock_device(&device.id).await;
        let device = device.administered(&Device::default());
        let mut tries = Tries::default();
        loop {
            match self.try_insert(&device, actor).await {
                Err(error) if tries.go_on_after(&error) => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_insert(&self, device: &Device, actor: &Actor) -> Result<Device, ProvisioningError> {
        let mut device = device.clone();
        let configured = self.configure(&mut device, None).await?;
        let changes = device_changes(&Device::default(), &device);
        let audit = vec![AuditEntry::device(actor, "created", &device.id, changes)];
        let change = DeviceChange { audit, ..DeviceChange::configured(device, configured) };
        let device = self.change_device(change).await?;
        self.presences.forget(&device.id);
        Ok(device)
    }

    /// Replaces the document of a device, at whatever state or only if it is still in the `expected` one. It is configured
    /// anew if that changes what its files depend on; an equal document changes nothing.
    pub async fn update_device(
        &self,
        device: Device,
        expected: Option<&Device>,
        actor: &Actor,
    ) -> Result<Device, ProvisioningError> {
        let _guard = self.lock_device(&device.id).await;
        let mut tries = Tries::default();
        loop {
            match self.try_update(&device, expected, actor).await {
                Err(error) if tries.go_on_after(&error) => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_update(
        &self,
        device: &Device,
        expected: Option<&Device>,
        actor: &Actor,
    ) -> Result<Device, ProvisioningError> {
        let stored = self.stored_device(&device.id).await?;
        check_expected(&stored, expected)?;
        let changed = device.clone().administered(&stored);
        if changed == stored {
            return Ok(stored);
        }
        let entry = AuditEntry::device(actor, "updated", &stored.id, device_changes(&stored, &changed));
        let change = self.prepare_change(&stored, changed, None).await?;
        Ok(self.change_device(DeviceChange { audit: vec![entry], ..change }).await?)
    }

    /// Deletes a device, at whatever state or only if it is still in the `expected` one, its files and, if it was the last
    /// to use it, its transient config.
    pub async fn delete_device(
        &self,
        id: &str,
        expected: Option<&Device>,
        actor: &Actor,
    ) -> Result<(), ProvisioningError> {
        let _guard = self.lock_device(id).await;
        let device = self.stored_device(id).await?;
        check_expected(&device, expected)?;
        let changes = device_changes(&device, &Device::default());
        let entry = AuditEntry::device(actor, "deleted", id, changes);
        let revision = expected.map(|expected| expected.revision);
        if !self.store.delete_device(id, revision, vec![entry]).await? && expected.is_some() {
            return Err(outdated(id));
        }
        self.presences.forget(id);
        self.tell_device(Action::Deleted, &device);
        self.deconfigure(&device).await;
        Ok(())
    }

    /// Generates the files of a device anew. That the plugin cannot is no error: see the device's `last_error`.
    pub async fn reconfigure_device(&self, id: &str) -> Result<Device, ProvisioningError> {
        let _guard = self.lock_device(id).await;
        let mut tries = Tries::default();
        loop {
            match self.try_reconfigure(id).await {
                Err(error) if tries.go_on_after(&error) => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_reconfigure(&self, id: &str) -> Result<Device, ProvisioningError> {
        let stored = self.stored_device(id).await?;
        let mut device = stored.clone();
        let configured = self.configure(&mut device, None).await?;
        if configured.files.is_none() && fails_as_before(&stored, &device) {
            return Ok(stored);
        }
        Ok(self.change_device(DeviceChange::configured(device, configured)).await?)
    }

    /// The change that takes a device from what is stored to what it shall be: configured anew where needed.
    pub(crate) async fn prepare_change(
        &self,
        stored: &Device,
        mut changed: Device,
        new_config: Option<Config>,
    ) -> Result<DeviceChange, StoreError> {
        let (mut files, mut basis) = (None, Vec::new());
        if stored.needs_reconfiguring(&changed) {
            if stored.plugin.is_some() && stored.plugin != changed.plugin {
                self.deconfigure(stored).await;
                // Whatever happens next, no file of another plugin may be served.
                files = Some(Configuration::default());
                changed.trigger_path = None;
            }
            let configured = self.configure(&mut changed, new_config.as_ref()).await?;
            files = configured.files.or(files);
            basis = configured.basis;
        }
        let left_config = if stored.config == changed.config { None } else { stored.config.clone() };
        Ok(DeviceChange { device: changed, new_config, files, basis, left_config, ..DeviceChange::default() })
    }

    /// Lets the plugin of a device forget it. Best effort: the files are the core's.
    pub(crate) async fn deconfigure(&self, device: &Device) {
        let Some(plugin) = device.plugin.as_deref().filter(|plugin| self.plugins.is_installed(plugin)) else {
            return;
        };
        tracing::info!("Deconfiguring device {} with plugin {plugin}", device.id);
        if let Err(error) = self.plugins.deconfigure(plugin, device).await {
            tracing::warn!("Device {} could not be deconfigured: {error}", device.id);
        }
    }

    /// Waits for the lock under which everybody but requests changes a device.
    pub(crate) async fn lock_device(&self, id: &str) -> DeviceGuard {
        self.locks.lock(format!("id {id}")).await
    }

    pub(super) async fn stored_device(&self, id: &str) -> Result<Device, ProvisioningError> {
        let device = self.store.device(id).await?;
        device.ok_or_else(|| ProvisioningError::NoSuchDevice(id.to_owned()))
    }
}

fn check_expected(stored: &Device, expected: Option<&Device>) -> Result<(), ProvisioningError> {
    if expected.is_none_or(|expected| expected == stored) { Ok(()) } else { Err(outdated(&stored.id)) }
}

fn outdated(id: &str) -> ProvisioningError {
    ProvisioningError::Outdated(format!("the device `{id}`"))
}

/// Whether a device still cannot be configured, for the same reason: that is known already, and since when.
fn fails_as_before(stored: &Device, device: &Device) -> bool {
    let reason = |device: &Device| device.last_error.as_ref().map(|failure| failure.reason.clone());
    stored.configured == device.configured && device.last_error.is_some() && reason(stored) == reason(device)
}

/// How often a change was tried that somebody else's got ahead of.
#[derive(Default)]
pub(super) struct Tries(usize);

impl Tries {
    pub(super) fn go_on_after(&mut self, error: &ProvisioningError) -> bool {
        self.0 += 1;
        self.0 < ATTEMPTS && matches!(error, ProvisioningError::Store(StoreError::Conflict(_)))
    }
}
