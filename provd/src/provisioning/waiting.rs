//! Unknown devices that wait for an administrator, and what becomes of those he approves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

use super::audit::device_changes;
use super::store::{DeviceChange, DeviceKey, StoreError};
use super::{Provisioning, ProvisioningError, new_id};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::policy::network_of;
use crate::domain::provenance::Source;
use crate::domain::waiting::WaitingDevice;

/// Devices that may wait, in all and of one network. When there are more, the one that was not seen for longest gives way.
const CEILING: usize = 10_000;
const CEILING_OF_NETWORK: usize = 1_000;
/// How exact it is known when a device that waits was last seen: each time is a write.
const EXACTNESS: Duration = Duration::from_mins(1);

/// The list, read from the store when it is first needed.
#[derive(Debug, Default)]
pub(super) struct WaitingList {
    // Held while one entry is written, so that one device never waits twice.
    devices: Mutex<Option<BTreeMap<String, WaitingDevice>>>,
}

impl Provisioning {
    /// Puts an unknown device on the list, or notes that it asked again.
    pub async fn wait_for_approval(&self, info: &DeviceInfo) -> Result<(), StoreError> {
        let mut list = self.waiting_list.devices.lock().await;
        let list = self.loaded(&mut list).await?;
        let now = SystemTime::now();
        let known = list.values().find(|waiting| is_same(&waiting.info, info)).cloned();
        let mut waiting = if let Some(waiting) = known {
            waiting
        } else {
            self.make_room(list, info).await?;
            let info = info.clone();
            WaitingDevice { id: new_id(), info, first_seen: now, last_seen: SystemTime::UNIX_EPOCH }
        };
        let mut info = info.clone();
        info.fill_from(&waiting.info);
        let recent = now.duration_since(waiting.last_seen).is_ok_and(|age| age < EXACTNESS);
        if recent && info == waiting.info {
            return Ok(());
        }
        (waiting.info, waiting.last_seen) = (info, now);
        self.store.put_waiting(&waiting).await?;
        list.insert(waiting.id.clone(), waiting);
        Ok(())
    }

    /// Whoever invents phones displaces those of his own network first.
    async fn make_room(
        &self,
        list: &mut BTreeMap<String, WaitingDevice>,
        info: &DeviceInfo,
    ) -> Result<(), StoreError> {
        let network = info.ip.map(network_of);
        let is_neighbour = |waiting: &&WaitingDevice| waiting.info.ip.map(network_of) == network;
        let by_time = |waiting: &&WaitingDevice| waiting.last_seen;
        let oldest = if list.values().filter(is_neighbour).count() >= CEILING_OF_NETWORK {
            list.values().filter(is_neighbour).min_by_key(by_time)
        } else if list.len() >= CEILING {
            list.values().min_by_key(by_time)
        } else {
            None
        };
        if let Some(id) = oldest.map(|waiting| waiting.id.clone()) {
            self.store.remove_waiting(&id).await?;
            list.remove(&id);
        }
        Ok(())
    }

    /// The list, oldest first.
    pub async fn waiting_devices(&self) -> Result<Vec<WaitingDevice>, StoreError> {
        let mut list = self.waiting_list.devices.lock().await;
        let mut devices: Vec<_> = self.loaded(&mut list).await?.values().cloned().collect();
        devices.sort_by_key(|waiting| waiting.first_seen);
        Ok(devices)
    }

    /// Makes a device that waits a device like any other: with the plugin that supports it best and a config of its own. If
    /// somebody has made one of it meanwhile, that is it.
    pub async fn approve(&self, id: &str, actor: &Actor) -> Result<Device, ProvisioningError> {
        let waiting = {
            let mut list = self.waiting_list.devices.lock().await;
            self.loaded(&mut list).await?.get(id).cloned()
        };
        let Some(waiting) = waiting else {
            return Err(ProvisioningError::NoSuchDevice(id.to_owned()));
        };
        // Without the list: its plugin may take its time, and others ask meanwhile.
        let device = match self.recorded(&waiting.info).await? {
            Some(device) => device,
            None => self.create_approved(&waiting, actor).await?,
        };
        self.dismiss(id).await?;
        Ok(device)
    }

    /// Takes a device from the list. If it asks again it is back. False if it does not wait.
    pub async fn dismiss(&self, id: &str) -> Result<bool, StoreError> {
        let mut list = self.waiting_list.devices.lock().await;
        let list = self.loaded(&mut list).await?;
        list.remove(id);
        self.store.remove_waiting(id).await
    }

    /// The device somebody made of it since it began to wait.
    async fn recorded(&self, info: &DeviceInfo) -> Result<Option<Device>, StoreError> {
        for key in DeviceKey::identities(info) {
            if let Some(device) = self.store.find_devices(&key).await?.into_iter().next() {
                return Ok(Some(Arc::unwrap_or_clone(device)));
            }
        }
        Ok(None)
    }

    async fn create_approved(
        &self,
        waiting: &WaitingDevice,
        actor: &Actor,
    ) -> Result<Device, ProvisioningError> {
        let info = waiting.info.clone();
        let discovered = Device::discovered(waiting.id.clone(), info, Source::Unknown, String::new());
        let mut device = Device { origin: None, ..discovered };
        device.plugin = self.associate(&device.info).await.plugin;
        let new_config = self.autocreate(&device.info).await?;
        device.config = new_config.as_ref().map(|config| config.id.clone());
        let configured = self.configure(&mut device, new_config.as_ref()).await?;
        let changes = device_changes(&Device::default(), &device);
        let audit = vec![AuditEntry::device(actor, "approved", &device.id, changes)];
        let change = DeviceChange {
            new_config,
            audit,
            discovered: true,
            ..DeviceChange::configured(device, configured)
        };
        Ok(self.change_device(change).await?)
    }

    async fn loaded<'a>(
        &self,
        list: &'a mut Option<BTreeMap<String, WaitingDevice>>,
    ) -> Result<&'a mut BTreeMap<String, WaitingDevice>, StoreError> {
        if list.is_none() {
            let stored = self.store.waiting_devices().await?;
            *list = Some(stored.into_iter().map(|waiting| (waiting.id.clone(), waiting)).collect());
        }
        Ok(list.get_or_insert_default())
    }
}

/// Whether two requests were of one device: by what identifies it, else by its address.
fn is_same(one: &DeviceInfo, two: &DeviceInfo) -> bool {
    fn agree<T: PartialEq>(one: Option<&T>, two: Option<&T>) -> Option<bool> {
        Some(one? == two?)
    }
    let identity = agree(one.mac.as_ref(), two.mac.as_ref())
        .or_else(|| agree(one.sn.as_ref(), two.sn.as_ref()))
        .or_else(|| agree(one.uuid.as_ref(), two.uuid.as_ref()));
    identity.unwrap_or_else(|| one.ip.is_some() && one.ip == two.ip && !one.contradicts(two))
}
