//! What a plugin's process does before it becomes the plugin: the launcher.
//!
//! provd starts itself as `plugin-launcher`, which ties itself to its parent, puts itself within the walls it is told of and
//! then *becomes* the plugin's program. So nothing of ours runs between fork and exec. The server only works out which walls
//! there are to be ([`plan`]); the launcher puts up exactly these, or fails.

mod kernel;
mod landlock;
mod limits;
mod plan;
mod seccomp;
mod walls;

use std::ffi::OsString;
use std::io;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_no_new_privs,
};

use super::process::become_program;
pub(super) use kernel::Kernel;
pub(super) use plan::{Belongings, Enclosure};
pub use walls::Walls;

/// Becomes the plugin's program. Returns only if that fails.
///
/// `parent` is the process that forked this one. If it is gone already, its death will never be signalled: then there is
/// nothing to become.
pub fn launch(parent: u32, walls: &Walls, command: &[OsString]) -> io::Error {
    let Some((program, arguments)) = command.split_first() else {
        return io::Error::other("no program to launch");
    };
    if let Err(error) = give_up_privileges().and_then(|()| tie_to(parent)).and_then(|()| enclose(walls)) {
        return error;
    }
    let error = become_program(program, arguments);
    io::Error::new(error.kind(), format!("{}: {error}", program.display()))
}

/// What every plugin is subject to: no capability that provd has, to listen on port 69 say, and no way to gain one by
/// executing a file.
fn give_up_privileges() -> io::Result<()> {
    let none = CapabilitySet::empty();
    set_no_new_privs(true)?;
    clear_ambient_capability_set()?;
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(())
}

/// Comes after a change of credentials, which clears the signal (prctl(2)), and before the walls, which keep it.
fn tie_to(parent: u32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid().map(Pid::as_raw_nonzero).map(|pid| pid.get().unsigned_abs()) == Some(parent) {
        Ok(())
    } else {
        Err(io::Error::other("provd has ended"))
    }
}

/// System calls last, for the others are made of them.
fn enclose(walls: &Walls) -> io::Result<()> {
    if let Some(memory) = walls.memory {
        limits::limit(memory)?;
    }
    if let Some(version) = walls.landlock {
        landlock::enclose(version, walls).map_err(io::Error::other)?;
    }
    if walls.seccomp {
        seccomp::enclose(walls).map_err(io::Error::other)?;
    }
    Ok(())
}
