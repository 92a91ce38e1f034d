//! Step 2: the device these facts speak of: by MAC address, serial number, UUID, address, or a new one.

use std::mem::discriminant;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Pipeline;
use super::admission::{Admitted, Permit};
use super::identify::Stated;
use super::record::Tried;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::policy::Retriever;
use crate::provisioning::new_id;
use crate::provisioning::store::{DeviceKey, StoreError};

/// What is to become of a device.
#[derive(Debug)]
pub(super) enum Found {
    /// It has a record.
    Stored(Arc<Device>),
    /// It is to be created, while the permit is held.
    New(Box<Device>, Permit),
    /// It is to have none, for now.
    Refused {
        why: String,
        /// When asking again may help.
        retry_after: Option<Duration>,
    },
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
    /// Finds the device, and says what it was looked for by.
    pub(super) async fn retrieve(
        &self,
        info: &DeviceInfo,
        tried: &mut Vec<(DeviceKey, Tried)>,
    ) -> Result<Option<Arc<Device>>, StoreError> {
        for key in self.identities(info) {
            let first = self.provisioning.store().find_devices(&key).await?.into_iter().next();
            tried.push((key, if first.is_some() { Tried::Found } else { Tried::Nobody }));
            if first.is_some() {
                return Ok(first);
            }
        }
        match info.ip {
            Some(ip) => self.retrieve_by_address(ip, info, tried).await,
            None => Ok(None),
        }
    }

    /// What a device is looked for by, before its address.
    fn identities(&self, info: &DeviceInfo) -> impl Iterator<Item = DeviceKey> {
        let is_secure = self.settings.retriever == Retriever::Secure;
        DeviceKey::identities(info).filter(move |key| !(is_secure && matches!(key, DeviceKey::Uuid(_))))
    }

    /// The one device at an address whose known facts do not contradict. With several nobody can tell.
    async fn retrieve_by_address(
        &self,
        ip: IpAddr,
        info: &DeviceInfo,
        tried: &mut Vec<(DeviceKey, Tried)>,
    ) -> Result<Option<Arc<Device>>, StoreError> {
        // One whose MAC address is known is not the phone that has just stated another.
        let key = if info.mac.is_some() { DeviceKey::IpWithoutMac(ip) } else { DeviceKey::Ip(ip) };
        let mut devices = self.provisioning.store().find_devices(&key).await?;
        let having = devices.len();
        devices.retain(|device| !device.info.contradicts(info));
        let fitting = devices.len();
        if fitting > 1 {
            tracing::warn!("Multiple device match in IP device retriever: {fitting} devices at {ip}");
        }
        let only = if fitting == 1 { devices.pop() } else { None };
        let outcome = match (&only, having) {
            (Some(_), _) => Tried::Found,
            (None, 0) => Tried::Nobody,
            (None, _) => Tried::Ambiguous { having, fitting },
        };
        tried.push((key, outcome));
        Ok(only)
    }

    /// What becomes of a phone that has no record.
    pub(super) async fn new_device(&self, stated: &Stated) -> Result<Found, StoreError> {
        let refused = |why: String, retry_after| Ok(Found::Refused { why, retry_after });
        match self.settings.retriever {
            Retriever::Secure => {
                return refused("unknown devices are not created (retriever = secure)".to_owned(), None);
            }
            Retriever::Approve => {
                self.provisioning.wait_for_approval(&stated.info).await?;
                return refused("it waits for approval: see `provd device waiting`".to_owned(), None);
            }
            Retriever::Default => {}
        }
        let Some(ip) = stated.info.ip else { return refused("its address is not known".to_owned(), None) };
        match self.admission.ask(ip, self.provisioning.store()).await? {
            Admitted::Yes(permit) => {
                let origin = permit.network().to_owned();
                let device = Device::discovered(new_id(), stated.info.clone(), stated.source, origin);
                Ok(Found::New(Box::new(device), permit))
            }
            Admitted::Later(wait) => {
                let why = format!("too many new devices from the network of {ip} at once");
                refused(why, Some(wait))
            }
            Admitted::Full(network) => refused(
                format!("requests from {network} created as many devices as they may (auto_create_ceiling)"),
                None,
            ),
        }
    }

    /// Another record that a request shows to be of the same phone as this one: it has the serial number, the UUID or the
    /// MAC address that the request states beside the one this was found by.
    pub(super) async fn same_phone(
        &self,
        known: &Device,
        info: &DeviceInfo,
    ) -> Result<Option<Device>, StoreError> {
        let known_by: Vec<_> = DeviceKey::identities(&known.info).map(|key| discriminant(&key)).collect();
        for key in self.identities(info).filter(|key| !known_by.contains(&discriminant(key))) {
            let devices = self.provisioning.store().find_devices(&key).await?;
            let is_other = |device: &Arc<Device>| device.id != known.id && !device.info.contradicts(info);
            if let Some(other) = devices.into_iter().find(is_other) {
                return Ok(Some(Arc::unwrap_or_clone(other)));
            }
        }
        Ok(None)
    }

    /// A device known only by this address, which these facts now say who it was.
    pub(super) async fn provisional_at(
        &self,
        ip: IpAddr,
        known: &Device,
    ) -> Result<Option<Device>, StoreError> {
        let devices = self.provisioning.store().find_devices(&DeviceKey::IpWithoutMac(ip)).await?;
        let gives_way = |device: &Arc<Device>| {
            device.id != known.id && device.is_provisional() && !device.info.contradicts(&known.info)
        };
        Ok(devices.into_iter().find(gives_way).map(Arc::unwrap_or_clone))
    }
}
