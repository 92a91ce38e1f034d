//! Putting the plugin of a package where plugins are, once somebody trusted vouches for it and it was looked at.

use sha2::{Digest as _, Sha256};

use super::host::PluginHost;
use super::installation::{Family, Installed};
use super::repertoire::in_background;
use crate::packages::{Package, TrustedKey, check_signature, read};
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
    /// Checks that somebody trusted signed something; gives the number of his key, if one was needed, or says why not, and
    /// what can be done about it.
    pub(super) fn check(&self, signed: &[u8], signature: Option<&str>) -> Result<Option<String>, String> {
        let known = match signature {
            Some(signature) => {
                check_signature(signed, signature, &self.keys).map_err(|error| error.to_string())
            }
            None => Err("it is not signed".to_owned()),
        };
        match known {
            Ok(key) => Ok(Some(key.number())),
            Err(_) if self.allow_unsigned => Ok(None),
            Err(why) => Err(format!(
                "{why}. Trust the key of whoever made it (trusted_keys in [packages] of the settings, see `provd plugin key`), or \
                 allow unsigned packages (allow_unsigned)"
            )),
        }
    }
}

impl PluginHost {
    /// Checks a package and writes its version folder.
    pub(super) async fn place_package(
        &self,
        package: SentPackage,
        trust: Trust,
    ) -> Result<PlacedPlugin, InstallationError> {
        let (read, provenance) = in_background(move || check(&package, &trust)).await??;
        let id = read.contents.id;
        let family = Family::new(read.manifest, read.files);
        let plugins = self.settings.data_dir.join("plugins");
        if !family.is_placed(&id, &plugins) {
            self.examine(&id, &family.manifest, &family.files).await?;
        }
        let _alone = self.writing.lock().await;
        let placed = in_background(move || family.install(&id, &plugins)).await??;
        tracing::info!("Package of {} {}, {provenance}", placed.id, placed.version);
        let is_installed = self.find(&placed.id).is_some_and(|entry| entry.folder == placed.folder);
        let Installed { id, version, folder } = placed;
        Ok(PlacedPlugin { id, version, folder, is_installed, is_packaged: true })
    }
}

/// Reads a package that somebody trusted signed; gives it, and where it comes from in words.
fn check(package: &SentPackage, trust: &Trust) -> Result<(Package, String), InstallationError> {
    let signed_by = trust
        .check(&package.bytes, package.signature.as_deref())
        .map_err(|why| InstallationError::Untrusted(format!("the package is not installed: {why}")))?;
    let signer = signed_by.map_or("nobody trusted".to_owned(), |key| format!("the key {key}"));
    let sha256 = hex::encode(Sha256::digest(&package.bytes));
    let read = read(&package.bytes).map_err(|error| InstallationError::Package(error.to_string()))?;
    Ok((read, format!("SHA-256 {sha256}, signed by {signer}")))
}

/// What is stored of a plugin whose files are in their place.
pub(super) fn record_of(placed: PlacedPlugin) -> PluginRecord {
    let PlacedPlugin { id, version, folder, is_packaged, .. } = placed;
    PluginRecord { id, version, folder, quarantine: None, is_packaged, previous: None }
}
