//! Facts about a phone as documents carry them: those nobody has stated are left out.

use serde_json::{Map, Value};

use crate::domain::device_info::DeviceInfo;

/// `{"mac": …, "vendor": …}`
pub(super) fn facts(info: &DeviceInfo) -> Map<String, Value> {
    let facts = [
        ("mac", info.mac.map(|mac| mac.to_string())),
        ("ip", info.ip.map(|ip| ip.to_string())),
        ("sn", info.sn.clone()),
        ("uuid", info.uuid.clone()),
        ("vendor", info.vendor.clone()),
        ("model", info.model.clone()),
        ("version", info.version.clone()),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?.into()))).collect()
}
