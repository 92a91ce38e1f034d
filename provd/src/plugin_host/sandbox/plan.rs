//! Which walls a plugin gets: what the administrator decided, what the plugin asks for, and what the kernel can.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::kernel::Kernel;
use super::landlock::{KEEPS_TRUNCATION, PROGRAMS, SCOPES_SIGNALS};
use super::walls::Walls;
use crate::domain::sandbox::{
    MissingWall, Need, Needs, SandboxLevel, SandboxMode, SandboxPolicy, SandboxStatus,
};

/// What is a process's own.
#[derive(Debug, Clone, Copy)]
pub(in crate::plugin_host) struct Belongings<'a> {
    /// Which plugin.
    pub(in crate::plugin_host) id: &'a str,
    /// The program it becomes, as its command names it.
    pub(in crate::plugin_host) program: &'a Path,
    /// The `PATH` it is looked for in, if it is named without a slash.
    pub(in crate::plugin_host) search: &'a OsStr,
    /// Its version folder.
    pub(in crate::plugin_host) folder: &'a Path,
    /// Folders that its interpreter reads.
    pub(in crate::plugin_host) libraries: &'a [PathBuf],
    pub(in crate::plugin_host) overrides: &'a [PathBuf],
    pub(in crate::plugin_host) scratch: &'a [PathBuf],
    /// Where its socket is made, if it is to make one.
    pub(in crate::plugin_host) socket_folder: Option<&'a Path>,
}

/// The walls around a process, and what is to be said of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plugin_host) struct Enclosure {
    pub(in crate::plugin_host) walls: Walls,
    pub(in crate::plugin_host) status: SandboxStatus,
    /// Why the plugin must not be started, and what to do about it.
    pub(in crate::plugin_host) refusal: Option<String>,
}

impl Enclosure {
    pub(in crate::plugin_host) fn new(
        kernel: Kernel,
        policy: &SandboxPolicy,
        needs: Needs,
        own: &Belongings<'_>,
    ) -> Enclosure {
        if policy.mode == SandboxMode::Off {
            return Enclosure { walls: Walls::default(), status: without_walls(), refusal: None };
        }
        let is_exposed = is_exposed(policy, own.scratch);
        let status = status(kernel, policy, needs, own.id, is_exposed);
        let is_granted = |need| status.granted.contains(&need);
        let walls = Walls {
            landlock: Some(kernel.landlock).filter(|version| *version > 0),
            seccomp: kernel.seccomp,
            network: is_granted(Need::Network),
            processes: is_granted(Need::Processes),
            memory: Some(needs.memory.unwrap_or(policy.memory).min(policy.memory).0),
            execute: executable(policy, own),
            read: existing(own.overrides),
            write: existing(own.scratch),
            bind: own.socket_folder.map(Path::to_owned).into_iter().collect(),
        };
        let refusal = (policy.mode == SandboxMode::Required && status.level != SandboxLevel::Full)
            .then(|| refusal(&status, own.id, is_exposed));
        Enclosure { walls, status, refusal }
    }
}

fn without_walls() -> SandboxStatus {
    SandboxStatus {
        level: SandboxLevel::Off,
        landlock: 0,
        seccomp: false,
        missing: Vec::new(),
        granted: Vec::new(),
        denied: Vec::new(),
    }
}

fn status(kernel: Kernel, policy: &SandboxPolicy, needs: Needs, id: &str, is_exposed: bool) -> SandboxStatus {
    let asked = [
        (Need::Network, needs.network, policy.network.contains(id)),
        (Need::Processes, needs.processes, policy.processes.contains(id)),
        (Need::Memory, needs.memory.is_some(), needs.memory <= Some(policy.memory)),
    ];
    let which = |granted: bool| {
        asked.iter().filter(move |(_, is_asked, is_granted)| *is_asked && *is_granted == granted)
    };
    let granted: Vec<Need> = which(true).map(|(need, ..)| *need).collect();
    let missing = missing(kernel, &granted, is_exposed);
    let level = match kernel {
        Kernel { landlock: 0, seccomp: false } => SandboxLevel::Off,
        _ if missing.is_empty() => SandboxLevel::Full,
        _ => SandboxLevel::Partial,
    };
    SandboxStatus {
        level,
        landlock: kernel.landlock,
        seccomp: kernel.seccomp,
        missing,
        granted,
        denied: which(false).map(|(need, ..)| *need).collect(),
    }
}

/// Where one of the two can stand in for the other, nothing is missing.
fn missing(kernel: Kernel, granted: &[Need], is_exposed: bool) -> Vec<MissingWall> {
    let Kernel { landlock, seccomp } = kernel;
    let (network, processes) = (granted.contains(&Need::Network), granted.contains(&Need::Processes));
    let walls = [
        (MissingWall::Files, landlock == 0 || is_exposed),
        (MissingWall::Truncation, landlock < KEEPS_TRUNCATION),
        (MissingWall::Signals, landlock < SCOPES_SIGNALS && (!seccomp || processes)),
        (MissingWall::Network, !seccomp && !network),
        (MissingWall::Processes, !seccomp && !processes),
        (MissingWall::SystemCalls, !seccomp),
    ];
    walls.into_iter().filter(|(_, is_missing)| *is_missing).map(|(wall, _)| wall).collect()
}

/// What is beneath a folder that is open cannot be closed again: the data directory must not be.
fn is_exposed(policy: &SandboxPolicy, scratch: &[PathBuf]) -> bool {
    let open = PROGRAMS.iter().map(PathBuf::from).chain(policy.readable.iter().cloned());
    open.filter_map(|folder| folder.canonicalize().ok())
        .any(|folder| scratch.iter().any(|scratch| scratch.starts_with(&folder)))
}

fn refusal(status: &SandboxStatus, id: &str, is_exposed: bool) -> String {
    if is_exposed {
        return format!(
            "the sandbox is required, and plugins could read the data directory: it is beneath /usr or another folder they \
             may read, see `readable` in [sandbox] of the settings. Move it; then `provd plugin restart {id}`"
        );
    }
    let landlock = if status.landlock == 0 {
        "is not there".to_owned()
    } else {
        format!("has version {}", status.landlock)
    };
    let seccomp = if status.seccomp { "works" } else { "is not there" };
    format!(
        "the sandbox is required, and here it would be {status}: Landlock {landlock} and seccomp {seccomp}. Use a kernel \
         with both (Linux 6.12 is best; Landlock may have to be named in the boot parameter lsm=), or set mode = \
         \"best-effort\" in [sandbox] of the settings; then `provd plugin restart {id}`"
    )
}

/// What is not there when a process starts is not opened to it.
fn existing(folders: &[PathBuf]) -> Vec<PathBuf> {
    folders.iter().filter(|folder| folder.exists()).cloned().collect()
}

fn executable(policy: &SandboxPolicy, own: &Belongings<'_>) -> Vec<PathBuf> {
    let program = program_file(own.program, own.search);
    let given = own.libraries.iter().chain(&policy.readable).cloned();
    [own.folder.to_owned()].into_iter().chain(program).chain(given).collect()
}

/// The file a program is in, found as execvp(3) finds it; none if there is none, which executing it will say.
fn program_file(program: &Path, search: &OsStr) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return Some(program.to_owned()).filter(|program| program.is_file());
    }
    std::env::split_paths(search).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests;
