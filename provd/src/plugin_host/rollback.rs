//! The version a plugin ran in before: kept beside the one that runs, so that one can return to it.

use std::collections::BTreeSet;
use std::path::Path;

use super::host::{Entry, PluginHost};
use super::repertoire::in_background;
use crate::provisioning::installation::{InstallationError, PlacedPlugin};
use crate::provisioning::store::PreviousVersion;

impl Entry {
    /// What is to be remembered when the version of another folder takes its place.
    pub(super) fn version_before(&self, next: &str) -> Option<PreviousVersion> {
        if self.folder == next {
            return self.previous.clone();
        }
        let (version, folder) = (self.version.clone(), self.folder.clone());
        Some(PreviousVersion { version, folder, is_packaged: self.is_packaged })
    }

    /// Names of the version folders that are still needed.
    pub(super) fn version_folders(&self) -> BTreeSet<String> {
        let previous = self.previous.as_ref().map(|previous| previous.folder.clone());
        previous.into_iter().chain([self.folder.clone()]).collect()
    }
}

impl PluginHost {
    /// The version before. Once somebody returned to it, no start replaces it by what came with the program.
    pub(super) async fn previous_version(&self, plugin: &str) -> Result<PlacedPlugin, InstallationError> {
        let entry = self.find(plugin).ok_or_else(|| InstallationError::NotInstalled(plugin.to_owned()))?;
        let nothing = || InstallationError::NoPrevious(plugin.to_owned());
        let PreviousVersion { version, folder, .. } = entry.previous.clone().ok_or_else(nothing)?;
        let path = self.settings.data_dir.join("plugins").join(plugin).join(&folder);
        if !in_background(move || path.is_dir()).await? {
            return Err(nothing());
        }
        Ok(PlacedPlugin { id: plugin.to_owned(), version, folder, is_installed: false, is_packaged: true })
    }

    /// Removes the version folders of a plugin, but for some. What cannot be removed only takes room.
    pub(super) async fn forget_versions(&self, plugin: &str, kept: BTreeSet<String>) {
        let versions = self.settings.data_dir.join("plugins").join(plugin);
        let _alone = self.writing.lock().await;
        let removed = in_background(move || remove_versions(&versions, &kept)).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!("Old versions of plugin {plugin} could not be removed: {error}");
        }
    }
}

fn remove_versions(versions: &Path, kept: &BTreeSet<String>) -> std::io::Result<()> {
    for version in std::fs::read_dir(versions)? {
        let version = version?;
        if !kept.contains(version.file_name().to_string_lossy().as_ref()) {
            std::fs::remove_dir_all(version.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_runs_and_the_one_before_stay() {
        let versions = tempfile::tempdir().unwrap();
        for version in ["1-a", "2-b", "3-c"] {
            std::fs::create_dir(versions.path().join(version)).unwrap();
        }
        remove_versions(versions.path(), &BTreeSet::from(["2-b".to_owned(), "3-c".to_owned()])).unwrap();
        assert!(!versions.path().join("1-a").exists() && versions.path().join("2-b").exists());
        assert!(versions.path().join("3-c").exists());
    }
}
