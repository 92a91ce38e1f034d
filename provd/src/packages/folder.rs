//! A plugin's folder, as its author has it, read whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Files;

/// A folder that could not be read.
#[derive(Debug, Error)]
#[error("{path}: {cause}")]
pub struct FolderError {
    /// Which file or folder.
    pub path: PathBuf,
    /// Why.
    pub cause: io::Error,
}

/// All regular files below a folder, by path relative to it. Links are not followed: what is installed must not depend on
/// where it came from.
///
/// # Errors
///
/// The first file or folder that cannot be read.
pub fn read_folder(root: &Path) -> Result<Files, FolderError> {
    let (mut files, mut folders) = (Files::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            let failed = |cause| FolderError { path: path.clone(), cause };
            let kind = fs::symlink_metadata(&path).map_err(failed)?.file_type();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let content = fs::read(&path).map_err(failed)?;
                files.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), content);
            }
        }
    }
    Ok(files)
}

/// What is in a folder, in order.
///
/// # Errors
///
/// The folder cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let failed = |cause| FolderError { path: folder.to_owned(), cause };
    let listed = fs::read_dir(folder).map_err(failed)?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}
