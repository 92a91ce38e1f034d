//! One process for several plugins of a family, where an administrator prefers memory to isolation: what ends it, or blocks
//! it, ends or blocks all of them. Only the host of plugins of wazo-provd can hold several.
//!
//! The process is told over its stdin, line by line, which plugins to take in and to let go; each has a socket and a token of its
//! own, so that calls to one are as they would be to any other plugin. With the last one the process ends.

mod members;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError, Weak};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use tokio::sync::{Mutex, mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::generation::{Plan, StartError, place_for_sockets};
use super::logs::{LogRing, capture};
use super::process::{Invocation, Output, Process, Spawner};
use crate::domain::sandbox::{Need, SandboxStatus};
use members::{Members, failed};

/// How long a process may take to end once nobody is in it any more.
const END: Duration = Duration::from_secs(5);

/// The processes that are shared.
#[derive(Debug, Default)]
pub(super) struct SharedProcesses {
    // Held while one is started, so that plugins that start together find it.
    running: Mutex<Vec<Weak<SharedProcess>>>,
}

/// A process, for as long as somebody is in it.
#[derive(Debug)]
struct SharedProcess {
    members: Members,
    granted: Vec<Need>,
    sandbox: SandboxStatus,
    pid: u32,
    /// Lines for its stdin, which ends with the sender.
    orders: mpsc::UnboundedSender<String>,
    /// Numbers for places, never used again.
    places: AtomicU64,
    sockets: tempfile::TempDir,
    // Held for a push or a copy.
    rings: Arc<SyncMutex<Vec<Weak<LogRing>>>>,
    ended: watch::Receiver<Option<String>>,
    kill: CancellationToken,
    /// Tells its watcher that nobody is in it.
    _deserted: DropGuard,
}

/// A plugin's place in a shared process.
#[derive(Debug)]
pub(super) struct Place {
    process: Arc<SharedProcess>,
    number: u64,
    is_settled: bool,
    is_left: bool,
}

/// A plugin that was told to begin, and where it is to be asked.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) place: Place,
    pub(super) socket: PathBuf,
    pub(super) sandbox: SandboxStatus,
}

impl SharedProcesses {
    /// Gives a plugin a place in the process of its family, which is started if there is none that can take it in.
    pub(super) async fn place(
        &self,
        plan: &Plan,
        token: &str,
        spawner: &Spawner,
        ring: &Arc<LogRing>,
        tasks: &TaskTracker,
    ) -> Result<Placed, StartError> {
        std::fs::create_dir_all(&plan.scratch).map_err(|error| failed("no scratch folder", &error))?;
        let process = self.process_for(plan, spawner, tasks).await?;
        process.rings().push(Arc::downgrade(ring));
        ring.begin(process.pid);
        Ok(process.take_in(plan, token))
    }

    async fn process_for(
        &self,
        plan: &Plan,
        spawner: &Spawner,
        tasks: &TaskTracker,
    ) -> Result<Arc<SharedProcess>, StartError> {
        let mut running = self.running.lock().await;
        running.retain(|process| process.strong_count() > 0);
        let members = Members::of(plan).map_err(|error| failed("its family cannot be found", &error))?;
        let enclosure = members.enclosure(plan, None)?;
        let suits = |process: &Arc<SharedProcess>| {
            process.ended.borrow().is_none()
                && process.members.family == members.family
                && process.members.ids.contains(&plan.id)
                && process.members.overrides.contains(&plan.overrides) == plan.overrides.exists()
                && process.granted == enclosure.status.granted
        };
        // The latest has room for most.
        if let Some(process) = running.iter().rev().filter_map(Weak::upgrade).find(suits) {
            return Ok(process);
        }
        let process = SharedProcess::start(plan, members, spawner, tasks).await?;
        running.push(Arc::downgrade(&process));
        Ok(process)
    }
}

