//! Whether a phone has what it should have, as far as its requests show.

use anyhow::{Context as _, Result};
use provd_tests::{Handset, Home, Server, invariants};
use serde_json::{Value, json};

async fn state(server: &Server, id: &str) -> Result<Value> {
    let path = format!("/0.2/dev_mgr/devices/{id}/remote_state");
    Ok(server.api().get(&path).await?.ok()?["remote_state"].take())
}

async fn is(server: &Server, id: &str, expected: &str) -> Result<Value> {
    let state = state(server, id).await?;
    assert_eq!(state["state"], expected, "{state:#}");
    Ok(state)
}

/// Devices that do not run what they should.
async fn outdated(server: &Server) -> Result<Vec<Value>> {
    let states = server.api().get("/0.2/dev_mgr/remote_states?outdated=true").await?.ok()?;
    let states = states["remote_states"].as_array().context("no list")?;
    Ok(states.iter().map(|state| state["device"].clone()).collect())
}

async fn insert(server: &Server, handset: Handset) -> Result<()> {
    let device = json!({"device": {
        "id": "lobby", "mac": handset.mac(), "vendor": "Aastra", "model": "6731i",
        "plugin": "aastra-3.2.2.1136", "config": "base",
    }});
    server.api().post("/0.2/dev_mgr/devices", &device).await?.ok().map(drop)
}

async fn name_time_server(server: &Server, host: &str) -> Result<()> {
    let raw_config = json!({"ntp_enabled": true, "ntp_ip": host});
    let config =
        json!({"config": {"id": "base", "parent_ids": [], "raw_config": raw_config, "deletable": false}});
    server.api().put("/0.2/cfg_mgr/configs/base", &config).await?.ok().map(drop)
}

#[tokio::test]
async fn a_phone_is_expected_then_contacted_then_current_and_outdated_by_a_change() -> Result<()> {
    let home = Home::with_families(&["aastra"])?.at_own_address();
    let server = home.start().await?;
    let phone = Handset::new(1);
    insert(&server, phone).await?;
    let never = is(&server, "lobby", "expected").await?;
    assert_eq!((&never["last_seen"], &never["fetched_revision"]), (&Value::Null, &Value::Null));

    assert_eq!(phone.at(&server).get("/Aastra/aastra.cfg").await?.status, 200);
    let seen = is(&server, "lobby", "contacted").await?;
    assert_eq!((&seen["last_answer"], &seen["last_seen"].is_string()), (&json!("file"), &true), "{seen:#}");
    assert_eq!(phone.at(&server).request("HEAD", &phone.path()).await?.status, 200);
    is(&server, "lobby", "contacted").await?;
    assert_eq!(outdated(&server).await?, ["lobby"]);

    phone.fetch(&server).await?;
    let fetched = is(&server, "lobby", "current").await?;
    assert_eq!(fetched["fetched_revision"], fetched["files_revision"], "{fetched:#}");
    assert_eq!(fetched["last_request"], format!("HTTP {}", phone.path()));
    assert!(outdated(&server).await?.is_empty());

    name_time_server(&server, "192.0.2.1").await?;
    is(&server, "lobby", "outdated").await?;
    assert_eq!(phone.at(&server).get("/Aastra/nothing").await?.status, 404);
    let missed = is(&server, "lobby", "outdated").await?;
    assert_eq!(missed["last_answer"], "not found");
    phone.fetch(&server).await?;
    is(&server, "lobby", "current").await?;

    // What changes nothing in its files makes no phone outdated.
    name_time_server(&server, "192.0.2.1").await?;
    let device = server.only_device().await?;
    server.api().post("/0.2/dev_mgr/reconfigure", &json!({"id": device["id"]})).await?.ok()?;
    is(&server, "lobby", "current").await?;
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn what_was_seen_of_a_phone_survives_a_restart() -> Result<()> {
    let home = Home::with_families(&["aastra"])?.at_own_address();
    let server = home.start().await?;
    let phone = Handset::new(1);
    insert(&server, phone).await?;
    phone.fetch(&server).await?;
    let before = is(&server, "lobby", "current").await?;
    assert!(server.stop().await?.success());

    let server = home.start().await?;
    invariants::hold(&server, &home).await?;
    assert_eq!(state(&server, "lobby").await?, before);
    assert_eq!(phone.at(&server).get("/Aastra/aastra.cfg").await?.status, 200);
    let after = is(&server, "lobby", "current").await?;
    assert_eq!(after["fetched_at"], before["fetched_at"]);
    assert_ne!(after["last_seen"], before["last_seen"]);
    Ok(())
}

#[tokio::test]
async fn one_that_is_not_configured_has_nothing_to_fetch() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    server.api().post("/0.2/dev_mgr/devices", &json!({"device": {"id": "spare"}})).await?.ok()?;
    is(&server, "spare", "not_configured").await?;
    assert!(outdated(&server).await?.is_empty());
    assert_eq!(server.api().get("/0.2/dev_mgr/devices/nobody/remote_state").await?.status, 404);
    Ok(())
}
