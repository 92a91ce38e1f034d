//! One started process of a plugin that has said what it is: the connection, the description, the answers to remember.
//!
//! A plugin that is restarted or upgraded gets another generation; whoever still uses the old one finishes with it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use provd_proto::v1;
use rustix::process::Signal;
use tokio_util::task::TaskTracker;

use super::client::{CallError, Client};
use super::connection::{Connection, LONGEST_SOCKET_PATH};
use super::convert;
use super::description::Judged;
use super::house::House;
use super::logs::{LogRing, capture};
use super::memory::Memory;
use super::process::{Invocation, Output, Process, Spawner};
use super::python::Python;
use super::shared_process::{Placed, SharedProcesses};
use super::unasked::Data;
use crate::domain::sandbox::{SandboxPolicy, SandboxStatus};
use crate::metrics::PluginCalls;
use crate::packages::{Engine, Manifest};

/// How long a stopped process has between SIGTERM and SIGKILL.
const TERMINATION: Duration = Duration::from_secs(5);

/// Everything needed to start a process of a plugin.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) id: String,
    pub(super) manifest: Manifest,
    /// Its version folder.
    pub(super) folder: PathBuf,
    pub(super) overrides: PathBuf,
    pub(super) scratch: PathBuf,
    /// Where sockets are made; short enough for one.
    pub(super) runtime: PathBuf,
    /// This program.
    pub(super) program: PathBuf,
    /// Runs it if it is written in Python.
    pub(super) python: Python,
    /// Filter for the plugin's log.
    pub(super) log: String,
    /// What it is kept from.
    pub(super) sandbox: SandboxPolicy,
    /// Where it shares a process with its family; absent: it has one of its own.
    pub(super) shared: Option<Arc<SharedProcesses>>,
}

/// A ready process.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) client: Client,
    pub(super) description: v1::DescribeResponse,
    /// What it says of itself, made fit for use.
    pub(super) judged: Judged,
    pub(super) memory: Memory,
    pub(super) folder: PathBuf,
    /// What it is made of, if that is nothing but data.
    pub(super) data: Option<Data>,
    /// Whether its process still runs. What it allowed to be remembered outlives it.
    alive: AtomicBool,
}

impl Generation {
    pub(super) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    pub(super) fn died(&self) {
        self.alive.store(false, Ordering::Release);
    }
}

/// Why a process did not become ready.
#[derive(Debug)]
pub(super) enum StartError {
    /// Trying again may help.
    Failed(String),
    /// Trying again cannot help before somebody changes something.
    Hopeless(String),
}

/// A plugin that runs, with what it said of itself.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) house: House,
    pub(super) generation: Arc<Generation>,
    pub(super) sandbox: SandboxStatus,
}

/// Starts a process and waits until it is ready: it has described itself, and says that it serves.
pub(super) async fn start(
    plan: &Plan,
    spawner: &Spawner,
    ring: &Arc<LogRing>,
    counters: &Arc<PluginCalls>,
    tasks: &TaskTracker,
) -> Result<Running, StartError> {
    let Begun { mut house, socket, token, sandbox } = begin(plan, spawner, ring, tasks).await?;
    let deadline = plan.manifest.start_deadline;
    let ready = tokio::select! {
        ready = tokio::time::timeout(deadline, become_ready(plan, &socket, &token, counters)) => {
            ready.unwrap_or_else(|_| {
                Err(StartError::Failed(format!("it did not become ready within {} s", deadline.as_secs())))
            })
        }
        end = house.wait() => Err(StartError::Failed(format!("it ended before it was ready: {end}"))),
    };
    match ready {
        Ok(generation) => {
            house.settle();
            Ok(Running { house, generation: Arc::new(generation), sandbox })
        }
        Err(error) => {
            house.signal(Signal::KILL);
            house.wait().await;
            Err(error)
        }
    }
}

/// A plugin that has begun, wherever it lives, and where it is to be asked.
struct Begun {
    house: House,
    socket: PathBuf,
    /// SECRET.
    token: String,
    sandbox: SandboxStatus,
}

async fn begin(
    plan: &Plan,
    spawner: &Spawner,
    ring: &Arc<LogRing>,
    tasks: &TaskTracker,
) -> Result<Begun, StartError> {
    if let (Some(shared), Engine::WazoProvd) = (&plan.shared, &plan.manifest.engine) {
        let token = new_token();
        let Placed { place, socket, sandbox } = shared.place(plan, &token, spawner, ring, tasks).await?;
        tell_of_denied(&plan.id, &sandbox);
        return Ok(Begun { house: House::Shared(place), socket, token, sandbox });
    }
    let Launched { process, socket, token, socket_folder, sandbox } =
        launch(plan, spawner, ring, tasks).await?;
    let house = House::Own { process: Box::new(process), _sockets: socket_folder };
    Ok(Begun { house, socket, token, sandbox })
}

/// SECRET: whoever has it may call the plugin.
fn new_token() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// A process that has begun, and where it is to be asked.
#[derive(Debug)]
pub(super) struct Launched {
    pub(super) process: Process,
    pub(super) socket: PathBuf,
    /// SECRET.
    pub(super) token: String,
    pub(super) socket_folder: tempfile::TempDir,
    pub(super) sandbox: SandboxStatus,
}

