//! What is in a folder, and having the same in another without a second copy of its bytes: files are hard links.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failure::{StepError, at};

/// A file or folder below another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::firmware) struct Found {
    /// Relative to that folder.
    pub(in crate::firmware) path: PathBuf,
    pub(in crate::firmware) is_folder: bool,
}

/// All files and folders below a folder, in order.
pub(super) fn found(root: &Path) -> Result<Vec<Found>, StepError> {
    let (mut all, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let entry = entry.map_err(at(&folder))?;
            let path = entry.path();
            let is_folder = entry.file_type().map_err(at(&path))?.is_dir();
            all.push(Found { path: path.strip_prefix(root).unwrap_or(&path).to_owned(), is_folder });
            if is_folder {
                folders.push(path);
            }
        }
    }
    all.sort();
    Ok(all)
}

/// All files below a folder, in order, relative to it.
pub(in crate::firmware) fn files(root: &Path) -> Result<Vec<PathBuf>, StepError> {
    Ok(found(root)?.into_iter().filter(|found| !found.is_folder).map(|found| found.path).collect())
}

/// Has a file, or all of a folder, at another place too. What is there already is not replaced.
pub(in crate::firmware) fn link_tree(from: &Path, to: &Path) -> Result<(), StepError> {
    if !from.is_dir() {
        return link_file(from, to);
    }
    make_folder(to)?;
    for Found { path, is_folder } in found(from)? {
        if is_folder {
            make_folder(&to.join(path))?;
        } else {
            link_file(&from.join(&path), &to.join(&path))?;
        }
    }
    Ok(())
}

fn link_file(from: &Path, to: &Path) -> Result<(), StepError> {
    if let Some(parent) = to.parent() {
        make_folder(parent)?;
    }
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(StepError::Collision(to.to_owned()))
        }
        // Too many links to one file, or a file system that has none.
        Err(_) => fs::copy(from, to).map(drop).map_err(at(to)),
    }
}

/// Makes a folder, and those it is in.
pub(in crate::firmware) fn make_folder(path: &Path) -> Result<(), StepError> {
    match fs::create_dir_all(path) {
        // A file where a folder is to be.
        Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory) => {
            Err(StepError::Collision(path.to_owned()))
        }
        made => made.map_err(at(path)),
    }
}
