//! The record of one phone, and its JSON document as the REST API and the database carry it.
//!
//! Every key of a document survives, also those nobody here knows. How a record comes to be and changes is the business
//! of `provisioning`.

use std::net::IpAddr;
use std::time::SystemTime;

use serde_json::{Map, Value};
use thiserror::Error;

use super::device_info::DeviceInfo;
use super::mac::InvalidMac;
use super::provenance::{Provenance, Source};

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
    pub last_error: Option<Failure>,
    /// `auto` if a request created it.
    pub added: Option<String>,
    /// Tenant that owns it; absent: the master tenant.
    pub tenant_uuid: Option<String>,
    /// SIP username of line 1 when the phone last fetched its trigger file.
    pub remote_state_sip_username: Option<String>,
    /// Path of the file whose fetch proves that the phone is up to date; the server's, not part of the document.
    pub trigger_path: Option<String>,
    /// Where its facts come from; the server's, not part of the document.
    pub provenance: Provenance,
    /// The network of the request that created it, absent as soon as an administrator has changed it.
    pub origin: Option<String>,
    /// When it was created; set by the store.
    pub created: Option<SystemTime>,
    /// Counts the changes of what its generated files hold; set by the store.
    pub files_revision: i64,
    /// Everything else: `options`, `description`, `X_…`.
    pub extra: Map<String, Value>,
    /// Counts the changes of the record; set by the store.
    pub revision: i64,
}

/// Why configuring a device failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For people; holds no secrets.
    pub reason: String,
    /// When.
    pub at: SystemTime,
}

impl Failure {
    /// A failure of now.
    pub fn now(reason: String) -> Failure {
        Failure { reason, at: SystemTime::now() }
    }
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
    /// `mac` is empty, which REST 0.2 refuses.
    #[error("mac: expected an address or null, not an empty text")]
    EmptyMac,
    /// `ip` is none.
    #[error("ip: `{0}` is not an IPv4 or IPv6 address")]
    Ip(String),
    /// `id` cannot be one.
    #[error("id: {0}")]
    Id(#[from] InvalidId),
    /// A text holds line breaks or other control characters.
    #[error("{0}: control characters mean nothing here")]
    Control(&'static str),
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
    /// A device that a request from a network made known.
    pub fn discovered(id: String, info: DeviceInfo, source: Source, origin: String) -> Device {
        let source_of = |fact: &Option<String>| if fact.is_some() { source } else { Source::Unknown };
        let provenance = Provenance {
            vendor: source_of(&info.vendor),
            model: source_of(&info.model),
            plugin_assigned: false,
        };
        let added = Some(ADDED_AUTO.to_owned());
        Device { id, info, added, provenance, origin: Some(origin), ..Device::default() }
    }

    /// Whether a request created it, nobody changed it since, and only its address says which phone it is. It gives way
    /// as soon as a later request from that address shows who it was, and goes when it is not seen for long.
    pub fn is_provisional(&self) -> bool {
        self.origin.is_some() && !self.info.has_identity()
    }

    /// Takes over what a document does not hold from the record it replaces, and notes what an administrator decided.
    #[must_use]
    pub fn administered(mut self, stored: &Device) -> Device {
        self.configured = stored.configured;
        self.last_error.clone_from(&stored.last_error);
        self.trigger_path.clone_from(&stored.trigger_path);
        self.created = stored.created;
        self.files_revision = stored.files_revision;
        self.revision = stored.revision;
        self.provenance = stored.provenance.clone();
        self.origin.clone_from(&stored.origin);
        if self == *stored {
            return self;
        }
        let decided =
            |fact: &Option<String>| if fact.is_some() { Source::Administrator } else { Source::Unknown };
        if self.info.vendor != stored.info.vendor {
            self.provenance.vendor = decided(&self.info.vendor);
        }
        if self.info.model != stored.info.model {
            self.provenance.model = decided(&self.info.model);
        }
        if self.plugin != stored.plugin {
            self.provenance.plugin_assigned = self.plugin.is_some();
        }
        self.origin = None;
        self
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

    /// Reads a document. What is the server's, `configured`, `last_error` and the like, is ignored.
    pub fn from_document(mut document: Map<String, Value>) -> Result<Device, InvalidDevice> {
        if document.get("mac").is_some_and(|mac| mac == "") {
            return Err(InvalidDevice::EmptyMac);
        }
        if matches!(document.get("description"), Some(Value::Bool(_) | Value::Array(_) | Value::Object(_))) {
            return Err(InvalidDevice::NotText("description"));
        }
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
        for key in ["configured", "is_new", "last_error", "last_error_at", "revision"] {
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
        state("last_error", self.last_error.as_ref().map(|failure| failure.reason.clone()));
        state("last_error_at", self.last_error.as_ref().and_then(|failure| rfc_3339(failure.at)));
        document.insert("configured".to_owned(), Value::Bool(self.configured));
        document.extend(self.extra.clone());
        document
    }
}

/// A moment as text. Nothing for one so far away that no calendar has it.
fn rfc_3339(moment: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(moment).ok().map(|moment| format!("{moment:.3}"))
}

/// Takes a text out of a document; null and the empty string are absent, a number becomes its digits.
fn take_text(document: &mut Map<String, Value>, key: &'static str) -> Result<Option<String>, InvalidDevice> {
    match document.shift_remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.contains(char::is_control) => Err(InvalidDevice::Control(key)),
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
        assert_eq!(read(json!({"plugin": "p\nX"})).unwrap_err(), InvalidDevice::Control("plugin"));
        assert_eq!(read(json!({"options": 3})).unwrap_err(), InvalidDevice::Options);
        assert_eq!(read(json!({"mac": ""})).unwrap_err(), InvalidDevice::EmptyMac);
        assert_eq!(read(json!({"description": {}})).unwrap_err(), InvalidDevice::NotText("description"));
        assert!(check_id("../x").is_err() && check_id("..").is_err() && check_id("a b").is_ok());
    }

    #[test]
    fn only_an_automatic_device_without_identity_is_provisional() {
        let info = DeviceInfo::default();
        let device = Device::discovered("a".to_owned(), info, Source::FileName, "192.0.2.0/24".to_owned());
        assert!(device.is_provisional());
        let mut known = device.clone();
        known.info.sn = Some("1".to_owned());
        assert!(!known.is_provisional());
        let described = read(json!({"id": "a", "added": "auto", "description": "Front desk"})).unwrap();
        assert!(!described.administered(&device).is_provisional());
    }

    #[test]
    fn what_an_administrator_changes_is_his() {
        let stored = Device { plugin: Some("a".to_owned()), ..Device::default() };
        let same = Device { plugin: Some("a".to_owned()), ..Device::default() }.administered(&stored);
        assert_eq!(same, stored);
        let other = Device { plugin: Some("b".to_owned()), ..Device::default() }.administered(&stored);
        assert!(other.provenance.plugin_assigned);
    }
}
