//! The folder everything is kept in: its layout, who may read it, and that only one server uses it.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rustix::fs::{FlockOperation, flock};

use super::listening::Addresses;

/// Longest path of the folder for sockets: a name of ten bytes and two slashes must fit beside it into 100.
const LONGEST_RUNTIME: usize = 85;

/// The open data directory. Held as long as the server runs.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    runtime: Runtime,
    _lock: File,
}

/// The folder for sockets of plugins.
#[derive(Debug)]
enum Runtime {
    Inside(PathBuf),
    /// The data directory has too long a path for a socket.
    Temporary(tempfile::TempDir),
}

impl DataDir {
    /// Creates the folder if need be and takes it for this process alone.
    pub(super) fn open(path: &Path) -> anyhow::Result<DataDir> {
        fs::create_dir_all(path)
            .with_context(|| format!("the data directory {} cannot be made", path.display()))?;
        let path = path.canonicalize()?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .with_context(|| format!("the data directory {} cannot be written", path.display()))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            bail!(
                "another provd uses the data directory {}; stop it, or choose another --data-dir",
                path.display()
            );
        }
        let data_dir = DataDir { runtime: runtime(&path)?, path, _lock: lock };
        data_dir.withdraw();
        fs::create_dir_all(data_dir.plugins())?;
        fs::create_dir_all(data_dir.path.join("overrides"))?;
        Ok(data_dir)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join("provd.sqlite")
    }

    pub(super) fn plugins(&self) -> PathBuf {
        self.path.join("plugins")
    }

    /// Where plugins are tried before they are let in. What an earlier server left there is removed.
    pub(super) fn trials(&self) -> anyhow::Result<PathBuf> {
        let path = self.path.join("trials");
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                bail!("{} cannot be removed: {error}", path.display())
            }
            _ => Ok(path),
        }
    }

    pub(super) fn token_file(&self) -> PathBuf {
        self.path.join("admin.token")
    }

    pub(super) fn runtime(&self) -> &Path {
        match &self.runtime {
            Runtime::Inside(path) => path,
            Runtime::Temporary(folder) => folder.path(),
        }
    }

    /// The administrator's token; made at the first start, readable by the owner alone.
    pub(super) fn administrator_token(&self) -> anyhow::Result<String> {
        let path = self.token_file();
        match fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => {
                bail!("{} is empty; delete it, and a new token is made", path.display())
            }
            Ok(text) => return Ok(text.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => bail!("{} cannot be read: {error}", path.display()),
        }
        let random: [u8; 32] = rand::random();
        let token = hex::encode(random);
        self.replace("admin.token", format!("{token}\n").as_bytes())?;
        Ok(token)
    }

    /// Says where this server listens, for the command line and for tests.
    pub(super) fn announce(&self, addresses: &Addresses) -> anyhow::Result<()> {
        self.replace("listening.json", addresses.document().to_string().as_bytes())
    }

    /// Takes that back.
    pub(super) fn withdraw(&self) {
        // Not there is as good as removed.
        let _ = fs::remove_file(self.path.join("listening.json"));
    }

    /// Writes a file that is either whole or not there.
    fn replace(&self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let path = self.path.join(name);
        let staging = self.path.join(format!(".{name}"));
        let write = || -> std::io::Result<()> {
            let options = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).clone();
            let mut file = options.open(&staging)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&staging, &path)
        };
        write().with_context(|| format!("{} cannot be written", path.display()))
    }
}

/// Sockets of an earlier server that was killed are removed.
fn runtime(data_dir: &Path) -> anyhow::Result<Runtime> {
    let path = data_dir.join("run");
    if path.as_os_str().len() > LONGEST_RUNTIME {
        return Ok(Runtime::Temporary(tempfile::Builder::new().prefix("provd-").tempdir()?));
    }
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    fs::DirBuilder::new().mode(0o700).create(&path)?;
    Ok(Runtime::Inside(path))
}
