//! A machine for provd to live on: a data directory that outlives the server, and the families it installs.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Result;
use tempfile::TempDir;

use crate::{Said, Server, binary, command_line, families};

/// Where a server lives. Everything in it is gone when this is dropped, so drop the server first.
#[derive(Debug)]
pub struct Home {
    root: TempDir,
    own_families: bool,
    arguments: Vec<String>,
    launcher: Vec<String>,
    is_quiet: bool,
}

impl Home {
    /// With the families inside the program.
    pub fn bundled() -> Result<Home> {
        let root = tempfile::Builder::new().prefix("provd-").tempdir()?;
        Ok(Home { root, own_families: false, arguments: Vec::new(), launcher: Vec::new(), is_quiet: false })
    }

    /// With these families of the repository, and none else.
    pub fn with_families(names: &[&str]) -> Result<Home> {
        let home = Home { own_families: true, ..Home::bundled()? };
        fs::create_dir(home.families())?;
        for name in names {
            families::copy_family(name, &home.families())?;
        }
        Ok(home)
    }

    /// Adds an argument to the command line of the server.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Home {
        self.arguments.push(argument.into());
        self
    }

    /// With a server that a program starts which becomes it: as another user, say.
    #[must_use]
    pub fn launched_by(self, command: &[&str]) -> Home {
        Home { launcher: command.iter().map(|&word| word.to_owned()).collect(), ..self }
    }

    /// Gives all that is there to another user, who must be the one the server runs as.
    pub fn hand_over(&self, user: u32) -> Result<()> {
        let mut found = vec![self.root().to_owned()];
        while let Some(path) = found.pop() {
            std::os::unix::fs::lchown(&path, Some(user), Some(user))?;
            if path.symlink_metadata()?.is_dir() {
                for entry in fs::read_dir(path)? {
                    found.push(entry?.path());
                }
            }
        }
        Ok(())
    }

    /// With a server that logs nothing but warnings, and a log that is not shown afterwards: for measurements.
    #[must_use]
    pub fn quiet(self) -> Home {
        Home { is_quiet: true, ..self }
    }

    /// With a server that phones find under the same address after a restart. Otherwise each start finds free ports, which
    /// changes what is in their files.
    #[must_use]
    pub fn at_own_address(self) -> Home {
        static COUNT: AtomicU8 = AtomicU8::new(1);
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, high | 128, low, COUNT.fetch_add(1, Ordering::Relaxed));
        let listening =
            ["--http".to_owned(), format!("{address}:8667"), "--tftp".to_owned(), format!("{address}:6969")];
        listening.into_iter().fold(self, Home::argument)
    }

    /// Adds a plugin that is a program. Returns its folder.
    pub fn add_program(&self, id: &str, command: &[&str]) -> Result<PathBuf> {
        families::write_program(id, command, &self.families())
    }

    /// Starts the server and waits until it listens.
    pub async fn start(&self) -> Result<Server> {
        Server::start(self).await
    }

    /// Runs `provd` with these arguments, told where the server lives.
    pub async fn provd(&self, arguments: &[&str]) -> Result<Said> {
        command_line::run(&self.data_dir(), arguments).await
    }

    /// Everything below here was made by the test or by provd.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// What the server owns.
    pub fn data_dir(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// The families to install; no such folder if it is those inside the program.
    pub fn families(&self) -> PathBuf {
        self.root.path().join("families")
    }

    /// Puts a static file of the administrator's where a plugin serves it.
    pub fn serve_file(&self, plugin: &str, path: &str, content: &[u8]) -> Result<()> {
        let path = self.data_dir().join("overrides").join(plugin).join("served").join(path);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        Ok(fs::write(path, content)?)
    }

    /// The server's program, or what becomes it, with arguments.
    pub(crate) fn command(&self) -> Result<std::process::Command> {
        let program = binary::provd()?;
        let mut command = match self.launcher.split_first() {
            None => std::process::Command::new(program),
            Some((launcher, arguments)) => {
                let mut command = std::process::Command::new(launcher);
                command.args(arguments).arg(program);
                command
            }
        };
        command.args(self.server_arguments());
        Ok(command)
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    fn server_arguments(&self) -> Vec<String> {
        let data_dir = self.data_dir().display().to_string();
        let any_port = "127.0.0.1:0".to_owned();
        let mut arguments = vec!["serve".to_owned(), "--data-dir".to_owned(), data_dir];
        for listener in ["--http", "--tftp", "--api"] {
            // A test that wants another address says so itself.
            if !self.arguments.iter().any(|argument| argument == listener) {
                arguments.extend([listener.to_owned(), any_port.clone()]);
            }
        }
        if self.own_families {
            arguments.extend(["--plugins".to_owned(), self.families().display().to_string()]);
        }
        arguments.extend(self.arguments.iter().cloned());
        arguments
    }
}
