//! Looking at a plugin that comes in a package before its files get their place. What is looked at is not decided here.

use std::fmt;

use async_trait::async_trait;

use super::host::PluginHost;
use crate::packages::{Files, Manifest};
use crate::provisioning::installation::InstallationError;

/// Whoever knows what a plugin has to be like.
#[async_trait]
pub trait Examiner: fmt::Debug + Send + Sync {
    /// Says what is wrong with it, in words for an administrator.
    async fn examine(&self, id: &str, manifest: &Manifest, files: &Files) -> Result<(), String>;
}

impl PluginHost {
    /// Refuses a plugin that is not as the contract wants it. One whose very version has its place was looked at.
    pub(super) async fn examine(
        &self,
        id: &str,
        manifest: &Manifest,
        files: &Files,
    ) -> Result<(), InstallationError> {
        let unfit =
            |why| InstallationError::Unfit { plugin: id.to_owned(), version: manifest.version.clone(), why };
        self.settings.examiner.examine(id, manifest, files).await.map_err(unfit)
    }
}
