//! Plugins that are tried outside of a server: installed into a temporary folder, started, called, ended, as a server does
//! it. What comes of it is shown as it is: nothing is restarted, remembered or forgiven here.

mod caller;
mod raw;
mod remains;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use provd_plugin_runner::extraction::Rules;
use provd_proto::v1;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::connection::Connection;
use super::description::Judged;
use super::filters::Filters;
use super::generation::{self, Launched, Plan, StartError, connect};
use super::installation::{Family, InstallError};
use super::logs::LogRing;
use super::process::{Invocation, Spawner};
use super::python::Python;
use super::{convert, filters};
use crate::domain::raw_config::RawConfig;
use crate::domain::request::Request;
use crate::domain::sandbox::{SandboxMode, SandboxPolicy};
use crate::packages::{Files, Manifest};

pub(crate) use caller::{Caller, Refusal};
pub(crate) use remains::{adopt_leftovers, end_leftovers};
pub(crate) use tonic::Code;

/// How long a process may take to end once it is told to, as the contract has it.
pub(crate) const END: Duration = Duration::from_secs(5);
/// Lines of its log shown with a plugin that did not start.
const LAST_LINES: usize = 8;

/// A folder that plugins are tried in, with a program to start them.
#[derive(Debug)]
pub(crate) struct Workbench {
    root: TempDir,
    /// Where sockets are made.
    runtime: PathBuf,
    sandbox: SandboxPolicy,
    program: PathBuf,
    python: Python,
    spawner: Spawner,
    tasks: TaskTracker,
}

/// Where and how a server tries plugins.
#[derive(Debug, Clone)]
pub struct TrialSettings {
    /// Holds a folder while one is tried; what is in it when a server starts was left behind.
    pub folder: PathBuf,
    /// Private folder for sockets; its path is short.
    pub runtime: PathBuf,
    /// The walls around it.
    pub sandbox: SandboxPolicy,
    /// Runs it if it is written in Python.
    pub python: Python,
}

/// A plugin as it is started.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    plan: Plan,
}

/// A process that is called.
#[derive(Debug)]
pub(crate) struct Trial {
    launched: Launched,
    ring: Arc<LogRing>,
    caller: Caller,
}

/// How a process that was told to end did so.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code or signal.
    pub(crate) how: String,
    /// Processes that it left behind.
    pub(crate) left_behind: Vec<u32>,
}

impl Workbench {
    /// Of an author, without walls: what he tries is his own. Must be called within a runtime.
    pub(crate) fn new() -> io::Result<Workbench> {
        let root = tempfile::Builder::new().prefix("provd-").tempdir()?;
        let runtime = root.path().join("run");
        std::fs::create_dir(&runtime)?;
        let python = Python::of_environment(root.path().join("python"));
        let sandbox = SandboxPolicy { mode: SandboxMode::Off, ..SandboxPolicy::default() };
        Workbench::with(root, runtime, sandbox, python)
    }

    /// Of a server, with its walls. Programs may be executed where its plugins are, which is not so of every folder for
    /// temporary files.
    pub(crate) fn of_server(settings: &TrialSettings) -> io::Result<Workbench> {
        std::fs::create_dir_all(&settings.folder)?;
        let root = tempfile::tempdir_in(&settings.folder)?;
        Workbench::with(root, settings.runtime.clone(), settings.sandbox.clone(), settings.python.clone())
    }

    fn with(
        root: TempDir,
        runtime: PathBuf,
        sandbox: SandboxPolicy,
        python: Python,
    ) -> io::Result<Workbench> {
        let (program, spawner) = (std::env::current_exe()?, Spawner::new()?);
        Ok(Workbench { root, runtime, sandbox, program, python, spawner, tasks: TaskTracker::new() })
    }

    /// A plugin in the folder its author works in.
    pub(crate) fn in_place(&self, id: &str, manifest: Manifest, folder: &Path) -> Tried {
        let beside = |kind: &str| self.root.path().join(kind).join(id);
        Tried {
            plan: Plan {
                id: id.to_owned(),
                manifest,
                folder: folder.to_owned(),
                overrides: beside("overrides"),
                scratch: beside("scratch"),
                runtime: self.runtime.clone(),
                program: self.program.clone(),
                python: self.python.clone(),
                log: std::env::var(provd_proto::environment::LOG).unwrap_or_else(|_| "info".to_owned()),
                sandbox: self.sandbox.clone(),
                shared: None,
            },
        }
    }

    /// A plugin as a server would install it.
    pub(crate) fn install(&self, id: &str, manifest: Manifest, files: Files) -> Result<Tried, InstallError> {
        let plugins = self.root.path().join("plugins");
        let installed = Family::new(manifest.clone(), files).install(id, &plugins)?;
        Ok(self.in_place(id, manifest, &plugins.join(id).join(installed.folder)))
    }

    /// Starts a plugin and waits until it says that it serves.
    ///
    /// # Errors
    ///
    /// Why it did not become ready, with the last lines it wrote.
    pub(crate) async fn start(&self, tried: &Tried) -> Result<Trial, String> {
        let ring = Arc::new(LogRing::default());
        let launched = generation::launch(&tried.plan, &self.spawner, &ring, &self.tasks).await;
        let mut launched = launched.map_err(|(StartError::Failed(why) | StartError::Hopeless(why))| why)?;
        let deadline = tried.plan.manifest.start_deadline;
        let token = launched.token.clone();
        let ready = tokio::select! {
            ready = timeout(deadline, become_ready(&tried.plan.id, &launched.socket, &token)) => {
                ready.unwrap_or_else(|_| Err(format!("it did not become ready within {} s", deadline.as_secs())))
            }
            end = launched.process.wait() => Err(format!("it ended before it was ready: {end}")),
        };
        match ready {
            Ok(caller) => Ok(Trial { launched, ring, caller }),
            Err(why) => {
                launched.process.signal(Signal::KILL);
                launched.process.wait().await;
                let said: Vec<String> = std::iter::once(why).chain(ring.tail(LAST_LINES)).collect();
                Err(said.join("\n  "))
            }
        }
    }

