//! Vendors' files, kept by their SHA-256 and once for all plugins. A file is whole and checked, or not there.
//!
//! Where only its SHA-1 is stated, a small file of that name says which SHA-256 it has.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::downloads::Digest;

/// Read-only for everybody: what is kept by what it is must not change.
const MODE: u32 = 0o444;

/// The files. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Store {
    root: PathBuf,
    /// Held, by the place it goes to, by whoever downloads a file: several plugins may need the same.
    loading: Arc<SyncMutex<HashMap<PathBuf, Arc<Mutex<()>>>>>,
}

/// A file that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) sha256: String,
    pub(super) path: PathBuf,
}

impl Store {
    /// Files below this folder.
    pub(super) fn open(root: &Path) -> io::Result<Store> {
        for folder in ["sha256", "sha1", "downloads"] {
            fs::create_dir_all(root.join(folder))?;
        }
        Ok(Store { root: root.to_owned(), loading: Arc::default() })
    }

    /// A file, if it is here. A size that is stated must be its size.
    pub(super) fn find(&self, digest: &Digest, size: Option<u64>) -> Option<Kept> {
        let sha256 = match digest {
            Digest::Sha256(sha256) => sha256.clone(),
            Digest::Sha1(sha1) => fs::read_to_string(self.sha1_path(sha1)).ok()?,
        };
        let path = self.path(&sha256);
        let length = path.metadata().ok().filter(fs::Metadata::is_file)?.len();
        size.is_none_or(|size| size == length).then_some(Kept { sha256, path })
    }

    /// Where a file lies while it is downloaded: an interrupted download is found there again.
    pub(super) fn download(&self, digest: &Digest) -> PathBuf {
        let (Digest::Sha256(name) | Digest::Sha1(name)) = digest;
        self.root.join("downloads").join(name)
    }

    /// Waits until nobody else downloads a file, and keeps others from it.
    pub(super) async fn turn(&self, digest: &Digest) -> OwnedMutexGuard<()> {
        let place = self.download(digest);
        let turn = {
            let mut loading = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
            loading.entry(place).or_default().clone()
        };
        turn.lock_owned().await
    }

    /// Takes a file that was written beside, and was checked. It is on disk before it has its name.
    pub(super) fn take(&self, from: &Path, sha256: &str, sha1: Option<&str>) -> io::Result<Kept> {
        use std::os::unix::fs::PermissionsExt as _;
        let file = File::open(from)?;
        file.set_permissions(fs::Permissions::from_mode(MODE))?;
        file.sync_all()?;
        let path = self.path(sha256);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
            fs::rename(from, &path)?;
            File::open(folder)?.sync_all()?;
        }
        if let Some(sha1) = sha1 {
            replace(&self.sha1_path(sha1), sha256.as_bytes())?;
        }
        Ok(Kept { sha256: sha256.to_owned(), path })
    }

    /// Removes all files but these, and what is left of downloads but those to these places. Gives how many bytes that frees.
    pub(super) fn sweep(&self, used: &BTreeSet<String>, loading: &BTreeSet<PathBuf>) -> io::Result<u64> {
        let mut freed = 0;
        for file in fs::read_dir(self.root.join("downloads"))? {
            let path = file?.path();
            // Beside a download lie its part, and what tells whether that is still good.
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let download = path.with_file_name(name.split('.').next().unwrap_or_default());
            if !loading.contains(&download) {
                freed += path.metadata()?.len();
                fs::remove_file(path)?;
            }
        }
        for folder in fs::read_dir(self.root.join("sha256"))? {
            for file in fs::read_dir(folder?.path())? {
                let file = file?;
                if !used.contains(&*file.file_name().to_string_lossy()) {
                    freed += file.metadata()?.len();
                    fs::remove_file(file.path())?;
                }
            }
        }
        for file in fs::read_dir(self.root.join("sha1"))? {
            let path = file?.path();
            if !fs::read_to_string(&path).is_ok_and(|sha256| used.contains(&sha256)) {
                fs::remove_file(path)?;
            }
        }
        Ok(freed)
    }

    fn path(&self, sha256: &str) -> PathBuf {
        let (first, _) = sha256.split_at_checked(2).unwrap_or((sha256, ""));
        self.root.join("sha256").join(first).join(sha256)
    }

    fn sha1_path(&self, sha1: &str) -> PathBuf {
        self.root.join("sha1").join(sha1)
    }
}

/// Writes a small file that is whole or not there.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let folder = path.parent().unwrap_or(path);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "aa00";

    #[test]
    fn a_file_is_found_by_either_digest_until_nobody_needs_it() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let sha256 = Digest::Sha256(SHA256.to_owned());
        let sha1 = Digest::Sha1("bb".to_owned());
        assert_eq!(store.find(&sha256, None), None);
        fs::write(store.download(&sha1), "firmware").unwrap();
        let kept = store.take(&store.download(&sha1), SHA256, Some("bb")).unwrap();
        assert_eq!(fs::read(&kept.path).unwrap(), b"firmware");
        assert!(!store.download(&sha1).exists());
        for digest in [&sha256, &sha1] {
            assert_eq!(store.find(digest, Some(8)).as_ref(), Some(&kept));
            assert_eq!(store.find(digest, Some(9)), None, "a size that is stated counts");
        }
        assert_eq!(store.sweep(&BTreeSet::from([SHA256.to_owned()]), &BTreeSet::new()).unwrap(), 0);
        assert!(store.find(&sha1, None).is_some());
        assert_eq!(store.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap(), 8);
        assert_eq!((store.find(&sha1, None), store.find(&sha256, None)), (None, None));
        assert_eq!(fs::read_dir(root.path().join("sha1")).unwrap().count(), 0);
    }
}
