//! The bundled families: the snippet is accepted, and each phone gets what leads it here.

use anyhow::{Context as _, Result};
use provd_tests::Home;
use provd_tests::network::Network;

use crate::client::dhclient;
use crate::server::{KINDS, Kind};

/// Where phones are told to go.
const ADDRESSES: [&str; 4] = ["--url", "http://192.0.2.1:8667", "--tftp", "192.0.2.1"];

/// What a client that shows a vendor class from a MAC address should be given: options 43, 66 and 150.
struct Phone {
    mac: &'static str,
    vendor_class: &'static [u8],
    sub_options: Option<&'static [u8]>,
    server_name: Option<&'static str>,
    address: bool,
}

const AASTRA: &str = "http://192.0.2.1:8667/Aastra";
const AASTRA_SUB_OPTIONS: &[u8] = b"\x02\x1chttp://192.0.2.1:8667/Aastra\x03\x01\x00";
const SPA: &str = "http://192.0.2.1:8667/spa$PSN.cfg";
const NOBODYS: &str = "02:00:00:00:00:01";

fn phone(mac: &'static str, vendor_class: &'static [u8], server_name: &'static str) -> Phone {
    Phone { mac, vendor_class, sub_options: None, server_name: Some(server_name), address: false }
}

fn phones() -> Vec<Phone> {
    vec![
        Phone { sub_options: Some(AASTRA_SUB_OPTIONS), ..phone(NOBODYS, b"AastraIPPhone6731i", AASTRA) },
        // The family knows no such model, only its vendor.
        phone(NOBODYS, b"AastraIPPhone9999i", AASTRA),
        phone("00:08:5d:00:00:01", b"", AASTRA),
        // A vendor class nobody knows leaves it to the MAC address; one that is known does not.
        phone("00:08:5d:00:00:02", b"udhcp 1.35", AASTRA),
        phone("00:08:5d:00:00:03", b"Cisco SPA504G", SPA),
        Phone { address: true, ..phone(NOBODYS, b"Cisco Systems, Inc. IP Phone 7920", "192.0.2.1") },
        // NUL bytes at the end are no part of it.
        phone(NOBODYS, b"Cisco Systems, Inc. IP Phone CP-7940G\0", "192.0.2.1"),
        phone(NOBODYS, b"Cisco Systems, Inc. IP Phone SPA504G", SPA),
        phone(NOBODYS, b"LINKSYS SPA-942", "192.0.2.1"),
        phone(NOBODYS, b"digium_D40_1_1_0_0_48178", "http://192.0.2.1:8667/Digium"),
        Phone { server_name: None, ..phone(NOBODYS, b"MSFT 5.0", "") },
        Phone { server_name: None, ..phone(NOBODYS, b"", "") },
    ]
}

async fn every_phone_is_led_here(kind: Kind) -> Result<()> {
    let network = Network::new()?;
    let home = Home::bundled()?;
    let server = home.start().await?;
    let snippet = kind.snippet(&home, &ADDRESSES).await?;
    let folder = home.root().join("dhcp");
    kind.check(&folder, &snippet)?;
    let _dhcp = kind.start(&folder, &snippet).await?;
    for phone in phones() {
        let lease = dhclient(&network, &folder, phone.mac, phone.vendor_class).await?;
        let who = format!("{kind:?}: {} {}", phone.mac, phone.vendor_class.escape_ascii());
        let server_name = phone.server_name.map(|name| kind.text(name));
        assert_eq!(lease.option(43)?, phone.sub_options.map(<[u8]>::to_vec), "option 43 for {who}");
        assert_eq!(lease.option(66)?, server_name, "option 66 for {who}");
        assert_eq!(lease.option(150)?, phone.address.then_some(vec![192, 0, 2, 1]), "option 150 for {who}");
    }
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn isc_dhcpd_leads_every_phone_here() -> Result<()> {
    every_phone_is_led_here(Kind::Isc).await
}

#[tokio::test]
async fn kea_leads_every_phone_here() -> Result<()> {
    every_phone_is_led_here(Kind::Kea).await
}

#[tokio::test]
async fn dnsmasq_leads_every_phone_here() -> Result<()> {
    every_phone_is_led_here(Kind::Dnsmasq).await
}

#[tokio::test]
async fn without_an_address_the_servers_own_is_written_into_the_file() -> Result<()> {
    let home =
        Home::with_families(&["digium"])?.argument("--advertised-url").argument("http://pbx.example.org/p");
    let server = home.start().await?;
    let path = home.root().join("snippet");
    let shown = path.display().to_string();
    for kind in KINDS {
        let said = home.provd(&["dhcp-config", "--server", kind.name(), "--output", &shown]).await?;
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.out.contains(&shown), "{said:?}");
        let snippet = std::fs::read_to_string(&path)?;
        assert!(snippet.contains("http://pbx.example.org/p/Digium"), "{snippet}");
        kind.check(&home.root().join("dhcp"), &snippet)?;
    }
    let hints = home.provd(&["dhcp-config", "--json"]).await?.json()?;
    assert_eq!(hints["http"], "http://pbx.example.org/p");
    let digium = hints["plugins"].as_object().context("no plugins")?.values().next().context("no plugin")?;
    assert_eq!(digium[0]["options"]["66"], "{http}/Digium");
    let wrong = home.provd(&["dhcp-config", "--server", "isc", "--url", "http://a\"b"]).await?;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    server.stop().await?;
    Ok(())
}
