//! Installing plugins into the data directory: from a folder of families, from those inside this program, or from the files
//! of a package.
//!
//! A version lives in a folder of its own, named by the plugin's version and a digest of its files, and is never changed
//! once it is complete: an upgrade is another folder.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::Dir;
use rustix::fs::syncfs;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::packages::{
    BUNDLED, Files, FolderError, Manifest, ManifestError, entries, is_program, read_folder,
};
use crate::provisioning::installation::InstallationError;

/// Where families are installed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bundle {
    /// Those inside this program.
    Bundled,
    /// Each subfolder of this folder that holds a `plugin.toml`.
    Folder(PathBuf),
}

/// Why plugins could not be installed.
#[derive(Debug, Error)]
pub enum InstallError {
    /// A folder is no plugin.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The `plugin.toml` of a bundled family is not understood.
    #[error("the bundled family {family}: {why}")]
    Bundled {
        /// Which family.
        family: String,
        /// What is wrong.
        why: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {cause}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// An installed plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its identifier.
    pub id: String,
    /// Version of the plugin itself.
    pub version: String,
    /// Name of its version folder below `plugins/<id>/`.
    pub folder: String,
}

/// A family as it can be installed: one plugin, or several that share their files.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) manifest: Manifest,
    /// Name of the version folder of each of its plugins.
    pub(super) folder: String,
    pub(super) files: Files,
}

/// Installs every plugin of a bundle below `plugins`, but for some, unless that very version is there, and says what is
/// installed.
///
/// Families that are no plugins are left out and their errors returned beside.
pub fn install(
    bundle: &Bundle,
    plugins: &Path,
    except: &BTreeSet<String>,
) -> Result<(Vec<Installed>, Vec<InstallError>), InstallError> {
    let (families, mut errors) = families(bundle)?;
    let mut installed = Vec::new();
    for family in families {
        let wanted = family.manifest.ids.iter().filter(|id| !except.contains(*id));
        match wanted.map(|id| family.install(id, plugins)).collect::<Result<Vec<_>, _>>() {
            Ok(targets) => installed.extend(targets),
            Err(error) => errors.push(error),
        }
    }
    Ok((installed, errors))
}

/// All families of a bundle. Those that are no plugins are left out and their errors returned beside.
pub(super) fn families(bundle: &Bundle) -> Result<(Vec<Family>, Vec<InstallError>), InstallError> {
    let read: Vec<Result<Family, InstallError>> = match bundle {
        Bundle::Bundled => BUNDLED.dirs().filter_map(bundled).collect(),
        Bundle::Folder(folder) => {
            let mut folders = entries(folder)?;
            folders.retain(|path| path.join("plugin.toml").is_file());
            folders.iter().map(|path| Ok(Family::new(Manifest::read(path)?, read_folder(path)?))).collect()
        }
    };
    let (mut families, mut errors) = (Vec::new(), Vec::new());
    for family in read {
        match family {
            Ok(family) => families.push(family),
            Err(error) => errors.push(error),
        }
    }
    Ok((families, errors))
}

fn bundled(family: &Dir<'_>) -> Option<Result<Family, InstallError>> {
    let name = family.path().to_string_lossy().into_owned();
    let text = family.get_file(family.path().join("plugin.toml"))?.contents_utf8()?;
    let manifest = Manifest::parse(text).map_err(|why| InstallError::Bundled { family: name, why });
    let mut files = Files::new();
    collect(family, family.path(), &mut files);
    Some(manifest.map(|manifest| Family::new(manifest, files)))
}

fn collect(folder: &Dir<'_>, root: &Path, files: &mut Files) {
    for file in folder.files() {
        let path = file.path().strip_prefix(root).unwrap_or(file.path());
        files.insert(path.to_owned(), file.contents().to_vec());
    }
    folder.dirs().for_each(|inner| collect(inner, root, files));
}

impl From<FolderError> for InstallError {
    fn from(FolderError { path, cause }: FolderError) -> InstallError {
        InstallError::Io { path, cause }
    }
}

impl From<InstallError> for InstallationError {
    fn from(error: InstallError) -> InstallationError {
        match &error {
            InstallError::Io { cause, .. } if cause.kind() == io::ErrorKind::StorageFull => {
                InstallationError::NoRoom(error.to_string())
            }
            _ => InstallationError::Failed(error.to_string()),
        }
    }
}

impl Family {
    pub(super) fn new(manifest: Manifest, files: Files) -> Family {
        let folder = format!("{}-{}", manifest.version.replace('/', "_"), digest(&files));
        Family { manifest, folder, files }
    }

    /// Whether this very version of one of its plugins has its place below `plugins`.
    pub(super) fn is_placed(&self, id: &str, plugins: &Path) -> bool {
        plugins.join(id).join(&self.folder).is_dir()
    }

    /// Installs one of its plugins below `plugins`, unless that very version is there.
    pub(super) fn install(&self, id: &str, plugins: &Path) -> Result<Installed, InstallError> {
        let home = plugins.join(id);
        let target = home.join(&self.folder);
        if !target.is_dir() {
            self.write_version(&home, &target)?;
        }
        let version = self.manifest.version.clone();
        Ok(Installed { id: id.to_owned(), version, folder: self.folder.clone() })
    }

