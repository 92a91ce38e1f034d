//! What the processes of a server use, as `proc(5)` tells it: processor time and memory, those of its children included.

use std::fs;
use std::time::Duration;

use crate::process::Process;
use anyhow::{Context as _, Result};

/// How long a process and all below it have worked, those that ended included.
pub fn worked(process: Process) -> Duration {
    process
        .children()
        .into_iter()
        .map(worked)
        .fold(own_work(process).unwrap_or_default(), |sum, more| sum + more)
}

fn own_work(process: Process) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{}/stat", process.pid)).ok()?;
    // The second field is the name in parentheses, which may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    // User and system time, and that of children that ended and were waited for.
    let ticks: u64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    let nanoseconds = 1_000_000_000 / rustix::param::clock_ticks_per_second();
    Some(Duration::from_nanos(ticks * nanoseconds))
}

/// Bytes of memory a process has in use.
pub fn resident(process: Process) -> Result<u64> {
    sum(process, "status", &["VmRSS:"])
}

/// The most it had in use since [`forget_peak`].
pub fn peak(process: Process) -> Result<u64> {
    sum(process, "status", &["VmHWM:"])
}

/// Begins to look for the most anew.
pub fn forget_peak(process: Process) -> Result<()> {
    Ok(fs::write(format!("/proc/{}/clear_refs", process.pid), "5")?)
}

/// Bytes of memory that would be free without this process.
pub fn private(process: Process) -> Result<u64> {
    sum(process, "smaps_rollup", &["Private_Clean:", "Private_Dirty:"])
}

fn sum(process: Process, file: &str, names: &[&str]) -> Result<u64> {
    let path = format!("/proc/{}/{file}", process.pid);
    let text = fs::read_to_string(&path).with_context(|| path.clone())?;
    let values = text.lines().filter_map(|line| {
        let (name, value) = line.split_once(char::is_whitespace)?;
        names.contains(&name).then(|| value.trim().trim_end_matches(" kB").parse::<u64>().ok())?
    });
    Ok(values.sum::<u64>() * 1024)
}
