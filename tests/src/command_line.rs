//! An administrator at a terminal, who runs `provd` and reads what it says.

use std::path::Path;
use std::process::Stdio;

use anyhow::Result;
use serde_json::Value;
use tokio::process::Command;

use crate::{binary, within};

/// What a run of `provd` left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl Said {
    /// Its output as JSON.
    pub fn json(&self) -> Result<Value> {
        anyhow::ensure!(self.code == Some(0), "{self:?}");
        Ok(serde_json::from_str(&self.out)?)
    }
}

pub(crate) async fn run(data_dir: &Path, arguments: &[&str]) -> Result<Said> {
    let mut command = Command::new(binary::provd()?);
    command.args(arguments).arg("--data-dir").arg(data_dir);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = within(&format!("provd {arguments:?}"), command.output()).await??;
    Ok(Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
