//! TFTP servers that only serve files: tftpd-hpa, atftpd and dnsmasq.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use provd_tests::eventually;
use provd_tests::process::Process;

use super::Running;
use crate::tftp::Download;

/// Transfers at a time: more than any case has.
const TRANSFERS: &str = "1000";
/// dnsmasq listens on the port of TFTP and no other, so it gets an address where nobody else does.
const DNSMASQ: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(127, 77, 1, 1)), 69);

/// A running server.
#[derive(Debug)]
pub(crate) struct TftpPeer {
    /// What it is called.
    pub(crate) name: &'static str,
    running: Running,
    address: SocketAddr,
    files: PathBuf,
}

impl TftpPeer {
    /// Starts those that are there.
    pub(crate) async fn start_all(root: &Path) -> Result<Vec<TftpPeer>> {
        let mut started = Vec::new();
        if !rustix::process::geteuid().is_root() {
            println!("tftpd-hpa, atftpd and dnsmasq start as root alone: no comparison with them");
            return Ok(started);
        }
        for (name, program) in [("tftpd-hpa", "in.tftpd"), ("atftpd", "atftpd"), ("dnsmasq", "dnsmasq")] {
            let Some(program) = super::find(program) else { continue };
            let files = root.join(name);
            fs::create_dir_all(&files)?;
            super::put(&files, "ready", b"yes")?;
            let address = if name == "dnsmasq" { DNSMASQ } else { free_address()? };
            let mut command = command(&program, name, address, &files);
            let log = fs::File::create(root.join(format!("{name}.log")))?;
            command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
            let running = Running(command.spawn().context(name)?);
            let ready = Download::new(address, Ipv4Addr::LOCALHOST, "ready");
            eventually(name, || async { Ok(ready.fetch().await.ok().filter(|got| got.is_whole)) }).await?;
            started.push(TftpPeer { name, running, address, files });
        }
        Ok(started)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub(crate) fn process(&self) -> Result<Process> {
        self.running.process().context(self.name)
    }

    /// Lets it serve these bytes.
    pub(crate) fn put(&self, path: &str, content: &[u8]) -> Result<()> {
        super::put(&self.files, path, content)
    }
}

fn free_address() -> Result<SocketAddr> {
    // Free a moment ago; nothing else on this machine takes ports that are not given to it.
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// In the foreground, as root, since the files are where only their owner may read.
fn command(program: &Path, name: &str, address: SocketAddr, files: &Path) -> Command {
    let mut command = Command::new(program);
    let (ip, port) = (address.ip().to_string(), address.port().to_string());
    match name {
        "tftpd-hpa" => {
            command.args(["-L", "-a", &address.to_string(), "-u", "root", "-s"]).arg(files);
        }
        "atftpd" => {
            command.args(["--daemon", "--no-fork", "--user", "root", "--group", "root", "--logfile", "-"]);
            command.args(["--maxthread", TRANSFERS, "--bind-address", &ip, "--port", &port]).arg(files);
        }
        _ => {
            command.args(["-k", "-C", "/dev/null", "--port=0", "--enable-tftp", "--bind-interfaces"]);
            command.args(["--user=root", "--log-facility=-", "--pid-file=", "--quiet-tftp"]);
            command.arg(format!("--listen-address={ip}")).arg(format!("--tftp-max={TRANSFERS}"));
            command.arg(format!("--tftp-root={}", files.display()));
        }
    }
    command
}
