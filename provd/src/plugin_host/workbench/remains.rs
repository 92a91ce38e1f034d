//! What a plugin holds while it runs and leaves behind when it ends, as the kernel tells it in proc(5).

use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

use super::super::administration::resident_bytes;

/// How deep the children of children are looked for that outlive their parents.
const GENERATIONS: usize = 64;

/// Memory in bytes, and open descriptors, of the processes of a group.
pub(super) fn held(group: u32) -> (u64, usize) {
    let members = processes().filter(|pid| group_of(*pid) == Some(group));
    members.fold((0, 0), |(memory, descriptors), pid| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        (memory + resident_bytes(pid).unwrap_or(0), descriptors + open)
    })
}

/// Processes other than `pid` that were started for the plugin on a socket, whatever group they are in now. An ended one
/// has no environment any more.
pub(super) fn with_environment(pid: u32, socket: &Path) -> Vec<u32> {
    let wanted = socket.as_os_str().as_encoded_bytes();
    let has_it = |environment: Vec<u8>| environment.windows(wanted.len()).any(|part| part == wanted);
    processes()
        .filter(|other| *other != pid)
        .filter(|other| fs::read(format!("/proc/{other}/environ")).is_ok_and(has_it))
        .collect()
}

/// Whatever a plugin of this program starts becomes a child of this program when its own parent ends, not one of init.
pub(crate) fn adopt_leftovers() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// Kills all children of this program, and what becomes its child by that.
pub(crate) fn end_leftovers() {
    let own = getpid().as_raw_nonzero().get().unsigned_abs();
    for _ in 0..GENERATIONS {
        let children = processes().filter(|pid| parent_of(*pid) == Some(own));
        let children: Vec<Pid> = children.filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).collect();
        if children.is_empty() {
            return;
        }
        for child in children {
            // Whoever is gone already is no error.
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::empty());
        }
    }
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent_of(pid: u32) -> Option<u32> {
    status(pid, 1)
}

fn group_of(pid: u32) -> Option<u32> {
    status(pid, 2)
}

/// A field after the name in parentheses, which may hold anything.
fn status(pid: u32, field: usize) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(field)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_group_holds_is_counted() {
        let own = std::process::id();
        let (memory, descriptors) = held(group_of(own).unwrap());
        assert!(memory > 100_000 && descriptors > 2, "{memory} {descriptors}");
        assert_eq!(held(u32::MAX), (0, 0));
    }
}
