//! Fetching a package from a repository and putting it where plugins are, as if somebody had sent it.

use std::path::Path;
use std::sync::Arc;

use tokio::fs;

use super::super::host::PluginHost;
use super::super::repertoire::{failed, in_background};
use super::foreign::ForeignOffer;
use super::found::{Found, OfferedFile};
use super::update::signature;
use crate::downloads::{Digest, Wanted, fetch};
use crate::packages::{Foreign, Offer, write};
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
        let [download, install] = worker.parts(["download", "install"]);
        let package = match &found.file {
            OfferedFile::Package(offer) => self.fetch_package(&found, offer, &download).await?,
            OfferedFile::Archive(offer) => self.fetch_archive(&found, offer, &download).await?,
        };
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
        let digest = Digest::Sha256(offer.sha256.clone());
        let bytes = self.fetch_beside(found, &offer.file, offer.size, digest, download).await?;
        let (address, proxies) = (&found.repository.address, self.proxies().await?);
        Ok(SentPackage { bytes: bytes.into(), signature: signature(address, &proxies, &offer.file).await? })
    }

    /// An archive becomes a package, which nobody has signed.
    async fn fetch_archive(
        &self,
        found: &Found,
        offer: &ForeignOffer,
        download: &Part,
    ) -> Result<SentPackage, InstallationError> {
        if !self.trust_in(&found.repository).allow_unsigned {
            return Err(InstallationError::Untrusted(format!(
                "{} {} of {} is a plugin of wazo-provd, which has no signatures; allow unsigned packages (allow_unsigned) to \
                 install it, or sign it with `provd plugin package`",
                found.id, found.version, found.origin.repository
            )));
        }
        let digest = Digest::Sha1(offer.sha1sum.clone());
        let bytes = self.fetch_beside(found, &offer.filename, offer.dsize, digest, download).await?;
        let packed = in_background(move || packed(&bytes)).await?;
        Ok(SentPackage { bytes: packed.map_err(InstallationError::Package)?.into(), signature: None })
    }

    /// A file of a repository, which is kept only while it is fetched.
    async fn fetch_beside(
        &self,
        found: &Found,
        name: &str,
        size: u64,
        digest: Digest,
        download: &Part,
    ) -> Result<Vec<u8>, InstallationError> {
        let (Digest::Sha256(sum) | Digest::Sha1(sum)) = &digest;
        let folder = self.folder_of(&found.repository);
        let file = folder.join(sum.to_ascii_lowercase().replace('/', "_"));
        fs::create_dir_all(&folder).await.map_err(|error| unwritable(&folder, &error))?;
        let wanted = Wanted {
            url: found.repository.address.of(name).map_err(failed)?,
            size: Some(size),
            digest: Some(digest),
            credentials: None,
            longest: LARGEST,
        };
        let watching = |bytes, of| download.at(bytes, of);
        fetch(&wanted, &self.proxies().await?, &file, &watching).await.map_err(failed)?;
        let bytes = fs::read(&file).await;
        // It is in memory, and will be in its version folder.
        let removed = fs::remove_file(&file).await;
        bytes.and_then(|bytes| removed.map(|()| bytes)).map_err(|error| unwritable(&file, &error))
    }
}

fn packed(archive: &[u8]) -> Result<Vec<u8>, String> {
    let Foreign { id, manifest, files } = Foreign::in_archive(archive).map_err(|error| error.to_string())?;
    let mut package = Vec::new();
    write(&id, &manifest, &files, &mut package).map_err(|error| error.to_string())?;
    Ok(package)
}

fn unwritable(path: &Path, error: &std::io::Error) -> InstallationError {
    failed(format!("{}: {error}", path.display()))
}
