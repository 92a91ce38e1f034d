//! A phone: `sipp` on a port of its own, playing a scenario once.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use provd::domain::synchronization::{SynchronizationMethod, SynchronizationTarget};
use provd::provisioning::synchronizer::{SynchronizationError, Synchronizer as _};
use provd::settings::synchronization::{
    NotifySettings, SipSettings, SipTimers, SipTransport, SynchronizationSettings,
};
use provd::synchronization::Synchronization;
use provd_tests::eventually;
use tempfile::TempDir;

use crate::scenario::Scenario;

/// User name and password of the line of the phone.
pub(crate) const LINE: (&str, &str) = ("alice", "wonderland");

/// A phone that runs.
pub(crate) struct Phone {
    child: Child,
    pub(crate) port: u16,
    folder: TempDir,
}

impl Phone {
    /// Starts one and waits until it listens.
    pub(crate) async fn start(transport: SipTransport, ip: IpAddr, scenario: &Scenario) -> Result<Phone> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("phone.xml");
        std::fs::write(&path, scenario.document())?;
        let port = free_port(transport, ip)?;
        let output = File::create(folder.path().join("output"))?;
        let child = Command::new("sipp")
            .arg("-sf")
            .arg(&path)
            .args(["-t", if transport == SipTransport::Udp { "u1" } else { "t1" }])
            .args(["-i", &ip.to_string(), "-p", &port.to_string(), "-m", "1"])
            .args(["-nostdin", "-timeout", "30s", "-timeout_error", "-trace_err", "-trace_msg"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                bail!("these tests need the phone `sipp`: install the Debian package sip-tester")
            }
            Err(error) => return Err(error).context("sipp"),
        };
        let phone = Phone { child, port, folder };
        eventually("sipp to listen", || async { Ok(bind(transport, ip, port).err()) }).await?;
        Ok(phone)
    }

    /// Waits until the scenario is played to its end, as it was written.
    pub(crate) async fn played(mut self) -> Result<()> {
        let child = &mut self.child;
        let mut look = || child.try_wait();
        let status =
            eventually("the end of the scenario", || std::future::ready(look().map_err(Into::into))).await?;
        ensure!(status.success(), "sipp is not content ({status}):\n{}", self.words());
        Ok(())
    }

    /// What it logged.
    fn words(&self) -> String {
        let entries = std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        let logs =
            entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "log"));
        logs.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Free a moment ago; nothing else takes ports that are not given to it.
fn free_port(transport: SipTransport, ip: IpAddr) -> Result<u16> {
    Ok(bind(transport, ip, 0)?)
}

fn bind(transport: SipTransport, ip: IpAddr, port: u16) -> std::io::Result<u16> {
    let address = match transport {
        SipTransport::Udp => UdpSocket::bind((ip, port))?.local_addr()?,
        SipTransport::Tcp | SipTransport::Tls => TcpListener::bind((ip, port))?.local_addr()?,
    };
    Ok(address.port())
}

/// Settings to tell phones at a port, with timers a test can wait for.
pub(crate) fn settings(transport: SipTransport, port: u16) -> SynchronizationSettings {
    let timers = SipTimers {
        t1: Duration::from_millis(100),
        t2: Duration::from_millis(400),
        f: Duration::from_secs(10),
    };
    let sip = SipSettings { transport, port, timers, ..SipSettings::default() };
    SynchronizationSettings { notify: NotifySettings::Sip(sip), ..SynchronizationSettings::default() }
}

/// The phone at an address, whose line is known.
pub(crate) fn target(ip: IpAddr) -> SynchronizationTarget {
    SynchronizationTarget {
        device: "phone".to_owned(),
        peer: Some("alice".to_owned()),
        username: None,
        ip: Some(ip),
        credentials: Some((LINE.0.to_owned(), LINE.1.to_owned())),
    }
}

/// A NOTIFY as most families want it.
pub(crate) fn check_sync() -> SynchronizationMethod {
    SynchronizationMethod::SipNotify { event: "check-sync".to_owned(), headers: Vec::new() }
}

/// Tells the phone at the local address.
pub(crate) async fn tell(settings: SynchronizationSettings) -> Result<String, SynchronizationError> {
    Synchronization::new(settings).synchronize(&target(Ipv4Addr::LOCALHOST.into()), &check_sync()).await
}
