//! The DHCP servers, each in the foreground with files of its own and the hook that is shipped for it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use provd_tests::network::{Network, program};
use provd_tests::{Home, eventually, provd_binary};

/// Where the hook finds its token, as what is shipped has it.
const TOKEN: &str = "/etc/provd/dhcp-hook.token";

/// A running DHCP server.
#[derive(Debug)]
pub(crate) struct DhcpServer {
    child: Child,
    log: PathBuf,
}

/// A folder in which a DHCP server lives, beside provd.
#[derive(Debug)]
pub(crate) struct DhcpHome {
    folder: PathBuf,
    token: PathBuf,
}

impl DhcpHome {
    pub(crate) fn new(home: &Home) -> Result<DhcpHome> {
        let folder = home.root().join("dhcp");
        fs::create_dir_all(&folder)?;
        Ok(DhcpHome { folder, token: home.data_dir().join("admin.token") })
    }

    /// The queue of the hook.
    pub(crate) fn queue(&self) -> PathBuf {
        self.folder.join("spool")
    }

    /// Events that wait to be sent.
    pub(crate) fn waiting(&self) -> Result<usize> {
        let Ok(entries) = fs::read_dir(self.queue()) else { return Ok(0) };
        let names = entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
        Ok(names.iter().filter(|name| name.to_string_lossy().ends_with(".json")).count())
    }

    /// Waits until all events are sent.
    pub(crate) async fn nothing_waits(&self) -> Result<()> {
        eventually("an empty queue", || async { Ok((self.waiting()? == 0).then_some(())) }).await
    }

    /// ISC dhcpd.
    pub(crate) async fn isc(&self) -> Result<DhcpServer> {
        let subnet = "authoritative;\nping-check false;\ndefault-lease-time 600;\n\
                      subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.100 192.0.2.150; }\n";
        let config = self.write("dhcpd.conf", &(subnet.to_owned() + &self.shipped("isc-dhcpd.conf")?))?;
        let leases = self.write("dhcpd.leases", "")?;
        let mut command = Command::new(program("dhcpd", "isc-dhcp-server")?);
        command.args(["-4", "-f", "-d", "-cf"]).arg(config).arg("-lf").arg(leases);
        command.arg("-pf").arg(self.folder.join("dhcpd.pid")).arg(Network::CARD);
        self.start(command, "Server starting service").await
    }

    /// Kea.
    pub(crate) async fn kea(&self) -> Result<DhcpServer> {
        let script = self.script("provd-kea-hook")?;
        let hook = self.shipped("kea-dhcp4.json")?;
        let hook = hook.replace("/usr/share/kea/scripts/provd-kea-hook", &script.display().to_string());
        let hook = hook.replace("x86_64-linux-gnu", &format!("{}-linux-gnu", std::env::consts::ARCH));
        let config = serde_json::json!({"Dhcp4": {
            "interfaces-config": {"interfaces": [Network::CARD]},
            "lease-database": {"type": "memfile", "name": self.folder.join("kea.csv"), "lfc-interval": 0},
            "valid-lifetime": 600,
            "hooks-libraries": [serde_json::from_str::<serde_json::Value>(&hook)?],
            "subnet4": [{"subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.150"}]}],
            "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}],
        }});
        let config = self.write("kea.json", &config.to_string())?;
        let mut command = Command::new(program("kea-dhcp4", "kea-dhcp4-server")?);
        command.arg("-c").arg(config);
        command.env("KEA_PIDFILE_DIR", &self.folder).env("KEA_LOCKFILE_DIR", &self.folder);
        self.start(command, "DHCP4_STARTED").await
    }

    /// dnsmasq.
    pub(crate) async fn dnsmasq(&self) -> Result<DhcpServer> {
        let script = self.script("provd-dnsmasq-hook")?.display().to_string();
        let shipped = self.shipped("dnsmasq.conf")?.replace("/usr/lib/provd/provd-dnsmasq-hook", &script);
        let own = format!(
            "port=0\nbind-interfaces\nno-ping\nuser=root\ninterface={}\npid-file={}\ndhcp-leasefile={}\n\
             dhcp-range=192.0.2.100,192.0.2.150,10m\n",
            Network::CARD,
            self.folder.join("dnsmasq.pid").display(),
            self.folder.join("dnsmasq.leases").display(),
        );
        let config = self.write("dnsmasq.conf", &(own + &shipped))?;
        let mut command = Command::new(program("dnsmasq", "dnsmasq-base")?);
        command.args(["--keep-in-foreground", "--log-facility=-"]);
        command.arg(format!("--conf-file={}", config.display()));
        self.start(command, "started, version").await
    }

    async fn start(&self, mut command: Command, started: &str) -> Result<DhcpServer> {
        let log = self.folder.join("log");
        let file = File::options().create(true).append(true).open(&log)?;
        let before = fs::read_to_string(&log)?.len();
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let mut server = DhcpServer { child: command.spawn()?, log };
        eventually("the DHCP server to start", || {
            let outcome = server.child.try_wait();
            let log = server.log();
            async move {
                let log = log?;
                if let Some(status) = outcome? {
                    bail!("the DHCP server ended: {status}\n{log}");
                }
                Ok(log.get(before..).is_some_and(|log| log.contains(started)).then_some(()))
            }
        })
        .await?;
        Ok(server)
    }

    /// What is shipped for administrators, with the paths of this test.
    fn shipped(&self, name: &str) -> Result<String> {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/dhcp")).join(name);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let queue = self.queue().display().to_string();
        let text = text.replace("\"--token-file\"", &format!("\"--queue\", \"{queue}\", \"--token-file\""));
        let text = text.replace(" --token-file", &format!(" --queue {queue} --token-file"));
        let text = text.replace(TOKEN, &self.token.display().to_string());
        Ok(text.replace("/usr/bin/provd", &provd_binary()?.display().to_string()))
    }

    fn script(&self, name: &str) -> Result<PathBuf> {
        let path = self.write(name, &self.shipped(name)?)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        Ok(path)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text)?;
        Ok(path)
    }
}

impl DhcpServer {
    pub(crate) fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.log)?).into_owned())
    }
}

impl Drop for DhcpServer {
    fn drop(&mut self) {
        // It is ours, and not reaped yet: the number is still its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
        println!("--- log of the DHCP server\n{}", self.log().unwrap_or_default());
    }
}
