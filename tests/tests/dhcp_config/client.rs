//! A DHCP client that asks for none of the options phones are told, and shows what it is given all the same.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use provd_tests::eventually;
use provd_tests::network::{Network, program};

/// What the client runs: keeps everything it knows of its lease.
const KEEP: &str = "#!/bin/sh\ntest \"$reason\" = BOUND || exit 0\nfolder=$(dirname \"$0\")\n\
                    env > \"$folder/lease.new\" && mv \"$folder/lease.new\" \"$folder/lease\"\n";

/// What a client was given.
#[derive(Debug)]
pub(crate) struct Lease {
    variables: String,
}

/// Ends a dhclient, which would keep its lease.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It is ours, and not reaped yet: the number is still its own.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Gets a lease with dhclient, as a phone with this MAC address that shows these bytes as its vendor class, or none. Options
/// are asked for as raw bytes, because what the client makes of them depends on their content.
pub(crate) async fn dhclient(
    network: &Network,
    folder: &Path,
    mac: &str,
    vendor_class: &[u8],
) -> Result<Lease> {
    network.plug_in(mac)?;
    let (script, config, leases) =
        (folder.join("keep"), folder.join("dhclient.conf"), folder.join("dhclient.leases"));
    fs::write(&script, KEEP)?;
    fs::set_permissions(&script, Permissions::from_mode(0o755))?;
    let raw = |code: &u8| format!("option raw-{code} code {code} = array of unsigned integer 8;\n");
    let mut text: String = [43, 66, 150, 254].iter().map(raw).collect();
    text.push_str("request subnet-mask;\ninitial-interval 1;\n");
    if !vendor_class.is_empty() {
        let bytes: Vec<String> = vendor_class.iter().map(|byte| format!("{byte:02x}")).collect();
        text.extend(["send vendor-class-identifier ", &bytes.join(":"), ";\n"]);
    }
    fs::write(&config, text)?;
    fs::write(&leases, "")?;
    let _ = fs::remove_file(folder.join("lease"));
    let program = program("dhclient", "isc-dhcp-client")?;
    let child = network.at_phone(|| {
        let mut command = Command::new(program);
        command.args(["-4", "-1", "-d", "-cf"]).arg(config).arg("-lf").arg(leases);
        command.arg("-pf").arg(folder.join("dhclient.pid")).arg("-sf").arg(script).arg(Network::CARD);
        Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    })?;
    let _running = Running(child);
    let look = || async { Ok(fs::read_to_string(folder.join("lease")).ok()) };
    Ok(Lease { variables: eventually(&format!("a lease for {mac}"), look).await? })
}

impl Lease {
    /// The address.
    pub(crate) fn address(&self) -> Result<&str> {
        self.variable("ip_address").context("a lease without an address")
    }

    /// The bytes of an option.
    pub(crate) fn option(&self, code: u8) -> Result<Option<Vec<u8>>> {
        let numbers = self.variable(&format!("raw_{code}")).map(|bytes| bytes.split(' ').map(str::parse));
        Ok(numbers.map(Iterator::collect::<Result<_, _>>).transpose()?)
    }

    /// Option 3.
    pub(crate) fn routers(&self) -> Option<&str> {
        self.variable("routers")
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let prefix = format!("new_{name}=");
        self.variables.lines().find_map(|line| line.strip_prefix(&prefix))
    }
}
