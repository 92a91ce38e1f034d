//! What a phone was seen to have loaded: the fetch of its trigger file proves that it has its current configuration.

use serde_json::Value;

use super::Pipeline;
use super::record::Outcome;
use crate::domain::answer::Answer;
use crate::domain::device::Device;
use crate::domain::mac::canonical_path;
use crate::domain::request::{Request, RequestKind};
use crate::provisioning::store::{DeviceChange, StoreError};

impl Pipeline {
    /// Notes that a phone was seen, and whether it now has its current configuration. If so, remembers the SIP username of
    /// the device's own line 1, by which a PBX can reach the phone; that is written only when it changed.
    pub(super) async fn note_remote_state(
        &self,
        device: &Device,
        request: &Request,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let fetched = matches!(answer, Answer::File(_)) && is_fetch(request) && is_trigger(device, request);
        let asked = match request.kind.path() {
            Some(path) => format!("{} {}", request.kind.protocol(), shown(path)),
            None => request.kind.protocol().to_owned(),
        };
        self.provisioning.note_presence(device, asked, Outcome::of(answer).as_str(), fetched);
        if fetched && device.configured { self.note_username(device).await } else { Ok(()) }
    }

    async fn note_username(&self, device: &Device) -> Result<(), StoreError> {
        let username = self.own_username(device).await?;
        if username.is_none() || username == device.remote_state_sip_username {
            return Ok(());
        }
        let changed = Device { remote_state_sip_username: username, ..device.clone() };
        let change = DeviceChange { device: changed, ..DeviceChange::default() };
        match self.provisioning.change_device(change).await {
            // Somebody changes it right now, or nothing can be written: the next fetch will be noted.
            Ok(_) | Err(StoreError::Conflict(_) | StoreError::Unavailable(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn own_username(&self, device: &Device) -> Result<Option<String>, StoreError> {
        let Some(id) = &device.config else { return Ok(None) };
        let Some(config) = self.provisioning.store().config(id).await? else { return Ok(None) };
        let line = config.raw_config.get("sip_lines").and_then(|lines| lines.get("1"));
        Ok(line.and_then(|line| line.get("username")).and_then(Value::as_str).map(str::to_owned))
    }
}

/// A HEAD brings no file, and a range not all of it.
fn is_fetch(request: &Request) -> bool {
    match &request.kind {
        RequestKind::Http(http) => http.method != "HEAD" && http.header("range").is_none(),
        RequestKind::Tftp(_) | RequestKind::Dhcp(_) => true,
    }
}

/// The beginning of a path; what phones send may be long.
fn shown(path: &str) -> &str {
    path.char_indices().nth(200).map_or(path, |(end, _)| &path[..end])
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
