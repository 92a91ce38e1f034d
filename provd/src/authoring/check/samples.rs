//! What a plugin under check is asked: devices, raw configs and requests out of the cases beside it, and devices of the
//! models it names.

use provd_proto::v1;
use serde_json::{Map, Value, json};

use crate::authoring::test::{CaseFile, Facts};
use crate::domain::raw_config::RawConfig;
use crate::domain::request::Request;
use crate::plugin_host::workbench::raw_config_message;

/// Devices made of the models a plugin names.
const MODELS: usize = 4;
/// MAC address of those devices: one reserved for documentation (RFC 9542).
const MAC: &str = "00:00:5e:00:53:07";

/// What a plugin can be asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Samples {
    pub(super) devices: Vec<Sample>,
    pub(super) requests: Vec<(Request, Facts)>,
}

/// A device, and what it is to be told.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Where it is from.
    pub(super) name: String,
    /// Whether the plugin's own cases say that it can be configured.
    pub(super) is_own: bool,
    pub(super) device: v1::Device,
    pub(super) raw_config: v1::RawConfig,
}

impl Sample {
    pub(super) fn request(&self) -> v1::ConfigureRequest {
        v1::ConfigureRequest { device: Some(self.device.clone()), raw_config: Some(self.raw_config.clone()) }
    }
}

impl Samples {
    /// Out of the cases for a plugin that are to succeed.
    pub(super) fn of_cases(id: &str, files: &[CaseFile]) -> Samples {
        let mut samples = Samples::default();
        for file in files {
            for case in file.cases.request.iter().map(toml::Spanned::get_ref) {
                if let Ok(request) = case.request() {
                    samples.requests.push((request, case.facts.get_ref().clone()));
                }
            }
            let configured = file.cases.configure.iter().map(toml::Spanned::get_ref);
            let fits = |target: &Option<String>| target.as_ref().is_none_or(|target| target == id);
            for case in configured.filter(|case| case.error.is_none() && fits(&case.target)) {
                if let (Some(device), Ok(raw_config)) = (case.device(), case.raw_config(file.folder())) {
                    let name = format!("the case `{}`", case.name.as_deref().unwrap_or("configure"));
                    samples.devices.push(Sample { name, is_own: true, device, raw_config });
                }
            }
        }
        samples
    }

    /// With devices of the first models that a plugin names.
    pub(super) fn completed(mut self, description: &v1::DescribeResponse) -> Samples {
        let named = description.supported_devices.iter().filter(|device| device.vendor != "*");
        self.devices.extend(named.take(MODELS).map(of_model));
        self
    }
}

fn of_model(supported: &v1::SupportedDevice) -> Sample {
    let stated = |text: &String| (!text.is_empty() && text != "*").then(|| text.clone());
    let info = v1::DeviceInfo {
        mac: Some(MAC.to_owned()),
        vendor: stated(&supported.vendor),
        model: stated(&supported.model),
        version: stated(&supported.version),
        ..v1::DeviceInfo::default()
    };
    let document = json!({
        "id": "checked", "mac": MAC, "vendor": info.vendor, "model": info.model, "version": info.version,
    });
    let device = v1::Device {
        id: "checked".to_owned(),
        info: Some(info),
        options_json: "{}".to_owned(),
        document_json: document.to_string(),
        ..v1::Device::default()
    };
    let name = format!("the model {}", supported.model);
    Sample { name, is_own: false, device, raw_config: raw_config_of(raw_config()) }
}

/// What is needed to configure nearly any phone.
pub(super) fn raw_config() -> Map<String, Value> {
    let document = json!({
        "ip": "192.0.2.1", "http_base_url": "http://192.0.2.1:8667", "http_port": 8667, "tftp_port": 69,
        "locale": "fr_FR", "timezone": "Europe/Paris",
        "sip_lines": {"1": {
            "proxy_ip": "192.0.2.2", "username": "checked", "password": "checked-secret", "display_name": "Zoë & Co",
        }},
        "sccp_call_managers": {"1": {"ip": "192.0.2.2"}},
        "funckeys": {"1": {"type": "blf", "value": "101", "label": "Zoë"}},
    });
    match document {
        Value::Object(document) => document,
        _ => Map::new(),
    }
}

/// As a plugin gets it.
pub(super) fn raw_config_of(document: Map<String, Value>) -> v1::RawConfig {
    raw_config_message(&RawConfig::new(document))
}
