//! Storing a change and telling of it: what was stored is what is told, after it was stored.

use super::Provisioning;
use super::store::{DeviceChange, StoreError};
use crate::domain::device::Device;
use crate::domain::event::{Action, DeviceSubject, Subject};

/// What a change does, as far as it is told.
#[expect(clippy::struct_excessive_bools, reason = "any of them may go with any other")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Deeds {
    is_new: bool,
    updates: bool,
    configured: bool,
    failed: bool,
}

impl Provisioning {
    /// Stores the change of a device, and tells of it.
    pub(crate) async fn change_device(&self, change: DeviceChange) -> Result<Device, StoreError> {
        let deeds = Deeds::of(&change);
        let absorbed = change.absorbed.clone();
        let device = self.store.change_device(change).await?;
        if let Some(absorbed) = absorbed {
            self.tell_device(Action::Deleted, &absorbed);
        }
        if deeds.is_new {
            self.tell_device(Action::Created, &device);
        } else if deeds.updates {
            self.tell_device(Action::Updated, &device);
        }
        if deeds.configured {
            self.tell_device(Action::Configured, &device);
        } else if deeds.failed {
            self.tell_device(Action::Failed, &device);
        }
        Ok(device)
    }

    /// Tells what was done to a device.
    pub(crate) fn tell_device(&self, action: Action, device: &Device) {
        self.events.tell(action, || {
            Subject::Device(DeviceSubject {
                id: device.id.clone(),
                tenant: device.tenant_uuid.clone(),
                mac: device.info.mac,
                plugin: device.plugin.clone(),
                config: device.config.clone(),
                configured: device.configured,
                reason: device.last_error.as_ref().map(|failure| failure.reason.clone()),
            })
        });
    }

    /// Tells what was done to a config.
    pub(crate) fn tell_config(&self, action: Action, id: &str) {
        self.events.tell(action, || Subject::Config(id.to_owned()));
    }
}

impl Deeds {
    /// Whoever changes facts leaves an audit entry; configuring by itself leaves none, but has files or a reason.
    fn of(change: &DeviceChange) -> Deeds {
        let DeviceChange { device, files, basis, audit, .. } = change;
        let is_new = device.revision == 0;
        let was_tried = is_new || files.is_some() || !basis.is_empty() || audit.is_empty();
        Deeds {
            is_new,
            updates: !audit.is_empty() || (device.configured && files.is_none()),
            configured: device.configured && files.is_some(),
            failed: !device.configured && device.last_error.is_some() && was_tried,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Actor, AuditEntry};
    use crate::domain::device::Failure;
    use crate::domain::plugin::Configuration;

    fn entry() -> Vec<AuditEntry> {
        vec![AuditEntry::device(&Actor::Server, "updated", "a", Vec::new())]
    }

    fn deeds(change: &DeviceChange) -> (bool, bool, bool, bool) {
        let Deeds { is_new, updates, configured, failed } = Deeds::of(change);
        (is_new, updates, configured, failed)
    }

    #[test]
    fn what_a_change_does_shows_in_what_it_brings() {
        let failure = Some(Failure::now("no line".to_owned()));
        let well = Device { revision: 1, configured: true, ..Device::default() };
        let unwell = Device { revision: 1, last_error: failure, ..Device::default() };
        let files = || Some(Configuration::default());
        let change = |device: &Device| DeviceChange { device: device.clone(), ..DeviceChange::default() };
        let new = Device { revision: 0, ..unwell.clone() };
        assert_eq!(deeds(&DeviceChange { audit: entry(), ..change(&new) }), (true, true, false, true));
        let described = DeviceChange { audit: entry(), ..change(&unwell) };
        assert_eq!(deeds(&described), (false, true, false, false), "it fails as it did before");
        let configured = DeviceChange { audit: entry(), files: files(), ..change(&well) };
        assert_eq!(deeds(&configured), (false, true, true, false));
        assert_eq!(deeds(&DeviceChange { files: files(), ..change(&well) }), (false, false, true, false));
        assert_eq!(deeds(&change(&unwell)), (false, false, false, true));
        assert_eq!(deeds(&change(&well)), (false, true, false, false), "a fact that was seen");
    }
}
