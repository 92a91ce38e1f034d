//! What a plugin's process does before it becomes the plugin: the launcher.
//!
//! provd starts itself as `plugin-launcher`, which ties itself to its parent and then *becomes* the plugin's program. So
//! nothing of ours runs between fork and exec, and what restricts a plugin has one place to be: here.

use std::ffi::OsString;
use std::io;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_no_new_privs,
};

use super::process::become_program;

/// Becomes the plugin's program. Returns only if that fails.
///
/// `parent` is the process that forked this one. If it is gone already, its death will never be signalled: then there is
/// nothing to become.
pub fn launch(parent: u32, command: &[OsString]) -> io::Error {
    let Some((program, arguments)) = command.split_first() else {
        return io::Error::other("no program to launch");
    };
    if let Err(error) = restrict() {
        return error;
    }
    if getppid().map(Pid::as_raw_nonzero).map(|pid| pid.get().unsigned_abs()) != Some(parent) {
        return io::Error::other("provd has ended");
    }
    let error = become_program(program, arguments);
    io::Error::new(error.kind(), format!("{}: {error}", program.display()))
}

/// What every plugin is subject to: no capability that provd has, to listen on port 69 say, and no way to gain one by
/// executing a file. The parent-death signal comes last, for a change of credentials clears it (prctl(2)).
fn restrict() -> io::Result<()> {
    let none = CapabilitySet::empty();
    set_no_new_privs(true)?;
    clear_ambient_capability_set()?;
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}
