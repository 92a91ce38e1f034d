//! A running server: started, asked where it listens, stopped or killed; nothing of it survives the test.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use serde_json::Value;

use crate::phone::{HttpPhone, TftpPhone};
use crate::process::Process;
use crate::{Api, Home, Reply, eventually};

/// Lines of the server's log shown with a test that fails.
const SHOWN_LOG_LINES: usize = 80;
/// How long plugins may survive a server that is killed at the end of a test.
const LEFT_OVER: Duration = Duration::from_secs(20);

/// A running provd.
#[derive(Debug)]
pub struct Server {
    child: Child,
    process: Process,
    data_dir: PathBuf,
    log: PathBuf,
    is_quiet: bool,
    http: SocketAddr,
    tftp: SocketAddr,
    api: Api,
}

impl Server {
    pub(crate) async fn start(home: &Home) -> Result<Server> {
        let log = home.root().join("log");
        let file = File::options().create(true).append(true).open(&log)?;
        let mut child = home
            .command()?
            .env("PROVD_LOG", if home.is_quiet() { "warn" } else { "info,provd=debug" })
            .current_dir(home.root())
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        let process = Process::with_pid(child.id()).context("provd ended before it began")?;
        let data_dir = home.data_dir();
        let listening = match listening(&mut child, &data_dir).await {
            Ok(listening) => listening,
            Err(error) => {
                child.kill()?;
                bail!("{error:#}\n{}", fs::read_to_string(&log)?);
            }
        };
        let address = |name: &str| -> Result<SocketAddr> {
            let text =
                listening[name].as_str().with_context(|| format!("no address of {name} in {listening}"))?;
            text.parse().with_context(|| format!("address of {name}"))
        };
        let token = fs::read_to_string(data_dir.join("admin.token"))?.trim().to_owned();
        let api = Api::new(address("api")?, token)?;
        let (http, tftp) = (address("http")?, address("tftp")?);
        Ok(Server { child, process, data_dir, log, is_quiet: home.is_quiet(), http, tftp, api })
    }

    /// Where phones ask over HTTP.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where phones ask over TFTP.
    pub fn tftp(&self) -> SocketAddr {
        self.tftp
    }

    /// The administrator's way in.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Its process.
    pub fn process(&self) -> Process {
        self.process
    }

    /// A phone at `127.0.0.<last>` that speaks HTTP.
    pub fn http_phone(&self, last: u8) -> HttpPhone {
        HttpPhone::new(self.http, [127, 0, 0, last].into())
    }

    /// A phone at `127.0.0.<last>` that speaks TFTP.
    pub fn tftp_phone(&self, last: u8) -> TftpPhone {
        TftpPhone::new(self.tftp, [127, 0, 0, last].into())
    }

    /// A phone at any address of this machine that speaks HTTP.
    pub fn http_phone_at(&self, address: [u8; 4]) -> HttpPhone {
        HttpPhone::new(self.http, address.into())
    }

    /// A phone at any address of this machine that speaks TFTP.
    pub fn tftp_phone_at(&self, address: [u8; 4]) -> TftpPhone {
        TftpPhone::new(self.tftp, address.into())
    }

    /// The same, asking another address of a server that listens on all of them.
    pub fn tftp_phone_asking(&self, asked: [u8; 4], last: u8) -> TftpPhone {
        TftpPhone::new(SocketAddr::from((asked, self.tftp.port())), [127, 0, 0, last].into())
    }

