//! Processes as the kernel tells of them in `proc(5)`, and signals to single ones.

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::eventually;

/// A process, not mistaken for another one that got its number later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it was started, in clock ticks after boot.
    started: u64,
}

/// What `/proc/<pid>/stat` says.
struct Stat {
    state: char,
    parent: u32,
    started: u64,
}

impl Process {
    /// The process that has this number now, if any.
    pub fn with_pid(pid: u32) -> Option<Process> {
        Some(Process { pid, started: stat(pid)?.started })
    }

    /// Whether it runs or could: not gone, and not only waiting to be reaped.
    pub fn is_alive(self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.started == self.started && !matches!(stat.state, 'Z' | 'X'))
    }

    /// Sends it a signal.
    pub fn signal(self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).context("not a process id")?;
        kill_process(pid, signal).with_context(|| format!("signal to {}", self.pid))
    }

    /// Waits until it is gone.
    pub async fn gone(self) -> Result<()> {
        let look = || async { Ok((!self.is_alive()).then_some(())) };
        eventually(&format!("the end of process {}", self.pid), look).await
    }

    /// Its children.
    pub fn children(self) -> Vec<Process> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let child = |pid: u32| {
            let stat = stat(pid).filter(|stat| stat.parent == self.pid)?;
            Some(Process { pid, started: stat.started })
        };
        pids.filter_map(child).collect()
    }
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses, which may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}
