//! Writing files whose paths a plugin chose, beneath a folder an administrator chose, and nowhere else.
//!
//! Every step of a path is opened from the one before, and none may be a symbolic link: whoever else can write into the
//! folder cannot lead a write out of it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, unlinkat};
use rustix::io::Errno;

/// For a folder on the way.
const STEP: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// For a file: what is there is never opened, whether it is a link or a pipe.
const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

/// A folder to write into.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

impl Folder {
    /// Opens a folder, and makes it if it is not there. Its own path may have links in it.
    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        fs::create_dir_all(path)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Folder(openat(CWD, path, flags, Mode::empty())?))
    }

    /// Writes a file, in place of what is there. A secret one can be read by its owner alone.
    pub(super) fn write(&self, path: &str, bytes: &[u8], is_secret: bool) -> io::Result<()> {
        check_path(path).map_err(io::Error::other)?;
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut folder = self.0.try_clone()?;
        for step in above.split('/').filter(|step| !step.is_empty()) {
            folder = enter(&folder, step)?;
        }
        match unlinkat(&folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let mode = if is_secret { Mode::RUSR | Mode::WUSR } else { Mode::from_raw_mode(0o666) };
        File::from(openat(&folder, name, NEW, mode)?).write_all(bytes)
    }
}

/// Whether a path stays below the folder it is joined to.
pub(super) fn check_path(path: &str) -> Result<(), String> {
    let sound = |step: &str| !matches!(step, "" | "." | "..") && !step.contains('\0');
    if path.split('/').all(sound) {
        Ok(())
    } else {
        Err("this path could lead out of the folder: nothing is written".to_owned())
    }
}

fn enter(folder: &OwnedFd, step: &str) -> io::Result<OwnedFd> {
    match mkdirat(folder.as_fd(), step, Mode::from_raw_mode(0o777)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    openat(folder, step, STEP, Mode::empty()).map_err(|error| match error {
        Errno::LOOP | Errno::NOTDIR => {
            io::Error::other(format!("`{step}` is no folder, or a symbolic link to one"))
        }
        error => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_are_written_with_their_folders_and_secrets_closed() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(&root.path().join("new/folder")).unwrap();
        let secret = root.path().join("new/folder/a/b/secret.cfg");
        for content in ["first, and longer", "then"] {
            folder.write("a/b/secret.cfg", content.as_bytes(), true).unwrap();
            assert_eq!(fs::read_to_string(&secret).unwrap(), content);
        }
        assert_eq!(mode(&secret), 0o600);
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o666)).unwrap();
        folder.write("a/b/secret.cfg", b"again", true).unwrap();
        assert_eq!(mode(&secret), 0o600, "whatever was there before");
        folder.write("plain.cfg", b"", false).unwrap();
        assert!(root.path().join("new/folder/plain.cfg").is_file());
    }

    #[test]
    fn nothing_is_written_outside() {
        let root = tempfile::tempdir().unwrap();
        let (inside, outside) = (root.path().join("in"), root.path().join("out"));
        let folder = Folder::open(&inside).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "kept").unwrap();
        symlink("../out", inside.join("folder")).unwrap();
        symlink("../out/file", inside.join("file")).unwrap();
        for path in
            ["folder/file", "/etc/x", "../out/file", "a/../../out/file", "", "a//b", "a/", "./a", "a\0b"]
        {
            assert!(folder.write(path, b"lost", false).is_err(), "{path:?}");
        }
        folder.write("file", b"replaced", false).unwrap();
        assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "kept");
        assert_eq!(fs::read_to_string(inside.join("file")).unwrap(), "replaced");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }
}
