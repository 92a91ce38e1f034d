//! A DHCP server tells of a lease before the phone asks for anything.

use anyhow::{Result, anyhow};
use provd_tests::Home;
use serde_json::{Value, json};

const VENDOR_CLASS: &[u8] = b"Cisco Systems, Inc. IP Phone CP-7960G\0";

/// An option as `dhcpd` hands it over: code, then bytes with dots between them.
fn option(code: u8, value: &[u8]) -> String {
    let bytes: Vec<String> = value.iter().map(|byte| format!("{byte:x}")).collect();
    format!("{code:03}{}", bytes.join("."))
}

fn lease(op: &str, ip: &str) -> Value {
    json!({"dhcp_info": {
        "op": op, "ip": ip, "mac": "00:1b:54:aa:bb:cc", "options": [option(60, VENDOR_CLASS)],
    }})
}

#[tokio::test]
async fn a_lease_says_what_the_phone_does_not() -> Result<()> {
    let home = Home::bundled()?;
    let server = home.start().await?;
    let told = server.api().post("/0.2/dev_mgr/dhcpinfo", &lease("commit", "127.0.0.4")).await?;
    assert_eq!(told.status, 204, "{told:?}");
    let device = server.only_device().await?;
    for (key, value) in [
        ("mac", "00:1b:54:aa:bb:cc"),
        ("ip", "127.0.0.4"),
        ("vendor", "Cisco"),
        ("model", "7960G"),
        ("plugin", "cisco-sccp-legacy"),
        ("added", "auto"),
    ] {
        assert_eq!(device[key], value, "{key} of {device:#}");
    }

    let file = server.tftp_phone(4).get("SEP001B54AABBCC.cnf.xml").await?;
    let file = file.map_err(|refusal| anyhow!("{refusal:?}"))?;
    let text = String::from_utf8(file.content)?;
    assert!(text.contains("P00308010200"), "the firmware of a 7960G is not in {text}");
    assert_eq!(server.only_device().await?["id"], device["id"]);

    let moved = server.api().post("/0.2/dev_mgr/dhcpinfo", &lease("commit", "127.0.0.5")).await?;
    assert_eq!(moved.status, 204);
    assert_eq!(server.only_device().await?["ip"], "127.0.0.5");
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_lease_changes_nothing_and_nonsense_is_refused() -> Result<()> {
    let home = Home::with_families(&["cisco-sccp"])?;
    let server = home.start().await?;
    for op in ["release", "expiry"] {
        let told = server.api().post("/0.2/dev_mgr/dhcpinfo", &lease(op, "127.0.0.4")).await?;
        assert_eq!(told.status, 204, "{op}");
    }
    for nonsense in
        [lease("offer", "127.0.0.4"), lease("commit", "somewhere"), json!({"dhcp_info": {}}), json!({})]
    {
        let told = server.api().post("/0.2/dev_mgr/dhcpinfo", &nonsense).await?;
        assert_eq!(told.status, 400, "{nonsense}: {told:?}");
    }
    assert!(server.devices().await?.is_empty());
    Ok(())
}
