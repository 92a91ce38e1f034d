//! Putting files into the folder `overrides` of the server, which is on this machine. Each is whole or not there, and one that is
//! there already is not touched.

use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::files::Taken;
use super::report::{FileLine, Outcome};

/// Everybody may read them: the server may run as another user than whoever copies them.
const FOLDER: u32 = 0o755;
const FILE: u32 = 0o644;
/// Bytes compared at a time.
const PIECE: usize = 1 << 16;

/// The folder of the server.
#[derive(Debug)]
pub(super) struct Overrides {
    root: PathBuf,
    /// Why nothing can be put there.
    unusable: Option<String>,
}

impl Overrides {
    /// The one in a data directory.
    pub(super) fn of(data_dir: &Path) -> Overrides {
        let root = data_dir.join("overrides");
        let why = if !root.is_dir() {
            Some("it is not there")
        } else if access(&root, Access::WRITE_OK | Access::EXEC_OK).is_err() {
            Some("it cannot be written")
        } else {
            None
        };
        let advice = "run this on the machine of the server, as its user or root, with its --data-dir";
        let unusable = why.map(|why| format!("{}: {why}; {advice}", root.display()));
        Overrides { root, unusable }
    }

    /// Puts a file there, unless it is but a trial.
    pub(super) fn take(&self, plugin: &str, file: &Taken, dry_run: bool) -> FileLine {
        let target = self.root.join(plugin).join(&file.to);
        let outcome = match (&self.unusable, is_same(&file.from, &target)) {
            (Some(why), _) => Err(why.clone()),
            (None, Ok(true)) => Ok(Outcome::Present),
            (None, Err(error)) => Err(error.to_string()),
            (None, Ok(false)) => {
                let outcome = if target.exists() { Outcome::Replaced } else { Outcome::New };
                let put = if dry_run { Ok(()) } else { put(&file.from, &target) };
                put.map(|()| outcome).map_err(|error| error.to_string())
            }
        };
        let (outcome, reason) = match outcome {
            Ok(outcome) => (outcome, None),
            Err(why) => (Outcome::Failed, Some(why)),
        };
        FileLine { plugin: plugin.to_owned(), path: file.to.clone(), kind: file.kind, outcome, reason }
    }
}

fn put(from: &Path, target: &Path) -> io::Result<()> {
    let folder = target.parent().unwrap_or(target);
    make_folder(folder)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let staging = folder.join(format!(".{name}.part"));
    let copied = || -> io::Result<()> {
        let mut file = File::create(&staging)?;
        io::copy(&mut File::open(from)?, &mut file)?;
        file.set_permissions(Permissions::from_mode(FILE))?;
        file.sync_all()?;
        fs::rename(&staging, target)
    };
    copied().inspect_err(|_| drop(fs::remove_file(&staging)))
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    fs::create_dir(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(FOLDER))
}

/// Whether a file holds the same; one that is not there does not.
fn is_same(from: &Path, target: &Path) -> io::Result<bool> {
    let target = match File::open(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    let from = File::open(from)?;
    if from.metadata()?.len() != target.metadata()?.len() {
        return Ok(false);
    }
    let (mut from, mut target) = (io::BufReader::new(from), io::BufReader::new(target));
    loop {
        let (one, other) = (piece(&mut from)?, piece(&mut target)?);
        if one != other || one.is_empty() {
            return Ok(one == other);
        }
    }
}

fn piece(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    reader.take(PIECE as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use super::super::report::FileKind;
    use super::*;

    fn taken(from: &Path) -> Taken {
        Taken { from: from.to_owned(), to: "served/a/logo.bmp".into(), kind: FileKind::File }
    }

    #[test]
    fn a_file_is_put_there_once() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("overrides")).unwrap();
        let from = data.path().join("logo.bmp");
        fs::write(&from, vec![7; PIECE + 1]).unwrap();
        fs::set_permissions(&from, Permissions::from_mode(0o600)).unwrap();
        let target = data.path().join("overrides/acme/served/a/logo.bmp");
        let overrides = Overrides::of(data.path());
        let take = |dry_run| overrides.take("acme", &taken(&from), dry_run).outcome;
        assert_eq!((take(true), target.exists()), (Outcome::New, false));
        assert_eq!((take(false), fs::read(&target).unwrap().len()), (Outcome::New, PIECE + 1));
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, FILE);
        assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
        assert_eq!(take(false), Outcome::Present);
        fs::write(&target, vec![8; PIECE + 1]).unwrap();
        assert_eq!((take(false), take(false)), (Outcome::Replaced, Outcome::Present));
    }

    #[test]
    fn a_folder_that_cannot_be_used_says_what_to_do() {
        let data = tempfile::tempdir().unwrap();
        let line = Overrides::of(data.path()).take("acme", &taken(data.path()), false);
        let reason = line.reason.unwrap();
        assert!(line.outcome == Outcome::Failed && reason.contains("--data-dir"), "{reason}");
    }
}
