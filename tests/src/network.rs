//! A network of its own for one test: a server and a phone, each in a Linux network namespace, with a cable between them.
//!
//! The thread of the test moves to the server's side, and so does every process it starts from then on. What happens at the
//! phone's side happens on a thread of its own. Needs root, for nobody else may make namespaces.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::phone::{Refusal, TftpPhone, Transfer};

/// Tells the networks of one test process apart.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The network. Gone when dropped.
#[derive(Debug)]
pub struct Network {
    server: String,
    phone: String,
    /// Where the thread was before.
    home: File,
}

impl Network {
    /// What the network card is called on both sides.
    pub const CARD: &str = "lan";
    /// The server's address.
    pub const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

    /// Makes a network and moves this thread to the server's side.
    pub fn new() -> Result<Network> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "network namespaces can be made by root alone: run these tests as root, or beneath\n  \
             unshare --user --map-root-user --net --mount sh -c 'mount -t tmpfs tmpfs /run && cargo test …'"
        );
        // Building may need the network of the machine.
        crate::provd_binary()?;
        let name = format!("provd-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let home = File::open("/proc/thread-self/ns/net")?;
        let network = Network { server: format!("{name}-server"), phone: format!("{name}-phone"), home };
        network.connect()?;
        enter(&network.server)?;
        Ok(network)
    }

    fn connect(&self) -> Result<()> {
        let (server, phone, card) = (self.server.as_str(), self.phone.as_str(), Network::CARD);
        for side in [server, phone] {
            ip(&["netns", "add", side])?;
            ip(&["-n", side, "link", "set", "lo", "up"])?;
        }
        ip(&["-n", server, "link", "add", card, "type", "veth", "peer", "name", card, "netns", phone])?;
        ip(&["-n", server, "address", "add", &format!("{}/24", Network::SERVER), "dev", card])?;
        ip(&["-n", server, "link", "set", card, "up"])?;
        ip(&["-n", phone, "link", "set", card, "up"])
    }

    /// Puts another phone at the end of the cable, which has no address yet.
    pub fn plug_in(&self, mac: &str) -> Result<()> {
        ip(&["-n", &self.phone, "address", "flush", "dev", Network::CARD])?;
        ip(&["-n", &self.phone, "link", "set", Network::CARD, "down"])?;
        ip(&["-n", &self.phone, "link", "set", Network::CARD, "address", mac, "up"])
    }

    /// Gives the phone an address without asking anybody.
    pub fn give_address(&self, address: Ipv4Addr) -> Result<()> {
        ip(&["-n", &self.phone, "address", "replace", &format!("{address}/24"), "dev", Network::CARD])
    }

    /// Does something at the phone's side.
    pub fn at_phone<T: Send>(&self, act: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let there = || enter(&self.phone).and_then(|()| act());
        let done = std::thread::scope(|scope| scope.spawn(there).join());
        done.map_err(|_| anyhow!("a panic at the phone's side"))?
    }

    /// Has the phone ask for a file over TFTP from the address it was given.
    pub fn tftp(&self, server: SocketAddr, from: Ipv4Addr, file: &str) -> Result<Result<Transfer, Refusal>> {
        self.at_phone(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(TftpPhone::new(server, from).get(file))
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Whatever cannot be undone here is undone with the machine; the test has its result.
        let _ = move_into_link_name_space(self.home.as_fd(), Some(LinkNameSpaceType::Network));
        let _ = ip(&["netns", "delete", &self.server]);
        let _ = ip(&["netns", "delete", &self.phone]);
    }
}

/// Where a program is. The error names the Debian package that has it.
pub fn program(name: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"]);
    let found = folders.map(|folder| PathBuf::from(folder).join(name)).find(|path| path.is_file());
    found.with_context(|| format!("{name} is not installed: it is in the Debian package {package}"))
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output = Command::new(program("ip", "iproute2")?).args(arguments).output()?;
    if !output.status.success() {
        bail!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Moves this thread.
fn enter(namespace: &str) -> Result<()> {
    let file = File::open(format!("/run/netns/{namespace}")).context(namespace.to_owned())?;
    Ok(move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?)
}
