//! Step 4: who answers: the plugin of the device.

use super::Pipeline;
use crate::domain::device::Device;

impl Pipeline {
    /// The plugin of a device, if it has one that is installed.
    pub(super) fn route<'a>(&self, device: Option<&'a Device>) -> Option<&'a str> {
        let plugin = device?.plugin.as_deref()?;
        self.provisioning.plugins().is_installed(plugin).then_some(plugin)
    }
}
