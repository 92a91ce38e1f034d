//! Facts that a phone states again and again although its record says otherwise: when they are believed.

use std::sync::atomic::{AtomicBool, Ordering};

use moka::sync::Cache;

use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::provenance::{Provenance, Source};

/// A fact that rests on nothing better than the known one is believed when it was stated so often in a row.
const STATEMENTS: u32 = 3;
/// Devices whose contradictions are remembered.
const DEVICES: u64 = 10_000;

/// What a phone says it is.
type Kind = (Option<String>, Option<String>);

/// Contradictions that are not believed yet, by device.
#[derive(Debug)]
pub(super) struct Doubts {
    stated: Cache<String, (Kind, u32)>,
    any: AtomicBool,
}

impl Default for Doubts {
    fn default() -> Doubts {
        Doubts { stated: Cache::new(DEVICES), any: AtomicBool::new(false) }
    }
}

impl Doubts {
    /// What is known of a device was stated again. Where no device was ever doubted that costs nothing.
    pub(super) fn forget(&self, device: &str) {
        if self.any.load(Ordering::Relaxed) {
            self.stated.invalidate(device);
        }
    }

    /// Counts a statement that contradicts what is known. True when it is to be believed.
    fn convinced(&self, device: &str, info: &DeviceInfo) -> bool {
        let kind = (info.vendor.clone(), info.model.clone());
        let before = self.stated.get(device).filter(|(stated, _)| *stated == kind);
        let times = before.map_or(1, |(_, times)| times + 1);
        if times >= STATEMENTS {
            self.stated.invalidate(device);
            return true;
        }
        self.any.store(true, Ordering::Relaxed);
        self.stated.insert(device.to_owned(), (kind, times));
        false
    }

    /// Corrects vendor and model of a device where what was stated outweighs what is known: it rests on something better,
    /// or on as much and was stated three times in a row. A vendor that falls takes the model with it.
    pub(super) fn correct(&self, device: &mut Device, stated: &DeviceInfo, source: Source) {
        match contradiction(&device.info, &device.provenance, stated) {
            None => {
                self.forget(&device.id);
            }
            Some(known) if source < known => {}
            Some(known) if source > known || self.convinced(&device.id, stated) => {
                believe(device, stated, source);
            }
            Some(_) => {}
        }
    }
}

/// Whether what was stated contradicts the record, and is not to be brushed aside.
pub(super) fn is_doubtful(device: &Device, stated: &DeviceInfo, source: Source) -> bool {
    contradiction(&device.info, &device.provenance, stated).is_some_and(|known| source >= known)
}

/// What the contradicted fact rests on, of a vendor before a model.
fn contradiction(known: &DeviceInfo, provenance: &Provenance, stated: &DeviceInfo) -> Option<Source> {
    let differ = |known: &Option<String>, stated: &Option<String>| matches!((known, stated), (Some(known), Some(stated)) if known != stated);
    if differ(&known.vendor, &stated.vendor) {
        Some(provenance.vendor)
    } else if differ(&known.model, &stated.model) {
        Some(provenance.model)
    } else {
        None
    }
    .filter(|known| *known != Source::Administrator)
}

fn believe(device: &mut Device, stated: &DeviceInfo, source: Source) {
    let (info, provenance) = (&mut device.info, &mut device.provenance);
    let other_vendor = stated.vendor.is_some() && info.vendor != stated.vendor;
    if other_vendor {
        info.vendor.clone_from(&stated.vendor);
        provenance.vendor = source;
    }
    if (other_vendor || stated.model.is_some()) && provenance.model != Source::Administrator {
        info.model.clone_from(&stated.model);
        provenance.model = if stated.model.is_some() { source } else { Source::Unknown };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(vendor: &str, model: &str) -> DeviceInfo {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        DeviceInfo { vendor: text(vendor), model: text(model), ..DeviceInfo::default() }
    }

    fn known(source: Source) -> Device {
        Device::discovered("a".to_owned(), says("Aastra", "6730i"), source, String::new())
    }

    fn after(source: Source, statements: &[(&str, &str, Source)]) -> (Option<String>, Option<String>) {
        let (doubts, mut device) = (Doubts::default(), known(source));
        for (vendor, model, source) in statements {
            doubts.correct(&mut device, &says(vendor, model), *source);
        }
        (device.info.vendor, device.info.model)
    }

    fn is(vendor: &str, model: &str) -> (Option<String>, Option<String>) {
        (Some(vendor.to_owned()), Some(model.to_owned()))
    }

    #[test]
    fn what_rests_on_more_is_believed_at_once() {
        assert_eq!(after(Source::FileName, &[("Aastra", "6731i", Source::Phone)]), is("Aastra", "6731i"));
        let fallen = after(Source::FileName, &[("Cisco", "", Source::Phone)]);
        assert_eq!(fallen, (Some("Cisco".to_owned()), None));
    }

    #[test]
    fn what_rests_on_as_much_is_believed_the_third_time_in_a_row() {
        let (new, old) = (("Aastra", "6731i", Source::Phone), ("Aastra", "6730i", Source::Phone));
        assert_eq!(after(Source::Phone, &[new, new]), is("Aastra", "6730i"));
        assert_eq!(after(Source::Phone, &[new, new, old, new]), is("Aastra", "6730i"));
        assert_eq!(after(Source::Phone, &[new, new, new]), is("Aastra", "6731i"));
    }

    #[test]
    fn a_file_name_never_outweighs_the_phone_and_nobody_the_administrator() {
        let often = [("Aastra", "6731i", Source::FileName); 5];
        assert_eq!(after(Source::Phone, &often), is("Aastra", "6730i"));
        let often = [("Cisco", "7940", Source::Phone); 5];
        assert_eq!(after(Source::Administrator, &often), is("Aastra", "6730i"));
    }
}
