//! Limits of what a process may take, setrlimit(2). The kernel holds it to them; the process cannot raise them again.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files: each call is a stream on one connection, so few are needed.
const OPEN_FILES: u64 = 1024;
/// Bytes of a file in its scratch folder.
const FILE_SIZE: u64 = 256 << 20;
/// Bytes of its first stack, as is usual. It is not counted with the rest of its memory.
const STACK: u64 = 8 << 20;

/// Limits this process. `memory` bounds its private memory in bytes: its heap, stacks of
/// threads and private mappings. The filter of system calls keeps it from memory that is not counted.
pub(super) fn limit(memory: u64) -> io::Result<()> {
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Fsize, FILE_SIZE),
        (Resource::Data, memory),
        (Resource::Stack, STACK),
    ] {
        // Where less is permitted already, it stays at that.
        let most = getrlimit(resource).maximum.map_or(most, |permitted| permitted.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}