    /// Writes a version beside its place and moves it there in one step, so that a folder is complete or absent.
    fn write_version(&self, home: &Path, target: &Path) -> Result<(), InstallError> {
        let staging = home.join(".installing");
        if staging.exists() {
            std::fs::remove_dir_all(&staging).map_err(failed(&staging))?;
        }
        // A rename may be on the disk before what it renames is: after a power cut the files would be empty.
        let written = self.write(&staging).and_then(|()| flush(&staging).map_err(failed(&staging)));
        let placed = written.and_then(|()| std::fs::rename(&staging, target).map_err(failed(target)));
        if placed.is_err() {
            // A disk that is full shall not stay so because of this; why it failed is the better error.
            let _ = std::fs::remove_dir_all(&staging);
        }
        placed
    }

    /// Writes its files, without its tests, into a folder.
    pub(super) fn write(&self, into: &Path) -> Result<(), InstallError> {
        for (name, content) in self.files.iter().filter(|(name, _)| !name.starts_with("tests")) {
            let path = into.join(name);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(failed(folder))?;
            }
            std::fs::write(&path, content).map_err(failed(&path))?;
            if is_program(content) {
                use std::os::unix::fs::PermissionsExt as _;
                let permissions = std::fs::Permissions::from_mode(0o755);
                std::fs::set_permissions(&path, permissions).map_err(failed(&path))?;
            }
        }
        Ok(())
    }
}

/// Waits until all that was written to the disk this folder is on is there.
fn flush(folder: &Path) -> io::Result<()> {
    Ok(syncfs(File::open(folder)?)?)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    let path = path.to_owned();
    move |cause| InstallError::Io { path, cause }
}

fn digest(files: &Files) -> String {
    let mut hash = Sha256::new();
    for (name, content) in files {
        let name = name.to_string_lossy();
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name.as_bytes());
        hash.update((content.len() as u64).to_be_bytes());
        hash.update(content);
    }
    hex::encode(&hash.finalize()[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(root: &Path, text: &str) {
        std::fs::create_dir_all(root.join("fam/templates")).unwrap();
        std::fs::write(root.join("fam/plugin.toml"), text).unwrap();
        std::fs::write(root.join("fam/templates/a.j2"), "x").unwrap();
    }

    #[test]
    fn each_target_gets_an_immutable_folder() {
        let (source, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        family(source.path(), "api = 1\nversion = '1.0.0'\n[[target]]\nid = 'a'\n[[target]]\nid = 'b'");
        let bundle = Bundle::Folder(source.path().to_owned());
        let (first, errors) = install(&bundle, data.path(), &BTreeSet::new()).unwrap();
        assert!(errors.is_empty());
        assert_eq!(first.iter().map(|plugin| plugin.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(data.path().join("a").join(&first[0].folder).join("templates/a.j2").is_file());
        assert_eq!(install(&bundle, data.path(), &BTreeSet::new()).unwrap().0, first);
        std::fs::write(source.path().join("fam/templates/a.j2"), "y").unwrap();
        assert_ne!(install(&bundle, data.path(), &BTreeSet::new()).unwrap().0[0].folder, first[0].folder);
        assert!(data.path().join("a").join(&first[0].folder).is_dir());
    }

    #[test]
    fn what_was_removed_stays_away() {
        let (source, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        family(source.path(), "api = 1\nversion = '1.0.0'\n[[target]]\nid = 'a'\n[[target]]\nid = 'b'");
        let removed = BTreeSet::from(["a".to_owned()]);
        let (installed, _) =
            install(&Bundle::Folder(source.path().to_owned()), data.path(), &removed).unwrap();
        assert_eq!(installed.iter().map(|plugin| plugin.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert!(!data.path().join("a").exists());
    }

    #[test]
    fn a_broken_family_does_not_keep_others_out() {
        let (source, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        family(source.path(), "api = 9\nversion = '1'\nid = 'x'");
        let (installed, errors) =
            install(&Bundle::Folder(source.path().to_owned()), data.path(), &BTreeSet::new()).unwrap();
        assert!(installed.is_empty());
        assert!(errors[0].to_string().contains("plugin API 9"), "{}", errors[0]);
    }

    #[test]
    fn a_version_that_cannot_be_written_leaves_nothing_behind() {
        let data = tempfile::tempdir().unwrap();
        let manifest = Manifest::parse("api = 1\nversion = '1'\nid = 'a'").unwrap();
        // A file where another one needs a folder cannot be written.
        let files = ["b", "b/c"].map(|path| (path.into(), b"x".to_vec()));
        let family = Family::new(manifest, files.into_iter().collect());
        assert!(family.install("a", data.path()).is_err());
        assert_eq!(std::fs::read_dir(data.path().join("a")).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let data = tempfile::tempdir().unwrap();
        assert!(install(&Bundle::Folder(data.path().join("none")), data.path(), &BTreeSet::new()).is_err());
    }
}
