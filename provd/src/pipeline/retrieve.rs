//! Step 2: the device these facts speak of: by MAC address, serial number, UUID, address, or a new one.

use std::net::IpAddr;

use super::Pipeline;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::provisioning::new_id;
use crate::provisioning::store::{DeviceKey, StoreError};

/// A device these facts speak of.
#[derive(Debug)]
pub(super) enum Found {
    /// It has a record.
    Stored(Device),
    /// It is to be created.
    New(Device),
}

/// The key under which everything one phone asks happens in order: the strongest fact that says who it is.
pub(super) fn lock_key(info: &DeviceInfo) -> String {
    match info {
        DeviceInfo { mac: Some(mac), .. } => format!("mac {mac}"),
        DeviceInfo { sn: Some(sn), .. } => format!("sn {sn}"),
        DeviceInfo { uuid: Some(uuid), .. } => format!("uuid {uuid}"),
        DeviceInfo { ip: Some(ip), .. } => format!("ip {ip}"),
        _ => String::new(),
    }
}

impl Pipeline {
    /// Finds the device; makes a new one if more than an address is known of it.
    pub(super) async fn retrieve(&self, info: &DeviceInfo) -> Result<Option<Found>, StoreError> {
        let identities = [
            info.mac.map(DeviceKey::Mac),
            info.sn.clone().map(DeviceKey::Sn),
            info.uuid.clone().map(DeviceKey::Uuid),
        ];
        for key in identities.into_iter().flatten() {
            if let Some(device) = self.provisioning.store().find_devices(&key).await?.into_iter().next() {
                return Ok(Some(Found::Stored(device)));
            }
        }
        if let Some(ip) = info.ip
            && let Some(device) = self.retrieve_by_address(ip, info).await?
        {
            return Ok(Some(Found::Stored(device)));
        }
        let new = || Found::New(Device::discovered(new_id(), info.clone()));
        Ok(info.says_more_than_address().then(new))
    }

    /// The one device at an address whose known facts do not contradict. With several nobody can tell.
    async fn retrieve_by_address(&self, ip: IpAddr, info: &DeviceInfo) -> Result<Option<Device>, StoreError> {
        // One whose MAC address is known is not the phone that has just stated another.
        let key = if info.mac.is_some() { DeviceKey::IpWithoutMac(ip) } else { DeviceKey::Ip(ip) };
        let mut devices = self.provisioning.store().find_devices(&key).await?;
        devices.retain(|device| !device.info.contradicts(info));
        if devices.len() > 1 {
            tracing::warn!("Multiple device match in IP device retriever: {} devices at {ip}", devices.len());
            return Ok(None);
        }
        Ok(devices.pop())
    }

    /// A device known only by this address, which these facts now say who it was.
    pub(super) async fn provisional_at(
        &self,
        ip: IpAddr,
        known: &Device,
    ) -> Result<Option<Device>, StoreError> {
        let devices = self.provisioning.store().find_devices(&DeviceKey::IpWithoutMac(ip)).await?;
        let gives_way = |device: &Device| {
            device.id != known.id && device.is_provisional() && !device.info.contradicts(&known.info)
        };
        Ok(devices.into_iter().find(gives_way))
    }
}
