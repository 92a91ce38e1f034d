//! Opening static files beneath a folder, whatever the path says: `..`, absolute, a symbolic link to elsewhere.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};

use crate::domain::answer::{Content, ServedFile};
use crate::domain::metadata::Metadata;

/// Opens a regular file beneath `folder`; nothing if there is none, or if the path leads outside.
///
/// The kernel resolves the path with `RESOLVE_BENEATH` (openat2(2), Linux 5.6), so there is no moment between a check
/// and the opening.
pub(super) fn open_beneath(folder: &Path, path: &str) -> Option<ServedFile> {
    let path = path.trim_start_matches('/');
    if path.is_empty() || path.contains('\0') {
        return None;
    }
    let folder =
        openat(CWD, folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    // NONBLOCK: a FIFO in the folder must not hold the thread that opens it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file: OwnedFd = openat2(&folder, path, flags, Mode::empty(), resolve).ok()?;
    let file = File::from(file);
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let nanoseconds = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let etag = format!("{:x}-{nanoseconds:x}", metadata.len());
    Some(ServedFile {
        content: Content::OnDisk { file, length: metadata.len() },
        metadata: Arc::new(Metadata::new(None, &etag, modified)),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_ever_opened() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("served");
        std::fs::create_dir_all(folder.join("sub")).unwrap();
        std::fs::write(root.path().join("secret"), "s").unwrap();
        std::fs::write(folder.join("sub/6730i.st"), "firmware").unwrap();
        symlink("../secret", folder.join("out")).unwrap();
        symlink("/etc/hostname", folder.join("absolute")).unwrap();
        symlink("sub/6730i.st", folder.join("inside")).unwrap();
        for path in [
            "../secret",
            "sub/../../secret",
            "out",
            "absolute",
            "/etc/hostname",
            "",
            "sub",
            "a\0b",
            "missing",
        ] {
            assert!(open_beneath(&folder, path).is_none(), "{path:?}");
        }
        for path in ["sub/6730i.st", "/sub/6730i.st", "inside", "sub/../sub/6730i.st"] {
            assert_eq!(open_beneath(&folder, path).unwrap().content.length(), 8, "{path}");
        }
    }
}
