//! The DHCP clients, which do what a phone's does.

use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use provd_tests::eventually;
use provd_tests::network::{Network, program};

/// What a client runs when it was given an address: takes it, and writes it down.
const TAKE_ADDRESS: &str = r#"#!/bin/sh
address=${new_ip_address:-$ip}
test -n "$address" || exit 0
ip address replace "$address/24" dev "$interface"
echo "$address" > "$(dirname "$0")/address.new" && mv "$(dirname "$0")/address.new" "$(dirname "$0")/address"
"#;

/// Gets an address with udhcpc, as a phone that says to be of this make, or says nothing if that is empty.
pub(crate) fn udhcpc(network: &Network, folder: &Path, vendor_class: &str) -> Result<Ipv4Addr> {
    let script = script(folder)?;
    let program = program("udhcpc", "udhcpc")?;
    let output = network.at_phone(|| {
        let mut command = Command::new(program);
        command.args(["-f", "-q", "-n", "-t", "20", "-T", "1", "-i", Network::CARD]).arg("-s").arg(script);
        Ok(command.arg("-V").arg(vendor_class).stdin(Stdio::null()).output()?)
    })?;
    ensure!(output.status.success(), "no lease: {}", String::from_utf8_lossy(&output.stderr));
    address(folder)?.context("a lease without an address")
}

/// A dhclient that keeps its lease.
#[derive(Debug)]
pub(crate) struct Dhclient {
    child: Child,
    pub(crate) address: Ipv4Addr,
}

impl Dhclient {
    pub(crate) async fn start(network: &Network, folder: &Path, vendor_class: &str) -> Result<Dhclient> {
        let script = script(folder)?;
        let config = folder.join("dhclient.conf");
        fs::write(&config, format!("send vendor-class-identifier \"{vendor_class}\";\n"))?;
        let leases = folder.join("dhclient.leases");
        fs::write(&leases, "")?;
        let program = program("dhclient", "isc-dhcp-client")?;
        let child = network.at_phone(|| {
            let mut command = Command::new(program);
            command.args(["-4", "-1", "-d", "-cf"]).arg(config).arg("-lf").arg(leases);
            command.arg("-pf").arg(folder.join("dhclient.pid")).arg("-sf").arg(script).arg(Network::CARD);
            Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
        })?;
        let mut client = Dhclient { child, address: Ipv4Addr::UNSPECIFIED };
        client.address = eventually("a lease", || async { address(folder) }).await?;
        Ok(client)
    }
}

impl Drop for Dhclient {
    fn drop(&mut self) {
        // It is ours, and not reaped yet: the number is still its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn script(folder: &Path) -> Result<std::path::PathBuf> {
    let path = folder.join("take-address");
    fs::write(&path, TAKE_ADDRESS)?;
    fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    // That of an earlier client.
    let _ = fs::remove_file(folder.join("address"));
    Ok(path)
}

fn address(folder: &Path) -> Result<Option<Ipv4Addr>> {
    let text = fs::read_to_string(folder.join("address")).ok();
    text.map(|text| text.trim().parse().context("an address")).transpose()
}
