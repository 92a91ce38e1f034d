//! An adapter that says who it is only in its second request, and moves to another address between two days: one device.

use anyhow::{Result, anyhow};
use provd_tests::{Home, Server, invariants};
use serde_json::{Value, json};

const MAC: &str = "00:0e:08:aa:bb:cc";
const BOOT_FILE: &str = "/spa3102.cfg";
const OWN_FILE: &str = "/000e08aabbcc.xml";
/// `LINKSYS SPA-3102`
const VENDOR_CLASS: &str = "0604c.49.4e.4b.53.59.53.20.53.50.41.2d.33.31.30.32";

/// Boots at an address: asks for the file of its model, then for its own.
async fn boot(server: &Server, last: u8) -> Result<()> {
    for file in [BOOT_FILE, OWN_FILE] {
        let answer = server.tftp_phone(last).get(file).await?;
        answer.map_err(|refusal| anyhow!("{file}: {refusal:?}"))?;
    }
    Ok(())
}

async fn lease(server: &Server, ip: &str) -> Result<Value> {
    let lease = json!({"dhcp_info": {"op": "commit", "ip": ip, "mac": MAC, "options": [VENDOR_CLASS]}});
    server.api().post("/0.2/dev_mgr/dhcpinfo", &lease).await?.ok()
}

async fn is_one_device_at(server: &Server, ip: &str, id: &Value) -> Result<()> {
    let device = server.only_device().await?;
    for (key, value) in [("mac", MAC), ("ip", ip), ("model", "SPA3102"), ("plugin", "cisco-spa3102-5.1.10")] {
        assert_eq!(device[key], value, "{key} of {device:#}");
    }
    assert_eq!((&device["id"], &device["configured"]), (id, &json!(true)), "{device:#}");
    Ok(())
}

#[tokio::test]
async fn without_dhcp_an_adapter_that_moves_is_one_device() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    boot(&server, 101).await?;
    let id = server.only_device().await?["id"].clone();
    is_one_device_at(&server, "127.0.0.101", &id).await?;
    boot(&server, 102).await?;
    is_one_device_at(&server, "127.0.0.102", &id).await?;
    boot(&server, 101).await?;
    is_one_device_at(&server, "127.0.0.101", &id).await?;
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn with_dhcp_there_is_never_another() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    lease(&server, "127.0.0.101").await?;
    let id = server.only_device().await?["id"].clone();
    boot(&server, 101).await?;
    is_one_device_at(&server, "127.0.0.101", &id).await?;
    lease(&server, "127.0.0.102").await?;
    is_one_device_at(&server, "127.0.0.102", &id).await?;
    let boot_file = server.tftp_phone(102).get(BOOT_FILE).await?;
    boot_file.map_err(|refusal| anyhow!("{refusal:?}"))?;
    is_one_device_at(&server, "127.0.0.102", &id).await?;
    boot(&server, 102).await?;
    is_one_device_at(&server, "127.0.0.102", &id).await?;
    invariants::hold(&server, &home).await
}

#[tokio::test]
async fn adapters_that_swap_addresses_stay_two_devices() -> Result<()> {
    let home = Home::with_families(&["cisco-spa"])?;
    let server = home.start().await?;
    let other_file = "/000e08aabbcd.xml";
    let ask = async |last: u8, own: &str| -> Result<()> {
        for file in [BOOT_FILE, own] {
            let answer = server.tftp_phone(last).get(file).await?;
            answer.map_err(|refusal| anyhow!("{file}: {refusal:?}"))?;
        }
        Ok(())
    };
    ask(101, OWN_FILE).await?;
    ask(102, other_file).await?;
    ask(102, OWN_FILE).await?;
    ask(101, other_file).await?;
    let mut found: Vec<_> = server.devices().await?;
    found.sort_by_key(|device| device["mac"].to_string());
    let found: Vec<_> = found.iter().map(|device| (device["mac"].as_str(), device["ip"].as_str())).collect();
    let expected = [(Some(MAC), Some("127.0.0.102")), (Some("00:0e:08:aa:bb:cd"), Some("127.0.0.101"))];
    assert_eq!(found, expected);
    invariants::hold(&server, &home).await
}
