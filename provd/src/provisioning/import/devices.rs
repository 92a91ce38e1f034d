//! What a line makes of a device. One that exists keeps what the line does not state, for phones have stated it.

use serde_json::{Map, Value};

use super::Mode;
use super::plan::{Plan, SentDevice};
use super::report::{Action, Change};
use crate::domain::audit::AuditEntry;
use crate::domain::device::{Device, check_id};
use crate::domain::interchange::Kind;
use crate::domain::plugin::Configuration;
use crate::provisioning::audit::device_changes;
use crate::provisioning::new_id;
use crate::provisioning::store::DeviceChange;

impl Plan<'_> {
    /// Plans the device of a line, given the stored ones that it could mean.
    pub(super) fn plan_device(&mut self, sent: SentDevice, known: &[Device]) {
        let place = sent.place.clone();
        let has_id = !sent.device.id.is_empty();
        if let Some(mac) = sent.device.info.mac
            && self.is_ambiguous(&place, mac, has_id)
        {
            return;
        }
        let planned = match self.find(&sent.device, known) {
            Ok(Some(stored)) => self.plan_update(sent, stored),
            Ok(None) => self.plan_insert(sent, known),
            Err(why) => Err(why),
        };
        if let Err(why) = planned {
            self.report.refuse(&place, why);
        }
    }

    /// The stored device that a line is of: the one of its identifier, or the one that has its MAC address.
    fn find<'d>(&self, sent: &Device, known: &'d [Device]) -> Result<Option<&'d Device>, String> {
        let is_ours = |device: &&Device| self.import.owner.may_update(device);
        let (id, mode) = (&sent.id, self.mode());
        if !id.is_empty() {
            return match (known.iter().find(|device| device.id == *id), mode) {
                (Some(stored), Mode::Update | Mode::Upsert) if is_ours(&stored) => Ok(Some(stored)),
                (Some(_) | None, Mode::Update) => Err(format!("there is no device `{id}`")),
                (Some(_), _) => Err(format!("the id `{id}` is already in use")),
                (None, _) => Ok(None),
            };
        }
        let Some(mac) = sent.info.mac else {
            return match mode {
                Mode::Create => Ok(None),
                _ => Err("neither an id nor a MAC address says which device it is".to_owned()),
            };
        };
        let found: Vec<&Device> =
            known.iter().filter(|device| device.info.mac == Some(mac)).filter(is_ours).collect();
        match (found.as_slice(), mode) {
            ([], Mode::Update) => Err(format!("no device has the MAC address {mac}")),
            ([], _) => Ok(None),
            ([device], Mode::Create) => Err(format!("the device `{}` has the MAC address {mac}", device.id)),
            ([device], _) => Ok(Some(device)),
            (devices, _) => {
                let ids: Vec<&str> = devices.iter().map(|device| device.id.as_str()).take(10).collect();
                Err(format!(
                    "several devices have the MAC address {mac}: name one by its id: {}",
                    ids.join(", ")
                ))
            }
        }
    }

    fn plan_insert(&mut self, sent: SentDevice, known: &[Device]) -> Result<(), String> {
        let SentDevice { place, mut device, .. } = sent;
        let is_nameless = device.id.is_empty();
        if is_nameless {
            device.id = new_id();
        }
        check_id(&device.id).map_err(|error| format!("id: {error}"))?;
        if self.is_repeated(&place, Kind::Device, &device.id) {
            return Ok(());
        }
        self.warn_of_twin(&place, &device, known);
        device.tenant_uuid = self.import.owner.owner_of_new(&device);
        let device = device.administered(&Device::default());
        let changes = device_changes(&Device::default(), &device);
        // The next trial would make another.
        let id = (!is_nameless || !self.import.dry_run).then(|| device.id.clone());
        let change = Change { line: place.line, kind: "device", id, action: Action::Create, changes };
        let entry = AuditEntry::device(&self.import.actor, "created", &device.id, change.changes.clone());
        self.report.note(Kind::Device, change);
        self.references.of_device(&place, &device);
        let change = self.awaiting_configuration(device);
        self.bulk.devices.push(DeviceChange { audit: vec![entry], ..change });
        Ok(())
    }

    /// A device of another identifier may well be the same phone.
    fn warn_of_twin(&mut self, place: &super::report::Place, device: &Device, known: &[Device]) {
        let is_twin = |other: &&Device| {
            device.info.mac.is_some()
                && other.info.mac == device.info.mac
                && self.import.owner.may_update(other)
        };
        if let Some(twin) = known.iter().find(is_twin) {
            self.report.warn(place, format!("the device `{}` has the same MAC address", twin.id));
        }
    }

    fn plan_update(&mut self, sent: SentDevice, stored: &Device) -> Result<(), String> {
        let SentDevice { mut place, document, .. } = sent;
        place.id = Some(stored.id.clone());
        if self.is_repeated(&place, Kind::Device, &stored.id) {
            return Ok(());
        }
        let mut changed = merged(stored, document)?;
        changed.tenant_uuid = self.import.owner.owner_after(stored, &changed)?;
        let changed = changed.administered(stored);
        self.references.of_device(&place, &changed);
        let is_same = changed == *stored;
        let action = if is_same { Action::Unchanged } else { Action::Update };
        let changes = if is_same { Vec::new() } else { device_changes(stored, &changed) };
        let change = Change { line: place.line, kind: "device", id: place.id, action, changes };
        if !is_same {
            let entry = AuditEntry::device(&self.import.actor, "updated", &stored.id, change.changes.clone());
            let change = self.change_of(stored, changed);
            self.bulk.devices.push(DeviceChange { audit: vec![entry], ..change });
        }
        self.report.note(Kind::Device, change);
        Ok(())
    }

    fn change_of(&mut self, stored: &Device, mut changed: Device) -> DeviceChange {
        let left_config = stored.config.clone().filter(|_| stored.config != changed.config);
        if !stored.needs_reconfiguring(&changed) {
            return DeviceChange { device: changed, left_config, ..DeviceChange::default() };
        }
        let leaves_plugin = stored.plugin.is_some() && stored.plugin != changed.plugin;
        if leaves_plugin {
            changed.trigger_path = None;
            self.leaving.push(stored.clone());
        }
        let mut change = self.awaiting_configuration(changed);
        if leaves_plugin {
            // Whatever happens next, no file of another plugin may be served.
            change.files = Some(Configuration::default());
        }
        DeviceChange { left_config, ..change }
    }

    /// A device that is not configured yet as it shall be. Until it is, a start of the server finds it so and does it.
    fn awaiting_configuration(&mut self, mut device: Device) -> DeviceChange {
        if let Some(settled) = self.provisioning.settle_what_is_lacking(&mut device) {
            self.settled.insert(device.id.clone());
            return DeviceChange::configured(device, settled);
        }
        device.configured = false;
        device.last_error = None;
        self.unconfigured.push(device.id.clone());
        DeviceChange { device, ..DeviceChange::default() }
    }
}

/// A device with what a line states in place of what is stored.
fn merged(stored: &Device, stated: Map<String, Value>) -> Result<Device, String> {
    let mut document = stored.to_document();
    document.extend(stated);
    let mut merged = Device::from_document(document).map_err(|error| error.to_string())?;
    merged.id.clone_from(&stored.id);
    Ok(merged)
}
