//! Taking in a file that an administrator brings along: it is needed by some package, or refused. What it is shows by its
//! digest; what it is called does not matter.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::fetching::LARGEST;
use super::installation::{Firmware, failed, in_background};
use crate::downloads::Digest;
use crate::provisioning::firmware::{FirmwareError, ImportedFirmware};

/// Longest time between two pieces.
const IDLE: Duration = Duration::from_secs(30);

impl Firmware {
    /// Writes a file as it comes, and keeps it if it is needed.
    pub(super) async fn take_in(
        &self,
        content: BoxStream<'static, Result<Bytes, String>>,
    ) -> Result<ImportedFirmware, FirmwareError> {
        let folder = self.placement.staging();
        let file = in_background(move || NamedTempFile::new_in(folder)).await?.map_err(failed)?;
        let (size, sha256, sha1) = write(&file, content).await?;
        let packages = self.needing(&sha256, &sha1).await;
        if packages.is_empty() {
            return Err(FirmwareError::Unwanted { sha256, sha1 });
        }
        let (store, digest) = (self.store.clone(), sha256.clone());
        let taken = in_background(move || {
            let path = file.into_temp_path();
            store.take(&path, &digest, Some(&sha1)).map(drop)
        });
        taken.await?.map_err(failed)?;
        tracing::info!("A vendor's file of {size} bytes came in, SHA-256 {sha256}");
        Ok(ImportedFirmware { size, sha256, packages })
    }

    /// Packages of all plugins that are made of such a file.
    async fn needing(&self, sha256: &str, sha1: &str) -> Vec<(String, String)> {
        let mut needing = Vec::new();
        for plugin in self.folders.plugins() {
            let definitions = match self.definitions(&plugin).await {
                Ok(definitions) => definitions,
                Err(error) => {
                    tracing::error!("{error}");
                    continue;
                }
            };
            let is_it = |digest: &Digest| match digest {
                Digest::Sha256(wanted) => wanted == sha256,
                Digest::Sha1(wanted) => wanted == sha1,
            };
            let packages = definitions.into_values();
            let packages = packages.filter(|package| package.files.iter().any(|file| is_it(&file.digest)));
            needing.extend(packages.map(|package| (plugin.clone(), package.id)));
        }
        needing
    }
}

/// Gives size, SHA-256 and SHA-1.
async fn write(
    file: &NamedTempFile,
    mut content: BoxStream<'static, Result<Bytes, String>>,
) -> Result<(u64, String, String), FirmwareError> {
    let mut out = tokio::fs::File::from_std(file.reopen().map_err(failed)?);
    let (mut sha256, mut sha1, mut size) = (Sha256::new(), Sha1::new(), 0);
    loop {
        let late = |_| FirmwareError::Failed(format!("nothing came for {} seconds", IDLE.as_secs()));
        let Some(piece) = timeout(IDLE, content.next()).await.map_err(late)? else { break };
        let piece = piece.map_err(FirmwareError::Failed)?;
        size += piece.len() as u64;
        if size > LARGEST {
            return Err(FirmwareError::Failed(format!("the file is larger than {LARGEST} bytes")));
        }
        sha256.update(&piece);
        sha1.update(&piece);
        out.write_all(&piece).await.map_err(failed)?;
    }
    out.flush().await.map_err(failed)?;
    Ok((size, hex::encode(sha256.finalize()), hex::encode(sha1.finalize())))
}

/// SHA-256 and SHA-1 of a file.
pub(super) fn digests(path: &Path) -> io::Result<(String, String)> {
    let mut file = File::open(path)?;
    let (mut sha256, mut sha1) = (Sha256::new(), Sha1::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex::encode(sha256.finalize()), hex::encode(sha1.finalize())));
        }
        sha256.update(&buffer[..read]);
        sha1.update(&buffer[..read]);
    }
}
