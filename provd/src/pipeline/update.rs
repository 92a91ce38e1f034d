//! Step 3: what the facts change in the record, and what follows: a plugin, a config, files. Stored in one transaction,
//! and only if something changed.

use std::sync::Arc;

use super::doubts::is_doubtful;
use super::identify::{Identified, Stated};
use super::record::Identification;
use super::{Pipeline, log};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::provenance::Source;
use crate::provisioning::device_changes;
use crate::provisioning::store::{DeviceChange, StoreError};

impl Pipeline {
    /// Brings the record of a device up to date, and lets it absorb another that is of the same phone.
    pub(super) async fn update(
        &self,
        stored: Device,
        absorbed: Option<Device>,
        stated: &Stated,
        story: &mut Identification,
    ) -> Result<Identified, StoreError> {
        let mut changed = stored.clone();
        learn(&mut changed, &stated.info, stated.source);
        self.doubts.correct(&mut changed, &stated.info, stated.source);
        let (device, complete) = self.complete(&stored, changed, absorbed, (stated, story)).await?;
        Ok(Identified { device: Some(Arc::new(device)), complete, ..Identified::default() })
    }

    /// Creates a device that is not known yet.
    pub(super) async fn create(
        &self,
        new: Device,
        stated: &Stated,
        story: &mut Identification,
    ) -> Result<Identified, StoreError> {
        story.created = true;
        let nothing = Device { id: new.id.clone(), ..Device::default() };
        let (device, complete) = self.complete(&nothing, new, None, (stated, story)).await?;
        Ok(Identified { device: Some(Arc::new(device)), complete, ..Identified::default() })
    }

    /// Gives a device what it lacks, and stores it if it changed.
    async fn complete(
        &self,
        stored: &Device,
        mut changed: Device,
        absorbed: Option<Device>,
        (stated, story): (&Stated, &mut Identification),
    ) -> Result<(Device, bool), StoreError> {
        let is_new = stored.revision == 0;
        let moved = changed.info.ip != stored.info.ip;
        let absorbed = match changed.info.ip {
            _ if absorbed.is_some() => absorbed,
            Some(ip) if moved && stated.info.has_identity() => self.provisional_at(ip, &changed).await?,
            _ => None,
        };
        if let Some(absorbed) = &absorbed {
            changed.info.fill_from(&absorbed.info);
        }
        let complete = self.choose_plugin(stored, &mut changed, story).await;
        let new_config = self.config_for(&mut changed).await?;
        if !is_new && changed == *stored {
            return Ok((changed, complete));
        }
        story.changes = device_changes(stored, &changed);
        let takes_address = moved && changed.info.ip.is_some_and(|ip| !self.provisioning.may_be_shared(ip));
        let extras = Extras { changes: story.changes.clone(), new_config, absorbed, takes_address };
        let outcome = self.persist(stored, changed, extras).await;
        match outcome {
            // A full disk must not keep a phone from what is there for it.
            Err(StoreError::Unavailable(why)) if !is_new => {
                tracing::error!("Device {} could not be updated: {why}", stored.id);
                Ok((stored.clone(), complete))
            }
            outcome => Ok((outcome?, complete)),
        }
    }

    /// A device without a plugin gets the one that supports it best. One that an administrator did not choose gives way to
    /// a better one when the phone turns out to be another, or has other firmware now. Says whether every plugin was heard.
    async fn choose_plugin(&self, stored: &Device, changed: &mut Device, story: &mut Identification) -> bool {
        let kind = |info: &DeviceInfo| (info.vendor.clone(), info.model.clone(), info.version.clone());
        let has_one = changed.plugin.is_some();
        let is_other = kind(&stored.info) != kind(&changed.info) && !changed.provenance.plugin_assigned;
        if has_one && !is_other {
            return true;
        }
        let choice = self.provisioning.associate(&changed.info).await;
        story.supports.clone_from(&choice.supports);
        let Some(current) = &changed.plugin else {
            changed.plugin = choice.plugin;
            return choice.complete;
        };
        let is_better = |better: &String| choice.support_by(better) > choice.support_by(current);
        if choice.complete && choice.plugin.as_ref().is_some_and(is_better) {
            changed.plugin = choice.plugin;
        }
        true
    }

    async fn config_for(&self, device: &mut Device) -> Result<Option<Config>, StoreError> {
        if device.config.is_some() {
            return Ok(None);
        }
        let config = self.provisioning.autocreate(&device.info).await?;
        device.config = config.as_ref().map(|config| config.id.clone());
        Ok(config)
    }

    async fn persist(&self, stored: &Device, changed: Device, extras: Extras) -> Result<Device, StoreError> {
        let is_new = stored.revision == 0;
        let Extras { changes, new_config, absorbed, takes_address } = extras;
        let actor = changed.info.ip.map_or(Actor::Server, Actor::Phone);
        let action = if is_new { "created" } else { "updated" };
        let mut audit = vec![AuditEntry::device(&actor, action, &changed.id, changes)];
        if let Some(absorbed) = &absorbed {
            let why = vec![format!("it turned out to be {}", changed.id)];
            audit.push(AuditEntry::device(&actor, "absorbed", &absorbed.id, why));
        }
        let change = self.provisioning.prepare_change(stored, changed, new_config).await?;
        let change = DeviceChange { discovered: is_new, absorbed, takes_address, audit, ..change };
        let device = self.provisioning.change_device(change).await?;
        if is_new {
            log::created(&device);
        } else {
            tracing::info!("Device {} has been updated", device.id);
        }
        Ok(device)
    }
}

/// What comes with a change of a device.
struct Extras {
    /// In words.
    changes: Vec<String>,
    new_config: Option<Config>,
    absorbed: Option<Device>,
    takes_address: bool,
}

/// Whether a device has all there is to have, and these facts say nothing new.
pub(super) fn is_current(device: &Device, info: &DeviceInfo, source: Source) -> bool {
    let known = &device.info;
    let news = |known: &Option<String>, stated: &Option<String>| known.is_none() && stated.is_some();
    let has_news = (known.mac.is_none() && info.mac.is_some())
        || news(&known.sn, &info.sn)
        || news(&known.uuid, &info.uuid)
        || news(&known.vendor, &info.vendor)
        || news(&known.model, &info.model)
        || (info.version.is_some() && known.version != info.version)
        || (info.ip.is_some() && known.ip != info.ip);
    device.plugin.is_some() && device.config.is_some() && !has_news && !is_doubtful(device, info, source)
}

/// Facts that were missing are added; address and firmware version are always those of the latest request.
fn learn(device: &mut Device, stated: &DeviceInfo, source: Source) {
    let (known, provenance) = (&mut device.info, &mut device.provenance);
    if known.vendor.is_none() && stated.vendor.is_some() {
        provenance.vendor = source;
    }
    if known.model.is_none() && stated.model.is_some() {
        provenance.model = source;
    }
    known.fill_from(stated);
    if stated.ip.is_some() {
        known.ip = stated.ip;
    }
    if stated.version.is_some() {
        known.version.clone_from(&stated.version);
    }
}
