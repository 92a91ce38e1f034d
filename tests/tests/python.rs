//! What is written in Python, tested by its own tests, with the interpreter that plugins are run with and the libraries that
//! Debian has for it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use tokio::time::timeout;

/// The interpreter that a server takes unless it is told otherwise.
const PYTHON: &str = "/usr/bin/python3";
const DEADLINE: Duration = Duration::from_mins(5);

async fn passes(folder: &str) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tests = Command::new(PYTHON)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", folder])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(root)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ended = timeout(DEADLINE, tests).await.context("its tests do not end")?.context(PYTHON)?;
    let said =
        format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    println!("{said}");
    ensure!(ended.status.success() && said.contains(" passed"), "{folder}: {}", ended.status);
    Ok(())
}

#[tokio::test]
async fn the_sdk_keeps_the_contract() -> Result<()> {
    passes("plugin-runner/python/tests").await
}

#[tokio::test]
async fn plugins_of_wazo_provd_find_what_they_expect() -> Result<()> {
    passes("plugin-runner/wazo/tests").await
}
