//! A lease, from the client to the file that the phone gets.

use std::net::Ipv4Addr;

use anyhow::{Result, anyhow};
use provd_tests::network::Network;
use provd_tests::{Home, Server, eventually};
use serde_json::{Value, json};

use crate::client::{Dhclient, udhcpc};
use crate::dhcpd::DhcpHome;

const CISCO: &str = "Cisco Systems, Inc. IP Phone CP-7940G";

/// provd where the shipped hooks expect it, with TFTP for the phone.
pub(crate) fn home(families: &[&str]) -> Result<Home> {
    let home = Home::with_families(families)?;
    Ok(["--api", "127.0.0.1:8666", "--tftp", "192.0.2.1:69", "--http", "192.0.2.1:0"]
        .into_iter()
        .fold(home, Home::argument))
}

/// Waits until a device has this MAC address and this address.
pub(crate) async fn device_at(server: &Server, mac: &str, address: Ipv4Addr) -> Result<Value> {
    eventually(&format!("{mac} at {address}"), || async {
        let devices = server.devices().await?;
        Ok(devices.into_iter().find(|device| device["mac"] == mac && device["ip"] == address.to_string()))
    })
    .await
}

fn file(network: &Network, server: &Server, from: Ipv4Addr, name: &str) -> Result<String> {
    let transfer = network.tftp(server.tftp(), from, name)?.map_err(|refusal| anyhow!("{refusal:?}"))?;
    Ok(String::from_utf8(transfer.content)?)
}

/// A Cisco phone tells its model to the DHCP server alone: its file depends on what the lease said.
async fn assert_cisco(network: &Network, server: &Server, mac: &str, address: Ipv4Addr) -> Result<()> {
    let device = device_at(server, mac, address).await?;
    for (key, value) in
        [("vendor", "Cisco"), ("model", "7940G"), ("plugin", "cisco-sccp-legacy"), ("added", "auto")]
    {
        assert_eq!(device[key], value, "{key} of {device:#}");
    }
    let name = format!("SEP{}.cnf.xml", mac.replace(':', "").to_uppercase());
    let text = file(network, server, address, &name)?;
    assert!(text.contains("P00308010200"), "the firmware of a 7940G is not in {text}");
    assert_eq!(device_at(server, mac, address).await?["id"], device["id"]);
    Ok(())
}

#[tokio::test]
async fn isc_dhcpd_tells_what_kind_of_phone_has_which_address() -> Result<()> {
    let network = Network::new()?;
    let home = home(&["cisco-sccp"])?;
    let server = home.start().await?;
    let dhcp = DhcpHome::new(&home)?;
    let _dhcpd = dhcp.isc().await?;

    network.plug_in("00:1b:54:aa:bb:01")?;
    let client = Dhclient::start(&network, home.root(), CISCO).await?;
    assert_cisco(&network, &server, "00:1b:54:aa:bb:01", client.address).await?;
    drop(client);

    // One that is known is found again without saying what it is, and a laptop is none of ours.
    let known = json!({"device": {"mac": "00:1b:54:aa:bb:02", "vendor": "Cisco", "model": "7940G"}});
    server.api().post("/0.2/dev_mgr/devices", &known).await?.ok()?;
    network.plug_in("02:00:00:00:00:03")?;
    udhcpc(&network, home.root(), "MSFT 5.0")?;
    network.plug_in("00:1b:54:aa:bb:02")?;
    let address = udhcpc(&network, home.root(), "")?;
    device_at(&server, "00:1b:54:aa:bb:02", address).await?;
    assert_eq!(server.devices().await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn dnsmasq_tells_what_kind_of_phone_has_which_address() -> Result<()> {
    let network = Network::new()?;
    let home = home(&["cisco-sccp", "cisco-spa"])?;
    let server = home.start().await?;
    let dhcp = DhcpHome::new(&home)?;
    let dnsmasq = dhcp.dnsmasq().await?;

    network.plug_in("00:0e:08:aa:bb:01")?;
    let address = udhcpc(&network, home.root(), "LINKSYS SPA-3102")?;
    let device = device_at(&server, "00:0e:08:aa:bb:01", address).await?;
    assert_eq!((&device["vendor"], &device["model"]), (&json!("Cisco"), &json!("SPA3102")), "{device:#}");
    let text = file(&network, &server, address, "spa3102.cfg")?;
    assert!(text.contains("<flat-profile>"), "{text}");

    network.plug_in("02:00:00:00:00:03")?;
    udhcpc(&network, home.root(), "MSFT 5.0")?;
    network.plug_in("00:1b:54:aa:bb:01")?;
    let address = udhcpc(&network, home.root(), CISCO)?;
    assert_cisco(&network, &server, "00:1b:54:aa:bb:01", address).await?;
    assert_eq!(server.devices().await?.len(), 2);

    // A dnsmasq that was started again tells of all leases, but with addresses alone: nothing that is known is lost.
    let mut device = device_at(&server, "00:1b:54:aa:bb:01", address).await?;
    device["ip"] = json!("192.0.2.200");
    let id = device["id"].as_str().unwrap_or_default();
    server.api().put(&format!("/0.2/dev_mgr/devices/{id}"), &json!({"device": device})).await?.ok()?;
    drop(dnsmasq);
    let _dnsmasq = dhcp.dnsmasq().await?;
    assert_cisco(&network, &server, "00:1b:54:aa:bb:01", address).await?;
    dhcp.nothing_waits().await
}

#[tokio::test]
async fn kea_tells_which_phone_has_which_address_and_not_of_what_kind_it_is() -> Result<()> {
    let network = Network::new()?;
    let home = home(&["cisco-sccp", "cisco-spa"])?;
    let server = home.start().await?;
    let dhcp = DhcpHome::new(&home)?;
    let _kea = dhcp.kea().await?;
    let known = json!({"device": {
        "mac": "00:0e:08:aa:bb:01", "vendor": "Cisco", "model": "SPA3102", "plugin": "cisco-spa3102-5.1.10",
    }});
    server.api().post("/0.2/dev_mgr/devices", &known).await?.ok()?;

    // Kea says nothing that would tell a phone from a laptop: what is not known stays so.
    network.plug_in("00:1b:54:aa:bb:01")?;
    udhcpc(&network, home.root(), CISCO)?;
    network.plug_in("00:0e:08:aa:bb:01")?;
    let address = udhcpc(&network, home.root(), "LINKSYS SPA-3102")?;
    device_at(&server, "00:0e:08:aa:bb:01", address).await?;

    // The first file a Linksys asks for does not name it. From an unknown address this would be another device.
    let text = file(&network, &server, address, "spa3102.cfg")?;
    assert!(text.contains("<flat-profile>"), "{text}");
    assert_eq!(server.only_device().await?["mac"], "00:0e:08:aa:bb:01");
    Ok(())
}
