//! What the core tells a plugin: requests, devices, facts.

use provd_proto::v1;
use serde_json::Value;

use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::request::{Request, RequestKind};

/// A request as a plugin sees it.
pub(in crate::plugin_host) fn request(request: &Request) -> v1::Request {
    let kind = match &request.kind {
        RequestKind::Http(http) => v1::request::Kind::Http(v1::HttpRequest {
            method: http.method.clone(),
            path: http.path.clone(),
            query: http.query.clone(),
            headers: http
                .headers
                .iter()
                .map(|(name, value)| v1::Header { name: name.clone(), value: value.clone() })
                .collect(),
        }),
        RequestKind::Tftp(tftp) => {
            v1::request::Kind::Tftp(v1::TftpRequest { filename: tftp.filename.clone() })
        }
        RequestKind::Dhcp(dhcp) => v1::request::Kind::Dhcp(v1::DhcpRequest {
            mac: dhcp.mac.to_string(),
            options: dhcp.options.iter().map(|(code, value)| (u32::from(*code), value.clone())).collect(),
        }),
    };
    v1::Request { ip: request.ip.to_string(), kind: Some(kind) }
}

/// Facts as a plugin sees them.
pub(in crate::plugin_host) fn info(info: &DeviceInfo) -> v1::DeviceInfo {
    v1::DeviceInfo {
        ip: info.ip.map(|ip| ip.to_string()),
        mac: info.mac.map(|mac| mac.to_string()),
        sn: info.sn.clone(),
        uuid: info.uuid.clone(),
        vendor: info.vendor.clone(),
        model: info.model.clone(),
        version: info.version.clone(),
    }
}

/// A device as a plugin sees it.
pub(in crate::plugin_host) fn device(device: &Device) -> v1::Device {
    let options = device.extra.get("options").filter(|options| options.is_object());
    v1::Device {
        id: device.id.clone(),
        info: Some(info(&device.info)),
        config_id: device.config.clone().unwrap_or_default(),
        options_json: options.map_or_else(|| "{}".to_owned(), Value::to_string),
        remote_state_sip_username: device.remote_state_sip_username.clone().unwrap_or_default(),
        document_json: Value::Object(device.to_document()).to_string(),
    }
}
