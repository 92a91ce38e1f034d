//! The administrator's files for a plugin, as far as the core looks at them: whether they changed.

use std::path::Path;

/// What the files of a plugin are generated from: its version folder, and the administrator's files for it.
pub(super) fn version_of_files(folder: &str, overrides: &Path) -> String {
    format!("{folder} {}", digest(overrides))
}

/// Changes when an administrator's file for the plugin changes: names, sizes and times of all of them.
fn digest(folder: &Path) -> String {
    use sha2::{Digest as _, Sha256};
    use std::os::unix::fs::MetadataExt as _;
    let mut found = Vec::new();
    let mut folders = vec![folder.join("templates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => {
                    found.push((entry.path(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()));
                }
                Err(_) => {}
            }
        }
    }
    if found.is_empty() {
        return "-".to_owned();
    }
    found.sort();
    let digest = Sha256::digest(format!("{found:?}"));
    hex::encode(&digest[..6])
}
