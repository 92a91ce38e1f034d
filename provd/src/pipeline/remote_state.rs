//! What a phone was seen to have loaded: the fetch of its trigger file proves that it has its current configuration.

use serde_json::Value;

use super::Pipeline;
use crate::domain::device::Device;
use crate::domain::mac::canonical_path;
use crate::domain::request::Request;
use crate::provisioning::store::{DeviceChange, StoreError};

impl Pipeline {
    /// If this is the fetch of the trigger file, remembers the SIP username of the device's own line 1, by which a PBX
    /// can reach the phone. Written only when it changed.
    pub(super) async fn note_remote_state(
        &self,
        device: Device,
        request: &Request,
    ) -> Result<Device, StoreError> {
        if !device.configured || !is_trigger(&device, request) {
            return Ok(device);
        }
        let username = self.own_username(&device).await?;
        if username.is_none() || username == device.remote_state_sip_username {
            return Ok(device);
        }
        let changed = Device { remote_state_sip_username: username, ..device.clone() };
        match self
            .provisioning
            .store()
            .change_device(DeviceChange { device: changed, ..DeviceChange::default() })
            .await
        {
            // Somebody changes it right now, or nothing can be written: the next fetch will be noted.
            Err(StoreError::Conflict(_) | StoreError::Unavailable(_)) => Ok(device),
            stored => stored,
        }
    }

    async fn own_username(&self, device: &Device) -> Result<Option<String>, StoreError> {
        let Some(id) = &device.config else { return Ok(None) };
        let Some(config) = self.provisioning.store().config(id).await? else { return Ok(None) };
        let line = config.raw_config.get("sip_lines").and_then(|lines| lines.get("1"));
        Ok(line.and_then(|line| line.get("username")).and_then(Value::as_str).map(str::to_owned))
    }
}

fn is_trigger(device: &Device, request: &Request) -> bool {
    let canonical = |path: &str| canonical_path(base_name(path));
    match (&device.trigger_path, request.kind.path()) {
        (Some(trigger), Some(path)) => canonical(trigger) == canonical(path),
        _ => false,
    }
}

/// The last segment of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
