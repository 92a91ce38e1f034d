//! A plugin's folder on this machine. Unlike those of provd, these have links, which are files here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Budget, ForeignError};
use crate::packages::{Files, entries};

/// Files and folders that are to be taken of a folder, whose path has no link in it. A link out of it is refused.
pub(super) fn read(
    root: &Path,
    is_taken: &dyn Fn(&Path, bool) -> bool,
) -> Result<(Files, BTreeSet<PathBuf>), ForeignError> {
    let (mut files, mut names, mut budget) = (Files::new(), BTreeSet::new(), Budget::default());
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let listed =
            entries(&folder).map_err(|error| ForeignError::Io { path: error.path, cause: error.cause })?;
        for path in listed {
            let name = path.strip_prefix(root).unwrap_or(&path).to_owned();
            let metadata = fs::symlink_metadata(&path).map_err(failed(&path))?;
            if !is_taken(&name, metadata.is_dir()) {
                continue;
            }
            if metadata.is_dir() {
                folders.push(path);
                names.insert(name);
                continue;
            }
            let path = if metadata.is_symlink() { target(root, &path)? } else { path };
            let metadata = fs::metadata(&path).map_err(failed(&path))?;
            if metadata.is_file() {
                budget.take(metadata.len())?;
                files.insert(name, fs::read(&path).map_err(failed(&path))?);
            }
        }
    }
    Ok((files, names))
}

fn target(root: &Path, link: &Path) -> Result<PathBuf, ForeignError> {
    let target = link.canonicalize().map_err(failed(link))?;
    if target.starts_with(root) {
        return Ok(target);
    }
    Err(ForeignError::Other(format!("{} is a link out of its folder", link.display())))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> ForeignError {
    let path = path.to_owned();
    move |cause| ForeignError::Io { path, cause }
}