/// Starts a process, whose log is read from now on.
pub(super) async fn launch(
    plan: &Plan,
    spawner: &Spawner,
    ring: &Arc<LogRing>,
    tasks: &TaskTracker,
) -> Result<Launched, StartError> {
    let failed = |what: &str, error: &io::Error| StartError::Failed(format!("{what}: {error}"));
    let (socket_folder, socket) = place_for_socket(&plan.runtime)?;
    std::fs::create_dir_all(&plan.scratch).map_err(|error| failed("no scratch folder", &error))?;
    let token = new_token();
    let invocation = Invocation::of_plugin(plan, &socket, &token);
    let invocation =
        invocation.map_err(|error| failed("the libraries of Python could not be written", &error))?;
    if let Some(refusal) = invocation.enclosure.refusal {
        return Err(StartError::Hopeless(refusal));
    }
    let sandbox = invocation.enclosure.status.clone();
    tell_of_denied(&plan.id, &sandbox);
    let (mut process, output) =
        spawner.spawn(invocation).await.map_err(|error| failed("it could not be started", &error))?;
    process.is_logged(plan, output, ring, tasks);
    Ok(Launched { process, socket, token, socket_folder, sandbox })
}

/// A plugin does not always say what it fails for.
fn tell_of_denied(plugin: &str, sandbox: &SandboxStatus) {
    for need in sandbox.denied.iter().map(|need| need.as_str()) {
        tracing::warn!(
            "Plugin {plugin} starts without something it asks for: {need}. `{need}` in [sandbox] of the settings grants it"
        );
    }
}

impl Process {
    /// Reads what it writes, to its end.
    pub(super) fn is_logged(
        &mut self,
        plan: &Plan,
        output: Output,
        ring: &Arc<LogRing>,
        tasks: &TaskTracker,
    ) {
        ring.begin(self.pid());
        if let Some(stdout) = output.stdout {
            self.is_read_by(tasks.spawn(capture(plan.id.clone(), stdout, kept_in(ring))));
        }
        if let Some(stderr) = output.stderr {
            self.is_read_by(tasks.spawn(capture(plan.id.clone(), stderr, kept_in(ring))));
        }
    }
}

fn kept_in(ring: &Arc<LogRing>) -> impl Fn(String) + use<> {
    let ring = ring.clone();
    move |line| ring.push(line)
}

/// A new private folder, so that no stale socket is ever met.
pub(super) fn place_for_sockets(runtime: &Path) -> Result<tempfile::TempDir, StartError> {
    let folder = tempfile::Builder::new().prefix("").rand_bytes(8).tempdir_in(runtime);
    folder.map_err(|error| StartError::Failed(format!("no folder for its socket: {error}")))
}

/// Such a folder, and the path of the socket in it.
fn place_for_socket(runtime: &Path) -> Result<(tempfile::TempDir, PathBuf), StartError> {
    let folder = place_for_sockets(runtime)?;
    let socket = folder.path().join("s");
    if socket.as_os_str().len() > LONGEST_SOCKET_PATH {
        let why = format!("the socket path {} is longer than {LONGEST_SOCKET_PATH} bytes", socket.display());
        return Err(StartError::Hopeless(why));
    }
    Ok((folder, socket))
}

async fn become_ready(
    plan: &Plan,
    socket: &Path,
    token: &str,
    counters: &Arc<PluginCalls>,
) -> Result<Generation, StartError> {
    let connection = connect(socket, Some(token)).await;
    let client = Client::new(plan.id.clone(), connection, counters.clone());
    let description = client.describe().await.map_err(refused)?;
    let judged = Judged::of(&plan.id, &description).map_err(StartError::Hopeless)?;
    while !client.is_serving().await.map_err(refused)? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let memory = Memory::new();
    let folder = plan.folder.clone();
    Ok(Generation {
        client,
        description,
        judged,
        memory,
        folder,
        data: Data::of(plan),
        alive: AtomicBool::new(true),
    })
}

/// Tries until somebody listens; the caller's deadline ends it.
pub(super) async fn connect(socket: &Path, token: Option<&str>) -> Connection {
    let mut pause = Duration::from_millis(2);
    loop {
        if socket.exists()
            && let Ok(connection) = Connection::open(socket, token).await
        {
            return connection;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

fn refused(error: CallError) -> StartError {
    use tonic::Code;
    match error {
        CallError::Answered(status) => match status.code() {
            Code::FailedPrecondition | Code::InvalidArgument => {
                StartError::Hopeless(status.message().to_owned())
            }
            Code::Unimplemented => StartError::Hopeless("it does not speak provd.plugin.v1".to_owned()),
            code => StartError::Failed(format!("it answered {code:?}: {}", status.message())),
        },
        CallError::Unwell(error) => StartError::Failed(error.to_string()),
    }
}

impl Running {
    /// Ends the process in good order: what runs is finished, then SIGTERM, then SIGKILL. Takes 15 s at most.
    pub(super) async fn stop(mut self) {
        if self.generation.client.drain().await.is_err() {
            tracing::debug!("A plugin could not be drained");
        }
        self.house.signal(Signal::TERM);
        if tokio::time::timeout(TERMINATION, self.house.wait()).await.is_err() {
            self.house.signal(Signal::KILL);
            self.house.wait().await;
        }
        self.generation.died();
    }

    /// Capabilities of its models, as the REST API spells them.
    pub(super) fn capabilities(&self) -> serde_json::Map<String, serde_json::Value> {
        convert::capabilities(&self.generation.description.supported_devices)
    }
}
