//! The program under test, built once per test process in the profile of the tests.
//!
//! cargo does not build a binary of one package for the tests of another, so it is asked to here. When nothing changed
//! that takes a moment. To measure one that is there already, name it in `PROVD_UNDER_TEST`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::Value;

/// Names a binary to take instead.
const GIVEN: &str = "PROVD_UNDER_TEST";

/// Path of the `provd` binary.
pub fn provd() -> Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| match std::env::var_os(GIVEN) {
        Some(path) => std::path::absolute(path).map_err(|error| format!("{GIVEN}: {error}")),
        None => build().map_err(|error| format!("{error:#}")),
    });
    built.as_deref().map_err(|error| anyhow!("provd could not be built: {error}"))
}

/// Where cargo builds.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let profile_folder = profile_folder()?;
    Ok(profile_folder.parent().context("this program is not in a target folder")?.to_owned())
}

/// Where cargo builds in the profile of the tests: `target/<profile>/deps/<this program>` is what runs.
fn profile_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.ancestors().nth(2).context("this program is not in a target folder")?.to_owned())
}

fn build() -> Result<PathBuf> {
    let (profile_folder, target_folder) = (profile_folder()?, target_folder()?);
    let profile = match profile_folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    // The whole workspace is selected so that features are unified as in a build of all of it.
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--workspace", "--bin", "provd", "--profile", profile])
        .args(["--message-format", "json-render-diagnostics", "--target-dir"])
        .arg(target_folder)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout)?;
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.context("cargo did not say where it put the binary")
}
