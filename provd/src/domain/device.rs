//! The record of one phone, and its JSON document as the REST API and the database carry it.
//!
//! Every key of a document survives, also those nobody here knows. How a record comes to be and changes is the business
//! of `provisioning`.

use std::net::IpAddr;

use serde_json::{Map, Value};
use thiserror::Error;

use super::device_info::DeviceInfo;
use super::mac::InvalidMac;

/// One phone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Device {
    /// Unique, stable; 32 hexadecimal digits unless the creator chose it.
    pub id: String,
    /// What is known of the phone, over all of its requests.
    pub info: DeviceInfo,
    /// Plugin that serves it. May name one that is not installed.
    pub plugin: Option<String>,
    /// Config it uses. May name one that does not exist.
    pub config: Option<String>,
    /// Whether the plugin accepted the merged raw config and its files are stored.
    pub configured: bool,
    /// Why the last attempt to configure it failed.
    pub last_error: Option<String>,
    /// `auto` if a request created it.
    pub added: Option<String>,
    /// Tenant that owns it; absent: the master tenant.
    pub tenant_uuid: Option<String>,
    /// SIP username of line 1 when the phone last fetched its trigger file.
    pub remote_state_sip_username: Option<String>,
    /// Path of the file whose fetch proves that the phone is up to date; the server's, not part of the document.
    pub trigger_path: Option<String>,
    /// Everything else: `options`, `description`, `X_…`.
    pub extra: Map<String, Value>,
    /// Counts the changes of the record; set by the store.
    pub revision: i64,
}

/// Value of [`Device::added`] for a device that a request created.
pub const ADDED_AUTO: &str = "auto";

/// Longest identifier of a device or config, in bytes.
pub const MAX_ID_LENGTH: usize = 255;

/// A document that is no device.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidDevice {
    /// A key that must be text holds something else.
    #[error("{0}: expected text or null")]
    NotText(&'static str),
    /// `mac` is none.
    #[error("mac: {0}")]
    Mac(#[from] InvalidMac),
    /// `ip` is none.
    #[error("ip: `{0}` is not an IPv4 or IPv6 address")]
    Ip(String),
    /// `id` cannot be one.
    #[error("id: {0}")]
    Id(#[from] InvalidId),
    /// `options` is no object.
    #[error("options: expected an object or null")]
    Options,
}

/// An identifier that cannot name a document.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("expected 1 to 255 bytes without `/`, control characters, and other than `.` and `..`")]
pub struct InvalidId;

/// Checks an identifier a client chose. It must survive in URLs, logs and file names.
pub fn check_id(id: &str) -> Result<(), InvalidId> {
    let sound = !id.is_empty()
        && id.len() <= MAX_ID_LENGTH
        && id != "."
        && id != ".."
        && !id.contains(|character: char| character == '/' || character.is_control());
    if sound { Ok(()) } else { Err(InvalidId) }
}

impl Device {
    /// A device that a request made known.
    pub fn discovered(id: String, info: DeviceInfo) -> Device {
        Device { id, info, added: Some(ADDED_AUTO.to_owned()), ..Device::default() }
    }

    /// Whether a request created it and only its address says which phone it is. It gives way as soon as a later request
    /// from that address shows who it was.
    pub fn is_provisional(&self) -> bool {
        self.added.as_deref() == Some(ADDED_AUTO) && !self.info.has_identity()
    }

    /// Whether going from `self` to `changed` calls for new files.
    pub fn needs_reconfiguring(&self, changed: &Device) -> bool {
        let facts = |device: &Device| {
            let info = &device.info;
            (info.mac, info.uuid.clone(), info.vendor.clone(), info.model.clone(), info.version.clone())
        };
        self.plugin != changed.plugin
            || self.config != changed.config
            || facts(self) != facts(changed)
            || self.extra.get("options") != changed.extra.get("options")
    }

    /// Reads a document. `configured`, `is_new`, `last_error` and `revision` are the server's and are ignored.
    pub fn from_document(mut document: Map<String, Value>) -> Result<Device, InvalidDevice> {
        let mut text = |key: &'static str| take_text(&mut document, key);
        let mut device = Device {
            id: text("id")?.unwrap_or_default(),
            info: DeviceInfo {
                ip: text("ip")?.map(|ip| ip.parse().map_err(|_| InvalidDevice::Ip(ip))).transpose()?,
                mac: text("mac")?.map(|mac| mac.parse()).transpose()?,
                sn: text("sn")?,
                uuid: text("uuid")?,
                vendor: text("vendor")?,
                model: text("model")?,
                version: text("version")?,
            },
            plugin: text("plugin")?,
            config: text("config")?,
            added: text("added")?,
            tenant_uuid: text("tenant_uuid")?,
            remote_state_sip_username: text("remote_state_sip_username")?,
            ..Device::default()
        };
        for key in ["configured", "is_new", "last_error", "revision"] {
            document.shift_remove(key);
        }
        if !matches!(document.get("options"), None | Some(Value::Null | Value::Object(_))) {
            return Err(InvalidDevice::Options);
        }
        device.extra = document;
        Ok(device)
    }

    /// The document, unknown facts left out.
    pub fn to_document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        let mut state = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                document.insert(key.to_owned(), Value::String(value));
            }
        };
        state("id", Some(self.id.clone()));
        state("mac", self.info.mac.map(|mac| mac.to_string()));
        state("ip", self.info.ip.as_ref().map(IpAddr::to_string));
        state("sn", self.info.sn.clone());
        state("uuid", self.info.uuid.clone());
        state("vendor", self.info.vendor.clone());
        state("model", self.info.model.clone());
        state("version", self.info.version.clone());
        state("plugin", self.plugin.clone());
        state("config", self.config.clone());
        state("added", self.added.clone());
        state("tenant_uuid", self.tenant_uuid.clone());
        state("remote_state_sip_username", self.remote_state_sip_username.clone());
        state("last_error", self.last_error.clone());
        document.insert("configured".to_owned(), Value::Bool(self.configured));
        document.extend(self.extra.clone());
        document
    }
}

