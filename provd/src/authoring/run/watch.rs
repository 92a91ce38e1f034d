//! Whether the files of a plugin have changed, and come to rest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::packages::entries;

/// Folders that are no part of what runs.
const IGNORED: [&str; 3] = ["tests", "target", ".git"];

/// When each file was changed, and how large it is.
type Files = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// A folder that is looked at again and again.
#[derive(Debug)]
pub(super) struct Watch {
    folder: PathBuf,
    /// As it was when a change was last told.
    told: Files,
    /// As it was at the last look.
    seen: Files,
}

impl Watch {
    /// Begins with the folder as it is.
    pub(super) fn new(folder: &Path) -> Watch {
        let files = look(folder);
        Watch { folder: folder.to_owned(), told: files.clone(), seen: files }
    }

    /// Whether it is other than when that was last told, and as it was at the last look: an editor, or a build, writes
    /// several files in turn.
    pub(super) fn has_changed(&mut self) -> bool {
        let now = look(&self.folder);
        let rests = now == self.seen;
        self.seen = now;
        let changed = rests && self.seen != self.told;
        if changed {
            self.told = self.seen.clone();
        }
        changed
    }
}

/// What vanishes meanwhile is not there.
fn look(root: &Path) -> Files {
    let (mut files, mut folders) = (Files::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in entries(&folder).unwrap_or_default() {
            let Ok(about) = path.symlink_metadata() else { continue };
            let ignored = folder == root && IGNORED.iter().any(|name| path.ends_with(name));
            if about.is_dir() && !ignored {
                folders.push(path);
            } else if about.is_file() {
                files.insert(path, (about.modified().ok(), about.len()));
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_when_it_rests() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tests")).unwrap();
        let mut watch = Watch::new(folder.path());
        assert!(!watch.has_changed());
        std::fs::write(folder.path().join("plugin.toml"), "api = 1").unwrap();
        assert!(!watch.has_changed(), "it may still be written");
        assert!(watch.has_changed());
        assert!(!watch.has_changed());
        std::fs::write(folder.path().join("tests/a.toml"), "").unwrap();
        assert!(!watch.has_changed() && !watch.has_changed(), "cases are no part of what runs");
        std::fs::remove_file(folder.path().join("plugin.toml")).unwrap();
        assert!(!watch.has_changed() && watch.has_changed());
    }
}
