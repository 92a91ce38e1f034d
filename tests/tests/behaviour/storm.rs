//! A site that comes up at once: phones of all families boot, half of them over TFTP, some of them twice as often, while the
//! config that all inherit from changes and a plugin crashes. Each gets its own files, and none is lost.
//!
//! `tests/storm/run` plays the same with thousands, and has an eye on times and memory.

use anyhow::{Result, ensure};
use provd_tests::{Handset, Home, Server, eventually};
use rustix::process::Signal;
use serde_json::{Value, json};

/// The plugin that crashes.
const PLUGIN: &str = "cisco-spa-7.5.5";

#[tokio::test]
async fn phones_boot_while_a_config_changes_and_a_plugin_crashes() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;
    for id in ["aastra-3.2.2.1136", "cisco-sccp-8.5.2", "cisco-sccp-legacy", "digium-1.1.0.0", PLUGIN] {
        server.ready(id).await?;
    }
    let phone = Handset::new(1);
    phone.fetch(&server).await?;
    let arguments =
        ["simulate", "--family", "all", "--count", "60", "--within", "3s", "--accounts", "--json"];
    let arguments = [&arguments[..], &["--tftp-share", "50%", "--impatient", "20%"]].concat();
    let simulation = home.provd(&arguments);
    let commotion = async {
        server.logged(&["CTLSEP"]).await?;
        let before = server.ready(PLUGIN).await?;
        let crash = async { before.signal(Signal::KILL) };
        tokio::try_join!(change_base(&server, "192.0.2.77"), crash)?;
        // What is acknowledged shows in the very next file.
        let file = phone.fetch(&server).await?.text();
        ensure!(file.contains("time server1: 192.0.2.77\n"), "a file of before: {file}");
        server.ready_anew(PLUGIN, before).await
    };
    let (said, commotion) = tokio::join!(simulation, commotion);
    commotion?;
    let simulation = &said?.json()?["simulation"];
    assert_eq!(simulation["boots"]["right"], 60, "{simulation:#}");
    Ok(())
}

/// Edits `base`, and waits until all devices have their files.
async fn change_base(server: &Server, time_server: &str) -> Result<()> {
    let mut config = server.api().get("/0.2/cfg_mgr/configs/base").await?.ok()?;
    config["config"]["raw_config"]["ntp_enabled"] = json!(true);
    config["config"]["raw_config"]["ntp_ip"] = json!(time_server);
    let edited = server.api().put("/0.2/cfg_mgr/configs/base", &config).await?;
    ensure!(edited.status == 204, "{edited:?}");
    // Few devices have their files before the answer comes.
    let Some(operation) = edited.location else { return Ok(()) };
    eventually("all devices to be configured anew", || async {
        let operation = server.api().get(&operation).await?.ok()?;
        Ok((operation["ended"] != Value::Null).then_some(()))
    })
    .await
}
