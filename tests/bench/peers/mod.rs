//! The other servers: found on the PATH, started with configurations of their own, ended with the run.
//!
//! One that is not there is left out and named; nothing is installed, and no server of the system is touched.

mod nginx;
mod tftp;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use provd_tests::process::Process;
use rustix::process::Signal;
use serde_json::{Map, Value};

pub(crate) use nginx::Nginx;
pub(crate) use tftp::TftpPeer;

/// What is looked for, and the Debian package that has it.
const PROGRAMS: [(&str, &str, &str); 5] = [
    ("nginx", "nginx-light", "-v"),
    ("wrk", "wrk", "--version"),
    ("in.tftpd", "tftpd-hpa", "--version"),
    ("atftpd", "atftpd", "--version"),
    ("dnsmasq", "dnsmasq-base", "--version"),
];

/// Where a program is, if it is on the PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Names those that are not there.
pub(crate) fn tell_missing() {
    for (program, package, _) in PROGRAMS {
        if find(program).is_none() {
            println!("{program} is not on the PATH: no comparison with it (Debian package {package})");
        }
    }
}

/// What each of those that are there says of its version.
pub(crate) fn versions() -> Map<String, Value> {
    let version = |program: &str, flag| {
        let output = Command::new(find(program)?).arg(flag).output().ok()?;
        // Some say it on standard output, some on standard error, and wrk calls it a failure.
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        text.lines().next().map(|line| line.trim().into())
    };
    let known = PROGRAMS
        .into_iter()
        .filter_map(|(program, _, flag)| Some((program.to_owned(), version(program, flag)?)));
    known.collect()
}

/// A program that is ours to end.
#[derive(Debug)]
struct Running(Child);

impl Running {
    fn process(&self) -> Option<Process> {
        Process::with_pid(self.0.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A master takes its workers along.
        if let Some(process) = self.process() {
            let _ = process.signal(Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

/// A folder of files that a peer serves.
fn put(folder: &Path, path: &str, content: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(path.trim_start_matches('/'));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    Ok(std::fs::write(path, content)?)
}
