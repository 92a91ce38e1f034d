//! What the kernel can do about plugins. Found out by doing it, to a thread that then ends.

use std::sync::OnceLock;

use super::walls::Walls;
use super::{landlock, seccomp};

/// What the kernel can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plugin_host) struct Kernel {
    /// Version of its Landlock interface; 0: none, or it is switched off.
    pub(super) landlock: u32,
    /// Whether it filters system calls.
    pub(super) seccomp: bool,
}

impl Kernel {
    /// This one. It is asked once: it cannot change while a process runs.
    pub(in crate::plugin_host) fn this() -> Kernel {
        static THIS: OnceLock<Kernel> = OnceLock::new();
        *THIS.get_or_init(|| {
            // What a thread cannot be kept from, a plugin cannot either.
            std::thread::spawn(probe).join().unwrap_or(Kernel { landlock: 0, seccomp: false })
        })
    }
}

fn probe() -> Kernel {
    let landlock = landlock::version();
    Kernel { landlock, seccomp: seccomp::enclose(&Walls::default()).is_ok() }
}
