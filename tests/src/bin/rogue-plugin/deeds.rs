//! What no plugin may do, tried one by one. `read:/etc/shadow` is a deed; a report has a line for each.

use std::fmt::Write as _;
use std::io::{Error, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use anyhow::{Context as _, Result};
use nix::sys::ptrace;
use rustix::process::{Pid, Signal, getppid, kill_process, test_kill_process};

/// Processes that a fork bomb of a test has, if nobody stops it.
const BOMB: usize = 20;

/// Tries all deeds in order and writes to `outcomes` whether each was `done`, or else why not.
pub(crate) fn report(deeds: &[String], scratch: &Path) -> Result<()> {
    let mut lines = String::new();
    for deed in deeds {
        let (kind, target) = deed.split_once(':').context("a deed has a target")?;
        let outcome = attempt(kind, target).map_or_else(|error| format!("{error:#}"), |()| "done".to_owned());
        writeln!(lines, "{deed} {outcome}")?;
    }
    Ok(fs::write(scratch.join("outcomes"), lines)?)
}

fn attempt(kind: &str, target: &str) -> Result<()> {
    match kind {
        "read" => {
            // Whatever else a file is, its first byte is enough.
            let mut byte = [0];
            fs::File::open(target)?.read_exact(&mut byte)?;
        }
        "list" => drop(fs::read_dir(target)?),
        "write" => fs::OpenOptions::new().create(true).append(true).open(target)?.write_all(b"x")?,
        "remove" => fs::remove_file(target)?,
        "rename" => fs::rename(target, format!("{target}.taken"))?,
        "chmod" => fs::set_permissions(target, fs::Permissions::from_mode(0o777))?,
        "listen" => drop(TcpListener::bind(target)?),
        "tcp" => drop(TcpStream::connect(target)?),
        "udp" => drop(UdpSocket::bind("127.0.0.1:0")?.send_to(b"x", target)?),
        "unix" => drop(UnixStream::connect(target)?),
        "datagram" => drop(UnixDatagram::unbound()?.send_to(b"x", target)?),
        "abstract" => drop(UnixStream::connect_addr(&SocketAddr::from_abstract_name(target)?)?),
        "signal" => test_kill_process(process(target)?)?,
        "terminate" => kill_process(process(target)?, Signal::TERM)?,
        "trace" => trace(process(target)?)?,
        "limit" => limit(process(target)?)?,
        "bomb" => explode()?,
        _ => anyhow::bail!("no such deed"),
    }
    Ok(())
}

/// `core` is who started it.
fn process(target: &str) -> Result<Pid> {
    let pid = if target == "core" { getppid() } else { Pid::from_raw(target.parse()?) };
    pid.context("no such process")
}

/// A process is let go when the thread that traces it ends.
fn trace(pid: Pid) -> Result<()> {
    let pid = nix::unistd::Pid::from_raw(pid.as_raw_nonzero().get());
    let traced = thread::spawn(move || ptrace::seize(pid, ptrace::Options::empty())).join();
    Ok(traced.map_err(|_| Error::other("the thread that traces failed"))??)
}

/// Takes from another process the right to open more files.
fn limit(pid: Pid) -> Result<()> {
    use rustix::process::{Resource, Rlimit, prlimit};
    prlimit(Some(pid), Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}

/// Done if one process could be started.
fn explode() -> Result<()> {
    let program = env::current_exe()?;
    let start = |_| Command::new(&program).arg("silent").stdin(Stdio::null()).spawn();
    let started: Vec<_> = (0..BOMB).map(start).collect();
    started.into_iter().reduce(std::io::Result::or).context("no process was tried")??;
    Ok(())
}