/// Takes a text out of a document; null and the empty string are absent, a number becomes its digits.
fn take_text(document: &mut Map<String, Value>, key: &'static str) -> Result<Option<String>, InvalidDevice> {
    match document.shift_remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then_some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(InvalidDevice::NotText(key)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(document: Value) -> Result<Device, InvalidDevice> {
        let Value::Object(document) = document else { panic!("not an object") };
        Device::from_document(document)
    }

    #[test]
    fn a_document_survives_reading_and_writing() {
        let document = json!({"id": "a", "mac": "00:08:5d:23:74:29", "ip": "192.0.2.7", "vendor": "Aastra",
            "configured": false, "options": {"switchboard": true}, "X_mine": [1, null]});
        let Value::Object(written) = document.clone() else { panic!("not an object") };
        assert_eq!(read(document).unwrap().to_document(), written);
    }

    #[test]
    fn spellings_become_normal() {
        let device = read(json!({"mac": "00085D237429", "ip": "", "model": 7960})).unwrap();
        assert_eq!(device.info.mac.unwrap().to_string(), "00:08:5d:23:74:29");
        assert_eq!((device.info.ip, device.info.model.as_deref()), (None, Some("7960")));
    }

    #[test]
    fn a_client_cannot_claim_to_be_configured() {
        assert!(!read(json!({"configured": true})).unwrap().configured);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(read(json!({"mac": "xx"})).unwrap_err().to_string().starts_with("mac: `xx`"));
        assert_eq!(read(json!({"vendor": []})).unwrap_err(), InvalidDevice::NotText("vendor"));
        assert_eq!(read(json!({"options": 3})).unwrap_err(), InvalidDevice::Options);
        assert!(check_id("../x").is_err() && check_id("..").is_err() && check_id("a b").is_ok());
    }

    #[test]
    fn only_an_automatic_device_without_identity_is_provisional() {
        let mut device = Device::discovered("a".to_owned(), DeviceInfo::default());
        assert!(device.is_provisional());
        device.info.sn = Some("1".to_owned());
        assert!(!device.is_provisional());
    }
}
