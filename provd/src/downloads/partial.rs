//! What is here of a file that is being fetched: its first bytes, and how the server names the version they belong to.
//!
//! Bytes whose version is not known are never carried on.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use url::Url;

use super::failure::{DownloadError, at, shown};
use super::{Digest, Fetched, Wanted};

/// How much is read at once of what is here already, in bytes.
const BLOCK: usize = 256 * 1024;

/// The first bytes of a file.
pub(super) struct Partial {
    file: File,
    path: PathBuf,
    /// SHA-256 of the URL it is of.
    source: String,
    /// How the server names this version: a strong entity tag, or a date.
    validator: Option<String>,
    pub(super) length: u64,
    sha256: Sha256,
    sha1: Sha1,
}

impl Partial {
    /// Opens what a former attempt left beside `to`, if that can be carried on; else nothing.
    pub(super) async fn open(to: &Path, url: &Url) -> Result<Partial, DownloadError> {
        let path = beside(to, ".part");
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path).await;
        let source = hex::encode(Sha256::digest(url.as_str()));
        let noted = fs::read_to_string(beside(&path, ".validator")).await.unwrap_or_default();
        let validator = noted.split_once('\n').filter(|(of, _)| *of == source);
        let mut partial = Partial {
            file: file.map_err(at(&path))?,
            validator: validator.map(|(_, validator)| validator.to_owned()),
            path,
            source,
            length: 0,
            sha256: Sha256::new(),
            sha1: Sha1::new(),
        };
        if partial.validator.is_some() {
            partial.read().await?;
        } else {
            partial.restart(None).await?;
        }
        Ok(partial)
    }

    async fn read(&mut self) -> Result<(), DownloadError> {
        let mut block = vec![0; BLOCK];
        loop {
            let read = self.file.read(&mut block).await.map_err(at(&self.path))?;
            if read == 0 {
                return Ok(());
            }
            self.count(&block[..read]);
        }
    }

    /// The version to be carried on; nothing if there is nothing to carry on.
    pub(super) fn validator(&self) -> Option<&str> {
        self.validator.as_deref().filter(|_| self.length > 0)
    }

    /// Forgets all bytes: those of this version come.
    pub(super) async fn restart(&mut self, validator: Option<String>) -> Result<(), DownloadError> {
        // In this order, so that bytes of one version are never noted as those of another.
        let note = beside(&self.path, ".validator");
        remove(&note).await?;
        self.file.set_len(0).await.map_err(at(&self.path))?;
        self.file.seek(SeekFrom::Start(0)).await.map_err(at(&self.path))?;
        if let Some(validator) = &validator {
            let text = format!("{}\n{validator}", self.source);
            fs::write(&note, text).await.map_err(at(&note))?;
        }
        self.validator = validator;
        (self.length, self.sha256, self.sha1) = (0, Sha256::new(), Sha1::new());
        Ok(())
    }

    pub(super) async fn append(&mut self, bytes: &[u8]) -> Result<(), DownloadError> {
        self.file.write_all(bytes).await.map_err(at(&self.path))?;
        self.count(bytes);
        Ok(())
    }

    fn count(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.sha256.update(bytes);
        self.sha1.update(bytes);
    }

    /// Whether it is what was wanted.
    pub(super) fn check(&self, wanted: &Wanted) -> Result<(), DownloadError> {
        let url = || shown(&wanted.url);
        if let Some(expected) = wanted.size.filter(|size| *size != self.length) {
            return Err(DownloadError::Smaller { url: url(), expected, found: self.length });
        }
        let (name, expected, found) = match &wanted.digest {
            Some(Digest::Sha256(expected)) => ("SHA-256", expected, self.sha256()),
            Some(Digest::Sha1(expected)) => ("SHA-1", expected, hex::encode(self.sha1.clone().finalize())),
            None => return Ok(()),
        };
        if expected.eq_ignore_ascii_case(&found) {
            return Ok(());
        }
        Err(DownloadError::Digest { url: url(), name, expected: expected.clone(), found })
    }

    fn sha256(&self) -> String {
        hex::encode(self.sha256.clone().finalize())
    }

    /// Moves it to its place, in one step.
    pub(super) async fn place(mut self, to: &Path) -> Result<Fetched, DownloadError> {
        self.file.flush().await.map_err(at(&self.path))?;
        self.file.sync_all().await.map_err(at(&self.path))?;
        fs::rename(&self.path, to).await.map_err(at(to))?;
        remove(&beside(&self.path, ".validator")).await?;
        Ok(Fetched { size: self.length, sha256: self.sha256() })
    }

    /// Removes it. That it is of no use is the better error than that it cannot be removed.
    pub(super) async fn discard(self) {
        let _ = fs::remove_file(beside(&self.path, ".validator")).await;
        let _ = fs::remove_file(&self.path).await;
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

async fn remove(path: &Path) -> Result<(), DownloadError> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}
