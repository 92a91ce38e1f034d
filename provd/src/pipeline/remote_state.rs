//! What a phone was seen to have loaded: the fetch of its trigger file proves that it has its current configuration.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use super::Pipeline;
use crate::domain::answer::Answer;
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::mac::canonical_path;
use crate::domain::request::{Request, RequestKind};
use crate::provisioning::Sight;
use crate::provisioning::store::{DeviceChange, StoreError};

impl Pipeline {
    /// Notes that a phone was seen, and whether it now has its current configuration. If so, remembers the SIP username of
    /// the device's own line 1, by which a PBX can reach the phone; that is written only when it changed. Says whether the
    /// next such request of the phone is no news.
    pub(super) async fn note_remote_state(
        &self,
        device: &Device,
        request: &Request,
        answer: &Answer,
    ) -> Result<bool, StoreError> {
        let is_trigger = is_trigger(device, request);
        let fetched = is_trigger && matches!(answer, Answer::File(_)) && is_fetch(request);
        self.saw(device, request, answer, fetched);
        if fetched && device.configured {
            self.note_username(device).await
        } else {
            Ok(!is_trigger || request.is_head())
        }
    }

    /// Notes that a phone was seen, and when that was.
    pub(super) fn saw(
        &self,
        device: &Device,
        request: &Request,
        answer: &Answer,
        fetched: bool,
    ) -> SystemTime {
        let (protocol, path) = (request.kind.protocol(), request.kind.path().map(shown));
        self.provisioning.note_presence(device, Sight { protocol, path, answer: answer.as_str(), fetched })
    }

    /// Whether the name is known already.
    async fn note_username(&self, device: &Device) -> Result<bool, StoreError> {
        let Some(config) = self.own_config(device).await? else { return Ok(false) };
        let username = own_username(&config);
        if username.is_none() || username == device.remote_state_sip_username.as_deref() {
            return Ok(true);
        }
        let username = username.map(str::to_owned);
        let changed = Device { remote_state_sip_username: username, ..device.clone() };
        let change = DeviceChange { device: changed, ..DeviceChange::default() };
        match self.provisioning.change_device(change).await {
            // Somebody changes it right now, or nothing can be written: the next fetch will be noted.
            Ok(_) | Err(StoreError::Conflict(_) | StoreError::Unavailable(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn own_config(&self, device: &Device) -> Result<Option<Arc<Config>>, StoreError> {
        match &device.config {
            Some(id) => self.provisioning.store().config(id).await,
            None => Ok(None),
        }
    }
}

fn own_username(config: &Config) -> Option<&str> {
    let line = config.raw_config.get("sip_lines").and_then(|lines| lines.get("1"));
    line.and_then(|line| line.get("username")).and_then(Value::as_str)
}

/// A HEAD brings no file, and a range not all of it.
pub(super) fn is_fetch(request: &Request) -> bool {
    let is_part = matches!(&request.kind, RequestKind::Http(http) if http.header("range").is_some());
    !is_part && !request.is_head()
}

/// The beginning of a path; what phones send may be long.
fn shown(path: &str) -> &str {
    path.char_indices().nth(200).map_or(path, |(end, _)| &path[..end])
}

/// Whether a request is for the file whose fetch proves that the phone has its configuration.
pub(super) fn is_trigger(device: &Device, request: &Request) -> bool {
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
