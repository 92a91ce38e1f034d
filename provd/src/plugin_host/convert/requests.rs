//! What the core tells a plugin: requests, devices, facts.

use provd_proto::v1;
use serde_json::Value;

use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::headers::Headers;
use crate::domain::request::{Request, RequestKind};

/// A request as a plugin sees it.
pub(in crate::plugin_host) fn request(request: &Request) -> v1::Request {
    let kind = match &request.kind {
        RequestKind::Http(http) => v1::request::Kind::Http(v1::HttpRequest {
            method: http.method.to_owned(),
            path: http.path.clone(),
            query: http.query.clone(),
            headers: headers(&http.headers),
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

/// Each name once. Answers are remembered by the first of several, so nothing may be read out of another.
fn headers(all: &Headers) -> Vec<v1::Header> {
    let is_first =
        |(at, (name, _)): &(usize, (&str, &str))| all.iter().take(*at).all(|(before, _)| before != *name);
    let first = all.iter().enumerate().filter(is_first);
    first.map(|(_, (name, value))| v1::Header { name: name.to_owned(), value: value.to_owned() }).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::HttpRequest;

    #[test]
    fn a_second_header_of_a_name_is_not_told() {
        let pairs = [("user-agent", "of one phone"), ("accept", "*/*"), ("user-agent", "of another")];
        let http =
            HttpRequest { method: "GET", path: "/".to_owned(), query: String::new(), headers: pairs.into() };
        let asked = Request { ip: [192, 0, 2, 1].into(), kind: RequestKind::Http(http) };
        let Some(v1::request::Kind::Http(told)) = request(&asked).kind else { panic!("not HTTP") };
        let told: Vec<_> = told.headers.iter().map(|header| header.value.as_str()).collect();
        assert_eq!(told, ["of one phone", "*/*"]);
    }
}
