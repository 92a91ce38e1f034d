//! Starting the sender, so that nothing ties it to the DHCP server that waits for the hook to end.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use super::route::Route;

/// Starts a sender for what waits in the queue.
pub(super) fn start(route: &Route) -> io::Result<()> {
    spawn(route, &[], Stdio::null()).map(drop)
}

/// Starts a sender and hands it these events, which could not be queued.
pub(super) fn start_with(route: &Route, bodies: &[String]) -> io::Result<()> {
    let mut sender = spawn(route, &["--handed-over".into()], Stdio::piped())?;
    // Less than a pipe holds: this does not wait for the sender.
    match sender.stdin.take() {
        Some(mut pipe) => pipe.write_all(bodies.join("\n").as_bytes()),
        None => Err(io::Error::other("the sender has no standard input")),
    }
}

/// The DHCP server may wait until nobody holds the streams of its hook any more, so the sender gets none of them. It leaves
/// the session by itself: here nothing could be done between fork and exec.
fn spawn(route: &Route, arguments: &[OsString], stdin: Stdio) -> io::Result<std::process::Child> {
    Command::new(std::env::current_exe()?)
        .args(["dhcp-hook", "send", "--detached"])
        .args(route.arguments())
        .args(arguments)
        .current_dir("/")
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}
