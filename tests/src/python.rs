//! Programs written in Python, from the Python Package Index, in an environment of their own.
//!
//! It is made once, where cargo builds, and used by every later test that asks for the same packages.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use md5::{Digest as _, Md5};
use tokio::process::Command;
use tokio::time::timeout;

use crate::binary;

/// Longest time until packages are there.
const INSTALLATION: Duration = Duration::from_mins(10);

/// An environment with some packages.
#[derive(Debug)]
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// With the packages that a file for `pip install --requirement` names.
    pub async fn with(requirements: &str) -> Result<Python> {
        let environments = binary::target_folder()?.join("python");
        fs::create_dir_all(&environments)?;
        let name = hex::encode(Md5::digest(requirements));
        // Whoever comes second waits for the first, who may be in another process.
        let lock = File::create(environments.join(format!("{name}.lock")))?;
        let locked = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock));
        let _lock = locked.await??;
        let python = Python { folder: environments.join(name) };
        let complete = python.folder.join("complete");
        if !complete.exists() {
            python.make(requirements).await?;
            File::create(complete)?;
        }
        Ok(python)
    }

    async fn make(&self, requirements: &str) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        let mut python = Command::new("python3");
        let made = run(python.args(["-m", "venv"]).arg(&self.folder)).await;
        made.context("an environment for Python: install python3 and its module venv")?;
        let file = self.folder.join("requirements.txt");
        fs::write(&file, requirements)?;
        let mut pip = Command::new(self.program("python"));
        pip.args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--requirement"])
            .arg(file);
        run(&mut pip).await.context("packages for Python")
    }

    /// A program of the environment.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Runs a program of the environment for at most so long. The error is what it said.
    pub async fn run(
        &self,
        name: &str,
        deadline: Duration,
        told: impl FnOnce(&mut Command),
    ) -> Result<String> {
        let mut command = Command::new(self.program(name));
        told(&mut command);
        said(&mut command, deadline).await.with_context(|| name.to_owned())
    }
}

async fn run(command: &mut Command) -> Result<()> {
    said(command, INSTALLATION).await.map(drop)
}

async fn said(command: &mut Command, deadline: Duration) -> Result<String> {
    let command = command.stdin(Stdio::null()).kill_on_drop(true);
    let Ok(output) = timeout(deadline, command.output()).await else {
        bail!("not done within {} s", deadline.as_secs());
    };
    let output = output?;
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    if !output.status.success() {
        bail!("{}\n{said}", output.status);
    }
    Ok(said)
}
