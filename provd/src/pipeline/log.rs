//! The story of each request in the log, in the words administrators of such servers grep for, and the security log.
//!
//! What phones sent is escaped where it is shown. File contents and raw configs never come here.

use tracing::Level;

use super::remote_state::base_name;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::request::Request;

/// Target of everything that fail2ban and its like should read; they match the first words of these lines.
const SECURITY: &str = "provd::security";

/// The lines of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines(u64);

/// The first line of a request. Its number is the one it has in the journal.
pub(super) fn begin(number: u64, request: &Request) -> Lines {
    tracing::info!("<{number}> Processing {} request: {request}", request.kind.protocol());
    Lines(number)
}

impl Lines {
    pub(super) fn denied(self, why: &str) {
        tracing::info!("<{}> {why} Denying request.", self.0);
    }

    pub(super) fn extracted(self, info: &DeviceInfo) {
        if info.says_more_than_address() {
            tracing::info!("<{}> Extracted device info: {info}", self.0);
        } else {
            tracing::info!("<{}> No device info extracted", self.0);
        }
    }

    pub(super) fn retrieved(self, device: Option<&Device>) {
        let Some(device) = device else { return tracing::info!("<{}> No device retrieved", self.0) };
        tracing::info!("<{}> Retrieved device id: {}", self.0, device.id);
    }

    pub(super) fn routed(self, plugin: Option<&str>) {
        let Some(plugin) = plugin else { return tracing::info!("<{}> No route found", self.0) };
        tracing::info!("<{}> Routing request to plugin {plugin}", self.0);
    }
}

/// A request made a device known.
pub(super) fn created(device: &Device) {
    if let Some(ip) = device.info.ip {
        tracing::info!(target: SECURITY, "New device created automatically from {ip}: {}", device.id);
    }
}

/// A phone that has no record gets none.
pub(super) fn refused(info: &DeviceInfo, why: &str) {
    tracing::warn!(target: SECURITY, "Unknown device {info} is refused: {why}");
}

/// Somebody asked for a file that holds secrets, whether or not it exists.
pub(super) fn sensitive(request: &Request) {
    if !tracing::enabled!(target: SECURITY, Level::INFO) {
        return;
    }
    let (ip, base_name) = (request.ip, base_name(request.kind.path().unwrap_or_default()));
    let shown: String = base_name.chars().take(100).flat_map(char::escape_debug).collect();
    tracing::info!(target: SECURITY, "Sensitive file requested from {ip}: {shown}");
}
