//! Every phone family in `plugins/` does what the cases beside it say.
//!
//! `PROVD_BLESS=1 cargo test -p provd-plugin-runner --test families` writes the files that cases compare with.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a folder that cannot be set up is a failed test")]

use std::path::{Path, PathBuf};

use provd_plugin_runner::declarative::cases::{self, Mode};

fn folders_with_manifest(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("plugin.toml").is_file())
        .collect();
    folders.sort();
    folders
}

async fn run_all(root: &Path) {
    let bless = std::env::var_os("PROVD_BLESS").is_some();
    let mode = if bless { Mode::Bless } else { Mode::Check };
    let (mut passed, mut failures) = (0, Vec::new());
    for family in folders_with_manifest(root) {
        let report = cases::run(&family, mode).await;
        passed += report.passed;
        assert!(report.passed + report.failures.len() > 0, "{} has no cases", family.display());
        failures.extend(report.failures);
    }
    let listed: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{passed} passed, {} failed:\n\n{}\n", failures.len(), listed.join("\n\n"));
}

#[tokio::test]
async fn families_of_the_project() {
    run_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins")).await;
}

/// An invented family that uses every key of the format.
#[tokio::test]
async fn the_tiny_family() {
    run_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/families")).await;
}
