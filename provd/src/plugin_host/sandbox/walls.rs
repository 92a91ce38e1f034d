//! What the launcher is told to put around a plugin, exactly: the arguments of its command line.
//!
//! The server works them out ([`plan`](super::plan)); the launcher does as it is told, or fails.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::Args;

/// Walls around one process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Walls {
    /// Version of the kernel's Landlock interface to hold to; absent: no walls around files
    #[arg(long)]
    pub(super) landlock: Option<u32>,
    /// Whether system calls are filtered
    #[arg(long)]
    pub(super) seccomp: bool,
    /// Whether the network may be used
    #[arg(long)]
    pub(super) network: bool,
    /// Whether processes may be started
    #[arg(long)]
    pub(super) processes: bool,
    /// Most memory, in bytes; absent: no limits at all
    #[arg(long)]
    pub(super) memory: Option<u64>,
    /// What may be read and executed: a file, or all beneath a folder
    #[arg(long)]
    pub(super) execute: Vec<PathBuf>,
    /// What may be read: a file, or all beneath a folder
    #[arg(long)]
    pub(super) read: Vec<PathBuf>,
    /// Folder beneath which anything may be done with files, except executing them
    #[arg(long)]
    pub(super) write: Vec<PathBuf>,
    /// Folder in which a socket may be made
    #[arg(long)]
    pub(super) bind: Vec<PathBuf>,
}

impl Walls {
    /// The same as arguments.
    pub(in crate::plugin_host) fn arguments(&self) -> Vec<OsString> {
        let mut arguments = Vec::new();
        let flags =
            [("--seccomp", self.seccomp), ("--network", self.network), ("--processes", self.processes)];
        arguments.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| OsString::from(flag)));
        let numbers = [("landlock", self.landlock.map(u64::from)), ("memory", self.memory)];
        let numbers = numbers.iter().filter_map(|(name, number)| number.map(|number| (name, number)));
        arguments.extend(numbers.map(|(name, number)| OsString::from(format!("--{name}={number}"))));
        let paths =
            [("execute", &self.execute), ("read", &self.read), ("write", &self.write), ("bind", &self.bind)];
        for (name, paths) in paths {
            arguments.extend(paths.iter().map(|path| assigned(name, path.as_os_str())));
        }
        arguments
    }
}

/// With `=`, so that a value that begins with a hyphen is still a value.
fn assigned(name: &str, value: &OsStr) -> OsString {
    let mut argument = OsString::from(format!("--{name}="));
    argument.push(value);
    argument
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Launcher {
        #[command(flatten)]
        walls: Walls,
    }

    #[test]
    fn what_is_said_is_understood() {
        let walls = Walls {
            landlock: Some(7),
            seccomp: true,
            processes: true,
            memory: Some(1 << 30),
            read: vec!["-a b".into(), OsStr::from_bytes(b"/\xff").into()],
            write: vec!["/scratch,1".into()],
            ..Walls::default()
        };
        for walls in [walls, Walls::default()] {
            let arguments = [vec![OsString::from("launcher")], walls.arguments()].concat();
            assert_eq!(Launcher::try_parse_from(arguments).unwrap().walls, walls);
        }
    }
}
