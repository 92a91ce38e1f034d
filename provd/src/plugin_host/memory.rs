//! Answers a plugin allows to be given again without asking it.
//!
//! A memory belongs to one [generation](super::generation) and ends with it; what depends on a device is kept under the
//! revision of its record. So nothing ever has to be swept, and a wrong answer is impossible by construction.

use quick_cache::sync::Cache;

use super::extractions::Extractions;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::{FileReference, Support};
use crate::domain::request::Request;

/// Answers of each kind that one plugin may have remembered.
const CAPACITY: usize = 4096;
/// Longest path whose answer is remembered, in bytes. Nobody's files are named so, and whoever makes them up is not to fill
/// the memory.
const LONGEST_PATH: usize = 1024;

/// Remembered answers of one generation of one plugin.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) extractions: Extractions<DeviceInfo>,
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
            extractions: Extractions::new(),
            supports: Cache::new(CAPACITY),
            files: Cache::new(CAPACITY),
        }
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
        if let Some(path) = request.kind.path().filter(|path| path.len() <= LONGEST_PATH) {
            let device = device.map(|device| (device.id.clone(), device.revision));
            self.files.insert((request.kind.protocol(), path.to_owned(), device), reference);
        }
    }
}

fn facts(info: &DeviceInfo) -> Facts {
    (info.vendor.clone(), info.model.clone(), info.version.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::{RequestKind, TftpRequest};

    #[test]
    fn a_changed_device_is_asked_about_again() {
        let memory = Memory::new();
        let kind = RequestKind::Tftp(TftpRequest { filename: "a.cfg".to_owned() });
        let request = Request { ip: [192, 0, 2, 1].into(), kind };
        let mut device = Device { id: "a".to_owned(), revision: 1, ..Device::default() };
        let reference = FileReference::Generated("a.cfg".to_owned());
        memory.remember_file(Some(&device), &request, reference.clone());
        assert_eq!(memory.file(&device, &request), Some(reference));
        device.revision = 2;
        assert_eq!(memory.file(&device, &request), None);
    }

    #[test]
    fn names_that_nobody_has_are_not_remembered() {
        let memory = Memory::new();
        let kind = RequestKind::Tftp(TftpRequest { filename: "a".repeat(LONGEST_PATH + 1) });
        let request = Request { ip: [192, 0, 2, 1].into(), kind };
        memory.remember_file(None, &request, FileReference::NotFound);
        assert_eq!(memory.file(&Device::default(), &request), None);
    }
}