    /// All it has logged so far, those of earlier servers in the same home before it.
    pub fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.log)?).into_owned())
    }

    /// Waits until a line of the log holds all of these words.
    pub async fn logged(&self, words: &[&str]) -> Result<String> {
        let fits = |line: &&str| words.iter().all(|word| line.contains(word));
        let look = || async { Ok(self.log()?.lines().find(fits).map(str::to_owned)) };
        eventually(&format!("{words:?} in the log"), look).await
    }

    /// How a plugin is.
    pub async fn plugin(&self, id: &str) -> Result<Value> {
        self.api.get(&format!("/0.2/pg_mgr/plugins/{id}/state")).await?.ok()
    }

    /// Waits until a plugin is in one of these states, and says how it is then.
    pub async fn plugin_in(&self, id: &str, states: &[&str]) -> Result<Value> {
        let look = || async {
            let plugin = self.plugin(id).await?;
            Ok(plugin["state"].as_str().is_some_and(|state| states.contains(&state)).then_some(plugin))
        };
        eventually(&format!("{id} in {states:?}"), look).await
    }

    /// Waits until a plugin is ready, and gives its process.
    pub async fn ready(&self, id: &str) -> Result<Process> {
        self.ready_unless(id, |_| false).await
    }

    /// Waits until a plugin is ready in another process than this one.
    pub async fn ready_anew(&self, id: &str, before: Process) -> Result<Process> {
        self.ready_unless(id, |process| process == before).await
    }

    async fn ready_unless(&self, id: &str, is_refused: impl Fn(Process) -> bool) -> Result<Process> {
        let look = || async {
            let plugin = self.plugin(id).await?;
            let pid = plugin["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
            // One that was killed just now may still be shown as ready.
            let process = pid.and_then(Process::with_pid).filter(|process| process.is_alive());
            Ok(process.filter(|process| plugin["state"] == "ready" && !is_refused(*process)))
        };
        eventually(&format!("{id} to be ready"), look).await
    }

    /// Asks for a plugin's process to be replaced.
    pub async fn restart_plugin(&self, id: &str) -> Result<Reply> {
        self.api.post(&format!("/0.2/pg_mgr/plugins/{id}/restart"), &Value::Null).await
    }

    /// All devices.
    pub async fn devices(&self) -> Result<Vec<Value>> {
        let reply = self.api.get("/0.2/dev_mgr/devices").await?.ok()?;
        Ok(reply["devices"].as_array().cloned().unwrap_or_default())
    }

    /// The one device there is; any other number of them is an error.
    pub async fn only_device(&self) -> Result<Value> {
        match self.devices().await?.as_slice() {
            [device] => Ok(device.clone()),
            devices => bail!("expected one device, not {devices:#?}"),
        }
    }

    /// Asks the server to end as an init system does, and waits until it and all its plugins have.
    pub async fn stop(mut self) -> Result<ExitStatus> {
        let plugins = self.process.children();
        self.process.signal(Signal::TERM)?;
        let status = self.ended().await?;
        for plugin in plugins {
            plugin.gone().await.context("a plugin outlived the server")?;
        }
        Ok(status)
    }

    /// Ends the server without giving it a chance to do anything about it.
    pub async fn kill(mut self) -> Result<()> {
        self.process.signal(Signal::KILL)?;
        self.ended().await.map(drop)
    }

    /// Shows the end of the log. What a test prints is seen only if it fails.
    fn show_log(&self) {
        let log = self.log().unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        println!("--- log of provd in {}", self.data_dir.display());
        for line in &lines[lines.len().saturating_sub(SHOWN_LOG_LINES)..] {
            println!("{line}");
        }
    }

    async fn ended(&mut self) -> Result<ExitStatus> {
        let child = &mut self.child;
        eventually("the end of the server", || {
            let outcome = child.try_wait();
            async move { Ok(outcome?) }
        })
        .await
    }
}

/// Waits until the server says where it listens.
async fn listening(child: &mut Child, data_dir: &std::path::Path) -> Result<Value> {
    let pid = u64::from(child.id());
    let path = data_dir.join("listening.json");
    eventually("the server to listen", || {
        let ended = child.try_wait();
        let text = fs::read(&path);
        async move {
            if let Some(status) = ended? {
                bail!("the server ended: {status}");
            }
            // That of an earlier server may still be there.
            let listening = text.ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
            Ok(listening.filter(|listening| listening["pid"] == pid))
        }
    })
    .await
}

impl Drop for Server {
    fn drop(&mut self) {
        let plugins = self.process.children();
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // It is ours, and not reaped yet: the number is still its own.
            let _ = self.process.signal(Signal::KILL);
            let _ = self.child.wait();
        }
        if !self.is_quiet {
            self.show_log();
        }
        let began = Instant::now();
        while plugins.iter().any(|plugin| plugin.is_alive()) && began.elapsed() < LEFT_OVER {
            std::thread::yield_now();
        }
        let left: Vec<_> = plugins.into_iter().filter(|plugin| plugin.is_alive()).collect();
        for plugin in &left {
            let _ = plugin.signal(Signal::KILL);
        }
        assert!(left.is_empty() || std::thread::panicking(), "plugins outlived the server: {left:?}");
    }
}
