//! What goes on while phones boot: `base` is changed, from which all of them inherit, again and again; and a plugin crashes.
//!
//! A change that is done must show in the very next file.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use provd_tests::{Handset, Server, eventually};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

/// The plugin that is killed, and the family whose phones may notice.
pub(crate) const PLUGIN: &str = "cisco-spa-7.5.5";
pub(crate) const FAMILY: &str = "cisco-spa";
/// Longest wait for the end of one change.
const PATIENCE: Duration = Duration::from_mins(20);

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Commotion {
    /// Changes that were done.
    pub(crate) changes: u64,
    /// How long the slowest took, until all phones had their files.
    pub(crate) slowest: Duration,
    /// Devices that a change could not configure, because their plugin had crashed; the next change does.
    pub(crate) left_out: u64,
    /// Files that were still of before.
    pub(crate) stale: u64,
    /// Time until the plugin was there again.
    pub(crate) replaced: Duration,
}

/// Changes and kills, until it is over.
pub(crate) async fn stir(server: &Server, handset: Handset, over: &CancellationToken) -> Result<Commotion> {
    let (changed, replaced) = tokio::try_join!(change(server, handset, over), crash(server))?;
    Ok(Commotion { replaced, ..changed })
}

async fn crash(server: &Server) -> Result<Duration> {
    let process = server.ready(PLUGIN).await?;
    process.signal(Signal::KILL)?;
    let began = Instant::now();
    server.ready_anew(PLUGIN, process).await?;
    Ok(began.elapsed())
}

async fn change(server: &Server, handset: Handset, over: &CancellationToken) -> Result<Commotion> {
    let mut seen = Commotion::default();
    while !over.is_cancelled() {
        let host = format!("192.0.2.{}", 1 + seen.changes % 250);
        let began = Instant::now();
        seen.left_out += name_time_server(server, &host).await?;
        seen.changes += 1;
        seen.slowest = seen.slowest.max(began.elapsed());
        let file = handset.fetch(server).await?;
        seen.stale += u64::from(!file.text().contains(&format!("time server1: {host}\n")));
    }
    Ok(seen)
}

/// Edits `base`, and waits until all devices have their files. Gives how many could not be configured.
async fn name_time_server(server: &Server, host: &str) -> Result<u64> {
    let mut config = server.api().get("/0.2/cfg_mgr/configs/base").await?.ok()?;
    config["config"]["raw_config"]["ntp_enabled"] = json!(true);
    config["config"]["raw_config"]["ntp_ip"] = json!(host);
    let edited = server.api().put("/0.2/cfg_mgr/configs/base", &config).await?;
    ensure!(edited.status == 204, "{edited:?}");
    match edited.location {
        Some(operation) => {
            timeout(PATIENCE, ended(server, &operation)).await.context("the change does not end")?
        }
        None => Ok(0),
    }
}

async fn ended(server: &Server, operation: &str) -> Result<u64> {
    let mut looks = interval(Duration::from_millis(100));
    loop {
        looks.tick().await;
        let operation = server.api().get(operation).await?.ok()?;
        if operation["ended"] != Value::Null {
            let failures = operation["failures"].as_array().into_iter().flatten();
            for failure in failures {
                let is_known = failure["reason"].as_str().is_some_and(|why| why.contains(PLUGIN));
                ensure!(is_known, "{failure:#}");
            }
            return Ok(operation["failed"].as_u64().unwrap_or_default());
        }
    }
}

/// How many devices have no files that are true to their configs.
pub(crate) async fn unconfigured(server: &Server) -> Result<u64> {
    let selector = "%7B%22configured%22%3Afalse%7D";
    let found = server.api().get(&format!("/0.2/dev_mgr/devices?q={selector}")).await?.ok()?;
    Ok(found["devices"].as_array().context("no devices")?.len() as u64)
}

/// How many requests the server has had.
pub(crate) async fn requests(server: &Server) -> Result<f64> {
    let page = server.api().get("/metrics").await?;
    ensure!(page.status == 200, "{page:?}");
    let counts = page.text.lines().filter(|line| line.starts_with("provd_requests_total"));
    Ok(counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

/// Waits until more requests came than these. The accounts of the phones are made before, as long as it takes.
pub(crate) async fn until_phones_boot(server: &Server, before: f64) -> Result<()> {
    let look = || async { Ok((requests(server).await? > before).then_some(())) };
    let waiting = async { while eventually("phones that boot", look).await.is_err() {} };
    timeout(PATIENCE, waiting).await.context("no phone boots")
}
