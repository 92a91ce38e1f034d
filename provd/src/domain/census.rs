//! How many devices there are, by what matters when nobody looks at each.

/// A count of devices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// How many a plugin serves that are configured, and that are not. The plugin is empty for those without one, and
    /// `not installed` where it is none that is.
    pub devices: Vec<(String, bool, u64)>,
    /// How many no tenant has claimed.
    pub unclaimed: u64,
    /// How many wait to be approved.
    pub waiting: u64,
}
