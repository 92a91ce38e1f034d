//! Devices of which nothing is known but an address: they give way to the phone they turn out to be, or go.

use anyhow::{Result, anyhow};
use provd_tests::{Database, Home, Server, invariants};
use serde_json::json;

const BOOT_FILE: &str = "/spa3102.cfg";

async fn ask(server: &Server, last: u8, file: &str) -> Result<()> {
    let answer = server.tftp_phone(last).get(file).await?;
    answer.map(drop).map_err(|refusal| anyhow!("{file}: {refusal:?}"))
}

/// Pretends that everything was made, and every phone last seen, long ago.
async fn age(home: &Home) -> Result<()> {
    let mut database = Database::of(home).await?;
    database.execute("update devices set created = created - 25 * 3600 * 1000000").await?;
    database.execute("update presences set last_seen = last_seen - 25 * 3600 * 1000000").await?;
    database.close().await
}

#[tokio::test]
async fn one_that_shows_who_it_is_becomes_that_phone() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    ask(&server, 7, BOOT_FILE).await?;
    let provisional = server.only_device().await?;
    assert_eq!(provisional["mac"], json!(null));
    // Another phone, long known, comes to an address that only a provisional device had.
    ask(&server, 8, "/000e08aabbcc.xml").await.ok();
    ask(&server, 7, "/000e08aabbcc.xml").await?;
    let device = server.only_device().await?;
    assert_eq!((&device["mac"], &device["model"]), (&json!("00:0e:08:aa:bb:cc"), &json!("SPA3102")));
    let audit = server.api().get("/0.2/audit?kind=device").await?.ok()?;
    let absorbed = |entry: &&serde_json::Value| entry["action"] == "absorbed";
    let absorbed = audit["audit"].as_array().and_then(|entries| entries.iter().find(absorbed));
    assert_eq!(absorbed.map(|entry| &entry["subject"]), Some(&provisional["id"]), "{audit:#}");
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn one_that_is_not_seen_any_more_expires_with_its_config() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    ask(&server, 7, BOOT_FILE).await?;
    ask(&server, 8, BOOT_FILE).await?;
    ask(&server, 8, "/000e08aabbcc.xml").await?;
    assert_eq!(server.devices().await?.len(), 2);
    assert!(server.stop().await?.success());
    age(&home).await?;

    let server = home.start().await?;
    let look = || async { Ok((server.devices().await?.len() == 1).then_some(())) };
    provd_tests::eventually("the provisional device to expire", look).await?;
    assert_eq!(server.only_device().await?["mac"], "00:0e:08:aa:bb:cc", "an identified device stays");
    let audit = server.api().get("/0.2/audit?actor=server").await?.ok()?;
    assert_eq!(audit["audit"][0]["action"], "expired", "{audit:#}");
    let configs = Database::of(&home).await?.texts("select id from configs where transient").await?;
    assert_eq!(configs.len(), 1, "the config of the device that expired: {configs:?}");
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn one_that_an_administrator_described_stays() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    ask(&server, 7, BOOT_FILE).await?;
    ask(&server, 8, BOOT_FILE).await?;
    let devices = server.devices().await?;
    let described = devices.iter().find(|device| device["ip"] == "127.0.0.7").cloned();
    let mut described = described.unwrap_or_default();
    described["description"] = json!("At the gate");
    let path = format!("/0.2/dev_mgr/devices/{}", described["id"].as_str().unwrap_or_default());
    server.api().put(&path, &json!({"device": described})).await?.ok()?;
    assert!(server.stop().await?.success());
    age(&home).await?;

    let server = home.start().await?;
    let look = || async { Ok((server.devices().await?.len() == 1).then_some(())) };
    provd_tests::eventually("the other device to expire", look).await?;
    assert_eq!(server.only_device().await?["description"], "At the gate");
    Ok(())
}

#[tokio::test]
async fn one_that_was_seen_lately_stays_and_zero_hours_keep_all() -> Result<()> {
    for hours in ["26", "0"] {
        let home = Home::with_families(&["cisco-spa"])?.argument("--provisional-hours").argument(hours);
        let server = home.start().await?;
        ask(&server, 7, BOOT_FILE).await?;
        assert!(server.stop().await?.success());
        age(&home).await?;
        let server = home.start().await?;
        invariants::hold(&server, &home).await?;
        assert_eq!(server.devices().await?.len(), 1, "{hours} hours");
    }
    Ok(())
}

#[tokio::test]
async fn a_client_no_plugin_knows_is_no_device_but_its_lease_identifies_its_requests() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    let lease = json!({"dhcp_info": {
        "op": "commit", "ip": "127.0.0.7", "mac": "00:0e:08:aa:bb:cc", "only_phones": true,
        "options": ["06061.6e.64.72.6f.69.64"],
    }});
    server.api().post("/0.2/dev_mgr/dhcpinfo", &lease).await?.ok()?;
    assert!(server.devices().await?.is_empty());
    ask(&server, 7, BOOT_FILE).await?;
    let device = server.only_device().await?;
    assert_eq!((&device["mac"], &device["model"]), (&json!("00:0e:08:aa:bb:cc"), &json!("SPA3102")));
    ask(&server, 7, "/000e08aabbcc.xml").await?;
    assert_eq!(server.only_device().await?["id"], device["id"]);
    invariants::hold(&server, &home).await
}
