//! A provd and other TFTP servers that serve the same bytes: Cisco phones, which say in the name of their file who they are.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use provd_tests::process::Process;
use provd_tests::{Home, Server};
use tokio::task::JoinSet;

use crate::peers::TftpPeer;
use crate::sample::Sample;
use crate::tftp::{Download, Got};
use crate::usage;

/// All of them. The servers end before what they live in goes.
#[derive(Debug)]
pub(crate) struct TftpSite {
    /// provd.
    pub(crate) server: Server,
    /// Those that are there.
    pub(crate) peers: Vec<TftpPeer>,
    /// Where they live.
    pub(crate) home: Home,
}

impl TftpSite {
    /// In a home that has the family `cisco-sccp`.
    pub(crate) async fn new(home: Home) -> Result<TftpSite> {
        let server = home.start().await?;
        let peers = TftpPeer::start_all(home.root()).await?;
        Ok(TftpSite { server, peers, home })
    }

    /// Has so many phones ask provd, and the others serve what each got.
    pub(crate) async fn share(&self, phones: u32) -> Result<()> {
        for number in 0..phones {
            let phone = self.server.tftp_phone_at(address(number).octets());
            let file = phone.get(&file(number)).await?;
            let file = file.map_err(|refusal| anyhow!("{}: {refusal:?}", self::file(number)))?;
            for peer in &self.peers {
                peer.put(&self::file(number), &file.content)?;
            }
        }
        Ok(())
    }

    /// What each server is called, where it is, and its process; provd first.
    pub(crate) fn servers(&self) -> Result<Vec<(String, SocketAddr, Process)>> {
        let mut servers = vec![("provd".to_owned(), self.server.tftp(), self.server.process())];
        for peer in &self.peers {
            servers.push((peer.name.to_owned(), peer.address(), peer.process()?));
        }
        Ok(servers)
    }
}

/// Where a phone is: each at an address of its own, as they are in a network.
pub(crate) fn address(phone: u32) -> Ipv4Addr {
    let [_, _, high, low] = (phone + 257).to_be_bytes();
    Ipv4Addr::new(127, 2, high, low)
}

/// Its own file.
pub(crate) fn file(phone: u32) -> String {
    format!("SEP001B54{phone:06X}.cnf.xml")
}

/// So many phones that ask for their own files again and again.
pub(crate) async fn ask(
    phones: u32,
    server: SocketAddr,
    process: Process,
    duration: Duration,
) -> Result<Sample> {
    let over = Arc::new(AtomicBool::new(false));
    let before = usage::worked(process);
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for phone in 0..phones {
        let (over, download) = (over.clone(), Download::new(server, address(phone), &file(phone)));
        asking.spawn(async move {
            let (mut took, mut lost) = (Vec::new(), 0);
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                match download.fetch().await? {
                    Got { is_whole: true, .. } => took.push(began.elapsed()),
                    _ => lost += 1,
                }
            }
            anyhow::Ok((took, lost))
        });
    }
    tokio::time::sleep(duration).await;
    over.store(true, Ordering::Relaxed);
    // Those that wait for something lost do not make the time longer.
    let (elapsed, worked) = (began.elapsed(), usage::worked(process).saturating_sub(before));
    let (mut took, mut lost) = (Vec::new(), 0);
    while let Some(outcome) = asking.join_next().await {
        let (more, missing) = outcome??;
        took.extend(more);
        lost += missing;
    }
    took.sort_unstable();
    let p99 = took.get(took.len() * 99 / 100).map(|time| time.as_secs_f64() * 1e6);
    Ok(Sample { p99, lost, ..Sample::new(took.len() as u64, elapsed, worked) })
}
