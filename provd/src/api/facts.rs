//! Facts about a phone as documents carry them: those nobody has stated are left out.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::device_info::DeviceInfo;

/// What is known of a phone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Facts {
    /// MAC address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "00:08:5d:23:74:29")]
    mac: Option<String>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ip: Option<String>,
    /// Serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sn: Option<String>,
    /// UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    uuid: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    vendor: Option<String>,
    /// Its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    model: Option<String>,
    /// The version of its firmware.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    version: Option<String>,
}

/// The facts as documents carry them.
pub(super) fn facts(info: &DeviceInfo) -> Facts {
    Facts {
        mac: info.mac.map(|mac| mac.to_string()),
        ip: info.ip.map(|ip| ip.to_string()),
        sn: info.sn.clone(),
        uuid: info.uuid.clone(),
        vendor: info.vendor.clone(),
        model: info.model.clone(),
        version: info.version.clone(),
    }
}