    /// Starts a plugin's program as somebody at a terminal would, and waits for its end.
    ///
    /// # Errors
    ///
    /// It could not be started.
    pub(crate) async fn start_by_hand(&self, tried: &Tried) -> io::Result<Option<(String, Vec<String>)>> {
        let ring = Arc::new(LogRing::default());
        let invocation = Invocation::of_plugin(&tried.plan, Path::new(""), "")?;
        let is_public = |(name, _): &(&str, String)| !name.starts_with("PROVD_");
        let environment = invocation.environment.into_iter().filter(is_public).collect();
        let (mut process, output) = self.spawner.spawn(Invocation { environment, ..invocation }).await?;
        process.is_logged(&tried.plan, output, &ring, &self.tasks);
        let end = timeout(END, process.wait()).await.ok();
        Ok(end.map(|end| (end, ring.tail(usize::MAX))))
    }
}

impl Tried {
    /// Its `plugin.toml`.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.plan.manifest
    }

    /// Where it is started.
    pub(crate) fn folder(&self) -> &Path {
        &self.plan.folder
    }
}

async fn become_ready(id: &str, socket: &Path, token: &str) -> Result<Caller, String> {
    let caller = Caller::new(connect(socket, Some(token)).await);
    let said = |refusal: Refusal| format!("Describe: {refusal}");
    let description = caller.describe().await.map_err(said)?;
    Judged::of(id, &description)?;
    while !caller.is_serving().await.map_err(|refusal| format!("health: {refusal}"))? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(caller)
}

impl Trial {
    /// Calls it as a server does.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Calls it over another connection: with no token, or with another than its own.
    pub(crate) async fn stranger(&self, token: Option<&str>) -> io::Result<Caller> {
        Ok(Caller::new(Connection::open(&self.launched.socket, token).await?))
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.launched.process.pid()
    }

    /// What it wrote last, oldest line first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.ring.tail(usize::MAX)
    }

    /// Whether something it wrote holds the token it was given.
    pub(crate) fn told_its_token(&self) -> bool {
        self.lines().iter().any(|line| line.contains(&self.launched.token))
    }

    /// Memory of all its processes, in bytes, and their open descriptors.
    pub(crate) fn holds(&self) -> (u64, usize) {
        remains::held(self.pid())
    }

    /// Ends its stdin, as the death of a server does.
    pub(crate) async fn abandon(mut self) -> Option<Ended> {
        self.launched.process.cut_lifeline();
        self.end().await
    }

    /// Tells it to end.
    pub(crate) async fn terminate(self) -> Option<Ended> {
        self.launched.process.signal(Signal::TERM);
        self.end().await
    }

    /// Waits for its end; nothing if it does not end in time, and is killed.
    async fn end(mut self) -> Option<Ended> {
        let in_time = timeout(END, self.launched.process.ended()).await.is_ok();
        let left_behind = remains::with_environment(self.pid(), &self.launched.socket);
        if !in_time {
            self.launched.process.signal(Signal::KILL);
        }
        let how = self.launched.process.wait().await;
        drop(self.launched.socket_folder);
        in_time.then_some(Ended { how, left_behind })
    }
}

/// What a server does with requests by what a plugin says of itself, without asking it.
#[derive(Debug)]
pub(crate) struct Described {
    filters: Filters,
    rules: Option<Rules>,
}

impl Described {
    /// By the description of one plugin.
    ///
    /// # Errors
    ///
    /// What of it is not usable.
    pub(crate) fn of(description: &v1::DescribeResponse) -> Result<Described, String> {
        filters::check(&description.filters)?;
        let own = std::iter::once(("", description.filters.as_slice()));
        let filters = Filters::new(own).map_err(|error| error.to_string())?;
        let rules = description.extraction.as_ref().map(Rules::compile).transpose()?;
        Ok(Described { filters, rules })
    }

    /// Whether it concerns the plugin at all.
    pub(crate) fn concerns(&self, request: &Request) -> bool {
        !self.filters.interested(request).is_empty()
    }

    /// Whether something can be read without asking.
    pub(crate) fn has_rules(&self) -> bool {
        self.rules.is_some()
    }

    /// What is read out of a request; nothing if the plugin would be asked.
    pub(crate) fn read(&self, request: &Request) -> Option<v1::DeviceInfo> {
        self.rules.as_ref()?.extract(request).ok()
    }
}

/// What a server makes of facts that a plugin states.
pub(crate) fn judge_info(info: v1::DeviceInfo) -> Result<(), String> {
    convert::device_info(info).map(drop)
}

/// What a server makes of files that a plugin generated.
pub(crate) fn judge_configuration(configured: v1::ConfigureResponse) -> Result<(), String> {
    convert::configuration(configured.files, &configured.trigger_path, configured.warnings).map(drop)
}

/// A raw config as a plugin gets it.
pub(crate) fn raw_config_message(raw_config: &RawConfig) -> v1::RawConfig {
    convert::raw_config(raw_config)
}

/// A request as a plugin gets it.
pub(crate) fn request_message(request: &Request) -> v1::Request {
    convert::request(request)
}
