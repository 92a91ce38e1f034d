//! Unknown devices that wait for an administrator to approve them.

use std::time::SystemTime;

use super::device_info::DeviceInfo;

/// A device that asked, and has no record yet.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingDevice {
    /// Identifier its record will have.
    pub id: String,
    /// What its requests told.
    pub info: DeviceInfo,
    /// When it first asked.
    pub first_seen: SystemTime,
    /// When it last asked; exact to a minute.
    pub last_seen: SystemTime,
}
