//! The DHCP servers, each in the foreground with nothing but a small subnet and the snippet under test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use provd_tests::network::{Network, program};
use provd_tests::{Home, eventually};

/// One of the servers provd writes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Isc,
    Kea,
    Dnsmasq,
}

/// All of them.
pub(crate) const KINDS: [Kind; 3] = [Kind::Isc, Kind::Kea, Kind::Dnsmasq];

/// A running server.
#[derive(Debug)]
pub(crate) struct DhcpServer {
    child: Child,
}

impl Kind {
    /// As `--server` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Isc => "isc",
            Kind::Kea => "kea",
            Kind::Dnsmasq => "dnsmasq",
        }
    }

    /// Text of option 66, as this server sends it: dnsmasq puts a NUL byte after it.
    pub(crate) fn text(self, text: &str) -> Vec<u8> {
        let end: &[u8] = if self == Kind::Dnsmasq { &[0] } else { &[] };
        [text.as_bytes(), end].concat()
    }

    /// What provd writes for it.
    pub(crate) async fn snippet(self, home: &Home, arguments: &[&str]) -> Result<String> {
        let said = home.provd(&[&["dhcp-config", "--server", self.name()], arguments].concat()).await?;
        ensure!(said.code == Some(0), "{said:?}");
        Ok(said.out)
    }

    /// Has the server's own checker read a configuration with the snippet.
    pub(crate) fn check(self, folder: &Path, snippet: &str) -> Result<()> {
        // Kea looks whether its interfaces are there.
        let config = self.configure(folder, snippet, "[]")?;
        let mut command = match self {
            Kind::Isc => dhcpd(folder, &["-t"])?,
            Kind::Kea => kea(folder, "-t", &config)?,
            Kind::Dnsmasq => dnsmasq(&config, "--test")?,
        };
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{self:?} does not accept this: {said}\n{snippet}");
        Ok(())
    }

    /// Starts the server on the card of a network.
    pub(crate) async fn start(self, folder: &Path, snippet: &str) -> Result<DhcpServer> {
        let config = self.configure(folder, snippet, &format!("[\"{}\"]", Network::CARD))?;
        let (command, started) = match self {
            Kind::Isc => (dhcpd(folder, &["-f", "-d"])?, "Server starting service"),
            Kind::Kea => (kea(folder, "-c", &config)?, "DHCP4_STARTED"),
            Kind::Dnsmasq => (dnsmasq(&config, "--keep-in-foreground")?, "started, version"),
        };
        DhcpServer::start(command, &folder.join("log"), started).await
    }

    fn configure(self, folder: &Path, snippet: &str, interfaces: &str) -> Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let (name, text) = match self {
            Kind::Isc => {
                fs::write(folder.join("leases"), "")?;
                let subnet = "authoritative;\nping-check false;\n\
                              subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.100 192.0.2.150; }\n";
                ("dhcpd.conf", format!("{subnet}{snippet}"))
            }
            Kind::Kea => (
                "kea.json",
                format!(
                    r#"{{"Dhcp4": {{
"interfaces-config": {{"interfaces": {interfaces}}},
"lease-database": {{"type": "memfile", "persist": false}},
"loggers": [{{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{{"output": "stdout"}}]}}],
{snippet},
"subnet4": [{{"subnet": "192.0.2.0/24", "pools": [{{"pool": "192.0.2.100 - 192.0.2.150"}}]}}]
}}}}"#
                ),
            ),
            Kind::Dnsmasq => {
                let own = format!(
                    "port=0\nbind-interfaces\nno-ping\nuser=root\ninterface={}\npid-file=\n\
                     dhcp-leasefile={}\ndhcp-range=192.0.2.100,192.0.2.150,10m\n",
                    Network::CARD,
                    folder.join("dnsmasq.leases").display()
                );
                ("dnsmasq.conf", format!("{own}{snippet}"))
            }
        };
        let path = folder.join(name);
        fs::write(&path, text)?;
        Ok(path)
    }
}

fn dhcpd(folder: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(program("dhcpd", "isc-dhcp-server")?);
    command.args(["-4"]).args(arguments).arg("-cf").arg(folder.join("dhcpd.conf"));
    command.arg("-lf").arg(folder.join("leases")).arg("-pf").arg(folder.join("dhcpd.pid"));
    command.arg(Network::CARD);
    Ok(command)
}

fn kea(folder: &Path, mode: &str, config: &Path) -> Result<Command> {
    let mut command = Command::new(program("kea-dhcp4", "kea-dhcp4-server")?);
    command.arg(mode).arg(config).env("KEA_PIDFILE_DIR", folder).env("KEA_LOCKFILE_DIR", folder);
    Ok(command)
}

fn dnsmasq(config: &Path, mode: &str) -> Result<Command> {
    let mut command = Command::new(program("dnsmasq", "dnsmasq-base")?);
    command.args([mode, "--log-facility=-"]).arg(format!("--conf-file={}", config.display()));
    Ok(command)
}

impl DhcpServer {
    async fn start(mut command: Command, log: &Path, started: &str) -> Result<DhcpServer> {
        let file = File::create(log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let mut server = DhcpServer { child: command.spawn()? };
        eventually("the DHCP server to start", || {
            let outcome = server.child.try_wait();
            let text = fs::read_to_string(log).context("the log of the DHCP server");
            async move {
                let text = text?;
                if let Some(status) = outcome? {
                    bail!("the DHCP server ended: {status}\n{text}");
                }
                Ok(text.contains(started).then_some(()))
            }
        })
        .await?;
        Ok(server)
    }
}

impl Drop for DhcpServer {
    fn drop(&mut self) {
        // It is ours, and not reaped yet: the number is still its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
