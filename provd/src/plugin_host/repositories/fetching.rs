//! Fetching a package from a repository and putting it where plugins are, as if somebody had sent it.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use tokio::fs;

use super::super::host::PluginHost;
use super::super::repertoire::failed;
use super::found::Found;
use super::update::signature;
use crate::downloads::{Digest, Wanted, fetch};
use crate::packages::Offer;
use crate::provisioning::installation::{InstallationError, PlacedPlugin, SentPackage};
use crate::provisioning::operations::{Part, Worker};

/// Largest package, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

impl PluginHost {
    /// Writes the version folder of what a repository offers.
    pub(in super::super) async fn place_found(
        &self,
        found: Found,
        worker: &Arc<Worker>,
    ) -> Result<PlacedPlugin, InstallationError> {
        let Some(offer) = &found.offer else { return Err(foreign(&found)) };
        let [download, install] = worker.parts(["download", "install"]);
        let package = self.fetch_package(&found, offer, &download).await?;
        download.done();
        install.begin();
        let placed = self.place_package(package, self.trust_in(&found.repository)).await?;
        if (&placed.id, &placed.version) == (&found.id, &found.version) {
            return Ok(placed);
        }
        Err(InstallationError::Package(format!(
            "{} offers {} {}, but its package holds {} {}; tell whoever keeps the repository",
            found.origin.repository, found.id, found.version, placed.id, placed.version
        )))
    }

    async fn fetch_package(
        &self,
        found: &Found,
        offer: &Offer,
        download: &Part,
    ) -> Result<SentPackage, InstallationError> {
        let (address, proxies) = (&found.repository.address, self.proxies().await?);
        let folder = self.folder_of(&found.repository);
        fs::create_dir_all(&folder).await.map_err(|error| unwritable(&folder, &error))?;
        let wanted = Wanted {
            url: address.of(&offer.file).map_err(failed)?,
            size: Some(offer.size),
            digest: Some(Digest::Sha256(offer.sha256.clone())),
            credentials: None,
            longest: LARGEST,
        };
        let file = folder.join(offer.sha256.to_ascii_lowercase());
        let watching = |bytes, of| download.at(bytes, of);
        fetch(&wanted, &proxies, &file, &watching).await.map_err(failed)?;
        let bytes = fs::read(&file).await;
        // It is in memory, and will be in its version folder.
        let removed = fs::remove_file(&file).await;
        let bytes = bytes.and_then(|bytes| removed.map(|()| bytes));
        let bytes = Bytes::from(bytes.map_err(|error| unwritable(&file, &error))?);
        Ok(SentPackage { bytes, signature: signature(address, &proxies, &offer.file).await? })
    }
}

fn foreign(found: &Found) -> InstallationError {
    InstallationError::Package(format!(
        "{} {} of {} is in the format of wazo-provd: a program for that system, which cannot run here. Install a plugin of \
         provd for these phones; `provd plugin available` lists what there is",
        found.id, found.version, found.origin.repository
    ))
}

fn unwritable(path: &Path, error: &std::io::Error) -> InstallationError {
    failed(format!("{}: {error}", path.display()))
}
