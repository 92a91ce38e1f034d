//! Load from wrk, a program that asks faster than any server here answers.
//!
//! It is stopped by a signal, for it knows only whole seconds, and says what it measured through a script of ours.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use provd_tests::process::Process;
use rustix::process::Signal;
use tokio::process::Command;

use crate::sample::Sample;
use crate::usage;

/// Connections at the same time.
pub(crate) const CONNECTIONS: usize = 64;
/// Longer than it is let run.
const TOO_LONG: Duration = Duration::from_mins(10);

/// Seen by no request unless the script has a function `request`: then wrk asks what that gives.
const REPORT: &str = "done = function(summary, latency, requests)\n\
    \x20 local errors = summary.errors\n\
    \x20 local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout\n\
    \x20 io.write(string.format('measured %d %d %d %d\\n', summary.requests, summary.duration, failed,\n\
    \x20   latency:percentile(99)))\n\
    end\n";

/// What to ask whom.
#[derive(Debug)]
pub(crate) struct Wrk {
    url: String,
    headers: Vec<String>,
    script: PathBuf,
}

impl Wrk {
    /// Whether it is there.
    pub(crate) fn is_there() -> bool {
        crate::peers::find("wrk").is_some()
    }

    /// Asks one server for one path.
    pub(crate) fn new(folder: &Path, server: SocketAddr, path: &str, headers: &[&str]) -> Result<Wrk> {
        Wrk::with_script(folder, server, path, headers, "")
    }

    /// The same with more in its script.
    pub(crate) fn with_script(
        folder: &Path,
        server: SocketAddr,
        path: &str,
        headers: &[&str],
        script: &str,
    ) -> Result<Wrk> {
        let file = folder.join(format!("wrk-{}.lua", server.port()));
        fs::write(&file, [script, REPORT].concat())?;
        let headers = headers.iter().map(|&header| header.to_owned()).collect();
        Ok(Wrk { url: format!("http://{server}{path}"), headers, script: file })
    }

    /// Asks for so long; any answer that is an error, is one here.
    pub(crate) async fn run(&self, duration: Duration, server: Process) -> Result<Sample> {
        let before = usage::worked(server);
        let mut command = Command::new("wrk");
        command.args(["-t2", "-c", &CONNECTIONS.to_string(), "--timeout", "10s"]);
        command.arg("-d").arg(format!("{}s", TOO_LONG.as_secs()));
        command.arg("-s").arg(&self.script);
        for header in &self.headers {
            command.args(["-H", header]);
        }
        let child = command.arg(&self.url).stdout(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
        let child = child.spawn().context("wrk")?;
        tokio::time::sleep(duration).await;
        let process = child.id().and_then(Process::with_pid).context("wrk ended before its time")?;
        process.signal(Signal::INT)?;
        let output = String::from_utf8(child.wait_with_output().await?.stdout)?;
        read(&output, usage::worked(server).saturating_sub(before)).with_context(|| output.clone())
    }
}

fn read(output: &str, worked: Duration) -> Result<Sample> {
    let line = output.lines().find_map(|line| line.strip_prefix("measured "));
    let numbers = line.context("wrk did not say what it measured")?.split(' ').map(str::parse::<u64>);
    let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    let [requests, microseconds, failed, p99] = numbers[..] else { anyhow::bail!("{line:?}") };
    // Those under way when it is stopped may count as such.
    ensure!(failed <= CONNECTIONS as u64 && requests > 0, "{failed} of {requests} requests failed");
    let sample = Sample::new(requests, Duration::from_micros(microseconds), worked);
    Ok(Sample { p99: Some(crate::sample::float(p99)), ..sample })
}
