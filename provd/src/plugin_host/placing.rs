//! Putting the plugin of a package where plugins are, once somebody trusted vouches for it. Nothing of it runs here.

use sha2::{Digest as _, Sha256};

use super::host::PluginHost;
use super::installation::Family;
use super::repertoire::{failed, in_background};
use crate::packages::{TrustedKey, check_signature, read};
use crate::provisioning::installation::{InstallationError, PlacedPlugin, SentPackage};
use crate::provisioning::store::PluginRecord;

/// Whose packages are installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// Whose signature counts.
    pub keys: Vec<TrustedKey>,
    /// Whether none is needed.
    pub allow_unsigned: bool,
}

impl Trust {
    /// Checks that somebody trusted signed a package; gives the number of his key, if one was needed.
    fn check(&self, package: &SentPackage) -> Result<Option<String>, InstallationError> {
        let known = match &package.signature {
            Some(signature) => {
                check_signature(&package.bytes, signature, &self.keys).map_err(|error| error.to_string())
            }
            None => Err("it is not signed".to_owned()),
        };
        match known {
            Ok(key) => Ok(Some(key.number())),
            Err(_) if self.allow_unsigned => Ok(None),
            Err(why) => Err(InstallationError::Untrusted(format!(
                "the package is not installed: {why}. Trust the key of whoever made it (trusted_keys in [packages] of the \
                 settings, see `provd plugin key`), or allow unsigned packages (allow_unsigned)"
            ))),
        }
    }
}

impl PluginHost {
    /// Checks a package and writes its version folder.
    pub(super) async fn place_package(
        &self,
        package: SentPackage,
    ) -> Result<PlacedPlugin, InstallationError> {
        let (trust, plugins) = (self.settings.trust.clone(), self.settings.data_dir.join("plugins"));
        let _alone = self.writing.lock().await;
        let placed = in_background(move || {
            let signed_by = trust.check(&package)?;
            let sha256 = hex::encode(Sha256::digest(&package.bytes));
            let read = read(&package.bytes).map_err(|error| InstallationError::Package(error.to_string()))?;
            let id = read.contents.id;
            let family = Family::new(read.manifest, read.files);
            let installed = family.install(&id, &plugins).map_err(failed)?;
            let signer = signed_by.map_or("nobody trusted".to_owned(), |key| format!("the key {key}"));
            tracing::info!("Package of {id} {}, SHA-256 {sha256}, signed by {signer}", installed.version);
            Ok::<_, InstallationError>(installed)
        });
        let placed = placed.await??;
        let is_installed = self.find(&placed.id).is_some_and(|entry| entry.folder == placed.folder);
        Ok(PlacedPlugin { id: placed.id, version: placed.version, folder: placed.folder, is_installed })
    }
}

/// What is stored of a plugin that came in a package.
pub(super) fn record_of(placed: PlacedPlugin) -> PluginRecord {
    let PlacedPlugin { id, version, folder, .. } = placed;
    PluginRecord { id, version, folder, quarantine: None, is_packaged: true }
}
