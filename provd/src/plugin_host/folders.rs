//! Where the files of installed plugins are, for those who read what is not the plugin's process's business.

use std::path::PathBuf;

use super::host::PluginHost;
use crate::provisioning::firmware::PluginFolders;

impl PluginFolders for PluginHost {
    fn folder_of(&self, plugin: &str) -> Option<PathBuf> {
        let entry = self.find(plugin)?;
        Some(self.settings.data_dir.join("plugins").join(plugin).join(&entry.folder))
    }

    fn plugins(&self) -> Vec<String> {
        self.ids()
    }
}