impl SharedProcess {
    async fn start(
        plan: &Plan,
        members: Members,
        spawner: &Spawner,
        tasks: &TaskTracker,
    ) -> Result<Arc<SharedProcess>, StartError> {
        let sockets = place_for_sockets(&plan.runtime)?;
        let enclosure = members.enclosure(plan, Some(sockets.path()))?;
        let (sandbox, granted) = (enclosure.status.clone(), enclosure.status.granted.clone());
        let invocation = Invocation::of_family(plan, enclosure);
        let invocation = invocation.map_err(|error| failed("the libraries of Python", &error))?;
        let (mut process, output) =
            spawner.spawn(invocation).await.map_err(|error| failed("it could not be started", &error))?;
        let rings = Arc::default();
        log(&mut process, &members.family, output, &rings, tasks);
        let (orders, inbox) = mpsc::unbounded_channel();
        if let Some(stdin) = process.take_lifeline() {
            tasks.spawn(pass_on(inbox, stdin));
        }
        let (end, ended) = watch::channel(None);
        let (kill, deserted) = (CancellationToken::new(), CancellationToken::new());
        let pid = process.pid();
        tasks.spawn(watch_over(process, kill.clone(), deserted.clone(), end));
        tracing::info!("Plugins {}-… share the process {pid}", members.family);
        Ok(Arc::new(SharedProcess {
            members,
            granted,
            sandbox,
            pid,
            orders,
            places: AtomicU64::default(),
            sockets,
            rings,
            ended,
            kill,
            _deserted: deserted.drop_guard(),
        }))
    }

    fn rings(&self) -> std::sync::MutexGuard<'_, Vec<Weak<LogRing>>> {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.retain(|ring| ring.strong_count() > 0);
        rings
    }

    fn take_in(self: &Arc<SharedProcess>, plan: &Plan, token: &str) -> Placed {
        let number = self.places.fetch_add(1, Ordering::Relaxed);
        let socket = self.sockets.path().join(number.to_string());
        self.order(&json!({"load": {
            "place": number,
            "id": plan.id,
            "folder": plan.folder,
            "overrides": plan.overrides,
            "scratch": plan.scratch,
            "socket": socket,
            "token": token,
        }}));
        let place = Place { process: self.clone(), number, is_settled: false, is_left: false };
        Placed { place, socket, sandbox: self.sandbox.clone() }
    }

    fn order(&self, order: &serde_json::Value) {
        // Nobody reads it only when the process has ended.
        let _ = self.orders.send(format!("{order}\n"));
    }
}

impl Place {
    pub(super) fn pid(&self) -> u32 {
        self.process.pid
    }

    /// It serves: from now on, to kill it is to kill all of its process.
    pub(super) fn settle(&mut self) {
        self.is_settled = true;
    }

    /// Waits until the process has ended, or this place was left.
    pub(super) async fn wait(&mut self) -> String {
        if self.is_left {
            return "it left the process of its family".to_owned();
        }
        let mut ended = self.process.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(end) => end.clone().unwrap_or_default(),
            Err(_) => "its end could not be observed".to_owned(),
        }
    }

    /// Leaves the process; one that does not answer any more is killed, with all who are in it.
    pub(super) fn signal(&mut self, signal: Signal) {
        if signal == Signal::KILL && self.is_settled && !self.is_left {
            self.process.kill.cancel();
        } else {
            self.leave();
        }
    }

    fn leave(&mut self) {
        if !self.is_left {
            self.is_left = true;
            self.process.order(&json!({"unload": self.number}));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

/// What the process writes is in the log of everybody who is in it.
fn log(
    process: &mut Process,
    family: &str,
    output: Output,
    rings: &Arc<SyncMutex<Vec<Weak<LogRing>>>>,
    tasks: &TaskTracker,
) {
    let to_all = || {
        let rings = rings.clone();
        move |line: String| {
            let rings = rings.lock().unwrap_or_else(PoisonError::into_inner).clone();
            rings.iter().filter_map(Weak::upgrade).for_each(|ring| ring.push(line.clone()));
        }
    };
    if let Some(stdout) = output.stdout {
        process.is_read_by(tasks.spawn(capture(family.to_owned(), stdout, to_all())));
    }
    if let Some(stderr) = output.stderr {
        process.is_read_by(tasks.spawn(capture(family.to_owned(), stderr, to_all())));
    }
}

/// Writes orders until nobody gives any: then stdin ends, and the process with it.
async fn pass_on(mut orders: mpsc::UnboundedReceiver<String>, mut stdin: ChildStdin) {
    while let Some(order) = orders.recv().await {
        if stdin.write_all(order.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Waits for the end, which is brought about when somebody asks for it, or when nobody is left and it does not come.
async fn watch_over(
    mut process: Process,
    kill: CancellationToken,
    deserted: CancellationToken,
    end: watch::Sender<Option<String>>,
) {
    let too_late = async {
        deserted.cancelled().await;
        tokio::time::sleep(END).await;
    };
    let by_itself = tokio::select! {
        how = process.wait() => Some(how),
        () = kill.cancelled() => None,
        () = too_late => None,
    };
    let how = if let Some(how) = by_itself {
        how
    } else {
        process.signal(Signal::KILL);
        process.wait().await
    };
    // Whoever was in it may have left already.
    let _ = end.send(Some(how));
}
