//! Answers a plugin allows to be given again without asking it.
//!
//! A memory belongs to one [generation](super::generation) and ends with it; what depends on a device is kept under the
//! revision of its record. So nothing ever has to be swept, and a wrong answer is impossible by construction.

use std::sync::{PoisonError, RwLock};

use moka::sync::Cache;

use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::{FileReference, Support};
use crate::domain::request::{Request, RequestKind};

/// Answers of each kind that one plugin may have remembered.
const CAPACITY: u64 = 4096;

/// What an extraction depends on besides protocol, path, User-Agent and vendor class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Vary {
    pub(super) headers: Vec<String>,
    pub(super) dhcp_options: Vec<u8>,
}

/// Remembered answers of one generation of one plugin.
#[derive(Debug)]
pub(super) struct Memory {
    // Changes only while a plugin reveals what its answers depend on.
    vary: RwLock<Vary>,
    extractions: Cache<String, DeviceInfo>,
    supports: Cache<Facts, Support>,
    files: Cache<FileKey, FileReference>,
}

/// Vendor, model and version.
type Facts = (Option<String>, Option<String>, Option<String>);

/// Protocol, path, and the device with its revision unless the answer is the same for every device.
type FileKey = (&'static str, String, Option<(String, i64)>);

impl Memory {
    pub(super) fn new() -> Memory {
        Memory {
            vary: RwLock::default(),
            extractions: Cache::new(CAPACITY),
            supports: Cache::new(CAPACITY),
            files: Cache::new(CAPACITY),
        }
    }

    pub(super) fn extraction(&self, request: &Request) -> Option<DeviceInfo> {
        self.extractions.get(&self.shape(request))
    }

    /// Remembers an extraction. What it depends on counts for all: a key that states more is never wrong.
    pub(super) fn remember_extraction(&self, request: &Request, vary: Vary, info: DeviceInfo) {
        self.widen(vary);
        self.extractions.insert(self.shape(request), info);
    }

    pub(super) fn support(&self, info: &DeviceInfo) -> Option<Support> {
        self.supports.get(&facts(info))
    }

    pub(super) fn remember_support(&self, info: &DeviceInfo, support: Support) {
        self.supports.insert(facts(info), support);
    }

    pub(super) fn file(&self, device: &Device, request: &Request) -> Option<FileReference> {
        let path = request.kind.path()?;
        let protocol = request.kind.protocol();
        let shared = (protocol, path.to_owned(), None);
        self.files.get(&shared).or_else(|| {
            let (protocol, path, _) = shared;
            self.files.get(&(protocol, path, Some((device.id.clone(), device.revision))))
        })
    }

    /// Remembers what a plugin serves: for one device, or for all of them.
    pub(super) fn remember_file(&self, device: Option<&Device>, request: &Request, reference: FileReference) {
        if let Some(path) = request.kind.path() {
            let device = device.map(|device| (device.id.clone(), device.revision));
            self.files.insert((request.kind.protocol(), path.to_owned(), device), reference);
        }
    }

    fn widen(&self, vary: Vary) {
        if vary == *self.vary.read().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        let mut known = self.vary.write().unwrap_or_else(PoisonError::into_inner);
        known.headers.extend(vary.headers);
        known.headers.sort();
        known.headers.dedup();
        known.dhcp_options.extend(vary.dhcp_options);
        known.dhcp_options.sort_unstable();
        known.dhcp_options.dedup();
    }

    /// Everything an extraction may depend on, as one key. Parts are separated by a byte that none of them can hold.
    fn shape(&self, request: &Request) -> String {
        let vary = self.vary.read().unwrap_or_else(PoisonError::into_inner);
        let mut key = String::with_capacity(160);
        let mut part = |text: &str| {
            key.push_str(text);
            key.push('\u{1}');
        };
        part(request.kind.protocol());
        match &request.kind {
            RequestKind::Http(http) => {
                part(&http.path);
                part(&http.query);
                part(http.user_agent().unwrap_or_default());
                vary.headers.iter().for_each(|name| part(http.header(name).unwrap_or("\u{2}")));
            }
            RequestKind::Tftp(tftp) => part(&tftp.filename),
            RequestKind::Dhcp(dhcp) => {
                part(&dhcp.vendor_class().unwrap_or_default());
                for code in &vary.dhcp_options {
                    let value = dhcp.options.get(code).map(Vec::as_slice).unwrap_or_default();
                    part(&String::from_utf8_lossy(value));
                }
            }
        }
        key
    }
}

fn facts(info: &DeviceInfo) -> Facts {
    (info.vendor.clone(), info.model.clone(), info.version.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::HttpRequest;

    fn request(path: &str, language: &str) -> Request {
        let http = HttpRequest {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: vec![
                ("user-agent".to_owned(), "A".to_owned()),
                ("accept-language".to_owned(), language.to_owned()),
            ],
        };
        Request { ip: [192, 0, 2, 1].into(), kind: RequestKind::Http(http) }
    }

    fn model(model: &str) -> DeviceInfo {
        DeviceInfo { model: Some(model.to_owned()), ..DeviceInfo::default() }
    }

    #[test]
    fn an_extraction_is_given_again_only_to_its_like() {
        let memory = Memory::new();
        memory.remember_extraction(&request("/a", "fr"), Vary::default(), model("1"));
        assert_eq!(memory.extraction(&request("/a", "en")), Some(model("1")));
        assert_eq!(memory.extraction(&request("/b", "fr")), None);
        let vary = Vary { headers: vec!["accept-language".to_owned()], dhcp_options: vec![] };
        memory.remember_extraction(&request("/b", "fr"), vary, model("2"));
        assert_eq!(memory.extraction(&request("/b", "fr")), Some(model("2")));
        assert_eq!(memory.extraction(&request("/b", "en")), None);
    }

    #[test]
    fn a_changed_device_is_asked_about_again() {
        let memory = Memory::new();
        let mut device = Device { id: "a".to_owned(), revision: 1, ..Device::default() };
        let reference = FileReference::Generated("a.cfg".to_owned());
        memory.remember_file(Some(&device), &request("/a.cfg", ""), reference.clone());
        assert_eq!(memory.file(&device, &request("/a.cfg", "")), Some(reference));
        device.revision = 2;
        assert_eq!(memory.file(&device, &request("/a.cfg", "")), None);
    }
}
