//! What a plugin is installed from on this machine: the file of a package as it is, or a folder or archive of which one is made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::failure::Failure;
use super::packaging::{at, pack, unusable};
use crate::packages::{EXTENSION, Foreign, Manifest, SIGNATURE, Tftpboot, is_foreign, read_folder};

/// How archives of plugins of wazo-provd end.
const ARCHIVES: [&str; 5] = [".tar.bz2", ".tbz2", ".tar.gz", ".tgz", ".tar"];

/// A package, with its signature if there is one.
pub(in crate::cli) struct Source {
    pub(in crate::cli) package: Vec<u8>,
    pub(in crate::cli) signature: Option<Vec<u8>>,
}

/// What is there; nothing if the name can only be an id.
pub(super) fn source(path: &Path) -> Result<Option<Source>, Failure> {
    let name = path.to_string_lossy();
    if name.ends_with(EXTENSION) {
        return of_package(path).map(Some);
    }
    if ARCHIVES.iter().any(|end| name.ends_with(end)) {
        let bytes = fs::read(path).map_err(|error| at(path, error))?;
        return Foreign::in_archive(&bytes).map_err(|error| at(path, error)).and_then(of_foreign).map(Some);
    }
    // What has no slash is an id, also where a folder happens to be called so: it may be one that is to be rolled back.
    if path.components().count() == 1 {
        return Ok(None);
    }
    if is_foreign(path) {
        let foreign = Foreign::in_folder(path, Tftpboot::Published).map_err(|error| at(path, error))?;
        return of_foreign(foreign).map(Some);
    }
    if path.join("plugin.toml").is_file() {
        return of_folder(path).map(Some);
    }
    Err(at(path, "expected a package, or the folder of a plugin, with a plugin.toml or entry.py"))
}

fn of_package(file: &Path) -> Result<Source, Failure> {
    let package = fs::read(file).map_err(|error| at(file, error))?;
    let beside = PathBuf::from(format!("{}{SIGNATURE}", file.display()));
    match fs::read(&beside) {
        Ok(signature) => Ok(Source { package, signature: Some(signature) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Source { package, signature: None }),
        Err(error) => Err(at(&beside, error)),
    }
}

/// A package of a plugin of wazo-provd, which nobody has signed.
pub(in crate::cli) fn of_foreign(foreign: Foreign) -> Result<Source, Failure> {
    let Foreign { id, manifest, files } = foreign;
    let package = pack(&id, &manifest, &files).map_err(|why| at(Path::new(&id), why))?;
    Ok(Source { package, signature: None })
}

fn of_folder(folder: &Path) -> Result<Source, Failure> {
    let manifest = Manifest::read(folder).map_err(unusable)?;
    let [id] = manifest.ids.as_slice() else {
        let why =
            format!("it holds {}; `provd plugin package` makes a package of each", manifest.ids.join(", "));
        return Err(at(folder, why));
    };
    let files = read_folder(folder).map_err(unusable)?;
    let package = pack(id, &manifest, &files).map_err(|why| at(folder, why))?;
    Ok(Source { package, signature: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_no_path_and_a_path_is_no_id() {
        assert!(source(Path::new("wazo-yealink-v86")).unwrap().is_none());
        assert!(source(Path::new("./nowhere")).is_err());
        assert!(source(Path::new("nowhere.tar.bz2")).is_err());
    }

    #[test]
    fn a_folder_is_packed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plugin.toml"), "api = 1\nversion = '1'\nid = 'a'\ncommand = ['./a']")
            .unwrap();
        fs::write(folder.path().join("a"), "#!/bin/sh").unwrap();
        let Source { package, signature } = source(folder.path()).unwrap().unwrap();
        assert_eq!(crate::packages::read(&package).unwrap().contents.id, "a");
        assert_eq!(signature, None);
        let family = "api = 1\nversion = '1'\n[[target]]\nid = 'a'\n[[target]]\nid = 'b'";
        fs::write(folder.path().join("plugin.toml"), family).unwrap();
        assert!(source(folder.path()).is_err_and(|failure| failure.to_string().contains("a, b")));
    }
}
