//! A plugin that tries to write into the configuration of somebody's DHCP server.

use std::fs;
use std::io::Write as _;

use anyhow::Result;
use provd_tests::Home;
use provd_tests::network::Network;

use crate::client::dhclient;
use crate::server::{KINDS, Kind};

/// The same for an option that dnsmasq knows as text, in ASCII.
const SERVER_NAME: &str = r#"C'"; } ,router,192.0.2.66 # \" \"#;
/// Full of what has a meaning to one of the servers, and short enough for three options in one message. In `plugin.toml` it
/// stands between three apostrophes.
const VENDOR_CLASS: &str = r#"A" { } ; # // * : , [x] \" $(id) \\"#;
const TEXT: &str = r#"B'"; } option routers 192.0.2.66; # // , \n \" %s <?é \"#;

fn hostile_home() -> Result<Home> {
    let home = Home::with_families(&["digium"])?;
    let path = home.families().join("digium/plugin.toml");
    let hint = format!(
        "\n[[dhcp]]\nvendor_classes = ['''{VENDOR_CLASS}''']\nmac_prefixes = [\"02:66\"]\n\
         options = {{ 66 = '''{SERVER_NAME}''', 43 = {{ 1 = '''{TEXT}''' }}, 254 = '''{TEXT}''' }}\n"
    );
    fs::OpenOptions::new().append(true).open(path)?.write_all(hint.as_bytes())?;
    Ok(home)
}

async fn a_hint_is_handed_out_as_it_is_and_nothing_else_happens(kind: Kind) -> Result<()> {
    let network = Network::new()?;
    let home = hostile_home()?;
    let server = home.start().await?;
    let folder = home.root().join("dhcp");
    let snippet = kind.snippet(&home, &[]).await?;
    kind.check(&folder, &snippet)?;
    let _dhcp = kind.start(&folder, &snippet).await?;
    let length = u8::try_from(TEXT.len())?;
    let encapsulated = [&[1, length], TEXT.as_bytes()].concat();
    for (mac, vendor_class) in [("02:00:00:00:00:01", VENDOR_CLASS.as_bytes()), ("02:66:00:00:00:01", b"")] {
        let lease = dhclient(&network, &folder, mac, vendor_class).await?;
        assert_eq!(lease.option(43)?.as_ref(), Some(&encapsulated), "{kind:?} {mac}");
        assert_eq!(lease.option(254)?.as_deref(), Some(TEXT.as_bytes()), "{kind:?} {mac}");
        assert_eq!(lease.option(66)?, Some(kind.text(SERVER_NAME)), "{kind:?} {mac}");
        assert_ne!(lease.routers(), Some("192.0.2.66"), "{kind:?} {mac}");
    }
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn isc_dhcpd_takes_a_hostile_hint_for_data() -> Result<()> {
    a_hint_is_handed_out_as_it_is_and_nothing_else_happens(Kind::Isc).await
}

#[tokio::test]
async fn kea_takes_a_hostile_hint_for_data() -> Result<()> {
    a_hint_is_handed_out_as_it_is_and_nothing_else_happens(Kind::Kea).await
}

#[tokio::test]
async fn dnsmasq_takes_a_hostile_hint_for_data() -> Result<()> {
    a_hint_is_handed_out_as_it_is_and_nothing_else_happens(Kind::Dnsmasq).await
}

#[tokio::test]
async fn the_longest_hints_are_accepted() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let path = home.families().join("digium/plugin.toml");
    let (quotes, letters) = ("\"".repeat(255), "é".repeat(126));
    let hint = format!(
        "\n[[dhcp]]\nvendor_classes = ['''{quotes}''', '''{letters}''']\n\
         options = {{ 66 = '''{quotes}''', 67 = '''{letters}''', 43 = {{ 1 = '''{letters}''' }} }}\n"
    );
    fs::OpenOptions::new().append(true).open(path)?.write_all(hint.as_bytes())?;
    let server = home.start().await?;
    for kind in KINDS {
        let snippet = kind.snippet(&home, &[]).await?;
        kind.check(&home.root().join(kind.name()), &snippet)?;
    }
    server.stop().await?;
    Ok(())
}
