//! A firmware of 20 MB over TFTP: block by block or in windows, on a perfect network and on one that loses packets.

use std::time::{Duration, Instant};

use anyhow::Result;
use async_trait::async_trait;
use provd_tests::Home;

use super::Row;
use crate::arguments::Plan;
use crate::finding::{Finding, Goal};
use crate::sample::{Sample, Side, float};
use crate::tftp::Download;
use crate::tftp_site::{TftpSite, address};

/// A firmware.
pub(crate) struct LargeTftp;

const FILE: &str = "large.bin";
/// One block in so many is lost.
const LOST_OF: u64 = 100;
/// Where packets are lost, a transfer mostly waits, and is cut off after this many times the usual time.
const PATIENCE: u32 = 2;

#[async_trait(?Send)]
impl Row for LargeTftp {
    fn name(&self) -> &'static str {
        "tftp-large"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let size = if plan.is_glimpse { 400_000 } else { 20_000_000 };
        let home = Home::with_families(&["cisco-sccp"])?.quiet();
        let site = TftpSite::new(home).await?;
        site.share(1).await?;
        let content = vec![0x5A; size];
        for device in site.server.devices().await? {
            let plugin = device["plugin"].as_str().unwrap_or_default();
            site.home.serve_file(plugin, FILE, &content)?;
        }
        for peer in &site.peers {
            peer.put(FILE, &content)?;
        }
        let mut findings = Vec::new();
        for lost_of in [None, Some(LOST_OF)] {
            for block in [512, 1428] {
                for window in [1, 16] {
                    findings.push(measure(plan, &site, block, window, lost_of).await?);
                }
            }
        }
        Ok(findings)
    }
}

async fn measure(
    plan: &Plan,
    site: &TftpSite,
    block: usize,
    window: u16,
    lost_of: Option<u64>,
) -> Result<Finding> {
    let servers = site.servers()?;
    let mut sides: Vec<Side> = servers.iter().map(|(name, ..)| Side::of_bytes(name)).collect();
    for _ in 0..plan.rounds {
        for (side, (_, server, _)) in sides.iter_mut().zip(&servers) {
            let enough = if lost_of.is_some() { plan.duration * PATIENCE } else { Duration::from_mins(1) };
            let mut download = Download::new(*server, address(0), FILE);
            (download.block, download.window, download.lost_of) = (block, window, lost_of);
            download.enough = Some(enough);
            let began = Instant::now();
            let got = download.fetch().await?;
            let rate = float(got.bytes) / began.elapsed().as_secs_f64();
            let lost = u64::from(!got.is_whole && lost_of.is_none());
            side.samples.push(Sample { rate, lost, ..Sample::default() });
        }
    }
    let loss = if lost_of.is_some() { ", 1 % lost" } else { "" };
    let case = format!("TFTP, large file, blksize {block}, windowsize {window}{loss}");
    Ok(Finding::ratio(case, Goal::AtLeast(0.95), &sides[0], &sides[1..]))
}
