//! Python, for plugins that are written in it: which interpreter runs them, and the libraries that come with this program,
//! which are the SDK and the host of plugins of wazo-provd. What these need themselves (gRPC, Jinja2, Twisted) is the
//! machine's; who lacks it says so when it starts.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha256};

use super::process::run;
use crate::packages::Engine;

static SDK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../plugin-runner/python/src");
static WAZO_HOST: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../plugin-runner/wazo/src");

/// Names the folder, so that those of two versions of this program are beside each other. Worked out once.
static DIGEST: LazyLock<String> = LazyLock::new(digest);

/// Debian's, which has its packages as libraries, and which plugins may read wherever they are.
const OF_THE_SYSTEM: &str = "/usr/bin/python3";
/// How long compiling the libraries may take.
const COMPILING: Duration = Duration::from_secs(20);
/// Where the interpreter is named for commands that have no settings of a server.
const INTERPRETER: &str = "PROVD_PYTHON";

/// Runs plugins that are written in Python.
#[derive(Debug, Clone)]
pub struct Python {
    interpreter: PathBuf,
    /// Its libraries are below it.
    shelf: PathBuf,
}

impl Python {
    /// With an interpreter, or that of the system; `shelf` is a folder of its own.
    #[must_use]
    pub fn new(interpreter: Option<PathBuf>, shelf: PathBuf) -> Python {
        let found = || [OF_THE_SYSTEM, "python3"].map(PathBuf::from).into_iter().find(|path| path.exists());
        let interpreter = interpreter.or_else(found).unwrap_or_else(|| PathBuf::from("python3"));
        Python { interpreter, shelf }
    }

    /// As the environment says, for who has no settings.
    pub(super) fn of_environment(shelf: PathBuf) -> Python {
        Python::new(std::env::var_os(INTERPRETER).map(PathBuf::from), shelf)
    }

    /// The command of a plugin with such an engine; none if it needs no Python.
    pub(super) fn command(&self, engine: &Engine) -> Option<Vec<String>> {
        let arguments: &[&str] = match engine {
            Engine::Python => &["plugin.py"],
            Engine::WazoProvd => &["-m", "provd_wazo_host"],
            Engine::Declarative | Engine::Program(_) => return None,
        };
        // Not what the user who starts the server has installed for himself.
        let fixed = [self.interpreter.to_string_lossy().into_owned(), "-s".to_owned()];
        Some(fixed.into_iter().chain(arguments.iter().map(|argument| (*argument).to_owned())).collect())
    }

    /// The folder of the libraries, which is written unless it is there.
    pub(super) fn libraries(&self) -> io::Result<PathBuf> {
        let folder = self.shelf.join(DIGEST.as_str());
        if !folder.is_dir() {
            fs::create_dir_all(&self.shelf)?;
            let staging = tempfile::tempdir_in(&self.shelf)?;
            [&SDK, &WAZO_HOST].into_iter().try_for_each(|library| write(library, staging.path()))?;
            self.compile(staging.path());
            match fs::rename(staging.path(), &folder) {
                // Another start was quicker.
                Err(_) if folder.is_dir() => {}
                outcome => outcome?,
            }
        }
        Ok(folder)
    }

    /// Compiles libraries for the interpreter, which saves each start a quarter of its time. Done here, since what one plugin
    /// compiles is not what another should run. Without it everything works as well.
    fn compile(&self, libraries: &Path) {
        let arguments =
            ["-s", "-m", "compileall", "-q"].map(OsStr::new).into_iter().chain([libraries.as_os_str()]);
        if let Err(error) = run(&self.interpreter, arguments, COMPILING) {
            tracing::debug!("The libraries of Python are not compiled: {error}");
        }
    }

    /// Folders besides the system's that the interpreter needs: its own, and that of what it is a link to. Whoever chose
    /// the interpreter chose these. Debian has files of its interpreters in /etc.
    pub(super) fn readable(&self) -> Vec<PathBuf> {
        let home = |program: &Path| Some(program.parent()?.parent()?.to_owned());
        let named = home(&self.interpreter).filter(|home| self.interpreter.is_absolute() && is_own(home));
        let real = self
            .interpreter
            .canonicalize()
            .ok()
            .and_then(|program| home(&program))
            .filter(|home| is_own(home));
        let mut folders: Vec<PathBuf> = named.into_iter().chain(real).chain(settings()).collect();
        folders.dedup();
        folders
    }
}

/// `/etc/python3`, `/etc/python3.11` and the like.
fn settings() -> Vec<PathBuf> {
    let is_python = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with("python3");
    let listed = fs::read_dir("/etc").into_iter().flatten().filter_map(Result::ok);
    listed.filter(is_python).map(|entry| entry.path()).collect()
}

/// Whether a folder is of an interpreter alone, and not all that is installed, or the whole disk.
fn is_own(home: &Path) -> bool {
    ![Path::new("/"), Path::new("/usr"), Path::new("/usr/local")].contains(&home)
        && (home.join("pyvenv.cfg").is_file() || home.join("lib").is_dir())
}

fn write(library: &Dir<'_>, into: &Path) -> io::Result<()> {
    for file in sources(library) {
        let path = into.join(file.path());
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, file.contents())?;
    }
    Ok(())
}

/// Its files, but for what an interpreter left there when they were tried.
fn sources<'a>(library: &'a Dir<'a>) -> Vec<&'a include_dir::File<'a>> {
    let is_source = |path: &Path| path.components().all(|part| part.as_os_str() != "__pycache__");
    let inner = library.dirs().filter(|folder| is_source(folder.path())).flat_map(sources);
    library.files().chain(inner).collect()
}

fn digest() -> String {
    let mut hash = Sha256::new();
    for file in sources(&SDK).into_iter().chain(sources(&WAZO_HOST)) {
        hash.update(file.path().to_string_lossy().as_bytes());
        hash.update((file.contents().len() as u64).to_be_bytes());
        hash.update(file.contents());
    }
    hex::encode(&hash.finalize()[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_written_once() {
        let shelf = tempfile::tempdir().unwrap();
        let python = Python::new(None, shelf.path().join("python"));
        let folder = python.libraries().unwrap();
        assert!(folder.join("provd_plugin/contract.binpb").is_file());
        assert!(folder.join("provd_wazo_host/__main__.py").is_file());
        std::fs::write(folder.join("mark"), "").unwrap();
        assert_eq!(python.libraries().unwrap(), folder);
        assert!(folder.join("mark").exists());
        assert_eq!(std::fs::read_dir(shelf.path().join("python")).unwrap().count(), 1);
    }

    #[test]
    fn an_interpreter_of_ones_own_is_readable_and_nothing_else_is() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join("bin")).unwrap();
        std::fs::write(home.path().join("pyvenv.cfg"), "").unwrap();
        let program = home.path().join("bin/python3");
        std::os::unix::fs::symlink("/usr/bin/env", &program).unwrap();
        let readable = |program: PathBuf| {
            let folders = Python::new(Some(program), PathBuf::new()).readable();
            folders.into_iter().filter(|folder| !folder.starts_with("/etc")).collect::<Vec<_>>()
        };
        assert_eq!(readable(program), [home.path()]);
        assert_eq!(readable("/usr/bin/env".into()), Vec::<PathBuf>::new());
        assert_eq!(readable("env".into()), Vec::<PathBuf>::new());
    }
}
