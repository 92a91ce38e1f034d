//! A server that has something of everything that can be described.

use anyhow::{Context as _, Result};
use provd_tests::{Home, Server, eventually};
use rustix::process::Signal;
use serde_json::json;

const PLUGIN: &str = "aastra-3.2.2.1136";

/// One phone that is configured and was seen, one that waits for approval, a plugin that crashed, and operations.
pub(super) async fn populated() -> Result<(Home, Server)> {
    let home = Home::with_families(&["aastra"])?.argument("--retriever").argument("approve");
    let server = home.start().await?;
    let api = server.api();
    let process = server.ready(PLUGIN).await?;
    process.signal(Signal::KILL)?;
    server.ready_anew(PLUGIN, process).await?;

    let config = json!({"id": "config", "parent_ids": [], "raw_config": {"timezone": "Europe/Paris"}});
    api.post("/0.2/cfg_mgr/configs", &json!({"config": config})).await?.ok()?;
    let device = json!({"id": "phone", "mac": "00:08:5d:23:74:29", "plugin": PLUGIN, "config": "config"});
    api.post("/0.2/dev_mgr/devices", &json!({"device": device})).await?.ok()?;
    api.put("/0.2/cfg_mgr/configs/config", &json!({"config": config})).await?.ok()?;

    let mut phone = server.http_phone(2).user_agent("Aastra6731i MAC:00-08-5D-23-74-29 V:3.2.2.1136-SIP");
    phone.get("/Aastra/00085D237429.cfg").await?;
    let mut stranger = server.http_phone(3).user_agent("Aastra6731i MAC:00-08-5D-00-00-01 V:3.2.2.1136-SIP");
    stranger.get("/Aastra/aastra.cfg").await?;
    let waiting = || async {
        let waiting = api.get("/0.2/dev_mgr/waiting").await?.ok()?;
        Ok(waiting["waiting"].get(0).cloned())
    };
    eventually("a phone that waits for approval", waiting).await?;

    for _ in 0..2 {
        let told = api.post("/0.2/dev_mgr/synchronize", &json!({"id": "phone"})).await?;
        told.location.context("no operation")?;
    }
    Ok((home, server))
}
