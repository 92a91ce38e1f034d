//! Downloading what packages are made of, one file after another, and telling how far that is in the words of 0.2:
//! `install_pkg|progress(download|progress;10/57(progress;10/57))(install|waiting)`. Files that are here have no part in it.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tokio::fs;

use super::definition::{Package, RemoteFile};
use super::importing::digests;
use super::installation::{failed, in_background};
use super::store::{Kept, Store};
use crate::domain::operation::{Progress, Stage};
use crate::downloads::{Digest, Proxies, Wanted, fetch};
use crate::provisioning::firmware::{FirmwareError, FirmwareWatching};

/// Largest file, in bytes.
pub(super) const LARGEST: u64 = 4 << 30;

/// The downloads of one operation.
pub(super) struct Fetching<'a> {
    store: &'a Store,
    proxies: Proxies,
    watching: FirmwareWatching,
    /// Each file that is to be downloaded, in order: its digest, bytes that are here, and of how many.
    files: Mutex<Vec<(Digest, Progress)>>,
}

impl<'a> Fetching<'a> {
    pub(super) fn new<'p>(
        store: &'a Store,
        proxies: Proxies,
        watching: FirmwareWatching,
        packages: impl Iterator<Item = &'p Package>,
    ) -> Fetching<'a> {
        let missing = packages
            .flat_map(|package| &package.files)
            .filter(|file| store.find(&file.digest, file.size).is_none())
            .map(|file| (file.digest.clone(), Progress { end: file.size, ..Progress::default() }));
        let mut files: Vec<(Digest, Progress)> = Vec::new();
        for file in missing {
            if files.iter().all(|(digest, _)| *digest != file.0) {
                files.push(file);
            }
        }
        Fetching { store, proxies, watching, files: Mutex::new(files) }
    }

    /// All files of a package, in their order.
    pub(super) async fn fetch(&mut self, package: &Package) -> Result<Vec<Kept>, FirmwareError> {
        self.tell(Stage::Waiting);
        let mut all = Vec::new();
        for file in &package.files {
            all.push(match self.store.find(&file.digest, file.size) {
                Some(kept) => kept,
                None => self.download(file).await.map_err(|error| or_import(file, &error))?,
            });
        }
        Ok(all)
    }

    async fn download(&self, file: &RemoteFile) -> Result<Kept, FirmwareError> {
        let _turn = self.store.turn(&file.digest).await;
        let found = self.store.find(&file.digest, file.size);
        let kept = match found {
            Some(kept) => kept,
            None => self.load(file).await?,
        };
        self.change(&file.digest, |part| part.stage = Stage::Success);
        Ok(kept)
    }

    async fn load(&self, file: &RemoteFile) -> Result<Kept, FirmwareError> {
        let to = self.store.download(&file.digest);
        // An earlier server may have ended when it was all here.
        let sha256 = match finished(&to, &file.digest).await? {
            Some(sha256) => sha256,
            None if file.is_protected => {
                return Err(FirmwareError::Failed(format!("{} wants a name and a password", shown(file))));
            }
            None => {
                let watching = |bytes: u64, of: Option<u64>| self.at(&file.digest, bytes, of);
                fetch(&wanted(file), &self.proxies, &to, &watching).await.map_err(failed)?.sha256
            }
        };
        let (store, digest) = (self.store.clone(), file.digest.clone());
        let taken = in_background(move || {
            let sha1 = match &digest {
                Digest::Sha1(sha1) => Some(sha1.as_str()),
                Digest::Sha256(_) => None,
            };
            store.take(&to, &sha256, sha1)
        });
        taken.await?.map_err(failed)
    }

    fn at(&self, digest: &Digest, bytes: u64, of: Option<u64>) {
        self.change(digest, |part| {
            part.stage = Stage::Progress;
            part.current = Some(bytes);
            part.end = of.or(part.end);
        });
        self.tell(Stage::Waiting);
    }

    fn change(&self, digest: &Digest, change: impl FnOnce(&mut Progress)) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, part)) = files.iter_mut().find(|(one, _)| one == digest) {
            change(part);
        }
    }

    /// What was downloaded is being unpacked.
    pub(super) fn installing(&self) {
        self.tell(Stage::Progress);
    }

    /// All is in its place.
    pub(super) fn done(&self) {
        self.tell(Stage::Success);
    }

    fn tell(&self, install: Stage) {
        let files: Vec<Progress> = {
            let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            files.iter().map(|(_, part)| part.clone()).collect()
        };
        let is_done = files.iter().all(|part| part.stage == Stage::Success);
        let sum = |number: fn(&Progress) -> Option<u64>| files.iter().filter_map(number).sum();
        let (done, of): (u64, u64) = (sum(|part| part.current), sum(|part| part.end));
        let download = Progress {
            label: Some("download".to_owned()),
            stage: if is_done { Stage::Success } else { Stage::Progress },
            current: (of > 0).then_some(done),
            end: (of > 0).then_some(of),
            parts: files,
        };
        let install = Progress { label: Some("install".to_owned()), stage: install, ..Progress::default() };
        (self.watching)(vec![download, install]);
    }
}

fn wanted(file: &RemoteFile) -> Wanted {
    Wanted {
        url: file.url.clone(),
        size: file.size,
        digest: Some(file.digest.clone()),
        credentials: None,
        longest: LARGEST,
    }
}

/// The SHA-256 of a file that was downloaded whole, and not taken. What is no such file is removed.
async fn finished(path: &Path, digest: &Digest) -> Result<Option<String>, FirmwareError> {
    if !fs::try_exists(path).await.map_err(failed)? {
        return Ok(None);
    }
    let of = path.to_owned();
    let (sha256, sha1) = in_background(move || digests(&of)).await?.map_err(failed)?;
    let is_right = match digest {
        Digest::Sha256(wanted) => *wanted == sha256,
        Digest::Sha1(wanted) => *wanted == sha1,
    };
    if is_right {
        return Ok(Some(sha256));
    }
    fs::remove_file(path).await.map_err(failed)?;
    Ok(None)
}

/// Vendors' links die; whoever has the file can bring it along.
fn or_import(file: &RemoteFile, error: &FirmwareError) -> FirmwareError {
    let digest = match &file.digest {
        Digest::Sha256(sha256) => format!("SHA-256 {sha256}"),
        Digest::Sha1(sha1) => format!("SHA-1 {sha1}"),
    };
    FirmwareError::Failed(format!(
        "{error}. If you have the file ({}, {digest}) from elsewhere: `provd firmware import FILE`, then install again",
        file.name
    ))
}

fn shown(file: &RemoteFile) -> String {
    let mut url = file.without_password();
    url.set_query(None);
    url.to_string()
}
