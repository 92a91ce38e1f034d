//! One child process of a plugin: spawned, signalled, awaited. The only place in the server that starts programs.
//!
//! A child is tied to this process three ways: its stdin is a pipe only we hold, its parent-death signal is SIGKILL, and it
//! leads a process group that is killed before the leader is reaped, so that no grandchild survives it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::sandbox::Enclosure;

/// Name of the hidden subcommand that launches a plugin, see [`sandbox`](super::sandbox).
pub const LAUNCHER: &str = "plugin-launcher";

/// How long an ended process may take to be read to its end. What left its group may hold its streams open for ever.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// What to run.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    /// This program, which launches the plugin.
    pub(super) launcher: PathBuf,
    /// The walls around it.
    pub(super) enclosure: Enclosure,
    /// The plugin's program and arguments.
    pub(super) command: Vec<String>,
    /// Its whole environment.
    pub(super) environment: Vec<(&'static str, String)>,
    /// Its working directory.
    pub(super) folder: PathBuf,
}

/// A running child.
#[derive(Debug)]
pub(super) struct Process {
    pid: Pid,
    child: Child,
    /// Readable when the process has ended; it is still a zombie then, so its group id is still its own.
    ended: AsyncFd<OwnedFd>,
    /// Whoever reads its log streams.
    readers: Vec<JoinHandle<()>>,
    lifeline: Option<ChildStdin>,
}

/// The two log streams of a child.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Process {
    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// A task that reads one of its log streams; the end of the process is not told before it has read the last words.
    pub(super) fn is_read_by(&mut self, reader: JoinHandle<()>) {
        self.readers.push(reader);
    }

    /// Waits for the end, kills what is left of the group, and says how it ended. Cancellation loses nothing.
    pub(super) async fn wait(&mut self) -> String {
        // An error here would mean the descriptor is gone; waiting for the child itself is right then as well.
        let _ = self.ended.readable().await;
        self.signal(Signal::KILL);
        let end = match self.child.wait().await {
            Ok(status) => describe(status),
            Err(error) => format!("its end could not be observed: {error}"),
        };
        while let Some(reader) = self.readers.last_mut() {
            // Too late, or a panic: either way there is nothing more to be read.
            let _ = tokio::time::timeout(LAST_WORDS, reader).await;
            self.readers.pop();
        }
        end
    }

    /// Waits until its leader has ended, and does nothing about what is left of the group.
    pub(super) async fn ended(&self) {
        // See `wait` about an error.
        let _ = self.ended.readable().await;
    }

    /// Its stdin, for who has something to say there; it still ends when that is dropped.
    pub(super) fn take_lifeline(&mut self) -> Option<ChildStdin> {
        self.lifeline.take()
    }

    /// Ends its stdin, which tells it that this program is gone.
    pub(super) fn cut_lifeline(&mut self) {
        self.lifeline = None;
    }

    /// Signals the whole group. A group that is gone is no error.
    pub(super) fn signal(&self, signal: Signal) {
        let _ = kill_process_group(self.pid, signal);
    }
}

/// Nothing may outlive the handle, also when a supervisor is cancelled.
impl Drop for Process {
    fn drop(&mut self) {
        if self.child.id().is_some() {
            self.signal(Signal::KILL);
        }
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(9)) => "killed by SIGKILL".to_owned(),
        (None, Some(11)) => "killed by SIGSEGV".to_owned(),
        (None, Some(6)) => "aborted (SIGABRT)".to_owned(),
        (None, Some(15)) => "killed by SIGTERM".to_owned(),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => status.to_string(),
    }
}

type Spawned = io::Result<(Process, Output)>;

/// Starts children from one thread that lives as long as the program: the parent-death signal follows the *thread* that
/// forked, so a worker thread of the runtime would take its children with it when it retires.
#[derive(Debug, Clone)]
pub(super) struct Spawner {
    requests: mpsc::Sender<(Invocation, oneshot::Sender<Spawned>)>,
}

impl Spawner {
    /// Starts the thread. Must be called within a runtime, to which the children then belong.
    pub(super) fn new() -> io::Result<Spawner> {
        let (requests, inbox) = mpsc::channel::<(Invocation, oneshot::Sender<Spawned>)>();
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new().name("plugin-spawner".to_owned()).spawn(move || {
            let _entered = runtime.enter();
            for (invocation, reply) in inbox {
                // Nobody waits any more: the handle is dropped, and the child with it.
                let _ = reply.send(spawn(&invocation));
            }
        })?;
        Ok(Spawner { requests })
    }

    /// Starts a child.
    pub(super) async fn spawn(&self, invocation: Invocation) -> Spawned {
        let (reply, spawned) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts plugins has ended");
        self.requests.send((invocation, reply)).map_err(|_| gone())?;
        spawned.await.map_err(|_| gone())?
    }
}

#[expect(
    deprecated,
    reason = "an owned descriptor that nobody else holds cannot be closed or replaced behind its back"
)]
fn watch(pidfd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(pidfd)
}

fn spawn(invocation: &Invocation) -> Spawned {
    let mut command = Command::new(&invocation.launcher);
    command
        .args([LAUNCHER, &std::process::id().to_string()])
        .args(invocation.enclosure.walls.arguments())
        .arg("--")
        .args(&invocation.command)
        .env_clear()
        .envs(invocation.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&invocation.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn()?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::other("the child ended before it began"))?;
    let ended = watch(pidfd_open(pid, PidfdFlags::NONBLOCK)?)?;
    let output = Output { stdout: child.stdout.take(), stderr: child.stderr.take() };
    let lifeline = child.stdin.take();
    Ok((Process { pid, child, ended, readers: Vec::new(), lifeline }, output))
}

/// Runs a program of the system to its end, which is brought about when the deadline passes. It is silent, and blocks.
pub(super) fn run<'a>(
    program: &Path,
    arguments: impl Iterator<Item = &'a OsStr>,
    deadline: Duration,
) -> io::Result<ExitStatus> {
    let mut command = std::process::Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let pid = Pid::from_child(&child);
    let ended = pidfd_open(pid, PidfdFlags::empty())?;
    let timeout = Timespec::try_from(deadline).map_err(io::Error::other)?;
    if poll(&mut [PollFd::new(&ended, PollFlags::IN)], Some(&timeout))? == 0 {
        child.kill()?;
    }
    child.wait()
}

/// Replaces this process by a program, environment and descriptors kept. Returns only if that fails.
pub(super) fn become_program(program: &OsStr, arguments: &[OsString]) -> io::Error {
    std::process::Command::new(program).args(arguments).exec()
}
