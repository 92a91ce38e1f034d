//! `provd doctor --dhcp` in the phones' network: it tells a DHCP server that leads phones here from one that does not.

use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Context as _, Result};
use provd_tests::Home;
use provd_tests::network::Network;
use serde_json::Value;

use crate::server::{KINDS, Kind};

/// What the doctor, at the phone's side of the network, found of the DHCP server.
fn found(network: &Network, home: &Home) -> Result<Vec<(String, String)>> {
    let binary = provd_tests::provd_binary()?;
    let output = network.at_phone(|| {
        let mut command = Command::new(binary);
        command.args(["doctor", "--json", "--dhcp", Network::CARD, "--data-dir"]).arg(home.data_dir());
        Ok(command.output()?)
    })?;
    let document: Value = serde_json::from_slice(&output.stdout).with_context(|| format!("{output:?}"))?;
    let findings = document["findings"].as_array().context("no findings")?.iter();
    let of_dhcp = findings.filter(|finding| finding["about"] == "DHCP");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(of_dhcp.map(|finding| (text(&finding["verdict"]), text(&finding["seen"]))).collect())
}

async fn is_told_apart(kind: Kind) -> Result<()> {
    let network = Network::new()?;
    network.give_address(Ipv4Addr::new(192, 0, 2, 9))?;
    let at = |home: Home, flag: &str, port: u16| {
        home.argument(flag).argument(format!("{}:{port}", Network::SERVER))
    };
    let home = at(at(at(Home::bundled()?, "--http", 0), "--api", 0), "--tftp", 69);
    let server = home.start().await?;

    let nobody = found(&network, &home)?;
    assert_eq!(nobody.len(), 1, "{nobody:?}");
    assert!(nobody[0].0 == "wrong" && nobody[0].1.starts_with("no DHCP server answers"), "{nobody:?}");

    let elsewhere = kind.snippet(&home, &["--url", "http://192.0.2.66:80", "--tftp", "192.0.2.66"]).await?;
    let other = kind.start(&home.root().join("other"), &elsewhere).await?;
    let found_elsewhere = found(&network, &home)?;
    assert!(found_elsewhere.iter().all(|(verdict, _)| verdict == "wrong"), "{found_elsewhere:?}");
    drop(other);

    let right = kind.start(&home.root().join("right"), &kind.snippet(&home, &[]).await?).await?;
    let found_here = found(&network, &home)?;
    assert!(found_here.len() > 4, "{found_here:?}");
    assert!(found_here.iter().all(|(verdict, _)| verdict == "sound"), "{found_here:?}");
    drop(right);
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_leads_phones_here_is_told_from_one_that_does_not() -> Result<()> {
    for kind in KINDS {
        is_told_apart(kind).await.with_context(|| format!("{kind:?}"))?;
    }
    Ok(())
}
