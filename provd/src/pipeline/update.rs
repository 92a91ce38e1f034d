//! Step 3: what the facts change in the record, and what follows: a plugin, a config, files. Stored in one transaction,
//! and only if something changed.

use super::retrieve::Found;
use super::{Pipeline, log};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::provisioning::store::{DeviceChange, StoreError};

impl Pipeline {
    /// Brings a device up to date and gives it as it is stored then.
    pub(super) async fn update(&self, found: Found, info: &DeviceInfo) -> Result<Updated, StoreError> {
        let (stored, mut changed) = match found {
            Found::Stored(device) => (device.clone(), device),
            Found::New(device) => (Device { id: device.id.clone(), ..Device::default() }, device),
        };
        let is_new = stored.revision == 0;
        learn(&mut changed.info, info);
        let moved = changed.info.ip != stored.info.ip;
        let absorbed = match changed.info.ip {
            Some(ip) if moved && info.has_identity() => self.provisional_at(ip, &changed).await?,
            _ => None,
        };
        if let Some(absorbed) = &absorbed {
            changed.info.fill_from(&absorbed.info);
        }
        let mut complete = true;
        if changed.plugin.is_none() {
            let choice = self.associate(&changed.info).await;
            (changed.plugin, complete) = (choice.plugin, choice.complete);
        }
        let new_config = self.config_for(&mut changed).await?;
        if !is_new && changed == stored {
            return Ok(Updated { device: stored, complete });
        }
        let takes_address = moved && !self.settings.nat;
        let outcome = self.persist(&stored, changed, Extras { new_config, absorbed, takes_address }).await;
        let device = match outcome {
            // A full disk must not keep a phone from what is there for it.
            Err(StoreError::Unavailable(why)) if !is_new => {
                tracing::error!("Device {} could not be updated: {why}", stored.id);
                stored
            }
            outcome => outcome?,
        };
        Ok(Updated { device, complete })
    }

    async fn config_for(&self, device: &mut Device) -> Result<Option<Config>, StoreError> {
        if device.config.is_some() {
            return Ok(None);
        }
        let config = self.autocreate().await?;
        device.config = config.as_ref().map(|config| config.id.clone());
        Ok(config)
    }

    async fn persist(&self, stored: &Device, changed: Device, extras: Extras) -> Result<Device, StoreError> {
        let is_new = stored.revision == 0;
        let Extras { new_config, absorbed, takes_address } = extras;
        let change = self.provisioning.prepare_change(stored, changed, new_config).await?;
        let change = DeviceChange { discovered: is_new, absorbed, takes_address, ..change };
        let device = self.provisioning.store().change_device(change).await?;
        if is_new {
            log::created(&device);
        } else {
            tracing::info!("Device {} has been updated", device.id);
        }
        Ok(device)
    }
}

/// A device as it is stored, and whether every plugin was heard about who serves it.
#[derive(Debug)]
pub(super) struct Updated {
    pub(super) device: Device,
    pub(super) complete: bool,
}

/// What comes with a change of a device.
struct Extras {
    new_config: Option<Config>,
    absorbed: Option<Device>,
    takes_address: bool,
}

/// Whether a device has all there is to have, and these facts say nothing new.
pub(super) fn is_current(device: &Device, info: &DeviceInfo) -> bool {
    let mut learnt = device.info.clone();
    learn(&mut learnt, info);
    device.plugin.is_some() && device.config.is_some() && learnt == device.info
}

/// Facts that were missing are added; address and firmware version are always those of the latest request.
fn learn(known: &mut DeviceInfo, stated: &DeviceInfo) {
    known.fill_from(stated);
    if stated.ip.is_some() {
        known.ip = stated.ip;
    }
    if stated.version.is_some() {
        known.version.clone_from(&stated.version);
    }
}
